"""Deadlines: begun, paused, continued and ended by acts, and nothing of them changed by an act that is refused."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from site_small.models import Errand

from yiheng.site.base.clock.calendar import china
from yiheng.site.base.clock.due import due
from yiheng.site.base.clock.span import Span, days, hours, minutes, working_days
from yiheng.site.base.flow.deadlines import Overdue, renew
from yiheng.site.base.flow.models import Deadline, Item
from yiheng.site.base.flow.refused import NotAllowed

from ..town import Town
from .clocks import WAITING, at, declared, do, dues, end, limit, running, sent, taken


def test_a_clock_begins_with_its_state_and_ends_when_that_is_left(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(working_days(5)))
    item = town.begin()
    assert running(item) == []
    assert dues(item) == {None}
    do(town, "dan", "send", item, at(9, 24))
    assert running(item) == [("answer", end(10, 9), False)]
    assert dues(item) == {end(10, 9)}
    taken(town, item, at(9, 29))
    assert running(item) == []
    assert dues(item) == {None}
    row = Deadline.objects.get()
    assert (row.began_at, row.due, row.ended_at, row.next_at, row.level) == (at(9, 24), end(10, 9), at(9, 29), None, 0)


def test_one_clock_runs_on_through_several_states(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(working_days(5), "sent", "taken"))
    item = sent(town, at(9, 24))
    taken(town, item, at(9, 29))
    assert running(item) == [("answer", end(10, 9), False)]
    assert dues(item) == {end(10, 9)}
    assert Deadline.objects.get().began_at == at(9, 24)


@pytest.mark.parametrize(
    ("span", "before", "after"),
    [(working_days(5), end(10, 9), end(10, 13)), (hours(200), at(10, 2, 17), at(10, 12, 16))],
)
def test_a_clock_stands_still_and_keeps_the_rest(
    town: Town, monkeypatch: pytest.MonkeyPatch, span: Span, before: datetime, after: datetime
) -> None:
    declared(monkeypatch, limit(span, "sent", "taken", pauses=(WAITING,)))
    item = sent(town, at(9, 24))
    taken(town, item, at(9, 25))
    do(town, "wen", "ask", item, at(9, 28, 10))  # one working day used, four left
    assert running(item) == [("answer", before, True)]
    assert dues(item) == {None}
    do(town, "dan", "more", item, at(10, 8, 9))
    assert running(item) == [("answer", after, False)]
    assert dues(item) == {after}
    assert Deadline.objects.get().pauses == [["2026-09-28T10:00:00+08:00", "2026-10-08T09:00:00+08:00"]]


def test_a_clock_does_not_begin_in_a_state_where_it_would_stand_still(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared(monkeypatch, limit(days(3), "done", pauses=(WAITING,)))
    item = sent(town, at(9, 24))
    taken(town, item, at(9, 24))
    do(town, "wen", "ask", item, at(9, 24))
    assert running(item) == []


def test_begun_again_it_is_a_new_clock(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(days(3), "taken"))
    item = sent(town, at(9, 24))
    taken(town, item, at(9, 24))
    do(town, "wen", "ask", item, at(9, 25))
    do(town, "dan", "more", item, at(9, 28))
    assert [(row.began_at, row.due, row.ended_at) for row in Deadline.objects.order_by("pk")] == [
        (at(9, 24), end(9, 27), at(9, 25)),
        (at(9, 28), end(10, 1), None),
    ]


def test_a_step_that_stays_in_the_state_leaves_the_clock_alone(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(days(3)))
    item = sent(town, at(9, 24))
    do(town, "wei", "redirect", item, at(9, 26), "应由东院办", receiver="E")
    assert running(item) == [("answer", end(9, 27), False)]


def test_the_earliest_of_several_is_the_due_of_the_todos(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(
        monkeypatch,
        limit(days(9), "sent", "taken", name="all", pauses=(WAITING,)),
        limit(hours(2)),
        limit(days(1), "waiting", name="more"),
    )
    item = sent(town, at(9, 24))
    assert (running(item), dues(item)) == (
        [("all", end(10, 3), False), ("answer", at(9, 24, 11), False)],
        {at(9, 24, 11)},
    )
    taken(town, item, at(9, 25))
    assert (running(item), dues(item)) == ([("all", end(10, 3), False)], {end(10, 3)})
    do(town, "wen", "ask", item, at(9, 26))
    assert (running(item), dues(item)) == ([("all", end(10, 3), True), ("more", end(9, 27), False)], {end(9, 27)})


def test_how_long_depends_on_the_item_and_is_reckoned_from_the_beginning(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime] = []

    def span(item: Item, began: datetime) -> Span:
        asked.append(began)
        return hours(24) if item.receiver.code == "E" else hours(48)

    declared(monkeypatch, replace(limit(None), span=span))
    item = sent(town, at(9, 24))
    assert running(item) == [("answer", at(9, 26), False)]
    do(town, "wei", "redirect", item, at(9, 24, 20), "应由东院办", receiver="E")
    assert running(item) == [("answer", at(9, 25), False)]
    assert set(asked) == {at(9, 24)}  # policy values are those of the day on which the clock began


def test_no_span_is_no_limit(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    has = {"limit": False}
    declared(monkeypatch, replace(limit(None), span=lambda item, began: days(1) if has["limit"] else None))
    item = sent(town, at(9, 24))
    assert running(item) == []
    has["limit"] = True
    do(town, "wei", "redirect", item, at(9, 25), "应由东院办", receiver="E")
    assert running(item) == [("answer", end(9, 26), False)]
    has["limit"] = False
    do(town, "edd", "redirect", item, at(9, 26), "应由西院办", receiver="W")
    assert running(item) == []
    assert dues(item) == {None}


@pytest.mark.parametrize(("named", "over"), [(date(2026, 9, 30), end(9, 30)), (at(9, 30, 12), at(9, 30, 12))])
def test_a_day_or_moment_that_was_named_stays_through_pauses(
    town: Town, monkeypatch: pytest.MonkeyPatch, named: date, over: datetime
) -> None:
    its = limit(None, "taken", pauses=(WAITING,))
    declared(monkeypatch, replace(its, span=lambda item, began: named))
    item = sent(town, at(9, 24))
    taken(town, item, at(9, 24))
    do(town, "wen", "ask", item, at(9, 25))
    do(town, "dan", "more", item, at(9, 28))
    assert running(item) == [("answer", over, False)]


def test_a_clock_may_count_from_an_event_and_anew_from_another(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    event: dict[str, datetime | None] = {"at": None}
    declared(monkeypatch, replace(limit(working_days(3), "sent", "taken"), since=lambda item: event["at"]))
    item = sent(town, at(9, 17))
    assert running(item) == []
    event["at"] = at(9, 17, 15)
    taken(town, item, at(9, 18))
    assert running(item) == [("answer", end(9, 21), False)]  # 18, 20 (a Sunday that is worked), 21
    event["at"] = at(9, 21)
    renew(item.its_flow, Errand.objects.get(pk=item.pk), at(9, 22))
    assert running(item) == [("answer", end(9, 24), False)]
    event["at"] = None
    assert renew(item.its_flow, Errand.objects.get(pk=item.pk), at(9, 23)) is None
    assert [row.ended_at for row in Deadline.objects.order_by("pk")] == [at(9, 22), at(9, 23)]


def town_flow(item: Item):
    return item.its_flow


def test_a_limit_that_the_flow_no_longer_has_ends(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = declared(monkeypatch, limit(days(3)))
    item = sent(town, at(9, 24))
    assert renew(replace(flow, limits=()), item, at(9, 25)) is None
    assert Deadline.objects.get().ended_at == at(9, 25)


def test_an_unpublished_year_is_provisional(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(working_days(5)), limit(days(5), name="days"))
    sent(town, at(12, 29))
    assert {(row.name, row.due, row.provisional) for row in Deadline.objects.all()} == {
        ("answer", end(1, 5, 2027), True),
        ("days", end(1, 3, 2027), False),
    }
    assert {row.calendar for row in Deadline.objects.all()} == {china().digest}


def test_an_act_that_is_refused_changes_no_deadline(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(days(3)))
    item = sent(town, at(9, 24))
    before = (list(Deadline.objects.values()), list(item.todos.values()))
    with pytest.raises(NotAllowed):
        do(town, "eva", "take", item, at(9, 25), owner="edd")
    assert (list(Deadline.objects.values()), list(item.todos.values())) == before


def test_renewing_again_changes_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = declared(monkeypatch, limit(days(3), "sent", "taken", pauses=(WAITING,)))
    item = sent(town, at(9, 24))
    taken(town, item, at(9, 24))
    for when in (at(9, 25), at(9, 26)):
        before = list(Deadline.objects.values())
        assert renew(flow, Errand.objects.get(pk=item.pk), when) == end(9, 27)
        assert list(Deadline.objects.values()) == before
    do(town, "wen", "ask", item, at(9, 26))
    before = list(Deadline.objects.values())
    assert renew(flow, Errand.objects.get(pk=item.pk), at(9, 30)) is None
    assert list(Deadline.objects.values()) == before


def test_two_running_clocks_of_one_limit_cannot_be(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(days(3)))
    item = sent(town, at(9, 24))
    row = Deadline.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
    assert running(item) == [("answer", end(9, 27), False)]


@pytest.mark.parametrize("span", [working_days(4), days(4), hours(50), minutes(700)])
def test_any_history_is_as_the_pure_clock_says(town: Town, monkeypatch: pytest.MonkeyPatch, span: Span) -> None:
    """Random ways through the states; the due is that of the beginning, the span and the pauses."""
    flow = declared(monkeypatch, limit(span, "sent", "taken", pauses=(WAITING,)))
    chance = random.Random(span.number)
    item = sent(town, at(8, 1))
    for _ in range(30):
        item.state = chance.choice(("sent", "taken", "waiting", "waiting", "done"))
        now = at(8, 1) + timedelta(minutes=_minutes(chance, item))
        item.changed_at = now
        renew(flow, item, now)
        for row in Deadline.objects.all():
            pauses = [(datetime.fromisoformat(stop), datetime.fromisoformat(go)) for stop, go in row.pauses]
            assert row.due == due(row.began_at, span, china(), pauses).at
        open_rows = Deadline.objects.filter(ended_at=None)
        assert open_rows.filter(paused_at=None).exists() == (item.state in ("sent", "taken"))
        assert not open_rows.exists() or item.state != "done"


def _minutes(chance: random.Random, item: Item) -> int:
    """A moment after the item's last one, in minutes from the first of August."""
    return int((item.changed_at - at(8, 1)).total_seconds() // 60) + chance.randint(1, 2000)


def test_overdue_of_an_item_is_overdue_in_the_table(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(days(1), "sent", "taken", pauses=(WAITING,)))
    items = [sent(town, at(9, day)) for day in (20, 21, 22, 23, 24)]
    taken(town, items[1], at(9, 24))
    do(town, "wen", "ask", items[1], at(9, 24))  # stands still
    do(town, "wei", "refuse", items[2], at(9, 24), "不属本院")  # ended
    Deadline.objects.filter(item=items[3]).update(level=2)
    for name in ("answer", "other"):
        for level in (0, 1, 2, 3):
            for now in (at(9, 20), at(9, 23), end(9, 24), at(9, 26)):
                when = Overdue(name, level)
                is_over = {item.pk for item in items if when(item, now)}
                assert is_over == set(Errand.objects.filter(when.rows(now)).values_list("pk", flat=True))
    assert Overdue("answer")(items[0], end(9, 21))
    assert not Overdue("answer")(items[0], end(9, 21) - timedelta(seconds=1))
    assert [Overdue("answer", 2)(item, at(9, 30)) for item in items] == [False, False, False, True, False]
