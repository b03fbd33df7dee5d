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

    A to-do that falls to two posts or standings of the actor is there twice; `wanted`: only rows with these values.
    """
    return _together([_falling_to(standing).filter(**wanted) for standing in actor])


class Line(NamedTuple):
    """A to-do as an inbox reads it, each field as the column of `Addressed` that it is named after."""

    rank: int
    item: int
    todo: int
    flow: str
    step: str
    since: int

    @property
    def waits_since(self) -> datetime:
        return moment_of(self.since)

    @property
    def due(self) -> datetime | None:
        return None if self.rank == LAST else moment_of(self.rank)


class Inbox:
    """What waits for the actor, as items, the earliest due first; counted as far as `most` items.

    - flow: of this flow alone; number: the items whose number holds this text
    - count: so many items were counted; more: there may be others, so that it is the least that there are
    - narrowed: it is not all that waits
    """

    def __init__(self, actor: Actor, most: int, flow: str = "", number: str = "") -> None:
        wanted = {"flow": flow, "item__number__icontains": number}
        asked = {name: value for name, value in wanted.items() if value}
        self._parts = [_falling_to(standing).filter(**asked) for standing in actor]
        self._known = sorted(self._places(most + 1))
        self.count, self.more = min(len(self._known), most), len(self._known) > most
        self.narrowed = bool(flow or number)

    def _places(self, most: int) -> "set[_Place]":
        """Where so many items stand. Only where some were found twice before the end is each asked for once."""
        parts = [part.values_list("rank", "item") for part in self._parts]
        found = list(_together(parts)[:most])
        if len(set(found)) < len(found) == most:
            return set(_once(parts)[:most])
        return set(found)

    def between(self, first: int, last: int) -> list[list[Line]]:
        """The to-dos of each item from `first` on, until before `last`; those that were not counted too."""
        rows = self._read(last) if self._known else []
        return [_each(its) for _, its in islice(groupby(rows, _PLACE_OF), first, last)]

    def _read(self, last: int) -> "list[_Row]":
        """The rows of the first `last` items or more, all of each: having one rank, they follow each other."""
        near = self._as_far_as(last)
        parts = [part.filter(near).values_list(*Line._fields) for part in self._parts]
        rows = _together(parts).order_by("rank", "item", "todo")
        size = last
        while True:
            size *= 2
            part = list(rows[: size + 1])
            if len(set(map(_PLACE_OF, part))) > last or len(part) <= size:
                return part

    def _as_far_as(self, last: int) -> Q:
        """Rows among which the first `last` items are: as many are known that come no later than these."""
        if len(self._known) < last:
            return Q()
        rank, item = self._known[last - 1]
        return Q(rank__lte=rank) & (Q(rank__lt=rank) | Q(item__lte=item))


_Row = tuple[int, int, int, str, str, int]
# Where an item stands, by its due and its number: items of one due are in the order of their numbers.
_Place = tuple[int, int]
_PLACE_OF = itemgetter(0, 1)


def _each(rows: Iterable[_Row]) -> list[Line]:
    """Each to-do once, in the order of the rows."""
    return [Line._make(row) for row in dict.fromkeys(rows)]


def _together(parts: "list[QuerySet[Any]]") -> "QuerySet[Any]":
    """What several standings find, each asked by itself: of all at once a database would read all that waits."""
    own, *lent = parts
    return own.union(*lent, all=True) if lent else own


def _once(parts: "list[QuerySet[Any]]") -> "QuerySet[Any]":
    """The same, each row once."""
    own, *lent = parts
    return own.union(*lent) if lent else own.distinct()


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
