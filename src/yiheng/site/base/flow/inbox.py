"""The inbox (待办箱): what waits for somebody, one question to the one table of to-dos, whatever the flows.

A to-do is filed under keys, so that an inbox is some ranges of one index, each of them in the order of due.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from heapq import merge
from itertools import islice

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from yiheng.site.base.flow.facts import EVERY
from yiheng.site.base.flow.models import Addressed, Bar, Seat, Todo
from yiheng.site.base.party.keys import standing_keys
from yiheng.site.base.party.party import NOBODY
from yiheng.site.base.places.standing import Actor, Standing

_FIRST, _LARGEST = 50, 2_000


def inbox(actor: Actor) -> "QuerySet[Todo]":
    """What waits for the actor, in no order; never what the actor may not do because of a duty done.

    A to-do that falls to two of the actor's posts may be there twice.
    """
    # The keys are asked first and plainly, as an index answers that; the rest is asked of those rows alone.
    return Todo.objects.filter(Q(addressed__key__in=_keys(actor)), _may(actor, _joined))


class Inbox:
    """What waits for the actor, as items, the earliest due first; counted as far as `most` to-dos.

    - flow: of this flow alone; number: the items whose number holds this text
    - count: so many items were counted; more: there may be others, so that it is the least that there are
    - narrowed: it is not all that waits
    """

    def __init__(self, actor: Actor, most: int, flow: str = "", number: str = "") -> None:
        self._actor, self._wanted = actor, {"flow": flow, "item__number__icontains": number}
        rows = inbox(actor).filter(self._looked_for()).values_list("due", "pk", "item")
        head = list(rows[: most + 1])
        self.more = len(head) > most
        self._head = sorted(head[:most], key=lambda row: (row[0] is None, row))
        self.narrowed = bool(flow or number)
        self.count = len({item for *_, item in self._head})

    def between(self, first: int, last: int) -> list[list[Todo]]:
        """The to-dos of each item from `first` on, until before `last`; those that were not counted too."""
        every = self._in_order() if self.more else (item for *_, item in self._head)
        items = list(islice(_once(every), first, last))
        found: dict[int, list[Todo]] = {item: [] for item in items}
        for todo in _among(self._actor).filter(item__in=items).order_by("pk"):
            found[todo.item_id].append(todo)
        return [todos for todos in found.values() if todos]

    def _looked_for(self, prefix: str = "") -> Q:
        return Q(**{f"{prefix}{name}": value for name, value in self._wanted.items() if value})

    def _in_order(self) -> Iterator[int]:
        """The items, the earliest due first: each key is read in the order of its index, then what fits is kept."""
        used = set(Addressed.objects.filter(key__in=_keys(self._actor)).values_list("key", flat=True).distinct())
        filed = {(key, standing.flow) for standing in self._actor for key in used & standing_keys(standing)}
        rows = merge(*(self._under(key, flow) for key, flow in filed))
        for size in _sizes():
            numbers = [todo for *_, todo in islice(rows, size)]
            if not numbers:
                return
            fits = dict(_among(self._actor).filter(pk__in=numbers).values_list("pk", "item"))
            yield from (fits[number] for number in numbers if number in fits)

    def _under(self, key: str, flow: str) -> Iterator[tuple[bool, datetime | None, int]]:
        """What is filed under a key, of one flow or of all, in order: whether it has no due, its due, the to-do."""
        its = Addressed.objects.filter(self._looked_for("todo__"), key=key)
        its = its.filter(todo__flow=flow) if flow else its
        rows = its.order_by(F("due").asc(nulls_last=True), "todo_id").values_list("due", "todo_id")
        begin = 0
        for size in _sizes():
            part = list(rows[begin : begin + size])
            yield from ((due is None, due, todo) for due, todo in part)
            if len(part) < size:
                return
            begin += size


def _sizes() -> Iterator[int]:
    """How many rows are read at a time: few, as a page needs no more, then twice as many each time."""
    size = _FIRST
    while True:
        yield size
        size = min(2 * size, _LARGEST)


def _once(items: Iterable[int]) -> Iterator[int]:
    known: set[int] = set()
    for item in items:
        if item not in known:
            known.add(item)
            yield item


def _keys(actor: Actor) -> list[str]:
    return sorted({key for standing in actor for key in standing_keys(standing)})


def _among(actor: Actor) -> "QuerySet[Todo]":
    """The same to-dos as `inbox`, each once: asked where few are named, as it asks of each what it is filed under."""
    return Todo.objects.filter(_filed(_keys(actor)), _may(actor, _filed))


def _may(actor: Actor, under: Callable[[list[str]], Q]) -> Q:
    """What may be done as one of the actor's standings, of what waits for the actor; the cheap questions first."""
    found = NOBODY
    for standing in actor:
        own = under(sorted(standing_keys(standing))) if actor.lent else Q()
        found |= _within(standing) & own & ~Q(Exists(_barred(standing))) & ~Q(Exists(_answered(standing)))
    return found


def _joined(keys: list[str]) -> Q:
    return Q(addressed__key__in=keys)


def _filed(keys: list[str]) -> Q:
    return Q(Exists(Addressed.objects.filter(todo=OuterRef("pk"), key__in=keys)))


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
