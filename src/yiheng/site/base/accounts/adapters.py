"""What allauth asks the site (登录适配): no sign-up, people known from elsewhere are matched by name, never made."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yiheng.site.base.accounts.models import Person


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def set_password(self, user: Person, password: str) -> None:
        """The person's own choice: nothing more is to be changed."""
        user.must_change = False
        super().set_password(user, password)

    def add_message(self, *args: Any, **rest: Any) -> None:
        """The pages themselves say what has happened."""

    def post_login(self, request: HttpRequest, user: Person, **rest: Any) -> HttpResponse:
        """Pages are in the person's language from now on."""
        response = super().post_login(request, user, **rest)
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, "en" if user.language == "en" else "zh-hans", samesite="Lax")
        return response


class OutsideAdapter(DefaultSocialAccountAdapter):
    """Signing in by the region's own identity service (统一身份认证)."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Whoever is known there by a sign-in name of ours is that person; nobody else comes in."""
        if sociallogin.is_existing:
            return
        claim = sociallogin.provider.app.settings["claim"]
        name = sociallogin.account.extra_data.get("userinfo", sociallogin.account.extra_data).get(claim)
        person = Person.objects.filter(username=name, is_active=True).first() if name else None
        if person is None:
            raise ImmediateHttpResponse(render(request, "site/unknown.html", status=403))
        sociallogin.connect(request, person)
