"""The inbox (待办箱): what waits for somebody, one question to one table, whatever the flows.

A to-do is filed under keys with all that is asked of it, so that an inbox is some ranges of one index.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q, QuerySet

from yiheng.site.base.flow.facts import EVERY
from yiheng.site.base.flow.models import Addressed, Bar, Seat, Todo
from yiheng.site.base.party.keys import standing_keys
from yiheng.site.base.party.party import NOBODY
from yiheng.site.base.places.standing import Actor, Standing


def inbox(actor: Actor) -> "QuerySet[Addressed]":
    """What waits for the actor, in no order; never what the actor may not do because of a duty done.

    A to-do that falls to two of the actor's posts may be there twice.
    """
    return Addressed.objects.filter(_may(actor), key__in=_keys(actor))


class Inbox:
    """What waits for the actor, as items, the earliest due first; counted as far as `most` to-dos.

    - flow: of this flow alone; number: the items whose number holds this text
    - count: so many items were counted; more: there may be others, so that it is the least that there are
    - narrowed: it is not all that waits
    """

    def __init__(self, actor: Actor, most: int, flow: str = "", number: str = "") -> None:
        wanted = {"flow": flow, "item__number__icontains": number}
        asked = inbox(actor).filter(**{name: value for name, value in wanted.items() if value})
        self._rows = asked.values_list("rank", "item", "todo")
        rows = list(self._rows[: most + 1])
        self._counted = _by_item(sorted(rows[:most]))
        self.count, self.more = len(self._counted), len(rows) > most
        self.narrowed = bool(flow or number)

    def between(self, first: int, last: int) -> list[list[Todo]]:
        """The to-dos of each item from `first` on, until before `last`; those that were not counted too."""
        lines = list((self._read(last) if self.more else self._counted).values())[first:last]
        todos = Todo.objects.in_bulk([number for line in lines for number in line.todos])
        found = ([todos[number] for number in line.todos if number in todos] for line in lines)
        return [its for its in found if its]

    def _read(self, last: int) -> "dict[int, _Line]":
        """The first `last` items or more, each with all its to-dos: having one rank, they follow each other."""
        rows = self._rows.filter(self._as_far_as(last)).order_by("rank", "item", "todo")
        size = last
        while True:
            size *= 2
            part = list(rows[:size])
            found = _by_item(part)
            if len(found) > last or len(part) < size:
                return found

    def _as_far_as(self, last: int) -> Q:
        """Rows among which the first `last` items are: as many were counted that come no later than these."""
        if self.count < last:
            return Q()
        item, line = list(self._counted.items())[last - 1]
        return Q(rank__lte=line.rank) & (Q(rank__lt=line.rank) | Q(item__lte=item))


@dataclass(frozen=True)
class _Line:
    """An item in an inbox: where it stands, and those of its to-dos that wait for the actor, each once."""

    rank: int
    todos: dict[int, None] = field(default_factory=dict)


def _by_item(rows: Iterable[tuple[int, int, int]]) -> dict[int, _Line]:
    found: dict[int, _Line] = {}
    for rank, item, todo in rows:
        found.setdefault(item, _Line(rank)).todos[todo] = None
    return found


def _keys(actor: Actor) -> list[str]:
    return sorted({key for standing in actor for key in standing_keys(standing)})


def _may(actor: Actor) -> Q:
    """What may be done as one of the actor's standings, of what waits for the actor; the cheap questions first."""
    found = NOBODY
    for standing in actor:
        own = Q(key__in=sorted(standing_keys(standing))) if actor.lent else Q()
        found |= own & _within(standing) & ~Q(Exists(_barred(standing))) & ~Q(Exists(_answered(standing)))
    return found


def _within(standing: Standing) -> Q:
    """What the standing is for, where it was lent: a flow, sums as far as a limit."""
    found = Q(flow=standing.flow) if standing.flow else Q()
    if standing.cap is not None:
        found &= Q(amount__isnull=True) | Q(amount__lte=standing.cap)
    return found


def _barred(standing: Standing) -> "QuerySet[Bar]":
    duty = Q(flow=OuterRef("flow"), step=OuterRef("step")) | Q(flow=EVERY, step=EVERY)
    return Bar.objects.filter(duty, matter=OuterRef("matter"), person__in=standing.people)


def _answered(standing: Standing) -> "QuerySet[Seat]":
    """The seats of the same panel that one of these people has filled."""
    here = {"poll__item": OuterRef("item"), "poll__step": OuterRef("step"), "poll__closed_at": None}
    hands = Q(person_answered__in=standing.people) | Q(behalf__in=standing.people, person_answered__isnull=False)
    return Seat.objects.filter(hands, **here)
