"""Addresses of signing in (登录网址): only those of allauth that the site offers; the others answer 404."""

from allauth.account import views
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from yiheng.site.base.accounts import outside


@login_not_required
def closed(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """What the site does not offer, though allauth names it: signing up, resetting by e-mail."""
    raise Http404


urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/", views.password_change, name="account_change_password"),
    path("second-factor/", include("allauth.mfa.urls")),
    path("oidc/<slug:provider_id>/login/", outside.login, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", outside.callback, name="openid_connect_callback"),
    # Whoever comes by the region's identity service has no password here, and makes none.
    path("password/set/", closed, name="account_set_password"),
    path("signup/", closed, name="account_signup"),
    path("reset/", closed, name="account_reset_password"),
    path("email/", closed, name="account_email"),
    path("outside/signup/", closed, name="socialaccount_signup"),
    path("outside/cancelled/", closed, name="socialaccount_login_cancelled"),
    path("outside/error/", closed, name="socialaccount_login_error"),
    path("outside/", closed, name="socialaccount_connections"),
]
