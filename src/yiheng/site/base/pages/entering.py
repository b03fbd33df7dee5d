"""Coming in (登录留痕): sign-ins and failed ones are kept, and second factors are counted like passwords.

What was typed as a name is never kept: it may be a password in the wrong field.
"""

from http import HTTPStatus
from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as factors
from allauth.mfa.totp.forms import ActivateTOTPForm
from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yiheng.site.base.accounts import tries
from yiheng.site.base.accounts.adapters import AccountAdapter
from yiheng.site.base.accounts.lockout import name_tried
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.accounts.second_factor import take, take_of
from yiheng.site.base.audit.looks import look, refused
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.breakglass.actions import actor_at
from yiheng.site.base.pages.asking import now_of
from yiheng.site.base.pages.gate import note
from yiheng.site.base.texts import pick


class EntranceAdapter(AccountAdapter):
    """Keeps who came in and who did not."""

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        person = Person.objects.filter(username__iexact=name_tried(request, credentials)).first()
        _keep_failure(request, person, "sign_in")

    def post_login(self, request: HttpRequest, user: Person, **rest: Any) -> HttpResponse:
        now = now_of(request)
        note(request, now)
        look(actor_at(user.pk, now), "sign_in", Of("account", str(user.pk)), now)
        return super().post_login(request, user, **rest)


class _Counted(forms.Form):
    """Wrong codes count as wrong passwords do, in the database, for all processes: so many, and the name is locked."""

    user: Person

    def clean_code(self) -> str:
        request, name = context.request, {"username": self.user.username}
        if not AxesProxyHandler.is_allowed(request, name):
            raise forms.ValidationError(pick(tries.too_many(now_of(request))))
        try:
            code: str = super().clean_code()
            if not take_of(self.authenticator, code):
                raise get_adapter().validation_error("incorrect_code")
        except forms.ValidationError:
            AxesProxyHandler.user_login_failed(type(self), name, request)
            _keep_failure(request, self.user, "second_factor")
            raise
        return code


class AuthenticateForm(_Counted, factors.AuthenticateForm):
    """A second factor at the door."""


class ReauthenticateForm(_Counted, factors.ReauthenticateForm):
    """A second factor before something that matters."""


class ActivateForm(ActivateTOTPForm):
    """A second factor for the first time: its first code is taken, and good for nothing more."""

    def clean_code(self) -> str:
        code: str = super().clean_code()
        take(self.user, self.secret, code)
        return code


def locked(request: HttpRequest, _answer: HttpResponse | None, _typed: object) -> HttpResponse:
    """What axes answers whoever is heard no more."""
    wait = tries.wait(now_of(request))
    return render(request, "site/locked.html", {"wait": wait}, status=HTTPStatus.TOO_MANY_REQUESTS)


def _keep_failure(request: HttpRequest, person: Person | None, what: str) -> None:
    refused(None, f"account.{what}", Of("account", str(person.pk) if person else ""), "wrong", now_of(request))
