"""Events become notices: each person once, only who sees the item, no tagged field; failures tried again."""

from dataclasses import asdict
from datetime import timedelta

import pytest
from site_small.flow import ERRAND
from site_small.models import Errand

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.facts import EVERY
from yiheng.site.base.flow.models import Bar, Event, Item
from yiheng.site.base.notices import reading
from yiheng.site.base.notices.audience import reached
from yiheng.site.base.notices.models import Notice, Sending, Untold
from yiheng.site.base.notices.outbox import Told, send, tell
from yiheng.site.base.notices.senders import TRIES, NotSent
from yiheng.site.base.party.party import Turn

from ..town import DAY, NOW, Town, lend, make_person

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def told(item: Item, kind: str) -> dict[str, str]:
    """By person what was told of an event."""
    rows = Notice.objects.filter(item=item, event__kind=kind).select_related("person")
    return {row.person.username: row.zh for row in rows}


def test_those_whose_turn_it_is_are_told_and_never_whoever_did_it(town: Town) -> None:
    item = town.sent()
    assert tell(NOW) == Told(2, 4, 0)
    assert told(item, "errand.begin") == {"wei": "差事：起草，现为“起草”", "wen": "差事：起草，现为“起草”"}
    assert told(item, "errand.send") == {"wei": "差事：送出，现为“已送出”", "wen": "差事：送出，现为“已送出”"}
    assert Notice.objects.filter(event__kind="errand.send").first().en == "errand: send; it is now “sent”"
    assert not Event.objects.filter(sent_at=None).exists()


def test_a_second_call_tells_nothing_twice(town: Town) -> None:
    town.sent()
    tell(NOW)
    before = list(Notice.objects.values())
    assert tell(NOW + MINUTE) == Told(0, 0, 0)
    Event.objects.update(sent_at=None)  # as if it had died before its mark was kept
    tell(NOW + MINUTE)
    assert list(Notice.objects.values()) == before


def test_people_in_the_item_and_its_author_are_told(town: Town) -> None:
    item = town.sent()
    town.act("wei", "take", item, owner="wen")
    tell(NOW)
    assert told(item, "errand.take") == {"dan": "差事：接收，现为“已接收”", "wen": "差事：接收，现为“已接收”"}


def test_a_copy_is_told_to_whom_it_is_sent_and_to_nobody_else(town: Town) -> None:
    item = town.sent()
    town.act("wei", "copy", item, person="eva", shows="all")
    town.act("wei", "pass_on", item, reason="外出", duty="take", person="wen")
    tell(NOW)
    assert told(item, "errand.copy") == {"eva": "差事：抄送给您，现为“已送出”"}
    assert told(item, "errand.pass_on") == {"wen": "差事：转交给您，现为“已送出”"}
    assert Event.objects.filter(item=item).count() == 4, "one event an act"


def test_whoever_does_not_see_the_item_is_not_told(town: Town) -> None:
    item = town.sent()
    Event.objects.all().delete()
    turns = [asdict(Turn(person=town.people[name].pk)) for name in ("out", "com", "lin", "eva")]
    Event.objects.create(item=item, kind="late", content={"turns": turns}, at=NOW)
    assert tell(NOW) == Told(1, 1, 0)
    assert told(item, "late") == {"eva": "差事：已超过时限，现为“已送出”"}


def test_whoever_is_barred_is_not_told(town: Town) -> None:
    item = town.sent()
    Bar.objects.create(matter=item, person=town.people["wei"], flow=EVERY, step=EVERY)
    tell(NOW)
    assert set(told(item, "errand.send")) == {"wen"}


def test_a_stub_tells_no_more_than_a_stub_shows(town: Town) -> None:
    item = town.sent()
    town.act("wei", "redirect", item, reason="转", receiver="E")
    Event.objects.all().delete()
    Event.objects.create(
        item=item, kind="late", content={"turns": [asdict(Turn(person=town.people["wei"].pk))]}, at=NOW
    )
    Errand.objects.filter(pk=item.pk).update(number="差E1")
    tell(NOW)
    assert told(item, "late") == {"wei": "差事 差E1：已超过时限，现为“已送出”"}
    assert ERRAND.stub == ("number", "state", "receiver")


