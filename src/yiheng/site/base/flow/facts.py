"""What is judged (事实): all that a decision needs to know of an item, read once, as plain values."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import ForeignKey

from yiheng.site.base.flow.declare import Flow, Shows
from yiheng.site.base.flow.models import Act, Bar, Copied, Item, Passed, Reached, Waiting, Was
from yiheng.site.base.flow.models import Seat as SeatRow
from yiheng.site.base.party.facts import Concerned
from yiheng.site.base.party.party import Turn
from yiheng.site.base.places.models import Place

EVERY = "*"
_Row = TypeVar("_Row")


@dataclass(frozen=True)
class Seat:
    """A place in a panel that waits for its answer."""

    number: int
    turn: Turn


@dataclass(frozen=True)
class Guest:
    """Somebody who sees an item beside those whom the flow names: who sits in its panel, who was sent a copy."""

    turn: Turn
    shows: Shows


@dataclass(frozen=True)
class Facts:
    """An item as a decision sees it.

    - state: the code of its state; empty before it is made; reached: every state it has been in
    - bars: (flow, step, person) of duties that are apart; step `*` bars from everything
    - seats: by step the seats that are to answer now; answered: by step the natural persons who have answered
    - amount: in fen, None where the flow has none
    - last: the natural persons of the last step that was taken, comments and the like not counted
    - guests: who sees it too; passed: by step the turns that were passed on, narrowed to one person
    """

    concerned: Concerned
    state: str
    version: int
    amount: int | None = None
    reached: frozenset[str] = frozenset()
    bars: frozenset[tuple[str, str, int]] = frozenset()
    seats: dict[str, tuple[Seat, ...]] = field(default_factory=dict)
    answered: dict[str, frozenset[int]] = field(default_factory=dict)
    last: frozenset[int] = frozenset()
    guests: tuple[Guest, ...] = ()
    passed: dict[str, tuple[Turn, ...]] = field(default_factory=dict)

    def barred(self, flow: str, step: str, people: frozenset[int]) -> bool:
        """Whether one of these natural persons did a duty from which this step is apart."""
        return any(bar in self.bars for person in people for bar in ((flow, step, person), (EVERY, EVERY, person)))


def facts_of(flow: Flow, item: Item) -> Facts:
    """An item's facts as the database has them; of one that is not saved yet what its fields and its matter say."""
    if item.pk is not None:
        return _facts(flow, item, _read([item]))
    amount = getattr(item, flow.amount) if flow.amount else None
    bars = item.matter.bars.values_list("flow", "step", "person_id") if item.matter else ()
    return Facts(_concerned(flow, item, {}), "", 0, amount, bars=frozenset(bars))


def facts_of_all(items: Sequence[Item]) -> dict[int, Facts]:
    """The facts of many items by number, of any flows, in as many questions as one has; each of its flow's class."""
    read = _read(items)
    return {item.pk: _facts(item.its_flow, item, read) for item in items}


@dataclass(frozen=True)
class _Read:
    """The rows of some items, by item: those of a matter by the matter."""

    bars: dict[int, list[tuple[str, str, int]]]
    reached: dict[int, list[str]]
    seats: dict[int, list[SeatRow]]
    copies: dict[int, list[Guest]]
    passed: dict[int, list[Passed]]
    former: dict[int, list[tuple[str, str]]]
    acts: dict[int, list[tuple[str, int | None, int | None]]]


def _read(items: Sequence[Item]) -> _Read:
    its = {item.pk for item in items}
    acts = Act.objects.filter(item__in=its).order_by("pk").values_list("item_id", "step", "person_id", "behalf_id")
    bars = Bar.objects.filter(matter__in={item.matter_id for item in items})
    copies = Copied.objects.filter(item__in=its).order_by("pk").values_list("item_id", "person_id", "shows")
    seats = SeatRow.objects.filter(poll__item__in=its).select_related("poll").order_by("pk")
    passed = Passed.objects.filter(item__in=its, ended_at=None).order_by("pk")
    return _Read(
        bars=_grouped((row[0], row[1:]) for row in bars.values_list("matter_id", "flow", "step", "person_id")),
        reached=_grouped(Reached.objects.filter(item__in=its).values_list("item_id", "state")),
        seats=_grouped((row.poll.item_id, row) for row in seats),
        copies=_grouped((item, Guest(Turn(person=person), Shows(shows))) for item, person, shows in copies),
        passed=_grouped((row.item_id, row) for row in passed),
        former=_grouped(
            (row[0], row[1:]) for row in Was.objects.filter(item__in=its).values_list("item_id", "field", "place__path")
        ),
        acts=_grouped((row[0], row[1:]) for row in acts),
    )


