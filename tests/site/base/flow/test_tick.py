"""The tick: levels once and in order whatever the downtime, system steps once, one item's fault its own."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from site_small.flow import REFUSED, SENT, TAKEN
from site_small.models import Errand

from yiheng.base.words import Word
from yiheng.site.base.audit.models import Entry
from yiheng.site.base.clock.calendar import china
from yiheng.site.base.clock.span import Span, days, hours, working_days
from yiheng.site.base.flow import tick as module
from yiheng.site.base.flow.act import system_act
from yiheng.site.base.flow.deadlines import Overdue
from yiheng.site.base.flow.declare import State, Step
from yiheng.site.base.flow.models import Act, Deadline, Escalation, Event, Item, Todo
from yiheng.site.base.flow.tick import Ticked, request_of, tick
from yiheng.site.base.party import System

from ..town import Town
from .clocks import LATE, WAITING, at, declared, do, dues, end, limit, running, sent, taken

THREE = (*LATE, LATE[0])


def every(span: Span) -> Callable[[Item, datetime, int], Span]:
    return lambda item, began, level: span


def systems(
    name: str, *frm: State, to: State | None = REFUSED, when: Callable[[Item, datetime], bool] = lambda item, now: True
) -> Step:
    return Step(name, Word("系统办理", "the site does it"), frm or (SENT,), to, System(), when=when)


def told() -> list[tuple[int, int, datetime]]:
    """Item, level and since when, in the order in which it was told."""
    return [(each.deadline.item_id, each.level, each.due) for each in Escalation.objects.select_related("deadline")]


def nothing(done: Ticked) -> bool:
    return done == Ticked()


def test_before_its_time_nothing_is_told(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(days(1), late=LATE[:1]))
    sent(town, at(9, 24))
    assert nothing(tick(end(9, 25) - timedelta(seconds=1)))
    assert not Escalation.objects.exists()
    assert len(tick(end(9, 25)).told) == 1


def test_a_level_is_told_with_its_event_and_entry(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(hours(2), late=LATE, every=every(hours(3))))
    item = sent(town, at(9, 24))
    assert [each.level for each in tick(at(9, 24, 11, 1)).told] == [1]
    event = Event.objects.get(kind="late")
    assert (event.item_id, event.act, event.at, event.sent_at) == (item.pk, None, at(9, 24, 11, 1), None)
    assert event.content == {
        "limit": "answer",
        "level": 1,
        "due": "2026-09-24T11:00:00+08:00",
        "turns": [{"role": "leader", "path": "/14/1401/W/", "over": False, "person": None}],
    }
    row = Escalation.objects.get()
    assert (row.level, row.due, row.at, row.event) == (1, at(9, 24, 11), at(9, 24, 11, 1), event)
    entry = Entry.objects.order_by("seq").last()
    assert (entry.action, entry.person, entry.detail) == ("errand.late", None, {"limit": "answer", "level": 1})
    tick(at(9, 24, 14))
    second = Event.objects.filter(kind="late").last()
    assert second.content["turns"] == [{"role": "commission", "path": "/14/1401/W/", "over": True, "person": None}]
    assert (Deadline.objects.get().level, Deadline.objects.get().next_at) == (2, None)


def test_three_days_down_each_level_once_and_in_order(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(hours(2), late=THREE, every=every(hours(24))))
    first, second = sent(town, at(9, 21)), sent(town, at(9, 22))
    done = tick(at(9, 24, 12))
    expected = [
        *((first.pk, level, at(9, 20 + level, 11)) for level in (1, 2, 3)),
        *((second.pk, level, at(9, 21 + level, 11)) for level in (1, 2, 3)),
    ]
    assert told() == expected
    assert [(each.deadline.item_id, each.level, each.due) for each in done.told] == expected
    assert [(event.item_id, event.content["level"]) for event in Event.objects.filter(kind="late")] == [
        (pk, level) for pk, level, _ in expected
    ]
    assert nothing(tick(at(9, 24, 12)))
    assert nothing(tick(at(12, 24)))
    assert told() == expected


def test_many_ticks_and_one_after_days_tell_the_same(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(working_days(1), late=THREE, every=every(working_days(1))))
    one = sent(town, at(9, 23))
    for quarter in range(4 * 8):
        tick(at(9, 23) + timedelta(hours=6 * quarter))
    often = [(level, since) for _, level, since in told()]
    two = sent(town, at(9, 23))
    tick(at(9, 23) + timedelta(days=8))
    assert often == [(level, since) for item, level, since in told() if item == two.pk]
    assert often == [(1, end(9, 24)), (2, end(9, 28)), (3, end(9, 29))]
    assert {item for item, _, _ in told()} == {one.pk, two.pk}


def test_each_level_may_have_its_own_time(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    after = {2: hours(1), 3: days(2)}
    declared(monkeypatch, limit(hours(2), late=THREE, every=lambda item, began, level: after[level]))
    sent(town, at(9, 24))
    tick(at(9, 30))
    assert [since for _, _, since in told()] == [at(9, 24, 11), at(9, 24, 12), end(9, 26)]


def test_levels_without_a_time_between_them_come_together(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(hours(2), late=LATE))
    sent(town, at(9, 24))
    tick(at(9, 24, 11))
    assert [(level, since) for _, level, since in told()] == [(1, at(9, 24, 11)), (2, at(9, 24, 11))]


def test_what_stands_still_tells_nobody_and_goes_on_where_it_was(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    its = limit(hours(2), "sent", "taken", late=LATE, every=every(hours(10)), pauses=(WAITING,))
    declared(monkeypatch, its)
    item = sent(town, at(9, 24))
    taken(town, item, at(9, 24))
    tick(at(9, 24, 12))
    do(town, "wen", "ask", item, at(9, 24, 13))  # two of the ten hours to the second level are over
    assert nothing(tick(at(9, 28)))
    do(town, "dan", "more", item, at(9, 28))
    assert nothing(tick(at(9, 28, 16)))
    tick(at(9, 28, 17))
    assert [(level, since) for _, level, since in told()] == [(1, at(9, 24, 11)), (2, at(9, 28, 17))]
    assert running(item) == [("answer", at(9, 24, 11), False)]


def test_what_is_done_before_the_tick_tells_nobody(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(hours(2), late=LATE))
    item = sent(town, at(9, 24))
    taken(town, item, at(9, 24, 12))
    assert nothing(tick(at(9, 24, 13)))
    assert [row.ended_at - row.due for row in Deadline.objects.all()] == [timedelta(hours=1)]


def test_a_year_that_is_published_moves_what_was_provisional(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(working_days(5), late=LATE), limit(days(9), name="days"))
    item, early = sent(town, at(12, 29)), sent(town, at(9, 24))
    assert nothing(tick(at(9, 25)))
    known = replace(china(), years=china().years | {2027}, off=china().off | {date(2027, 1, 1)})
    assert tick(at(9, 25), known) == Ticked(reckoned=[item.pk, early.pk])
    assert {(row.item_id, row.name, row.due, row.provisional) for row in Deadline.objects.all()} == {
        (item.pk, "answer", end(1, 6, 2027), False),
        (item.pk, "days", end(1, 7, 2027), False),
        (early.pk, "answer", end(10, 9), False),
        (early.pk, "days", end(10, 3), False),
    }
    assert (dues(item), dues(early)) == ({end(1, 6, 2027)}, {end(10, 3)})
    assert {row.next_at for row in Deadline.objects.filter(name="answer")} == {end(1, 6, 2027), end(10, 9)}
    assert nothing(tick(at(9, 26), known))


def test_a_notice_that_changes_moves_what_runs_but_takes_nothing_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared(monkeypatch, limit(working_days(1), late=LATE, every=every(working_days(1))))
    item = sent(town, at(9, 21))
    tick(at(9, 23))
    assert [level for _, level, _ in told()] == [1]
    longer = replace(china(), off=china().off | {date(2026, 9, 22), date(2026, 9, 23)})
    assert tick(at(9, 23), longer).reckoned == [item.pk]
    assert (Deadline.objects.get().due, Deadline.objects.get().next_at) == (end(9, 24), end(9, 28))
    assert [level for _, level, _ in told()] == [1]


def test_a_system_step_is_taken_once_when_its_time_has_come(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = declared(monkeypatch, steps=(systems("expire", when=lambda item, now: now >= at(9, 25)),))
    item = sent(town, at(9, 24))
    assert nothing(tick(at(9, 24, 23)))
    done = tick(at(9, 25))
    assert [(each.item_id, each.step, each.person, each.to_state) for each in done.acts] == [
        (item.pk, "expire", None, "refused")
    ]
    assert Errand.objects.get(pk=item.pk).state == "refused"
    assert not Todo.objects.filter(item=item).exists()
    assert nothing(tick(at(9, 26)))
    again = system_act(item, flow.by_name["expire"], done.acts[0].request, at(9, 27))
    assert again == done.acts[0]
    assert Act.objects.filter(step="expire").count() == 1


def test_the_key_of_a_system_step_is_of_item_step_and_version(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = declared(monkeypatch, steps=(systems("one"), systems("two")))
    first, second = sent(town, at(9, 24)), sent(town, at(9, 24))
    later = replace_version(first)
    keys = [request_of(item, flow.by_name[name]) for item in (first, second, later) for name in ("one", "two")]
    assert len(set(keys)) == 6
    assert request_of(Errand.objects.get(pk=first.pk), flow.by_name["one"]) == keys[0]


def replace_version(item: Errand) -> Errand:
    later = Errand.objects.get(pk=item.pk)
    later.version += 1
    return later


def test_a_step_that_stays_in_its_state_is_taken_once_a_tick(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, steps=(systems("remind", to=None),))
    item = sent(town, at(9, 24))
    for expected in (1, 2):
        tick(at(9, 25))
        assert Act.objects.filter(item=item, step="remind").count() == expected


def test_it_is_told_before_it_expires(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """After days of downtime both levels come first; the step that waits for the second is in the same tick."""
    declared(
        monkeypatch,
        limit(hours(2), late=LATE, every=every(hours(2))),
        steps=(systems("expire", when=Overdue("answer", 2)),),
    )
    item = sent(town, at(9, 24))
    assert tick(at(9, 24, 12)).acts == []
    assert len(tick(at(9, 28)).acts) == 1
    assert [event.kind for event in Event.objects.filter(item=item)][-3:] == ["late", "late", "errand.expire"]
    assert running(item) == []


def test_one_step_may_follow_another(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, steps=(systems("pass", to=WAITING), systems("end", WAITING)))
    item = sent(town, at(9, 24))
    assert [each.step for each in tick(at(9, 25)).acts] == ["pass", "end"]
    assert Errand.objects.get(pk=item.pk).version == 4


def test_every_item_has_its_turn_however_many_there_are(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 2)
    declared(monkeypatch, steps=(systems("expire"),))
    items = [sent(town, at(9, 24)) for _ in range(5)]
    assert [each.item_id for each in tick(at(9, 25)).acts] == [item.pk for item in items]


def faulty(bad: set[int]) -> Callable[[Item, datetime], bool]:
    def when(item: Item, now: datetime) -> bool:  # noqa: ARG001
        if item.pk in bad:
            raise ZeroDivisionError(f"item {item.pk}")
        return True

    return when


def test_one_items_fault_is_its_own_and_is_not_hidden(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad: set[int] = set()
    declared(monkeypatch, steps=(systems("expire", when=faulty(bad)),))
    items = [sent(town, at(9, 24)) for _ in range(3)]
    bad.add(items[1].pk)
    with caplog.at_level(logging.ERROR):
        done = tick(at(9, 25))
    assert [each.item_id for each in done.acts] == [items[0].pk, items[2].pk]
    assert [(each.item, each.what, str(each.error)) for each in done.faults] == [
        (items[1].pk, "errand.expire", f"item {items[1].pk}")
    ]
    assert f"item {items[1].pk}: errand.expire" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert Errand.objects.get(pk=items[1].pk).state == "sent"
    bad.clear()
    assert [each.item_id for each in tick(at(9, 25)).acts] == [items[1].pk]


def test_a_fault_after_the_first_level_leaves_the_second_to_the_next_tick(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A level is whole or not at all: event, row and count in one transaction."""
    bad = [True]

    def after(item: Item, began: datetime, level: int) -> Span:  # noqa: ARG001
        if level == 3 and bad[0]:
            raise ZeroDivisionError
        return hours(1)

    declared(monkeypatch, limit(hours(2), late=THREE, every=after))
    item, other = sent(town, at(9, 24)), sent(town, at(9, 24))
    done = tick(at(9, 25))
    assert [(each.item, each.what) for each in done.faults] == [(item.pk, "late"), (other.pk, "late")]
    assert [(pk, level) for pk, level, _ in told()] == [(item.pk, 1), (other.pk, 1)]
    assert Event.objects.filter(kind="late").count() == 2
    assert {row.level for row in Deadline.objects.all()} == {1}
    bad[0] = False
    assert not tick(at(9, 25)).faults
    assert [(pk, level) for pk, level, _ in told()][2:] == [
        (pk, level) for pk in (item.pk, other.pk) for level in (2, 3)
    ]


