"""Lists (列表): the items of a flow that somebody sees, found, sorted and cut into pages; the export takes the same.

Nothing is found, sorted or counted by what the reader does not see: only the columns of `sight.visible` are asked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, ForeignKey, Q, QuerySet

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.declare import Flow
from yiheng.site.base.flow.models import Item
from yiheng.site.base.flow.sight import PREFIX, visible
from yiheng.site.base.pages.values import field_of, names_of, text_of
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import Actor

_LONGEST_SEARCH = 100
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


def found(flow: Flow, actor: Actor, wanted: Wanted) -> "QuerySet[Item]":
    """The items that the actor sees and looks for, in order."""
    items = visible(flow, actor, dict.fromkeys((*flow.listed, *flow.searched, "state")))
    if wanted.state:
        items = items.filter(**{f"{PREFIX}state": wanted.state})
    if wanted.text:
        items = items.filter(_holds(flow, wanted.text))
    if wanted.sort:
        name = f"{PREFIX}{wanted.sort.removeprefix('-')}"
        first = F(name).desc(nulls_last=True) if wanted.sort.startswith("-") else F(name).asc(nulls_last=True)
        return items.order_by(first, "-pk")
    return items.order_by("-changed_at", "-pk")


def rows_of(flow: Flow, items: "QuerySet[Item]") -> list[Row]:
    """Items as lines of text."""
    columns = [f"{PREFIX}{name}" for name in flow.listed]
    given = list(items.values("pk", "seen_all", f"{PREFIX}state", *columns))
    plain = [{name: row[f"{PREFIX}{name}"] for name in flow.listed} for row in given]
    names = names_of(flow, flow.listed, plain)
    return [
        Row(
            row["pk"],
            tuple(text_of(flow, name, cells[name], names) for name in flow.listed),
            row["seen_all"],
            row[f"{PREFIX}state"] or "",
        )
        for row, cells in zip(given, plain, strict=True)
    ]


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
