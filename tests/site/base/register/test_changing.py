"""Registers change by two people or a feed; rows are ended, never edited; no two hold on one day."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from site_register.models import Quality

from yiheng.site.base.audit.models import Entry
from yiheng.site.base.places.standing import Actor, actor_of
from yiheng.site.base.refused import NotDone
from yiheng.site.base.register.changing import Proposed, confirm, end, feed, propose, reject
from yiheng.site.base.register.checks import findings
from yiheng.site.base.register.models import RegisterRow, RowState
from yiheng.site.base.register.reading import as_of, history, row_of, waiting
from yiheng.site.base.register.refused import (
    BadRow,
    NoReason,
    NotAParty,
    Overlap,
    SamePerson,
    UnknownFeed,
    WrongDay,
    WrongState,
)

from ..town import DAY, NOW, Town, lend, make_person, make_place

D = date(2026, 1, 1)


def day(number: int) -> date:
    return D + timedelta(days=number)


@pytest.fixture
def two(town: Town) -> tuple[Actor, Actor]:
    """Two leaders of the east hospital."""
    return town.actor("eva"), actor_of(make_person("eve", ("leader", town.east)).pk, DAY)


def draft(town: Town, start: int, end: int | None = None, replaces: int | None = None, **fields: Any) -> Proposed:
    given = {"org": town.east, "item": "GLU", "passed": True} | fields
    return Proposed(day(start), "室间质评2026-1", given, None if end is None else day(end), replaces)


def in_force(town: Town, two: tuple[Actor, Actor], start: int, end: int | None = None, **rest: Any) -> Quality:
    return confirm(two[1], propose(two[0], Quality, draft(town, start, end, **rest), NOW), NOW)


def test_what_a_person_wrote_has_no_feed(town: Town, two: tuple[Actor, Actor]) -> None:
    assert (in_force(town, two, 0).source, in_force(town, two, 0, item="K").feed) == ("室间质评2026-1", "")


def test_a_row_holds_once_another_confirmed_it(town: Town, two: tuple[Actor, Actor]) -> None:
    row = propose(two[0], Quality, draft(town, 0, 10), NOW)
    assert (row.state, list(as_of(Quality, day(0)))) == (RowState.DRAFT, [])
    assert list(waiting(Quality)) == [row]
    held = confirm(two[1], row, NOW)
    assert (held.state, held.proposed_by_id, held.confirmed_by_id) == ("holds", two[0].person, two[1].person)
    assert [as_of(Quality, day(number)).count() for number in (-1, 0, 9, 10)] == [0, 1, 1, 0]
    assert row_of(Quality, day(5), org=town.east, item="GLU") == row
    assert row_of(Quality, day(5), org=town.west, item="GLU") is None
    with pytest.raises(TypeError, match="the key of Quality is org, item"):
        row_of(Quality, day(5), org=town.east)
    assert list(Entry.objects.values_list("action", "number")) == [
        ("site_register.quality.propose", str(row.pk)),
        ("site_register.quality.confirm", str(row.pk)),
    ]


def test_nobody_confirms_what_was_proposed_by_or_for_the_same_person(town: Town, two: tuple[Actor, Actor]) -> None:
    row = propose(two[0], Quality, draft(town, 0), NOW)
    lent = make_person("lent")
    lend(town.people["eva"], lent)
    for actor in (two[0], actor_of(lent.pk, DAY)):
        with pytest.raises(SamePerson):
            confirm(actor, row, NOW)
    theirs = propose(actor_of(lent.pk, DAY), Quality, draft(town, 0, item="K"), NOW)
    assert (theirs.proposed_by_id, theirs.proposed_for_id) == (lent.pk, two[0].person)
    with pytest.raises(SamePerson):
        confirm(two[0], theirs, NOW)
    for name in ("lin", "dan", "out"):
        with pytest.raises(NotAParty):
            confirm(town.actor(name), row, NOW)
        with pytest.raises(NotAParty):
            propose(town.actor(name), Quality, draft(town, 0, item="NA"), NOW)
    assert list(as_of(Quality, day(0))) == []
    assert Quality.objects.count() == 2


def test_no_two_rows_of_a_key_hold_on_one_day(town: Town, two: tuple[Actor, Actor]) -> None:
    first = in_force(town, two, 10, 20)
    for start, until in ((0, 11), (19, 30), (12, 13), (0, 30), (10, 20), (0, None), (15, None)):
        with pytest.raises(Overlap) as told:
            propose(two[0], Quality, draft(town, start, until), NOW)
        assert told.value.other == first.pk
    assert told.value.text.zh == "与现有登记重叠：2026-01-11起至2026-01-21（不含）"
    in_force(town, two, 0, 10)
    in_force(town, two, 20)
    in_force(town, two, 12, item="K")
    in_force(town, two, 12, org=town.east, item="NA")
    assert [as_of(Quality, day(number)).filter(item="GLU").count() for number in (0, 9, 10, 19, 20, 99)] == [1] * 6


def test_of_two_drafts_that_overlap_the_second_is_not_confirmed(town: Town, two: tuple[Actor, Actor]) -> None:
    one = propose(two[0], Quality, draft(town, 0), NOW)
    other = propose(two[0], Quality, draft(town, 5), NOW)
    confirm(two[1], one, NOW)
    with pytest.raises(Overlap):
        confirm(two[1], other, NOW)
    other.refresh_from_db()
    assert other.state == RowState.DRAFT
    with pytest.raises(WrongState):
        confirm(two[1], one, NOW)


def test_a_row_that_replaces_another_ends_it_when_it_is_confirmed(town: Town, two: tuple[Actor, Actor]) -> None:
    old = in_force(town, two, 0)
    new = propose(two[0], Quality, draft(town, 10, replaces=old.pk, passed=False), NOW)
    assert row_of(Quality, day(10), org=town.east, item="GLU") == old
    confirm(two[1], new, NOW)
    assert [row_of(Quality, day(number), org=town.east, item="GLU") for number in (9, 10)] == [old, new]
    old.refresh_from_db()
    assert (old.end, old.passed, old.ended_by_id) == (day(10), True, two[1].person)
    assert list(history(Quality, org=town.east, item="GLU")) == [old, new]
    for number, start in ((new.pk, 10), (old.pk, 12)):
        with pytest.raises(WrongDay):
            propose(two[0], Quality, draft(town, start, replaces=number), NOW)
    with pytest.raises(WrongState):
        propose(two[0], Quality, draft(town, 20, replaces=new.pk, item="K"), NOW)


def test_an_end_needs_two_people_too(town: Town, two: tuple[Actor, Actor]) -> None:
    row = in_force(town, two, 0)
    with pytest.raises(NoReason):
        end(two[0], row, day(5), " ", NOW)
    with pytest.raises(WrongDay):
        end(two[0], row, day(0), "停项", NOW)
    end(two[0], row, day(5), "停项", NOW)
    assert as_of(Quality, day(6)).count() == 1
    with pytest.raises(WrongState):
        end(two[0], row, day(6), "停项", NOW)
    with pytest.raises(SamePerson):
        confirm(two[0], row, NOW)
    assert list(waiting(Quality)) == [row]
    held = confirm(two[1], row, NOW)
    assert (held.end, held.ending, held.ending_reason, held.ended_by_id) == (day(5), None, "停项", two[1].person)
    assert [as_of(Quality, day(number)).count() for number in (4, 5)] == [1, 0]


def test_what_is_rejected_changes_nothing(town: Town, two: tuple[Actor, Actor]) -> None:
    row = propose(two[0], Quality, draft(town, 0), NOW)
    with pytest.raises(NoReason):
        reject(two[1], row, "", NOW)
    assert reject(two[1], row, "证书不符", NOW).state == RowState.REJECTED
    for verb in (confirm, lambda *rest: reject(rest[0], rest[1], "再", NOW)):
        with pytest.raises(WrongState):
            verb(two[1], row, NOW)
    held = in_force(town, two, 0)
    end(two[0], held, day(5), "停项", NOW)
    assert reject(two[1], held, "仍开展", NOW).ending is None
    assert as_of(Quality, day(9)).count() == 1


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"item": ""}, {"item"}),
        ({"item": "x" * 17}, {"item"}),
        ({"org": None}, {"org"}),
        ({"state": "holds"}, {"state"}),
        ({"confirmed_by": 1, "passed": "maybe"}, {"confirmed_by"}),
    ],
)
def test_bad_rows(town: Town, two: tuple[Actor, Actor], fields: dict[str, Any], wrong: set[str]) -> None:
    with pytest.raises(BadRow) as told:
        propose(two[0], Quality, draft(town, 0, **fields), NOW)
    assert set(told.value.fields) == wrong
    with pytest.raises(WrongDay):
        propose(two[0], Quality, draft(town, 5, 5), NOW)
    assert not Quality.objects.exists()


def test_a_feed_writes_alone_and_says_the_same_without_effect(town: Town, two: tuple[Actor, Actor]) -> None:
    with pytest.raises(UnknownFeed):
        feed(Quality, "somebody", [draft(town, 0)], NOW)
    first = feed(Quality, "eqa", [draft(town, 0), draft(town, 0, item="K")], NOW)
    assert [(row.state, row.source, row.feed, row.proposed_by) for row in first] == [
        ("holds", "室间质评2026-1", "eqa", None)
    ] * 2
    assert feed(Quality, "eqa", [draft(town, 0), draft(town, 5)], NOW) == []
    (later,) = feed(Quality, "eqa", [draft(town, 5, passed=False)], NOW)
    (same_day,) = feed(Quality, "eqa", [draft(town, 5, passed=True)], NOW)
    rows = list(history(Quality, org=town.east, item="GLU").values_list("pk", "state", "end", "passed"))
    assert rows == [
        (first[0].pk, "holds", day(5), True),
        (later.pk, "replaced", None, False),
        (same_day.pk, "holds", None, True),
    ]
    assert Entry.objects.filter(action="site_register.quality.feed").count() == 3
    in_force(town, two, 30, item="NA")
    with pytest.raises(Overlap):
        feed(Quality, "eqa", [draft(town, 40, item="CL"), draft(town, 20, item="NA")], NOW)
    assert not Quality.objects.filter(item="CL").exists()


def test_the_tables_refuse_what_goes_past_the_lock(town: Town, two: tuple[Actor, Actor]) -> None:
    row = in_force(town, two, 0)
    copy: dict[str, Any] = {
        "key_digest": row.key_digest,
        "state": "holds",
        "org": town.east,
        "item": "GLU",
        "proposed_at": NOW,
    }
    for start, until in ((0, 5), (9, None)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Quality.objects.create(start=day(start), end=until and day(until), **copy)
    with pytest.raises(IntegrityError), transaction.atomic():
        Quality.objects.filter(pk=row.pk).update(end=day(0))


def test_a_register_that_forgets_something_is_found() -> None:
    def ids(**change: Any) -> list[str]:
        fake = type("Fake", (), {"KEY": Quality.KEY, "VALUES": Quality.VALUES, "_meta": Quality._meta} | change)
        found: list[CheckMessage] = list(findings(fake))  # type: ignore[arg-type]
        return [each.id for each in found]

    bare = type("Meta", (), {"constraints": (), "get_field": Quality._meta.get_field})()
    assert ids() == []
    assert ids(KEY=()) == ["register.E001"]
    assert ids(VALUES=("nothing",)) == ["register.E002"]
    assert ids(_meta=bare) == ["register.E003"]
    assert issubclass(Quality, RegisterRow)


STEPS = st.tuples(
    st.sampled_from(["propose", "replace", "confirm", "reject", "end", "feed"]),
    st.integers(0, 5),
    st.integers(0, 12),
    st.one_of(st.none(), st.integers(1, 6)),
    st.sampled_from(["GLU", "K"]),
)


@pytest.mark.property
class TestLaw(TestCase):
    """Whatever is done, one row at most holds a key on a day, and no row that held is gone or has other values."""

    @settings(max_examples=10, deadline=None)
    @given(st.lists(STEPS, min_size=3, max_size=16))
    def test_any_run(self, steps: list[tuple[str, int, int, int | None, str]]) -> None:
        east = make_place("E", "institution")
        one, two = (actor_of(make_person(name, ("leader", east)).pk, DAY) for name in ("a", "b"))
        seen: dict[int, tuple[Any, ...]] = {}
        for number, (verb, which, start, length, item) in enumerate(steps):
            _done(lambda: _change(verb, which, start, length, item, number, east, one, two))  # noqa: B023
            rows = {row.pk: (row.org_id, row.item, row.passed, row.start) for row in Quality.objects.all()}
            assert {pk: rows.get(pk) for pk in seen} == seen
            seen = rows
            _lawful()


def _lawful() -> None:
    held: dict[str, list[tuple[date, date]]] = {}
    for row in Quality.objects.filter(state=RowState.HOLDS):
        held.setdefault(row.item, []).append((row.start, row.end or date.max))
    for days in held.values():
        days.sort()
        assert all(first[1] <= second[0] for first, second in pairwise(days))


def _done(change: Callable[[], Any]) -> None:
    try:
        with transaction.atomic():
            change()
    except NotDone:
        return


def _change(
    verb: str, which: int, start: int, length: int | None, item: str, number: int, east: Any, one: Actor, two: Actor
) -> None:
    rows = list(Quality.objects.order_by("-pk"))
    row = rows[which % len(rows)] if rows else None
    fields = {"org": east, "item": item, "passed": bool(number % 2)}
    until = None if length is None else day(start + length)
    if verb in ("propose", "feed", "replace"):
        replaces = row.pk if verb == "replace" and row else None
        proposed = Proposed(day(start), "x", fields, until, replaces)
        if verb == "feed":
            feed(Quality, "eqa", [proposed], NOW)
        else:
            propose(one, Quality, proposed, NOW)
    elif row is not None:
        if verb == "confirm":
            confirm(two, row, NOW)
        elif verb == "reject":
            reject(two, row, "否", NOW)
        else:
            end(one, row, day(start), "止", NOW)
