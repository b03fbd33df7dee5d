"""Ladders: rungs made when the item comes, signed in order, by nobody twice and never by the author."""

from datetime import datetime

import pytest
from site_small.models import Errand

from yiheng.base.words import Word
from yiheng.site.base.flow.declare import Shows
from yiheng.site.base.flow.facts import facts_of
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.inbox import inbox
from yiheng.site.base.flow.models import Act, Event, Gate, Item
from yiheng.site.base.flow.refused import Conflict, Missing, NotAllowed
from yiheng.site.base.flow.sight import seen, visible
from yiheng.site.base.panel.ladder import Ladder
from yiheng.site.base.panel.outcome import Again
from yiheng.site.base.panel.refused import NoSigner, NotFit
from yiheng.site.base.panel.rung import Rung
from yiheng.site.base.panel.view import lines

from ..town import Town, lend
from .hall import FIRST, SECOND, TOP, answers, asked, declared, do, hold, poll_of, say, staffed, state_of, waits_for

LADDER = Ladder(lambda item, now: (FIRST, TOP) if item.amount < 100_000 else (FIRST, SECOND, TOP))


@pytest.fixture
def hall(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    declared(monkeypatch, LADDER)
    return staffed(town)


def test_the_sum_says_how_many_rungs(hall: Town) -> None:
    small, large = asked(hall, amount="999.99"), asked(hall, amount="1000.00")
    assert [rung[0] for rung in poll_of(small).basis["rungs"]] == ["财务", "院长"]
    assert [rung[0] for rung in poll_of(large).basis["rungs"]] == ["财务", "运营", "院长"]
    assert waits_for(small) == {("finance", hall.east.path, "")}


def test_each_rung_signs_in_its_turn(hall: Town) -> None:
    item = asked(hall)
    with pytest.raises(NotAllowed, match="party"):
        say(hall, "eva", item)
    say(hall, "fay", item)
    assert (state_of(item), waits_for(item)) == ("asked", {("leader", hall.east.path, "")})
    say(hall, "eva", item)
    assert (state_of(item), poll_of(item).outcome) == ("taken", "agreed")
    assert answers(item) == [("fay", "agree"), ("eva", "agree")]
    assert list(Act.objects.filter(item=item, step="approve").values_list("data", "role")) == [
        ({}, "finance"), ({}, "leader"),
    ]  # fmt: skip


def test_whoever_has_to_sign_sees_it_and_nobody_before(hall: Town) -> None:
    item = asked(hall)
    flow, fresh = item.its_flow, Errand.objects.get(pk=item.pk)
    for name, sees in (("fay", True), ("ora", False), ("com", False)):
        shows = seen(flow, facts_of(flow, fresh), hall.actor(name)).shows
        assert (shows is Shows.ALL) == sees
        assert visible(flow, hall.actor(name)).filter(pk=item.pk).exists() == sees
        assert inbox(hall.actor(name), item=item.pk).exists() == sees
    assert visible(flow, hall.actor("fay"), ("note",)).get(pk=item.pk).shown_note is None
    say(hall, "fay", item)
    assert visible(flow, hall.actor("fay")).filter(pk=item.pk).exists()
    assert visible(flow, hall.actor("fox")).filter(pk=item.pk).exists()


def test_the_author_signs_nowhere_not_for_another_either(hall: Town) -> None:
    hold(hall, "dan", "finance")
    lend(hall.people["fox"], hall.people["dan"])
    item = asked(hall)
    with pytest.raises(NotAllowed, match="apart"):
        say(hall, "dan", item)
    assert not inbox(hall.actor("dan"), step="approve").exists()
    say(hall, "fay", item)


def test_a_rung_of_the_author_alone_goes_up(hall: Town) -> None:
    for name in ("fay", "fox"):
        hall.people[name].posts.all().delete()
    hold(hall, "dan", "finance")
    item = asked(hall)
    assert waits_for(item) == {("leader", hall.east.path, "")}
    assert poll_of(item).basis["up"] == [0]
    say(hall, "eva", item)
    assert state_of(item) == "taken"


def test_nobody_to_sign_keeps_the_item_where_it_was(hall: Town) -> None:
    hall.people["eva"].posts.all().delete()
    item = hall.begin()
    before = (Act.objects.count(), Event.objects.count())
    hall.people["fay"].posts.all().delete()
    hall.people["fox"].posts.all().delete()
    with pytest.raises(NoSigner, match="no_signer"):
        hall.act("dan", "ask", item)
    assert (state_of(item), Act.objects.count(), Event.objects.count()) == ("draft", *before)


def test_one_who_is_on_two_rungs_signs_once(hall: Town) -> None:
    hall.people["fox"].posts.all().delete()
    hall.people["eva"].posts.all().delete()
    hold(hall, "fay", "leader")
    item = asked(hall)
    say(hall, "fay", item)
    assert (state_of(item), poll_of(item).basis["once"]) == ("taken", [1])


def test_or_the_next_up_answers(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    spare = Rung(Word("党委", "committee"), TOP.party, spare=True)
    declared(monkeypatch, Ladder(lambda item, now: (FIRST, SECOND, spare), again=Again.UP))
    hall = staffed(town)
    hall.people["fox"].posts.all().delete()
    hall.people["ora"].posts.all().delete()
    hold(hall, "fay", "operations")
    item = asked(hall)
    say(hall, "fay", item)
    assert waits_for(item) == {("leader", hall.east.path, "")}
    say(hall, "eva", item)
    assert state_of(item) == "taken"


def test_refused_and_returned_go_where_the_step_says(hall: Town) -> None:
    one, other = asked(hall), asked(hall)
    with pytest.raises(Invalid) as wrong:
        say(hall, "fay", one, "refuse")
    assert list(wrong.value.fields) == ["comment"]
    say(hall, "fay", one, "refuse", "无预算")
    assert (state_of(one), poll_of(one).outcome) == ("refused", "refused")
    say(hall, "fay", other, "return", "请补充")
    assert (state_of(other), poll_of(other).outcome) == ("back", "returned")
    hall.act("dan", "ask", other)
    assert (other.polls.count(), waits_for(other)) == (2, {("finance", hall.east.path, "")})
    say(hall, "fay", other)
    assert waits_for(other) == {("leader", hall.east.path, "")}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"value": "maybe", "comment": ""}, "value"),
        ({"comment": ""}, "value"),
        ({"value": "agree", "amount": "1"}, "amount"),
    ],
)
def test_a_wrong_answer_is_refused_by_field(hall: Town, data: dict[str, str], field: str) -> None:
    item = asked(hall)
    with pytest.raises(Invalid) as wrong:
        hall.act("fay", "approve", item, **data)
    assert list(wrong.value.fields) == [field]
    assert (answers(item), Item.objects.get(pk=item.pk).version) == ([], 2)