def _grouped(pairs: Iterable[tuple[int, _Row]]) -> dict[int, list[_Row]]:
    found: dict[int, list[_Row]] = {}
    for item, row in pairs:
        found.setdefault(item, []).append(row)
    return found


def _facts(flow: Flow, item: Item, read: _Read) -> Facts:
    seats, answered, guests = _polls(read.seats.get(item.pk, ()))
    return Facts(
        _concerned(flow, item, _former(read.former.get(item.pk, ()))),
        item.state,
        item.version,
        getattr(item, flow.amount) if flow.amount else None,
        frozenset(read.reached.get(item.pk, ())),
        frozenset(read.bars.get(item.matter_id or 0, ())),
        seats,
        answered,
        _last(flow, read.acts.get(item.pk, ())),
        (*guests, *read.copies.get(item.pk, ())),
        _passed(read.passed.get(item.pk, ())),
    )


def _concerned(flow: Flow, item: Item, former: dict[str, frozenset[str]]) -> Concerned:
    people: dict[str, int | None] = {}
    places: dict[str, str | None] = {}
    for name in sorted(flow.anchors):
        its = getattr(item, name)
        if _is_place(flow, name):
            places[name] = None if its is None else its.path
        else:
            people[name] = None if its is None else its.pk
    return Concerned(item.pk or 0, item.author_id, people, places, former)


def _is_place(flow: Flow, name: str) -> bool:
    its = flow.model._meta.get_field(name)
    return isinstance(its, ForeignKey) and its.related_model is Place


def _former(rows: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, path in rows:
        found.setdefault(name, set()).add(path)
    return {name: frozenset(paths) for name, paths in found.items()}


def _polls(
    rows: Iterable[SeatRow],
) -> tuple[dict[str, tuple[Seat, ...]], dict[str, frozenset[int]], list[Guest]]:
    """By step the open seats of the item's panel, and who has answered in it; whom its panels let see the item."""
    seats: dict[str, list[Seat]] = {}
    answered: dict[str, set[int]] = {}
    guests: list[Guest] = []
    for row in rows:
        guests += (Guest(turn, Shows.ALL) for turn in _seeing(row))
        if row.poll.closed_at is not None:
            continue
        if row.person_answered_id is not None:
            answered.setdefault(row.poll.step, set()).update((row.person_answered_id, row.behalf_id))
        elif row.is_open:
            seats.setdefault(row.poll.step, []).append(Seat(row.pk, turn_of(row)))
    return (
        {step: tuple(found) for step, found in seats.items()},
        {step: frozenset(people) for step, people in answered.items()},
        guests,
    )


def turn_of(row: Waiting) -> Turn:
    """Whom a row waits for."""
    return Turn(row.role, row.path, row.over, row.person_id)


def _seeing(row: SeatRow) -> Iterator[Turn]:
    """Who sees the item because of a seat; `sight.seated` is the same as a condition on rows."""
    if row.person_answered_id is not None:
        yield from (Turn(person=person) for person in {row.person_answered_id, row.behalf_id})
        yield turn_of(row)
    elif row.poll.closed_at is None and not row.recused and (row.is_open or row.person_id is not None):
        yield turn_of(row)


def _passed(rows: Iterable[Passed]) -> dict[str, tuple[Turn, ...]]:
    found: dict[str, list[Turn]] = {}
    for row in rows:
        found.setdefault(row.step, []).append(turn_of(row))
    return {step: tuple(turns) for step, turns in found.items()}


def _last(flow: Flow, acts: Sequence[tuple[str, int | None, int | None]]) -> frozenset[int]:
    own = (people for step, *people in reversed(acts) if step in flow.by_name)
    return frozenset(person for person in next(own, ()) if person is not None)
