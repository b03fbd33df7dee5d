"""Lists (列表): the items of a flow that somebody sees, found, sorted and cut into pages; the export takes the same.

Nothing is found, sorted or counted by what the reader does not see: only the columns of `sight.visible` are asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import F, ForeignKey, Min, Model, Q, QuerySet

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.declare import Flow, Shows
from yiheng.site.base.flow.models import Item, Todo
from yiheng.site.base.flow.registry import flow_of
from yiheng.site.base.flow.sight import PREFIX, Seen, few, seen_of, visible
from yiheng.site.base.pages.values import field_of, text_of, tone
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import Actor

_LONGEST_SEARCH = 100
_AT_ONCE = 500
# Of a list of any length, so many are found by their numbers.
_FEW = 1_000
_TEXTS = {"CharField", "TextField"}


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for: a state's code, a text, a column to sort by (`-` before it: downwards)."""

    state: str = ""
    text: str = ""
    sort: str = ""

    @classmethod
    def of(cls, flow: Flow, given: Mapping[str, str]) -> "Wanted":
        """From an address; what the flow does not have is left out."""
        state, sort = given.get("state", ""), given.get("sort", "")
        return cls(
            state if state in flow.states else "",
            plain(given.get("q", "")),
            sort if sort.removeprefix("-") in flow.listed else "",
        )


def plain(text: str) -> str:
    """A text as it was typed into an address: without the zero sign, of a bearable length."""
    return text.replace("\x00", "").strip()[:_LONGEST_SEARCH]


@dataclass(frozen=True)
class Row:
    """One line: the item's number in the database, its columns as they read, whether it is shown whole."""

    pk: int
    cells: tuple[str, ...]
    whole: bool
    state: str
    tone: str
    due: datetime | None = None
    late: bool = False


def found(flow: Flow, actor: Actor, wanted: Wanted) -> "QuerySet[Item]":
    """The items that the actor sees and looks for, in order, with what they are judged and shown by."""
    items = with_links(flow, visible(flow, actor, _asked(flow, wanted)))
    numbers = few(flow, actor, _FEW)
    if numbers is not None:
        items = items.filter(pk__in=numbers)
    if wanted.state:
        items = items.filter(**{f"{PREFIX}state": wanted.state})
    if wanted.text:
        items = items.filter(_holds(flow, wanted.text))
    if wanted.sort:
        name = f"{PREFIX}{wanted.sort.removeprefix('-')}"
        first = F(name).desc(nulls_last=True) if wanted.sort.startswith("-") else F(name).asc(nulls_last=True)
        return items.order_by(first, "-pk")
    return items.order_by("-changed_at", "-pk")


def _asked(flow: Flow, wanted: Wanted) -> set[str]:
    """The columns that are searched, filtered or sorted by, each of which is asked for only where it is seen."""
    state = {"state"} if wanted.state else set()
    searched = set(flow.searched) if wanted.text else set()
    return state | searched | ({wanted.sort.removeprefix("-")} - {""})


def rows_of(items: Iterable[Item], actor: Actor) -> list[Row]:
    """Items as lines of text."""
    return [row_of(item, sees) for item, sees in looked_at(items, actor)]


def looked_at(items: Iterable[Item], actor: Actor) -> "Iterator[tuple[Item, Seen]]":
    """Items with what the actor sees of each, so many at a time."""
    each = list(items)
    for first in range(0, len(each), _AT_ONCE):
        batch = each[first : first + _AT_ONCE]
        sees = seen_of(batch, actor)
        yield from ((item, sees[item.pk]) for item in batch)


def read_whole(items: Iterable[tuple[str, int]]) -> dict[int, Item]:
    """Items of any flows, given by flow and number, by number, with what they are judged and shown by.

    They are one question, however many services have a table of their own, and one for each table that they link to.
    """
    numbers: dict[str, list[int]] = {}
    for code, number in items:
        numbers.setdefault(code, []).append(number)
    own = {code: _own_table(flow_of(code)) for code in numbers}
    rows = Item.objects.filter(pk__in=[pk for pks in numbers.values() for pk in pks]).select_related(*set(own.values()))
    whole = {row.pk: getattr(row, own[row.flow]) for row in rows}
    _link([(item, its) for item in whole.values() for its in _links(flow_of(item.flow))])
    return whole


def _own_table(flow: Flow) -> str:
    """What leads from an item to its row in the service's own table."""
    link = flow.model._meta.get_ancestor_link(Item)
    return str(link.remote_field.get_accessor_name())


def _link(links: list[tuple[Item, ForeignKey]]) -> None:
    """Fill these links of the items, in one question for each table."""
    wanted: dict[type[Model], set[Any]] = {}
    for item, its in links:
        wanted.setdefault(its.related_model, set()).add(getattr(item, its.attname))
    found = {table: table.objects.in_bulk(keys - {None}) for table, keys in wanted.items()}
    for item, its in links:
        its.set_cached_value(item, found[its.related_model].get(getattr(item, its.attname)))


def _links(flow: Flow) -> list[ForeignKey]:
    """The places and people that a flow's items are judged and shown by."""
    fields = (field_of(flow, name) for name in sorted({*flow.anchors, *flow.listed}))
    return [its for its in fields if isinstance(its, ForeignKey)]


def with_links(flow: Flow, items: "QuerySet[Item]") -> "QuerySet[Item]":
    """The same items with the places and people that they are judged and shown by."""
    return items.select_related(*(its.name for its in _links(flow)))


def row_of(item: Item, sees: Seen) -> Row:
    """An item as a line, as much of it as is seen."""
    flow, its = flow_of(item.flow), item.its_flow
    shown = {name: sees.field(its, name) for name in (*flow.listed, "state")}
    names = {
        (type(known), known.pk): str(known)
        for known in (getattr(item, name) for name in flow.listed if shown[name])
        if isinstance(known, Model)
    }
    values = (getattr(item, field_of(flow, name).attname) if shown[name] else None for name in flow.listed)
    cells = tuple(text_of(flow, name, value, names) for name, value in zip(flow.listed, values, strict=True))
    state = item.state if shown["state"] else ""
    return Row(item.pk, cells, sees.shows is Shows.ALL, state, tone(flow.code, state))


def with_dues(rows: list[Row], now: datetime) -> list[Row]:
    """The rows with the first moment at which something of them is due; of those that are seen whole."""
    whole = [row.pk for row in rows if row.whole]
    todos = Todo.objects.filter(item__in=whole, due__isnull=False).values("item").annotate(first=Min("due"))
    dues = dict(todos.values_list("item", "first"))
    return [replace(row, due=dues[row.pk], late=dues[row.pk] < now) if row.pk in dues else row for row in rows]


def _holds(flow: Flow, text: str) -> Q:
    """Items of which a column that may be searched, and is seen, holds the text."""
    found = Q(pk__in=())
    for condition in _conditions(flow, text):
        found |= condition
    return found


def _conditions(flow: Flow, text: str) -> Iterator[Q]:
    for name in flow.searched:
        its, shown = field_of(flow, name), f"{PREFIX}{name}"
        named: Any = its.related_model if isinstance(its, ForeignKey) else None
        if named in (Place, Person):
            yield Q(**{f"{shown}__in": named.objects.filter(name__icontains=text).values("pk")})
        elif its.get_internal_type() in _TEXTS:
            yield Q(**{f"{shown}__icontains": text})
