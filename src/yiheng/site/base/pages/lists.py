"""The list of a flow (业务列表) as a page and as a file."""

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from yiheng.base.refusal import shown as masked
from yiheng.site.base.audit.looks import look
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.flow.declare import Flow
from yiheng.site.base.flow.models import Item
from yiheng.site.base.flow.registry import flows
from yiheng.site.base.flow.sight import counted
from yiheng.site.base.identity import NumberTyped
from yiheng.site.base.pages import export, taking
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.listing import Wanted, found, plain, rows_of, with_dues
from yiheng.site.base.pages.menu import beginnings
from yiheng.site.base.pages.paging import Page, Rows, page_asked
from yiheng.site.base.pages.values import is_number, label, state_text
from yiheng.site.base.refused import NotDone

_PAGE = 25


def flow_for(request: HttpRequest, code: str) -> Flow:  # noqa: ARG001
    """A flow that there is; 404 for any other."""
    known = flows()
    if code not in known:
        raise Http404
    return known[code]


@require_safe
def flow_list(request: HttpRequest, code: str) -> HttpResponse:
    """The items of a flow that the reader sees."""
    flow, actor = flow_for(request, code), actor_for(request)
    wanted = Wanted.of(flow, request.GET)
    page: Page[Item] = page_asked(Rows(found(flow, actor, wanted)), request.GET.get("page", ""), _PAGE)
    rows = rows_of(page.rows, actor)
    if rows:
        look(actor, "list", Of(flow.code), now_of(request), rows=len(rows), fields=list(flow.listed))
    context = {
        "flow": flow,
        "wanted": wanted,
        "columns": [_column(flow, name, wanted) for name in flow.listed],
        "states": [(state, state_text(flow.code, state)) for state in flow.states],
        "page": page,
        "rows": with_dues(rows, now_of(request)),
        "beginnings": beginnings(flow, actor),
        "counted": not rows and bool(flow.counted_by) and counted(flow, actor).exists(),
        "kept": _kept(request),
    }
    part = request.headers.get("HX-Target") == "list"
    return render(request, "site/_list.html" if part else "site/list.html", context)


@require_safe
def flow_export(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """The same list, all its pages, as a file; the audit keeps who took it."""
    flow, actor, now = flow_for(request, code), actor_for(request).unopened, now_of(request)
    wanted = Wanted.of(flow, request.GET)
    items = found(flow, actor, wanted)
    if items.count() > taking.most_at_once(now):
        return redirect(f"{reverse('export_later', args=(code, kind))}?{request.GET.urlencode()}")
    reason = plain(request.GET.get("reason", ""))
    try:
        taking.demand(actor, flow.code, taking.EXPORT, items.count(), reason, now)
    except NotDone as why:
        return _not_taken(request, flow, why)
    rows = rows_of(items, actor)
    about = export.About(str(request.user), now, " ".join(filter(None, (wanted.state, wanted.text))))
    content = export.as_csv(flow, rows) if kind == export.CSV else export.as_xlsx(flow, rows, about)
    told = {"rows": len(rows), "fields": list(flow.listed), "kind": kind} | (
        {"reason": masked(reason)} if reason else {}
    )
    look(actor, taking.EXPORT, Of(flow.code), now, **told)
    name = f"{flow.code}-{now:%Y%m%d-%H%M%S}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Rows": str(len(rows))}
    return HttpResponse(content, content_type=export.KINDS[kind], headers=headers)


def _not_taken(request: HttpRequest, flow: Flow, why: NotDone) -> HttpResponse:
    """What is asked for before rows are given, or why they are not."""
    given = [(name, value) for name, value in request.GET.items() if name != "reason"]
    context = {
        "flow": flow,
        "text": why.text,
        "asks": isinstance(why, taking.ReasonAsked | NumberTyped),
        "given": given,
    }
    return render(request, "site/taking.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _column(flow: Flow, name: str, wanted: Wanted) -> dict[str, object]:
    up, down = wanted.sort == name, wanted.sort == f"-{name}"
    sorted_by = "ascending" if up else "descending" if down else "none"
    return {
        "name": name,
        "label": label(flow, name),
        "number": is_number(flow, name),
        "sorted": sorted_by,
        "next": f"-{name}" if up else name,
    }


def _kept(request: HttpRequest) -> str:
    """What the address asks for beside page and order, for links to the next."""
    given = request.GET.copy()
    for name in ("page", "sort"):
        given.pop(name, None)
    return given.urlencode()
