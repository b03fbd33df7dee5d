"""Settings (设置) of the site: SQLite in the data folder, PostgreSQL by one variable; everything else is fixed here.

- YIHENG_SITE_DIR: the folder of the site's own files (database, key, uploads); `./yiheng-site` where it is not said
- YIHENG_DATABASE: `postgresql://user:password@host:port/name`; not said: SQLite in that folder
- YIHENG_VAULT_KEYS: the file with the vault's keys; `vault.keys` in that folder where it is not said
- YIHENG_HOSTS: the names that the site answers to, with commas; this machine's own where it is not said
- YIHENG_PROXY: the addresses or networks, with commas, of servers before this one that truly say for whom they ask
  (X-Forwarded-For, by which tries that fail are counted) and whether they were asked by TLS (X-Forwarded-Proto, without
  which no form is taken where YIHENG_HTTPS is `yes`); not said: nobody is believed
- YIHENG_HTTPS: `no` where the site is reached without TLS, as on this machine alone; cookies are else sent by TLS only
"""

import os
from pathlib import Path

from csp.constants import NONE, SELF

from yiheng.site.base.accounts.setup import *  # noqa: F403 (settings of signing in)
from yiheng.site.base.accounts.setup import openid_providers
from yiheng.site.base.ground.database import database
from yiheng.site.base.ground.proxies import proxies
from yiheng.site.base.ground.secret import secret_of
from yiheng.site.base.ground.services import services

FOLDER = Path(os.environ.get("YIHENG_SITE_DIR", "yiheng-site")).absolute()
_HERE = Path(__file__).resolve().parent
_HTTPS = os.environ.get("YIHENG_HTTPS", "yes") != "no"

DEBUG = False
SECRET_KEY = secret_of(FOLDER)
ALLOWED_HOSTS = os.environ.get("YIHENG_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
ROOT_URLCONF = "yiheng.site.urls"
WSGI_APPLICATION = "yiheng.site.wsgi.application"
DATABASES = {"default": database(os.environ.get("YIHENG_DATABASE", ""), FOLDER)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "csp",
    "django_htmx",
    "yiheng.site.base.accounts",
    "yiheng.site.base.places",
    "yiheng.site.base.audit",
    "yiheng.site.base.jobs",
    "yiheng.site.base.clock",
    "yiheng.site.base.files",
    "yiheng.site.base.notices",
    "yiheng.site.base.breakglass",
    "yiheng.site.base.register",
    "yiheng.site.base.ledger",
    "yiheng.site.base.flow",
    "yiheng.site.base.document",
    "yiheng.site.base.panel",
    "yiheng.site.base.outsiders",
    "yiheng.site.base.pages",
    "yiheng.site.base.api",
    *services(),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "yiheng.site.base.pages.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "yiheng.site.base.pages.gate.GateMiddleware",
    "yiheng.site.base.pages.refusing.RefusalsMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before allauth's own, which some of them replace.
        "DIRS": [_HERE / "base/pages/templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "yiheng.site.base.pages.menu.menu",
                "yiheng.site.base.pages.made_up.notice",
            ],
            "builtins": ["yiheng.site.base.pages.templatetags.texts"],
        },
    }
]

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = (
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
)
PASSWORD_HASHERS = ("django.contrib.auth.hashers.Argon2PasswordHasher",)

LANGUAGE_CODE = "zh-hans"
LANGUAGES = (("zh-hans", "中文"), ("en", "English"))
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

YIHENG_PROXY = proxies(os.environ.get("YIHENG_PROXY", ""))

STATIC_URL = "/static/"
STATICFILES_DIRS = [("reports", _HERE.parent / "reports/assets")]
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = FOLDER / "uploads"
VAULT_KEYS = Path(os.environ.get("YIHENG_VAULT_KEYS", FOLDER / "vault.keys"))

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # Arrows and ticks of the style sheet, and the picture that an authenticator app reads, are in the page itself.
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _HTTPS else 0
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = True
SOCIALACCOUNT_PROVIDERS = openid_providers(FOLDER)
