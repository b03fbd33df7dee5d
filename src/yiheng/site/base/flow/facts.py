"""What is judged (事实): all that a decision needs to know of an item, read once, as plain values."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import ForeignKey

from yiheng.site.base.flow.declare import Flow, Shows
from yiheng.site.base.flow.models import Copied, Item, Passed, Waiting
from yiheng.site.base.flow.models import Seat as SeatRow
from yiheng.site.base.party.facts import Concerned
from yiheng.site.base.party.party import Turn
from yiheng.site.base.places.models import Place

EVERY = "*"


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
    amount = getattr(item, flow.amount) if flow.amount else None
    bars = item.matter.bars.values_list("flow", "step", "person_id") if item.matter else ()
    if item.pk is None:
        return Facts(_concerned(flow, item), "", 0, amount, bars=frozenset(bars))
    seats, answered, guests = _polls(item)
    return Facts(
        _concerned(flow, item),
        item.state,
        item.version,
        amount,
        frozenset(item.reached.values_list("state", flat=True)),
        frozenset(bars),
        seats,
        answered,
        _last(flow, item),
        (*guests, *_copied(item)),
        _passed(item),
    )


def _concerned(flow: Flow, item: Item) -> Concerned:
    people: dict[str, int | None] = {}
    places: dict[str, str | None] = {}
    for name in sorted(flow.anchors):
        its = getattr(item, name)
        if _is_place(flow, name):
            places[name] = None if its is None else its.path
        else:
            people[name] = None if its is None else its.pk
    return Concerned(item.pk or 0, item.author_id, people, places, _former(item))


def _is_place(flow: Flow, name: str) -> bool:
    its = flow.model._meta.get_field(name)
    return isinstance(its, ForeignKey) and its.related_model is Place


def _former(item: Item) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    if item.pk is not None:
        for name, path in item.former.values_list("field", "place__path"):
            found.setdefault(name, set()).add(path)
    return {name: frozenset(paths) for name, paths in found.items()}


def _polls(
    item: Item,
) -> tuple[dict[str, tuple[Seat, ...]], dict[str, frozenset[int]], list[Guest]]:
    """By step the open seats of the item's panel, and who has answered in it; whom its panels let see the item."""
    seats: dict[str, list[Seat]] = {}
    answered: dict[str, set[int]] = {}
    guests: list[Guest] = []
    for row in SeatRow.objects.filter(poll__item=item).select_related("poll").order_by("pk"):
        guests += (Guest(turn, Shows.ALL) for turn in _seeing(row))
        if row.poll.closed_at is not None:
            continue
        if row.person_answered_id is not None:
            answered.setdefault(row.poll.step, set()).update((row.person_answered_id, row.behalf_id))
        elif row.is_open:
            seats.setdefault(row.poll.step, []).append(Seat(row.pk, _turn(row)))
    return (
        {step: tuple(rows) for step, rows in seats.items()},
        {step: frozenset(people) for step, people in answered.items()},
        guests,
    )


def _turn(row: Waiting) -> Turn:
    return Turn(row.role, row.path, row.over, row.person_id)


def _seeing(row: SeatRow) -> Iterator[Turn]:
    """Who sees the item because of a seat; `sight.seated` is the same as a condition on rows."""
    if row.person_answered_id is not None:
        yield from (Turn(person=person) for person in {row.person_answered_id, row.behalf_id})
        yield _turn(row)
    elif row.poll.closed_at is None and not row.recused and (row.is_open or row.person_id is not None):
        yield _turn(row)


def _copied(item: Item) -> list[Guest]:
    found = Copied.objects.filter(item=item).order_by("pk").values_list("person_id", "shows")
    return [Guest(Turn(person=person), Shows(shows)) for person, shows in found]


def _passed(item: Item) -> dict[str, tuple[Turn, ...]]:
    found: dict[str, list[Turn]] = {}
    for row in Passed.objects.filter(item=item, ended_at=None).order_by("pk"):
        found.setdefault(row.step, []).append(_turn(row))
    return {step: tuple(turns) for step, turns in found.items()}


def _last(flow: Flow, item: Item) -> frozenset[int]:
    act = item.acts.filter(step__in=flow.by_name).last()
    return frozenset() if act is None or act.person_id is None else frozenset((act.person_id, act.behalf_id))
