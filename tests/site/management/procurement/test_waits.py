"""Waits count from the step that began them; the ladder's clock from when its open rung was asked."""

from datetime import datetime, timedelta

import pytest

from yiheng.site.base.flow.models import Act, Escalation, Item
from yiheng.site.base.flow.refused import Blocked
from yiheng.site.base.notices.models import Notice
from yiheng.site.base.notices.outbox import tell
from yiheng.site.management.procurement.models import Procurement

from .hospital import NOW, Hospital

CONTRACT = {"contract_number": "1", "contract_amount": "890.00", "deliver_on": "2026-06-01"}


def talked(hospital: Hospital, item: Item) -> None:
    """What is an act and moves nothing."""
    hospital.act("buyer", "comment", item, text="请关注")
    hospital.act("buyer", "urge", item)
    hospital.act("buyer", "copy", item, person="head", shows="all")


def refused(hospital: Hospital, step: str, item: Item, **rest: object) -> str:
    """Why a step of the buyer's is refused; nothing has changed."""
    its = Item.objects.filter(pk=item.pk).values_list("state", "version").get()
    acts = Act.objects.count()
    with pytest.raises(Blocked) as why:
        hospital.act("buyer", step, item, **rest)
    assert (Item.objects.filter(pk=item.pk).values_list("state", "version").get(), Act.objects.count()) == (its, acts)
    return why.value.text.zh


def test_talk_does_not_begin_the_intention_anew(hospital: Hospital) -> None:
    item = hospital.ask()
    hospital.act("office", "approve", item, value="agree", comment="")
    hospital.act("buyer", "intend", item, method="open")
    hospital.later(days=29)
    talked(hospital, item)
    assert refused(hospital, "announce", item) == "采购意向须公开满30天，现为29天"
    hospital.later(days=1)
    assert hospital.act("buyer", "announce", item).to_state == "open"


def test_an_intention_published_again_is_counted_from_then(hospital: Hospital) -> None:
    item = hospital.ask()
    hospital.act("office", "approve", item, value="agree", comment="")
    for _ in range(2):
        hospital.act("buyer", "intend", item, method="open")
        hospital.later(days=30)
        hospital.act("buyer", "announce", item)
        hospital.act("buyer", "fail", item, reason="无人投标")
    hospital.act("buyer", "intend", item, method="open")
    hospital.later(days=29)
    assert refused(hospital, "announce", item) == "采购意向须公开满30天，现为29天"


def test_talk_does_not_make_a_late_contract_timely(hospital: Hospital) -> None:
    item = hospital.ask()
    hospital.awarded(item)
    hospital.later(days=31)
    talked(hospital, item)
    paper = hospital.file("buyer", "contract")
    assert refused(hospital, "contract", item, files=paper, **CONTRACT) == "成交31天后签订，超过30天"
    hospital.act("buyer", "contract", item, files=paper, reason="供应商资料补正", **CONTRACT)
    item.refresh_from_db()
    assert (item.state, str(item.signed_on)) == ("contracted", "2026-04-02")


def test_a_contract_of_the_thirtieth_day_is_timely(hospital: Hospital) -> None:
    item = hospital.ask()
    hospital.awarded(item)
    hospital.later(days=30)
    talked(hospital, item)
    paper = hospital.file("buyer", "contract")
    assert hospital.act("buyer", "contract", item, files=paper, **CONTRACT).to_state == "contracted"


def test_the_day_of_signing_counts_and_not_that_of_registering(hospital: Hospital) -> None:
    """Signed on the thirtieth day, published and registered on the day after."""
    item = hospital.ask()
    hospital.awarded(item)
    hospital.later(days=31)
    paper = hospital.file("buyer", "contract")
    act = hospital.act("buyer", "contract", item, files=paper, signed_on="2026-04-01", **CONTRACT)
    assert (act.to_state, act.reason) == ("contracted", "")


# Purchases that belong together


def labels(item: Item) -> list[str]:
    """The rungs of a purchase's approval."""
    return [seat.label for seat in item.polls.get(step="approve").seats.order_by("rung")]


def argued(hospital: Hospital, item: Item) -> Procurement:
    """Its experts agree."""
    for seat in item.polls.get(step="argue").seats.all():
        hospital.act(seat.person.username, "argue", item, score="80", comment="")
    return Procurement.objects.get(pk=item.pk)


TWO, ONE = ["归口管理部门", "分管副院长"], ["归口管理部门"]


def test_an_argument_of_a_month_loses_no_sum(hospital: Hospital) -> None:
    """The one asked for before it and the one after it belong to it, however long the argument takes."""
    hospital.ask(amount="2000.00")
    hospital.later(days=1)
    item = hospital.ask("ask_argued", amount="6000.00")
    hospital.later(days=29)
    hospital.ask(amount="2000.01")
    hospital.later(days=2)
    assert labels(argued(hospital, item)) == TWO


@pytest.mark.parametrize(("days", "rungs"), [(29, TWO), (30, ONE)])
def test_the_window_lies_around_the_request(hospital: Hospital, days: int, rungs: list[str]) -> None:
    """Of 30 days on either side what is asked for on the thirtieth is no longer added up."""
    item = hospital.ask("ask_argued", amount="9000.00")
    hospital.later(days=days)
    other = hospital.ask(amount="9000.00")
    hospital.later(days=31)
    assert (labels(argued(hospital, item)), labels(other)) == (rungs, rungs)


# The clock of each rung


def clocks(item: Item) -> list[tuple[datetime, datetime, datetime | None]]:
    rows = item.deadlines.filter(name="rung").order_by("pk")
    return [(row.began_at, row.due, row.ended_at) for row in rows]


def signed(hospital: Hospital, who: str, item: Item) -> None:
    hospital.act(who, "approve", item, value="agree", comment="")


def end(month: int, day: int) -> datetime:
    return NOW.replace(month=month, day=day, hour=23, minute=59, second=59)


def test_three_rungs_signed_on_their_second_day_are_never_late(hospital: Hospital) -> None:
    """Asked on Monday 2 March: signed on Wednesday, Friday, and the Tuesday after."""
    item = hospital.ask(amount="50000.01")
    for who, days in (("office", 2), ("accountant", 2), ("president", 4)):
        hospital.later(days=days)
        signed(hospital, who, item)
    hospital.later(days=10)
    assert not Escalation.objects.exists()
    monday, wednesday, friday, tuesday = (NOW + timedelta(days=days) for days in (0, 2, 4, 8))
    assert clocks(item) == [
        (monday, end(3, 5), wednesday), (wednesday, end(3, 9), friday), (friday, end(3, 11), tuesday),
    ]  # fmt: skip


def test_a_rung_of_four_days_tells_whose_it_is_and_then_the_leaders(hospital: Hospital) -> None:
    """The office signs on its second day, the deputy does not in four working days; talk changes nothing."""
    item = hospital.ask(amount="10000.01")
    hospital.later(days=2)
    signed(hospital, "office", item)
    hospital.later(days=5)
    hospital.act("buyer", "comment", item, text="请尽快")
    hospital.later(hours=10)
    assert not Escalation.objects.exists()
    hospital.later(days=1)
    assert clocks(item)[1:] == [(NOW + timedelta(days=2), end(3, 9), None)]
    assert list(Escalation.objects.values_list("level", "due")) == [(1, end(3, 9)), (2, end(3, 9))]
    tell(hospital.now)
    told = [
        set(Notice.objects.filter(event=each.event).values_list("person__username", flat=True))
        for each in Escalation.objects.order_by("level")
    ]
    assert told == [{"deputy", "head"}, {"accountant", "president"}]
