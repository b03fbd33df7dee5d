"""The site as a WSGI application, for granian."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest
from django.template import engines
from django.urls import get_resolver
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yiheng.site.settings")


def _read() -> None:
    """Every page and every service is read now: not while whoever asks first waits, nor is what is wrong found then."""
    from yiheng.site.base.flow.registry import load

    load()
    get_resolver().check()
    for each in engines.all():
        each.from_string("").render({}, HttpRequest())


# Without names in YIHENG_PROXY no header is believed.
application = wrap_wsgi_with_proxy_headers(get_wsgi_application(), settings.YIHENG_PROXY)
_read()