def test_an_item_of_a_definition_that_is_gone_is_a_fault(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(hours(2), late=LATE))
    gone, there = sent(town, at(9, 24)), sent(town, at(9, 24))
    Item.objects.filter(pk=gone.pk).update(definition=9)
    done = tick(at(9, 25))
    assert [(each.item, type(each.error)) for each in done.faults] == [(gone.pk, KeyError)]
    assert {pk for pk, _, _ in told()} == {there.pk}


def test_an_interrupt_ends_the_tick(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def when(item: Item, now: datetime) -> bool:  # noqa: ARG001
        raise KeyboardInterrupt

    declared(monkeypatch, steps=(systems("expire", when=when),))
    sent(town, at(9, 24))
    with pytest.raises(KeyboardInterrupt):
        tick(at(9, 25))


def between(monkeypatch: pytest.MonkeyPatch, inner: Callable[[], object]) -> None:
    """Something that happens just before the next lock is held, once."""
    real, first = module.lock, [True]

    def lock(number: int):
        if first.pop() if first else False:
            inner()
        return real(number)

    monkeypatch.setattr(module, "lock", lock)


def test_another_tick_just_before_the_lock_leaves_nothing_to_tell(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(hours(2), late=LATE))
    sent(town, at(9, 24))
    others: list[Ticked] = []
    between(monkeypatch, lambda: others.append(tick(at(9, 25))))
    assert nothing(tick(at(9, 25)))
    assert [each.level for each in others[0].told] == [1, 2]
    assert [level for _, level, _ in told()] == [1, 2]


def test_an_act_just_before_the_lock_leaves_nothing_to_tell(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(monkeypatch, limit(hours(2), late=LATE))
    item = sent(town, at(9, 24))
    between(monkeypatch, lambda: taken(town, item, at(9, 25)))
    assert nothing(tick(at(9, 25)))
    assert told() == []


def test_a_step_is_looked_at_again_under_the_lock(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = declared(monkeypatch, steps=(systems("expire", when=lambda item, now: item.state == SENT.code),))
    stale = sent(town, at(9, 24))
    taken(town, stale, at(9, 25))
    assert system_act(stale, flow.by_name["expire"], request_of(stale, flow.by_name["expire"]), at(9, 25)) is None
    assert Errand.objects.get(pk=stale.pk).state == TAKEN.code
