"""Pages of errors (出错页面): what happened and what to do, in words."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from yiheng.base.words import Word

_FORBIDDEN = Word("没有权限", "not allowed")
_MISSING = Word("没有这个页面，或您无权查看", "there is no such page, or it is not for you to see")
_UNREAD = Word("请求的格式不对，或过大", "the request is not in the right form, or too large")
_BROKEN = Word("系统出错，已记录，请稍后再试", "something went wrong and was recorded; try again later")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """403."""
    return _page(request, HTTPStatus.FORBIDDEN, "forbidden", _FORBIDDEN)


def unread(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """400: asks nothing of the session, as what was sent may be what cannot be read."""
    if request.path.startswith("/api/"):
        return _json(HTTPStatus.BAD_REQUEST, "unread", _UNREAD)
    page = render_to_string("site/unread.html", {"text": _UNREAD})
    return HttpResponse(page, status=HTTPStatus.BAD_REQUEST)


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """404: also what is there but is not to be seen by the reader."""
    return _page(request, HTTPStatus.NOT_FOUND, "missing", _MISSING)


def broken(request: HttpRequest) -> HttpResponse:
    """500: asks nothing of the database, which may be what broke."""
    if request.path.startswith("/api/"):
        return _json(HTTPStatus.INTERNAL_SERVER_ERROR, "broken", _BROKEN)
    page = render_to_string("site/broken.html")
    return HttpResponse(page, status=HTTPStatus.INTERNAL_SERVER_ERROR)


@login_not_required
def forged(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form without this site's mark: an old page, or another site's."""
    text = Word("页面已过期，请返回刷新后再提交", "the page is too old: go back, reload it and send it again")
    return _page(request, HTTPStatus.FORBIDDEN, "csrf", text)


def _page(request: HttpRequest, status: HTTPStatus, code: str, text: Word) -> HttpResponse:
    if request.path.startswith("/api/"):
        return _json(status, code, text)
    if request.headers.get("HX-Request"):
        return render(request, "site/_said.html", {"text": text}, status=status)
    return render(request, "site/error.html", {"text": text, "status": int(status)}, status=status)


def _json(status: HTTPStatus, code: str, text: Word) -> HttpResponse:
    content: dict[str, Any] = {"code": code, "zh": text.zh, "en": text.en, "fields": {}}
    return JsonResponse(content, status=status)
