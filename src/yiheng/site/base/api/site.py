"""The operations (接口操作), generic over flows."""

from typing import Annotated, Any
from uuid import UUID

from django.db import connection
from django.http import Http404, HttpRequest
from ninja import Header, NinjaAPI, Path, Query
from pydantic import AfterValidator

from yiheng.site.base.api import answers, problems
from yiheng.site.base.api import shapes as s
from yiheng.site.base.api.known import BySession, ByToken
from yiheng.site.base.audit.looks import look, refusals
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.breakglass.actions import Shut, opened
from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.declare import Flow, Step
from yiheng.site.base.flow.models import Act
from yiheng.site.base.flow.registry import flows
from yiheng.site.base.flow.verbs import step_of
from yiheng.site.base.notices import reading
from yiheng.site.base.pages import taking
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.filling import blank_form
from yiheng.site.base.pages.inboxes import waiting
from yiheng.site.base.pages.listing import Wanted, found
from yiheng.site.base.pages.menu import beginnings, reachable
from yiheng.site.base.pages.paging import Page as Cut
from yiheng.site.base.pages.paging import Rows, page_of
from yiheng.site.base.pages.showing import Shown, shown
from yiheng.tables.version import code_version

api = NinjaAPI(
    title="医衡 Yiheng",
    version="1",
    description="What the site shows and does, for programs. A request that changes something has a key of its own "
    "(Idempotency-Key): sent again, it has no second effect.",
    auth=[ByToken(), BySession()],
    docs_url=None,
    openapi_url="/api/openapi.json",
)
problems.put_on(api)

_REFUSED: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 422), s.Problem)
_REFUSED_ACT = _REFUSED | {409: s.Problem}
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
Code = Annotated[str, Path(pattern="^[-a-zA-Z0-9_]{1,64}$")]
Page = Annotated[int, Query(ge=1, le=1_000_000)]
Size = Annotated[int, Query(ge=1, le=s.BIGGEST_PAGE)]
Word = Annotated[str, Query(max_length=100), AfterValidator(s.whole)]
RequestKey = Annotated[UUID, Header(alias="Idempotency-Key")]


