"""The inbox (待办) and one's own matters (我的事项), over all flows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from yiheng.site.base.flow.declare import Flow
from yiheng.site.base.flow.inbox import Inbox, Line
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.flow.registry import flow_of, flows
from yiheng.site.base.flow.sight import seen_of
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.listing import Row, plain, read_whole, row_of
from yiheng.site.base.pages.menu import how_many
from yiheng.site.base.pages.paging import MOST, page_asked
from yiheng.site.base.pages.values import label, state_text, tone
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.texts import pick

_PAGE = 25
_AT_ONCE = 50
# Of a flow's columns, so many tell one item from another in a list of all flows.
_TOLD = 3


@dataclass(frozen=True)
class Brief:
    """An item in a list of all flows: which flow, its number, a few of its columns, its state."""

    pk: int
    flow: str
    number: str
    told: str
    state: str
    tone: str
    steps: str = ""
    since: datetime | None = None
    due: datetime | None = None
    late: bool = False


@require_safe
def inbox_page(request: HttpRequest) -> HttpResponse:
    """What waits for the reader, the earliest due first."""
    actor, now = actor_for(request), now_of(request)
    its = waiting(actor, request.GET.get("flow", ""), request.GET.get("q", ""))
    page = page_asked(its, request.GET.get("page", ""), _PAGE)
    context = {"page": page, "rows": briefs_of(page.rows, actor, now), **_asked(request)}
    if not its.narrowed:
        context["menu_waiting"] = how_many(its)
    part = request.headers.get("HX-Target") == "list"
    return render(request, "site/_inbox.html" if part else "site/inbox.html", context)


@require_safe
def mine_page(request: HttpRequest) -> HttpResponse:
    """The items that the reader made or acted on, and still sees."""
    actor = actor_for(request)
    its = Mine(actor, request.GET.get("flow", ""), request.GET.get("q", ""))
    page = page_asked(its, request.GET.get("page", ""), _PAGE)
    rows = [_brief(*each) for each in page.rows]
    context = {"page": page, "rows": rows, **_asked(request)}
    part = request.headers.get("HX-Target") == "list"
    return render(request, "site/_mine.html" if part else "site/mine.html", context)


def waiting(actor: Actor, flow: str = "", text: str = "") -> Inbox:
    """The inbox, of one flow or with a number that holds a text."""
    return Inbox(actor, MOST, flow if flow in flows() else "", plain(text))


class Mine:
    """What the actor made or acted on and sees, the last changed first, as rows; counted as far as it was read."""

    def __init__(self, actor: Actor, flow: str = "", text: str = "") -> None:
        self.count, self.more = 0, False
        self._actor, self._text = actor, plain(text)
        made = Item.objects.filter(author=actor.person).values("pk")
        acted = Act.objects.filter(person=actor.person).order_by().values("item")
        items = Item.objects.filter(pk__in=made.union(acted), flow__in=[flow] if flow in flows() else list(flows()))
        self._items = items.order_by("-changed_at", "-pk").values_list("flow", "pk")

    def between(self, first: int, last: int) -> list[tuple[Item, Row]]:
        """The rows from `first` on, until before `last`; `count` is then at least as many as there are before these."""
        found = list(islice(self._seen(), last))
        self.count, self.more = len(found), len(found) == last
        return found[first:]

    def _seen(self) -> Iterator[tuple[Item, Row]]:
        every = self._items.iterator(chunk_size=_AT_ONCE)
        while part := list(islice(every, _AT_ONCE)):
            told = _told_of(part, self._actor)
            yield from (told[pk] for _, pk in part if pk in told and self._fits(*told[pk]))

    def _fits(self, item: Item, row: Row) -> bool:
        """Whether the item's number, as the actor sees it, holds the text that is looked for."""
        cells = dict(zip(flow_of(item.flow).listed, row.cells, strict=True))
        return self._text.casefold() in cells.get("number", "").casefold()


def briefs_of(lines: Sequence[list[Line]], actor: Actor, now: datetime) -> list[Brief]:
    """The to-dos of each item as one line, with all that waits in it; none of an item that is not seen."""
    told = _told_of(((todos[0].flow, todos[0].item) for todos in lines), actor)
    return [_waiting(*told[todos[0].item], todos, now) for todos in lines if todos[0].item in told]


def _waiting(item: Item, row: Row, todos: list[Line], now: datetime) -> Brief:
    first = todos[0]
    steps = dict.fromkeys(_step_text(item.its_flow, todo) for todo in todos)
    late = first.due is not None and first.due < now
    return replace(_brief(item, row), steps="、".join(steps), since=first.waits_since, due=first.due, late=late)


def _step_text(flow: Flow, todo: Line) -> str:
    step = flow.by_name.get(todo.step)
    return capfirst(pick(step.word)) if step else todo.step


def _brief(item: Item, row: Row) -> Brief:
    flow = flow_of(item.flow)
    cells = dict(zip(flow.listed, row.cells, strict=True))
    number = cells.get("number") or f"#{item.pk}"
    parts = [f"{label(flow, name)} {cells[name]}" for name in _telling(flow) if cells[name]]
    return Brief(
        item.pk, pick(flow.word), number, "　".join(parts), state_text(flow.code, row.state), tone(flow.code, row.state)
    )


def _telling(flow: Flow) -> list[str]:
    return [name for name in flow.listed if name not in ("number", "state")][:_TOLD]


def briefly(items: Iterable[Item], actor: Actor) -> dict[int, Brief]:
    """Items by number as lines, those that the actor sees."""
    told = _told_of(((item.flow, item.pk) for item in items), actor)
    return {number: _brief(*its) for number, its in told.items()}


def _told_of(items: Iterable[tuple[str, int]], actor: Actor) -> dict[int, tuple[Item, Row]]:
    """Items, given by flow and number, that the actor sees, and their rows; a few questions for all."""
    whole = read_whole(items)
    seen = seen_of(list(whole.values()), actor)
    return {pk: (item, row_of(item, seen[pk])) for pk, item in whole.items() if seen[pk].shows is not None}


def _asked(request: HttpRequest) -> dict[str, object]:
    given = request.GET.copy()
    given.pop("page", None)
    return {
        "chosen": request.GET.get("flow", ""),
        "q": plain(request.GET.get("q", "")),
        "kept": given.urlencode(),
    }
