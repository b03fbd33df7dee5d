"""Coming in by the region's identity service (统一身份认证): what it says is signed and of one person, or nobody is in.

A service that is away, or says what cannot be read, is told on a page. The identity token's signature is checked, also
where it came by TLS, and it must be of the same person as the rest.
"""

from collections.abc import Callable
from functools import cached_property
from http import HTTPStatus
from typing import Any

from allauth.socialaccount import app_settings
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from requests import RequestException

_ENDS = ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
_METHODS = "token_endpoint_auth_methods_supported"


class Signed(OpenIDConnectOAuth2Adapter):
    """Takes no identity without a token that the service has signed; an answer of another form is an OAuth2Error."""

    def get_provider(self) -> Any:
        """The provider, which reads the service's answers as this does where it sends people there."""
        provider = super().get_provider()
        provider.oauth2_adapter_class = Signed
        return provider

    @cached_property
    def openid_config(self) -> dict[str, Any]:
        """Where the service is asked what, and who it says it is, by its own word."""
        config = _with_texts(_got(self.get_provider().server_url), *_ENDS)
        if not isinstance(config.get(_METHODS, []), list):
            raise OAuth2Error(f"{_METHODS} is no list")
        return config

    def get_access_token_data(self, *given: Any, **rest: Any) -> dict[str, Any]:
        try:
            answer = super().get_access_token_data(*given, **rest)
        except (KeyError, TypeError) as fault:  # an answer that names no type, or is no list of names with values
            raise OAuth2Error("no tokens") from fault
        return _with_texts(answer, "access_token", "id_token")

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """It is used at once and not kept, so until when it is good is not read."""
        return SocialToken(token=data["access_token"])

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **rest: Any) -> Any:
        login = super().complete_login(request, app, token, **rest)
        said = login.account.extra_data
        if said["userinfo"]["sub"] != said["id_token"].get("sub"):
            raise OAuth2Error("of two people")
        return login

    def _fetch_user_info(self, access_token: str) -> dict[str, str]:
        """Who it is there, and the sign-in name here; nothing else of the answer is taken."""
        said = _with_texts(_got(self.profile_url, Authorization=f"Bearer {access_token}"), "sub")
        if len(said["sub"]) > app_settings.UID_MAX_LENGTH:
            raise OAuth2Error("sub is too long")
        names = ("sub", self.get_provider().app.settings["claim"])
        return {name: said[name] for name in names if _is_text(said.get(name))}

    def _decode_id_token(self, app: SocialApp, id_token: str) -> Any:
        config = self.openid_config
        try:
            return jwtkit.verify_and_decode(
                credential=id_token,
                keys_url=config["jwks_uri"],
                issuer=config["issuer"],
                audience=app.client_id,
                lookup_kid=jwtkit.lookup_kid_jwk,
                verify_signature=True,
            )
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as fault:
            # A token or keys of another form: the library reads nothing else, and looks at no form first.
            raise OAuth2Error("an identity token or keys of another form") from fault


def _got(where: str, **headers: str) -> Any:
    with get_adapter().get_requests_session() as session:
        answer = session.get(where, headers=headers)
    answer.raise_for_status()
    return answer.json()


def _with_texts(answer: Any, *names: str) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise OAuth2Error("an answer that is no object")
    if wrong := [name for name in names if not _is_text(answer.get(name))]:
        raise OAuth2Error(f"an answer without {', '.join(wrong)}")
    return answer


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != "" and value.isprintable()


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
        except (RequestException, OAuth2Error):
            return failed(request)
        return answer

    return asked


login, callback = _guarded(OAuth2LoginView), _guarded(OAuth2CallbackView)