@api.get("/health", response=s.HealthOut, auth=None, openapi_extra={"security": []})
def health(request: HttpRequest) -> dict[str, str]:  # noqa: ARG001
    """Whether the site and its database work (运行状态). Answers anyone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"status": "ok", "version": code_version()}


@api.get("/api/flows", response={200: list[s.FlowOut]} | _REFUSED)
def list_flows(request: HttpRequest) -> list[dict[str, Any]]:
    """The flows that the asker reaches (业务)."""
    actor = actor_for(request)
    return [_flow_out(flow, beginnings(flow, actor)) for flow in reachable(actor)]


@api.get("/api/flows/{code}/items", response={200: s.RowsOut} | _REFUSED)
def list_items(
    request: HttpRequest, code: Code, state: Word = "", q: Word = "", sort: Word = "", page: Page = 1, size: Size = 25
) -> dict[str, Any]:
    """The items of a flow that the asker sees (列表)."""
    flow, actor, now = _flow(code), actor_for(request), now_of(request)
    items = found(flow, actor, Wanted.of(flow, {"state": state, "q": q, "sort": sort}))
    cut: Cut[Any] = page_of(Rows(items), page, size)
    rows = answers.rows_out(flow, cut.rows, actor)
    taking.demand(actor, flow.code, taking.PAGE, len(rows), "", now)
    look(actor, taking.PAGE, Of(flow.code), now, rows=len(rows), fields=list(flow.listed))
    return _paged(cut, rows)


@api.get("/api/items/{number}", response={200: s.ItemOut} | _REFUSED)
def get_item(request: HttpRequest, number: Number) -> dict[str, Any]:
    """One item (事项), and what the asker may do with it."""
    actor, now = actor_for(request), now_of(request)
    its = _seen(request, number)
    look(actor, "api", its.item, now)
    return answers.item_out(its)


@api.get("/api/flows/{code}/begin/{step}", response={200: s.FormOut} | _REFUSED)
def beginning_form(request: HttpRequest, code: Code, step: Code) -> dict[str, Any]:
    """The form of a step by which an item begins (表单)."""
    flow = _flow(code)
    its = _named(beginnings(flow, actor_for(request)), step)
    return answers.form_out(its, blank_form(flow, its, None, actor_for(request)))


@api.post("/api/flows/{code}/begin/{step}", response={200: s.DoneOut} | _REFUSED_ACT)
def begin(request: HttpRequest, code: Code, step: Code, body: s.StepIn, key: RequestKey) -> dict[str, Any]:
    """Begin an item (发起)."""
    flow = _flow(code)
    if body.seen is not None:
        raise Http404
    return _take(request, flow, _named(beginnings(flow, actor_for(request)), step), None, body, key)


@api.get("/api/items/{number}/do/{step}", response={200: s.FormOut} | _REFUSED)
def step_form(request: HttpRequest, number: Number, step: Code) -> dict[str, Any]:
    """The form of a step of an item (表单)."""
    its = _seen(request, number)
    named = _named([each.step for each in (*its.decisions(), *its.verbs())], step)
    return answers.form_out(named, blank_form(its.flow, named, its, its.actor))


@api.post("/api/items/{number}/do/{step}", response={200: s.DoneOut} | _REFUSED_ACT)
def do(request: HttpRequest, number: Number, step: Code, body: s.StepIn, key: RequestKey) -> dict[str, Any]:
    """Take a step of an item (办理)."""
    its = _seen(request, number)
    if not its.whole:
        raise Http404
    return _take(request, its.flow, _step_of(its.flow, step), number, body, key)


@api.get("/api/inbox", response={200: s.TodosOut} | _REFUSED)
def get_inbox(request: HttpRequest, flow: Word = "", page: Page = 1, size: Size = 25) -> dict[str, Any]:
    """What waits for the asker, by item, the earliest due first (待办)."""
    now = now_of(request)
    cut = page_of(waiting(actor_for(request), flow), page, size)
    items = [
        {
            "item": todo.item, "flow": todo.flow, "step": todo.step, "since": todo.waits_since, "due": todo.due,
            "late": todo.due is not None and todo.due < now,
        }
        for todos in cut.rows
        for todo in todos
    ]  # fmt: skip
    return _paged(cut, items)


@api.get("/api/notices", response={200: s.NoticesOut} | _REFUSED)
def get_notices(request: HttpRequest, page: Page = 1, size: Size = 25) -> dict[str, Any]:
    """What the asker was told, the last first (通知)."""
    cut: Cut[Any] = page_of(Rows(reading.notices(actor_for(request).person)), page, size)
    items = [
        {"id": each.pk, "item": each.item_id, "zh": each.zh, "en": each.en, "at": each.at, "read_at": each.read_at}
        for each in cut.rows
    ]
    return _paged(cut, items)


def _seen(request: HttpRequest, number: int) -> Shown:
    """An item that the asker sees; of what break-glass alone has opened, that it is shown on pages only."""
    actor, now = actor_for(request), now_of(request)
    if number in opened(actor.person, now):
        with refusals(actor.own, "look.api", Of("item", str(number)), now):
            try:
                return shown(number, actor)
            except Http404:
                raise Shut.said(
                    "page", "紧急查阅的事项只在页面上显示，不经接口提供",
                    "what break-glass has opened is shown on pages only, and not given to programs",
                ) from None  # fmt: skip
    return shown(number, actor)


def _take(request: HttpRequest, flow: Flow, step: Step, item: int | None, body: s.StepIn, key: UUID) -> dict[str, Any]:
    asked = Asked(
        flow=flow.code, step=step.name, request=key, item=item, parent=body.parent, seen=body.seen, data=body.data,
        reason=body.reason, files=tuple(body.files),
    )  # fmt: skip
    done: Act = act(actor_for(request), asked, now_of(request))
    return {"act": done.pk, "item": done.item_id, "version": done.version, "state": done.to_state, "request": key}


def _flow(code: str) -> Flow:
    if code not in flows():
        raise Http404
    return flows()[code]


def _step_of(flow: Flow, name: str) -> Step:
    found = step_of(flow, name)
    if found is None:
        raise Http404
    return found


def _named(steps: list[Step], name: str) -> Step:
    for step in steps:
        if step.name == name:
            return step
    raise Http404


def _paged(cut: Cut[Any], items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"count": cut.count, "more": cut.more, "page": cut.number, "size": cut.size, "items": items}


def _flow_out(flow: Flow, steps: list[Step]) -> dict[str, Any]:
    return {
        "code": flow.code,
        "zh": flow.word.zh,
        "en": flow.word.en,
        "states": {code: [state.word.zh, state.word.en] for code, state in flow.states.items()},
        "begin": [answers.step_out(step) for step in steps],
    }
