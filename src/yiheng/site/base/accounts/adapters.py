"""What allauth asks the site (登录适配): no sign-up, people known from elsewhere are matched by name, never made."""

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yiheng.base.refusal import Refusal
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.accounts.outside import failed


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
        """Whoever is known there by a sign-in name of ours is that person, and stays it; nobody else comes in."""
        name = sociallogin.account.extra_data["userinfo"].get(sociallogin.provider.app.settings["claim"])
        person = Person.objects.filter(username=name, is_active=True).first() if isinstance(name, str) else None
        if person is None or (sociallogin.is_existing and sociallogin.user != person):
            raise ImmediateHttpResponse(render(request, "site/unknown.html", status=403))
        if not sociallogin.is_existing:
            sociallogin.connect(request, person)

    def on_authentication_error(self, request: HttpRequest, provider: Any, *_: Any, **rest: Any) -> None:
        """What was refused there, or came with another state than it was sent with."""
        raise ImmediateHttpResponse(failed(request))


class FactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are encrypted: who has the database without the site's secret cannot make a code."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            raise Refusal("a second factor was kept under another secret of the site", cure="reset it") from None


def _box() -> Fernet:
    made = HKDF(SHA256(), 32, salt=None, info=b"yiheng second factor").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(made))
