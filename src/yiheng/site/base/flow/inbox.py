"""The inbox (待办箱): what waits for somebody, one question to one table, whatever the flows.

A to-do is filed under keys with all that is asked of it, so that an inbox is some ranges of one index.
"""

from collections.abc import Iterable
from itertools import groupby, islice
from operator import itemgetter

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
        self._known = sorted(self._rows[: most + 1])
        self.count, self.more = len(_items(self._known[:most])), len(self._known) > most
        self.narrowed = bool(flow or number)

    def between(self, first: int, last: int) -> list[list[Todo]]:
        """The to-dos of each item from `first` on, until before `last`; those that were not counted too."""
        rows = self._read(last) if self.more else self._known
        lines = [list(dict.fromkeys(todo for *_, todo in its)) for _, its in islice(groupby(rows, _ITEM), first, last)]
        todos = Todo.objects.in_bulk([number for line in lines for number in line])
        found = ([todos[number] for number in line if number in todos] for line in lines)
        return [its for its in found if its]

    def _read(self, last: int) -> "list[_Row]":
        """The rows of the first `last` items or more, all of each: having one rank, they follow each other."""
        rows = self._rows.filter(self._as_far_as(last)).order_by("rank", "item", "todo")
        size = last
        while True:
            size *= 2
            part = list(rows[:size])
            if len(_items(part)) > last or len(part) < size:
                return part

    def _as_far_as(self, last: int) -> Q:
        """Rows among which the first `last` items are: as many are known that come no later than these."""
        items = _items(self._known)
        if len(items) < last:
            return Q()
        rank, item = items[last - 1]
        return Q(rank__lte=rank) & (Q(rank__lt=rank) | Q(item__lte=item))


# Where a to-do stands, its item, itself.
_Row = tuple[int, int, int]
_ITEM = itemgetter(0, 1)


def _items(rows: Iterable[_Row]) -> list[tuple[int, int]]:
    """Each item once, after where it stands, in the order of the rows."""
    return list(dict.fromkeys(map(_ITEM, rows)))


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
