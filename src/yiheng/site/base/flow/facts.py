"""What is judged (事实): all that a decision needs to know of an item, read once, as plain values."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import ForeignKey

from yiheng.site.base.flow.declare import Flow, Shows
from yiheng.site.base.flow.models import Bar, Copied, Item, Passed, Reached, Waiting, Was
from yiheng.site.base.flow.models import Seat as SeatRow
from yiheng.site.base.party.facts import Concerned
from yiheng.site.base.party.party import Turn
from yiheng.site.base.party.terms import looks_back
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


@dataclass(frozen=True, kw_only=True)
class Known:
    """What of an item says who sees it.

    - reached: every state it has been in
    - bars: (flow, step, person) of duties that are apart; step `*` bars from everything
    - guests: who sees it too
    """

    concerned: Concerned
    reached: frozenset[str] = frozenset()
    bars: frozenset[tuple[str, str, int]] = frozenset()
    guests: tuple[Guest, ...] = ()

    def barred(self, flow: str, step: str, people: frozenset[int]) -> bool:
        """Whether one of these natural persons did a duty from which this step is apart."""
        return any(bar in self.bars for person in people for bar in ((flow, step, person), (EVERY, EVERY, person)))


@dataclass(frozen=True, kw_only=True)
class Facts(Known):
    """An item as a decision sees it.

    - state: the code of its state; empty before it is made
    - seats: by step the seats that are to answer now; answered: by step the natural persons who have answered
    - amount: in fen, None where the flow has none
    - last: the natural persons of the last step that was taken, comments and the like not counted
    - passed: by step the turns that were passed on, narrowed to one person
    """

    state: str
    version: int
    amount: int | None = None
    seats: dict[str, tuple[Seat, ...]] = field(default_factory=dict)
    answered: dict[str, frozenset[int]] = field(default_factory=dict)
    last: frozenset[int] = frozenset()
    passed: dict[str, tuple[Turn, ...]] = field(default_factory=dict)


def facts_of(flow: Flow, item: Item) -> Facts:
    """An item's facts as the database has them; of one that is not saved yet what its fields and its matter say."""
    amount = getattr(item, flow.amount) if flow.amount else None
    if item.pk is None:
        bars = item.matter.bars.values_list("flow", "step", "person_id") if item.matter else ()
        return Facts(concerned=_concerned(flow, item, ()), state="", version=0, amount=amount, bars=frozenset(bars))
    read = _read([item])
    seats = read.seats.get(item.pk, ())
    return Facts(
        **_known(flow, item, read),
        state=item.state,
        version=item.version,
        amount=amount,
        seats=_open(seats),
        answered=_answered(seats),
        last=_last(flow, item),
        passed=_passed(item.passed.filter(ended_at=None).order_by("pk")),
    )


def known_of(items: Sequence[Item]) -> dict[int, Known]:
    """What says who sees each of many items, by number, of any flows, in as many questions as of one."""
    read = _read(items)
    return {item.pk: Known(**_known(item.its_flow, item, read)) for item in items}


@dataclass(frozen=True)
class _Read:
    """The rows of some items, by item: those of a matter by the matter."""

    bars: dict[int, list[tuple[str, str, int]]]
    reached: dict[int, list[str]]
    seats: dict[int, list[SeatRow]]
    copies: dict[int, list[Guest]]
    former: dict[int, list[tuple[str, str]]]


def _read(items: Sequence[Item]) -> _Read:
    """The rows; of each item only what its flow asks for."""
    since, sitting, past = (
        {item.pk for item in items if asks(item.its_flow)} for asks in (_sees_since, has_panels, _looks_back)
    )
    return _Read(
        bars=_grouped({item.matter_id for item in items if item.matter_id}, _bars),
        reached=_grouped(since, _reached),
        seats=_grouped(sitting, _seats),
        copies=_grouped({item.pk for item in items}, _copies),
        former=_grouped(past, _former_places),
    )


def _grouped(numbers: set[int], read: Callable[[set[int]], Iterable[tuple[int, _Row]]]) -> dict[int, list[_Row]]:
    """What is read of items or matters, by the number that it is asked for; where there are none, nothing is asked."""
    found: dict[int, list[_Row]] = {}
    for number, row in read(numbers) if numbers else ():
        found.setdefault(number, []).append(row)
    return found