def test_two_answers_from_one_version_are_one(hall: Town) -> None:
    from yiheng.site.base.flow.act import act

    from ..town import NOW

    item = asked(hall)
    one = hall.asked("approve", item, value="agree", comment="")
    other = hall.asked("approve", item, value="agree", comment="")
    act(hall.actor("fay"), one, NOW)
    assert act(hall.actor("fay"), one, NOW).request == one.request
    with pytest.raises(Conflict, match="moved"):
        act(hall.actor("fox"), other, NOW)
    assert answers(item) == [("fay", "agree")]


def test_a_seat_is_passed_on_to_another_holder_alone(hall: Town) -> None:
    item = asked(hall)
    with pytest.raises(NotFit, match="not_fit"):
        do(hall, "fay", "pass_on", item, reason="出差", duty="approve", person="ora")
    do(hall, "fay", "pass_on", item, reason="出差", duty="approve", person="fox")
    assert waits_for(item) == {("finance", hall.east.path, "fox")}
    with pytest.raises(Missing):
        say(hall, "fay", item)
    say(hall, "fox", item)
    assert waits_for(item) == {("leader", hall.east.path, "")}


def test_a_signer_is_added_after_the_own_rung(hall: Town) -> None:
    item = asked(hall)
    do(hall, "fay", "add_signer", item, reason="请运营把关", person="ora")
    with pytest.raises(NotFit, match="not_fit"):
        do(hall, "fay", "add_signer", item, reason="再加", person="ora")
    with pytest.raises(NotFit, match="not_fit"):
        do(hall, "fay", "add_signer", item, reason="作者", person="dan")
    say(hall, "fay", item)
    assert waits_for(item) == {("", "", "ora")}
    say(hall, "ora", item)
    say(hall, "eva", item)
    assert state_of(item) == "taken"


def test_the_panel_is_shown_as_it_stands(hall: Town) -> None:
    item = asked(hall)
    say(hall, "fay", item, comment="可行")
    fresh = Errand.objects.get(pk=item.pk)
    shown = lines(item.its_flow, fresh, poll_of(item), hall.actor("dan"))
    assert [(line.word.zh, line.state, line.who, line.comment) for line in shown] == [
        ("财务", "answered", "fay", "可行"),
        ("院长", "open", "", ""),
    ]
    assert lines(item.its_flow, fresh, poll_of(item), hall.actor("com")) == []


def test_the_ladder_asks_the_sum_of_all_under_its_lock(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def rungs(item: Item, now: datetime) -> tuple[Rung, ...]:  # noqa: ARG001 (the limits of every day are these)
        names = Gate.objects.filter(name="supplier-血样").count()
        alike = Errand.objects.filter(subject=item.subject).exclude(state="draft")
        whole = sum(alike.values_list("amount", flat=True))
        assert names == 1
        return (FIRST, TOP) if whole <= 5_000_000 else (FIRST, SECOND, TOP)

    declared(monkeypatch, Ladder(rungs, locks=lambda item: (f"supplier-{item.subject}",)))
    hall = staffed(town)
    one, other = (asked(hall, amount="30000.00") for _ in range(2))
    assert [len(poll_of(item).basis["rungs"]) for item in (one, other)] == [2, 3]
