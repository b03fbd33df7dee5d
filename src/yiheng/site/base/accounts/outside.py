"""Coming in by the region's identity service (统一身份认证): what it says is signed and of one person, or nobody is in.

A service that is away, or says what cannot be read, is told on a page. The identity token's signature is checked, also
where it came by TLS, and it must be of the same person as the rest.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from requests import RequestException


class Signed(OpenIDConnectOAuth2Adapter):
    """Takes no identity without a token that the service has signed."""

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **rest: Any) -> Any:
        if not rest["response"].get("id_token"):
            raise OAuth2Error("no identity token")
        login = super().complete_login(request, app, token, **rest)
        said = login.account.extra_data
        if said["userinfo"].get("sub") != said["id_token"].get("sub"):
            raise OAuth2Error("of two people")
        return login

    def _decode_id_token(self, app: SocialApp, id_token: str) -> Any:
        return jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
            verify_signature=True,
        )


def failed(request: HttpRequest) -> HttpResponse:
    """The page that says so."""
    return render(request, "site/outside.html", status=HTTPStatus.SERVICE_UNAVAILABLE)


def _guarded(kind: Any) -> Callable[[HttpRequest, str], HttpResponse]:
    @login_not_required
    def asked(request: HttpRequest, provider_id: str) -> HttpResponse:
        try:
            answer: HttpResponse = kind.adapter_view(Signed(request, provider_id))(request)
        except SocialApp.DoesNotExist:
            raise Http404 from None
        except (RequestException, OAuth2Error, KeyError, TypeError, ValueError):
            return failed(request)
        return answer

    return asked


login, callback = _guarded(OAuth2LoginView), _guarded(OAuth2CallbackView)
