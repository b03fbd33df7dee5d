"""The gate (入口): every address needs a signed-in person, unless its view says otherwise.

`login_not_required` (Django's) opens a view to anyone; `for_outsiders` also to whoever came with a query code. Idle
sessions end; a password that another set is changed first; some roles need a second factor.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from yiheng.site.base.pages.asking import DOOR, actor_for, now_of
from yiheng.site.base.places.standing import Actor

_SEEN = "seen"
# A page every minute is enough to show that somebody is there.
_NOTED = timedelta(minutes=1)
_CHANGING = {"account_change_password", "account_logout", "account_reauthenticate", "language"}
_PROVING = {"mfa_activate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_reauthenticate"}

_View = TypeVar("_View", bound=Callable[..., Any])


def for_outsiders(view: _View) -> _View:
    """A view that whoever came with a query code may ask too; it must ask what that person sees."""
    view.for_outsiders = True  # type: ignore[attr-defined]
    return view


class GateMiddleware:
    """Lets in, or leads to what is to be done first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # What somebody was shown stays in no browser's memory for whoever sits down next.
        if request.session.accessed:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_: Any) -> HttpResponse | None:
        now = now_of(request)
        let_in = request.user.is_authenticated or DOOR in request.session
        if let_in and _is_idle(request, now):
            logout(request)
        if not getattr(view, "login_required", True):
            return None
        if not request.user.is_authenticated:
            admitted = getattr(view, "for_outsiders", False) and DOOR in request.session
            return None if admitted else _to_sign_in(request)
        return _first(request)


def _is_idle(request: HttpRequest, now: datetime) -> bool:
    """Whether too long ago was the last page; if not, this one is noted."""
    last = request.session.get(_SEEN)
    past = now - datetime.fromisoformat(last) if last else _NOTED
    if past > settings.YIHENG_IDLE:
        return True
    if past >= _NOTED:
        note(request, now)
    return False


def note(request: HttpRequest, now: datetime) -> None:
    """Somebody is there, as whoever comes in is: an idle session ends so long after."""
    request.session[_SEEN] = now.isoformat()


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse(settings.LOGIN_URL)})
    return redirect_to_login(request.get_full_path(), reverse(settings.LOGIN_URL))


def _first(request: HttpRequest) -> HttpResponse | None:
    """What the person has to do before anything else."""
    name = request.resolver_match.url_name
    if request.user.must_change:
        return None if name in _CHANGING else redirect("account_change_password")
    if name not in _CHANGING | _PROVING and needs_second_factor(request.user, actor_for(request)):
        return redirect("mfa_activate_totp")
    return None


def needs_second_factor(person: Any, actor: Actor) -> bool:
    """Whether a post that the person acts in asks for a second factor, and there is none."""
    return asks_second_factor(actor) and not is_mfa_enabled(person)


def asks_second_factor(actor: Actor) -> bool:
    """Whether a post that the actor acts in, an own or a lent one, asks for a second factor."""
    return any(held.role in settings.YIHENG_SECOND_FACTOR for standing in actor for held in standing.posts)
