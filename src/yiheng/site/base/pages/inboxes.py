"""The inbox (待办) and one's own matters (我的事项), over all flows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from yiheng.site.base.flow.declare import Flow
from yiheng.site.base.flow.models import Act, Item, Todo
from yiheng.site.base.flow.registry import flows
from yiheng.site.base.flow.sight import PREFIX, seen_of, visible
from yiheng.site.base.flow.todos import inbox
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.listing import Row, read_whole, row_of
from yiheng.site.base.pages.menu import reachable
from yiheng.site.base.pages.values import label, state_text, tone
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.texts import pick

_PAGE = 25
# Of a flow's columns, so many tell one item from another in a list of all flows.
_TOLD = 3
_LONGEST = 64


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
    todos = waiting(actor, request.GET.get("flow", ""), request.GET.get("q", ""))
    page = Paginator(todos, _PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": briefs_of(list(page.object_list), actor, now), **_asked(request)}
    part = request.headers.get("HX-Target") == "list"
    return render(request, "site/_inbox.html" if part else "site/inbox.html", context)


@require_safe
def mine_page(request: HttpRequest) -> HttpResponse:
    """The items that the reader made or acted on, and still sees."""
    actor = actor_for(request)
    items = mine(actor, request.GET.get("flow", ""), request.GET.get("q", ""))
    page = Paginator(items, _PAGE).get_page(request.GET.get("page"))
    told = _told_of(page.object_list, actor)
    rows = [_brief(item, told) for item in page.object_list if item.pk in told]
    context = {"page": page, "rows": rows, **_asked(request)}
    part = request.headers.get("HX-Target") == "list"
    return render(request, "site/_mine.html" if part else "site/mine.html", context)


def waiting(actor: Actor, flow: str = "", text: str = "") -> "QuerySet[Todo]":
    """The inbox, of one flow or with a number that holds a text."""
    todos = inbox(actor).select_related("item").order_by(F("due").asc(nulls_last=True), "pk")
    if flow in flows():
        todos = todos.filter(flow=flow)
    if text.strip():
        todos = todos.filter(item__number__icontains=_plain(text))
    return todos


def mine(actor: Actor, flow: str = "", text: str = "") -> "QuerySet[Item]":
    """What the actor made or acted on, as far as it is seen, the last changed first."""
    hands = Q(author=actor.person) | Q(Exists(Act.objects.filter(item=OuterRef("pk"), person=actor.person)))
    seen = Q(pk__in=())
    for code, its in flows().items():
        if flow in ("", code):
            found = visible(its, actor, ("number",))
            if text.strip():
                found = found.filter(**{f"{PREFIX}number__icontains": _plain(text)})
            seen |= Q(flow=code, pk__in=found.values("pk"))
    return Item.objects.filter(hands, seen).order_by("-changed_at", "-pk")


def briefs_of(todos: list[Todo], actor: Actor, now: datetime) -> list[Brief]:
    """To-dos as lines: one for each item, with all that waits in it; none of an item that is not seen."""
    told = _told_of([todo.item for todo in todos], actor)
    by_item: dict[int, list[Todo]] = {}
    for todo in todos:
        if todo.item_id in told:
            by_item.setdefault(todo.item_id, []).append(todo)
    return [_waiting(found, told, now) for found in by_item.values()]


def _waiting(todos: list[Todo], told: dict[int, Row], now: datetime) -> Brief:
    first = todos[0]
    steps = dict.fromkeys(_step_text(todo) for todo in todos)
    late = first.due is not None and first.due < now
    brief = _brief(first.item, told)
    return Brief(**(brief.__dict__ | {"steps": "、".join(steps), "since": first.since, "due": first.due, "late": late}))


def _step_text(todo: Todo) -> str:
    step = todo.item.its_flow.by_name.get(todo.step)
    return capfirst(pick(step.word)) if step else todo.step


def _brief(item: Item, told: dict[int, Row]) -> Brief:
    flow = flows()[item.flow]
    row = told[item.pk]
    cells = dict(zip(flow.listed, row.cells, strict=True))
    number = cells.get("number") or f"#{item.pk}"
    parts = [f"{label(flow, name)} {cells[name]}" for name in _telling(flow) if cells[name]]
    return Brief(
        item.pk, pick(flow.word), number, "　".join(parts), state_text(flow.code, row.state), tone(flow.code, row.state)
    )


def _telling(flow: Flow) -> list[str]:
    return [name for name in flow.listed if name not in ("number", "state")][:_TOLD]


def _told_of(items: Iterable[Item], actor: Actor) -> dict[int, Row]:
    """The rows of items as the actor sees them: one question for each flow among them, a few for all."""
    by_flow: dict[str, list[int]] = {}
    for item in items:
        by_flow.setdefault(item.flow, []).append(item.pk)
    whole = {item.pk: item for code, numbers in by_flow.items() for item in read_whole(flows()[code], numbers)}
    seen = seen_of(list(whole.values()), actor)
    return {pk: row_of(item, seen[pk]) for pk, item in whole.items() if seen[pk].shows is not None}


def _plain(text: str) -> str:
    return text.replace("\x00", "").strip()[:_LONGEST]


def _asked(request: HttpRequest) -> dict[str, object]:
    given = request.GET.copy()
    given.pop("page", None)
    return {
        "chosen": request.GET.get("flow", ""),
        "q": _plain(request.GET.get("q", "")),
        "choices": reachable(actor_for(request)),
        "kept": given.urlencode(),
    }
