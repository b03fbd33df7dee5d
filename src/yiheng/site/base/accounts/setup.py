"""Settings of signing in (登录设置): who locks out, how long a session lives, which roles need a second factor."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from yiheng.base.refusal import Refusal

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {"user_attributes": ("username", "name", "email")}),
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]

CSRF_FAILURE_VIEW = "yiheng.site.base.pages.errors.forged"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "yiheng.site.base.pages.entering.EntranceAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_USER_DISPLAY = str
# Failed sign-ins are counted by `lockout`, in the database, so that all processes count together.
ACCOUNT_RATE_LIMITS = {"login_failed": None}

SOCIALACCOUNT_ADAPTER = "yiheng.site.base.accounts.adapters.OutsideAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_QUERY_EMAIL = False

MFA_ADAPTER = "yiheng.site.base.accounts.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Yiheng"
MFA_FORMS = {
    "activate_totp": "yiheng.site.base.pages.entering.ActivateForm",
    "authenticate": "yiheng.site.base.pages.entering.AuthenticateForm",
    "reauthenticate": "yiheng.site.base.pages.entering.ReauthenticateForm",
}

AXES_HANDLER = "yiheng.site.base.accounts.lockout.Lockout"
AXES_LOCKOUT_CALLABLE = "yiheng.site.base.pages.entering.locked"
AXES_CLIENT_IP_CALLABLE = "yiheng.site.base.accounts.lockout.address_of"
AXES_USERNAME_CALLABLE = "yiheng.site.base.accounts.lockout.name_tried"

SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# After this time without a page the person signs in again.
YIHENG_IDLE = timedelta(minutes=30)
# Rows of lists that one person takes away within a day, by exports and the API; above so many at once, with a reason.
YIHENG_ROWS_A_DAY, YIHENG_ROWS_WITHOUT_REASON = 100_000, 500
# Whoever has rights over others signs in with a second factor.
YIHENG_SECOND_FACTOR = ("administrator", "security", "auditor")


def openid_providers(folder: Path) -> dict[str, Any]:
    """The providers of `oidc.json` in the site's folder (统一身份认证); none where there is no such file.

    The file is a list of {"provider_id", "name", "client_id", "secret", "server_url", "claim"}: the person is the one
    whose sign-in name is in `claim`.
    """
    path = folder / "oidc.json"
    if not path.exists():
        return {}
    if path.stat().st_mode & 0o077:
        raise Refusal("may be read by others", file=str(path), cure=f"chmod 600 {path}")
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        apps = [_app(**provider) for provider in given]
    except (ValueError, TypeError) as fault:
        raise Refusal(f"does not name the providers: {fault}", file=str(path)) from None
    return {"openid_connect": {"APPS": apps, "OAUTH_PKCE_ENABLED": True}}


def _app(provider_id: str, name: str, client_id: str, secret: str, server_url: str, claim: str) -> dict[str, Any]:
    settings = {"server_url": server_url, "claim": claim}
    return {
        "provider_id": provider_id, "name": name, "client_id": client_id, "secret": secret, "settings": settings
    }  # fmt: skip