def test_no_notice_has_a_tagged_field_or_what_was_filled_in(town: Town) -> None:
    item = town.sent(note="保密内容", subject="血样甲")
    town.act("wei", "take", item, owner="wen")
    tell(NOW)
    texts = " ".join(f"{notice.zh} {notice.en}" for notice in Notice.objects.all())
    assert "保密内容" not in texts
    assert "血样甲" not in texts


def test_whom_a_turn_falls_to(town: Town) -> None:
    make_person("wes", ("errand_desk", town.east))
    town.people["ward"] = make_person("ward", ("head", town.ward))
    lend(town.people["wei"], town.people["out"])

    def names(turn: Turn) -> set[str]:
        numbers = reached([turn], DAY)
        return {name for name, person in town.people.items() if person.pk in numbers}

    assert names(Turn("errand_desk", town.west.path)) == {"wei", "wen", "out"}
    assert names(Turn("head", town.east.path)) == {"ward"}
    assert names(Turn("commission", town.west.path, over=True)) == {"com"}
    assert names(Turn("commission", town.west.path)) == set()
    assert names(Turn(person=town.people["eva"].pk)) == {"eva"}
    Person.objects.filter(username="eva").update(is_active=False)
    assert names(Turn(person=town.people["eva"].pk)) == set(), "nobody tells who left"


def test_the_taker_of_a_loan_is_told_too(town: Town) -> None:
    lend(town.people["wei"], town.people["out"])
    item = town.sent()
    tell(NOW)
    assert set(told(item, "errand.send")) == {"wei", "wen", "out"}


def test_an_event_with_a_fault_stops_no_other_and_is_given_up_in_the_end(town: Town) -> None:
    bad, good = town.sent(), town.sent()
    Event.objects.exclude(kind="errand.send").delete()
    Item.objects.filter(pk=bad.pk).update(definition=99)
    assert tell(NOW) == Told(1, 2, 1)
    assert set(told(good, "errand.send")) == {"wei", "wen"}
    assert tell(NOW) == Told(0, 0, 0)
    now = NOW
    for _ in range(TRIES):
        now += timedelta(hours=2)
        tell(now)
    row = Untold.objects.get()
    assert (row.tries, row.given_up, row.fault) == (TRIES, True, "KeyError: ('errand', 99)")
    assert not Notice.objects.filter(item=bad).exists()


class Post:
    """A sender that fails so many times."""

    name = "post"

    def __init__(self, fails: int = 0) -> None:
        self.fails, self.sent = fails, []

    def send(self, notice: Notice, key: str) -> None:
        if self.fails:
            self.fails -= 1
            raise NotSent("away")
        self.sent.append(key)


def test_another_sender_sends_each_notice_once(town: Town) -> None:
    town.sent()
    post = Post()
    tell(NOW, [post])
    assert (send(NOW, [post]), send(NOW + MINUTE, [post])) == (4, 0)
    assert sorted(post.sent) == sorted(f"{row.event_id}-{row.person_id}" for row in Notice.objects.all())


def test_a_sender_that_fails_is_tried_again_with_waits_and_then_no_more(town: Town) -> None:
    town.sent()
    Event.objects.exclude(kind="errand.send").delete()
    town.people["wen"].is_active = False
    town.people["wen"].save()
    post = Post(fails=2)
    tell(NOW, [post])
    times = [0, 0.9, 1, 2.9, 3, 9]
    assert [send(NOW + MINUTE * after, [post]) for after in times] == [0, 0, 0, 0, 1, 0]
    never = Post(fails=99)
    Sending.objects.update(sent_at=None, tries=0, not_before=NOW)
    for hour in range(TRIES + 3):
        send(NOW + timedelta(hours=hour), [never])
    row = Sending.objects.get()
    assert (row.tries, row.given_up, row.fault, never.fails) == (TRIES, True, "NotSent: away", 99 - TRIES)


def test_a_person_reads_the_own_notices_alone(town: Town) -> None:
    town.sent()
    tell(NOW)
    wei, wen = town.people["wei"].pk, town.people["wen"].pk
    numbers = list(Notice.objects.values_list("pk", flat=True))
    assert reading.unread(wei) == 2
    assert reading.mark_read(wei, numbers, NOW) == 2
    assert (reading.unread(wei), reading.unread(wen)) == (0, 2)
    assert reading.mark_read(wei, numbers, NOW + MINUTE) == 0
    assert {row.read_at for row in reading.notices(wei)} == {NOW}
