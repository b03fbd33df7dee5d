"""The language of a page (语言): Chinese unless the reader chose English; a button changes it."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from yiheng.site.base.accounts.actions import choose_language

ZH, EN = "zh-hans", "en"


class LanguageMiddleware:
    """Makes the page in the language that the reader's cookie names; the API's also by `Accept-Language`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(_chosen(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or ZH)
        return response


def _chosen(request: HttpRequest) -> str:
    cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    if cookie is None and request.path.startswith("/api/"):
        return EN if request.headers.get("Accept-Language", "").startswith("en") else ZH
    return EN if cookie == EN else ZH


@login_not_required
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Change the language, and go back to where the reader was."""
    language = EN if request.POST.get("language") == EN else ZH
    if request.user.is_authenticated:
        choose_language(request.user, "en" if language == EN else "zh")
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    response = redirect(back if safe else "/")
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax", secure=request.is_secure())
    return response
