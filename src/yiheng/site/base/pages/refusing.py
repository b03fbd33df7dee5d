"""Refusals of pages and API (拒绝留痕): whoever is known and asks for what is not shown leaves a line in the audit."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from yiheng.site.base.audit.looks import refused
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.pages.asking import actor_for, now_of


class RefusalsMiddleware:
    """Keeps what a view refused by 403 or 404; what `act` refuses is kept by `act`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if isinstance(exception, Http404 | PermissionDenied):
            keep_refusal(request, "missing" if isinstance(exception, Http404) else "forbidden")


def keep_refusal(request: HttpRequest, code: str) -> None:
    """A line of who asked for what and was not shown it; nothing of who is not known, whom the server's log names."""
    try:
        actor = actor_for(request)
    except PermissionDenied:
        return
    match = request.resolver_match
    if match is None:
        return
    named = match.kwargs
    thing = Of(str(named.get("code", "item")), str(named.get("number", "")))
    refused(actor.own, f"{request.method}.{match.url_name}", thing, code, now_of(request))
