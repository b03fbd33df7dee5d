"""Exporting long lists (长列表导出): what takes too long to wait for is a job that another person confirms.

Its file is its maker's for a while.
"""

from http import HTTPStatus
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from yiheng.base.refusal import shown as masked
from yiheng.base.words import Word
from yiheng.site.base.jobs.queue import put
from yiheng.site.base.jobs.results import kept_for
from yiheng.site.base.pages import taking
from yiheng.site.base.pages.administration import role_name
from yiheng.site.base.pages.asking import actor_for, now_of
from yiheng.site.base.pages.jobkinds import EXPORT
from yiheng.site.base.pages.listing import Wanted, found, plain
from yiheng.site.base.pages.lists import flow_for
from yiheng.site.base.refused import NotDone


@require_http_methods(["GET", "HEAD", "POST"])
def flow_export_later(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Ask for the file of a list by a job, with a reason; a form that is sent twice is one job."""
    flow, actor, now = flow_for(request, code), actor_for(request).unopened, now_of(request)
    given = request.POST if request.method == "POST" else request.GET
    wanted = Wanted.of(flow, given)
    rows, reason = found(flow, actor, wanted).count(), plain(given.get("reason", ""))
    said: Word | None = None
    if request.method == "POST":
        try:
            taking.demand(actor, flow.code, taking.EXPORT, rows, reason, now)
        except NotDone as why:
            said = why.text
        else:
            asked = {"state": wanted.state, "q": wanted.text, "sort": wanted.sort}
            args = {"flow": flow.code, "kind": kind, "wanted": asked, "reason": masked(reason)}
            args |= {"rows": rows, "language": get_language()}
            key = f"{EXPORT.code}/{actor.person}/{_key(request.POST.get('request', ''))}"
            return redirect("job", put(EXPORT, args, key, actor.own, now).pk)
    context = {
        "confirmed_by": sorted(role_name(each) for each in taking.confirmed_by(now)),
        "flow": flow, "rows": rows, "kind": kind, "said": said, "reason": reason, "wanted": wanted,
        "hours": round(kept_for(now).total_seconds() / 3600), "request_key": given.get("request") or str(uuid4()),
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if said else HTTPStatus.OK
    return render(request, "site/export_later.html", context, status=status)


def _key(text: str) -> UUID:
    """The form's key; a form that was sent without one is a new request."""
    try:
        return UUID(text)
    except ValueError:
        return uuid4()