def _bars(matters: set[int]) -> Iterator[tuple[int, tuple[str, str, int]]]:
    rows = Bar.objects.filter(matter__in=matters).values_list("matter_id", "flow", "step", "person_id")
    return ((matter, (flow, step, person)) for matter, flow, step, person in rows)


def _reached(items: set[int]) -> Iterable[tuple[int, str]]:
    return Reached.objects.filter(item__in=items).values_list("item_id", "state")


def _seats(items: set[int]) -> Iterator[tuple[int, SeatRow]]:
    rows = SeatRow.objects.filter(poll__item__in=items).select_related("poll").order_by("pk")
    return ((row.poll.item_id, row) for row in rows)


def _copies(items: set[int]) -> Iterator[tuple[int, Guest]]:
    rows = Copied.objects.filter(item__in=items).order_by("pk").values_list("item_id", "person_id", "shows")
    return ((item, Guest(Turn(person=person), Shows(shows))) for item, person, shows in rows)


def _former_places(items: set[int]) -> Iterator[tuple[int, tuple[str, str]]]:
    rows = Was.objects.filter(item__in=items).values_list("item_id", "field", "place__path")
    return ((item, (field, path)) for item, field, path in rows)


def _sees_since(flow: Flow) -> bool:
    return any(sight.since is not None for sight in flow.sights)


def has_panels(flow: Flow) -> bool:
    """Whether anybody may see an item because of a seat."""
    return any(step.panel is not None for step in flow.steps)


def _looks_back(flow: Flow) -> bool:
    return any(map(looks_back, flow.parties))


def _known(flow: Flow, item: Item, read: _Read) -> dict[str, Any]:
    sitting = (Guest(turn, Shows.ALL) for row in read.seats.get(item.pk, ()) for turn in _seeing(row))
    return {
        "concerned": _concerned(flow, item, read.former.get(item.pk, ())),
        "reached": frozenset(read.reached.get(item.pk, ())),
        "bars": frozenset(read.bars.get(item.matter_id or 0, ())),
        "guests": (*sitting, *read.copies.get(item.pk, ())),
    }


def _concerned(flow: Flow, item: Item, former: Iterable[tuple[str, str]]) -> Concerned:
    people: dict[str, int | None] = {}
    places: dict[str, str | None] = {}
    for name in sorted(flow.anchors):
        its = getattr(item, name)
        if _is_place(flow, name):
            places[name] = None if its is None else its.path
        else:
            people[name] = None if its is None else its.pk
    return Concerned(item.pk or 0, item.author_id, people, places, _former(former))


def _is_place(flow: Flow, name: str) -> bool:
    its = flow.model._meta.get_field(name)
    return isinstance(its, ForeignKey) and its.related_model is Place


def _former(rows: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, path in rows:
        found.setdefault(name, set()).add(path)
    return {name: frozenset(paths) for name, paths in found.items()}


def _open(rows: Iterable[SeatRow]) -> dict[str, tuple[Seat, ...]]:
    """By step the seats of the item's panel that are to answer now."""
    found: dict[str, list[Seat]] = {}
    for row in rows:
        if row.poll.closed_at is None and row.is_open and row.person_answered_id is None:
            found.setdefault(row.poll.step, []).append(Seat(row.pk, turn_of(row)))
    return {step: tuple(seats) for step, seats in found.items()}


def _answered(rows: Iterable[SeatRow]) -> dict[str, frozenset[int]]:
    """By step who has answered in the item's panel, and for whom."""
    found: dict[str, set[int]] = {}
    for row in rows:
        if row.poll.closed_at is None and row.person_answered_id is not None:
            found.setdefault(row.poll.step, set()).update((row.person_answered_id, row.behalf_id))
    return {step: frozenset(people) for step, people in found.items()}


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


def _last(flow: Flow, item: Item) -> frozenset[int]:
    acts = item.acts.order_by("-pk").values_list("step", "person_id", "behalf_id")
    own = (people for step, *people in acts if step in flow.by_name)
    return frozenset(person for person in next(own, ()) if person is not None)
