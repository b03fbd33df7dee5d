"""The inbox (待办箱): what waits for somebody, one question to one table, whatever the flows.

A to-do is filed under keys with all that is asked of it, so that an inbox is some ranges of one index.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from yiheng.site.base.flow.facts import EVERY
from yiheng.site.base.flow.models import Addressed, Bar, Seat
from yiheng.site.base.flow.todos import LAST, moment_of
from yiheng.site.base.party.keys import standing_keys
from yiheng.site.base.places.standing import Actor, Standing


def inbox(actor: Actor, **wanted: object) -> "QuerySet[Addressed]":
    """What waits for the actor, in no order; never what the actor may not do because of a duty done.

    A to-do that falls to two of the actor's posts may be there twice; `wanted`: only rows with these values.
    """
    return _together([_falling_to(standing).filter(**wanted) for standing in actor])


class Waits(NamedTuple):
    """A to-do as an inbox reads it.

    rank, stamp: its due and since when it waits, as they are filed.
    """

    rank: int
    item: int
    todo: int
    flow: str
    step: str
    stamp: int

    @property
    def since(self) -> datetime:
        return moment_of(self.stamp)

    @property
    def due(self) -> datetime | None:
        return None if self.rank == LAST else moment_of(self.rank)


class Inbox:
    """What waits for the actor, as items, the earliest due first; counted as far as `most` to-dos.

    - flow: of this flow alone; number: the items whose number holds this text
    - count: so many items were counted; more: there may be others, so that it is the least that there are
    - narrowed: it is not all that waits
    """

    def __init__(self, actor: Actor, most: int, flow: str = "", number: str = "") -> None:
        wanted = {"flow": flow, "item__number__icontains": number}
        asked = {name: value for name, value in wanted.items() if value}
        self._parts = [_falling_to(standing).filter(**asked) for standing in actor]
        places = list(_together([part.values_list("rank", "item") for part in self._parts])[: most + 1])
        self._known = sorted(set(places))
        self.count, self.more = len(set(places[:most])), len(places) > most
        self.narrowed = bool(flow or number)

    def between(self, first: int, last: int) -> list[list[Waits]]:
        """The to-dos of each item from `first` on, until before `last`; those that were not counted too."""
        rows = self._read(last) if self._known else []
        return [_each(its) for _, its in islice(groupby(rows, _PLACE), first, last)]

    def _read(self, last: int) -> "list[_Row]":
        """The rows of the first `last` items or more, all of each: having one rank, they follow each other."""
        near = self._as_far_as(last)
        parts = [part.filter(near).values_list(*_COLUMNS) for part in self._parts]
        rows = _together(parts).order_by("rank", "item", "todo")
        size = last
        while True:
            size *= 2
            part = list(rows[:size])
            if len(set(map(_PLACE, part))) > last or len(part) < size:
                return part

    def _as_far_as(self, last: int) -> Q:
        """Rows among which the first `last` items are: as many are known that come no later than these."""
        if len(self._known) < last:
            return Q()
        rank, item = self._known[last - 1]
        return Q(rank__lte=rank) & (Q(rank__lt=rank) | Q(item__lte=item))


# As in `Waits`.
_COLUMNS = ("rank", "item", "todo", "flow", "step", "since")
_Row = tuple[int, int, int, str, str, int]
# Where its item stands: items of one due are in the order of their numbers.
_PLACE = itemgetter(0, 1)


def _each(rows: Iterable[_Row]) -> list[Waits]:
    """Each to-do once, in the order of the rows."""
    return [Waits._make(row) for row in dict.fromkeys(rows)]


def _together(parts: "list[QuerySet[Any]]") -> "QuerySet[Any]":
    """What several standings find, each asked by itself: of all at once a database would read all that waits."""
    own, *lent = parts
    return own.union(*lent, all=True) if lent else own


def _falling_to(standing: Standing) -> "QuerySet[Addressed]":
    """What may be done as one standing, of what waits for it; the cheap questions first."""
    waiting = Addressed.objects.filter(_within(standing), key__in=sorted(standing_keys(standing)))
    return waiting.exclude(Exists(_barred(standing))).exclude(Exists(_answered(standing)))


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
