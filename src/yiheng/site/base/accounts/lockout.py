"""Lockout (登录锁定): failed sign-ins, first and second factor, are counted in the database for all processes."""

from collections.abc import Mapping
from typing import Any

from axes.handlers.base import AxesHandler
from django.http import HttpRequest

from yiheng.site.base.accounts import tries
from yiheng.site.base.accounts.models import Person

_WHERE = "sign_in"


def name_tried(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The sign-in name that was tried, in one spelling, so that capitals give no further tries."""
    typed = (credentials or {}).get("username") or request.POST.get("login", "")
    return str(typed).strip().lower()


def address_of(request: HttpRequest) -> str:
    """The address that the server has seen; of headers it believes what `wsgi` believes."""
    return str(request.META.get("REMOTE_ADDR", ""))


def forgive(person: Person) -> int:
    """Forget the failed sign-ins of a person, from every address; how many there were."""
    return tries.forgive(_WHERE, person.username.strip().lower())


class Lockout(AxesHandler):
    """What axes asks when somebody signs in, fails, or has come in."""

    def is_locked(self, request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> bool:
        name = name_tried(request, credentials)
        return tries.is_locked(_WHERE, name, request.axes_ip_address, request.axes_attempt_time)

    def user_login_failed(
        self, sender: object, credentials: Mapping[str, Any], request: HttpRequest | None = None, **rest: Any
    ) -> None:
        """Not counted while it is locked: so a lock ends, and nobody locks a name from one address."""
        if request is None:
            return
        if not self.is_locked(request, credentials):
            name = name_tried(request, credentials)
            tries.keep(_WHERE, name, request.axes_ip_address, request.axes_attempt_time)
        request.axes_locked_out = self.is_locked(request, credentials)
        request.axes_credentials = credentials

    def user_logged_in(self, sender: object, request: HttpRequest, user: Person, **rest: Any) -> None:
        tries.forget(_WHERE, user.username.strip().lower(), request.axes_ip_address, request.axes_attempt_time)
