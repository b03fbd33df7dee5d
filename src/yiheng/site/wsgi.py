"""The site as a WSGI application, for granian."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yiheng.site.settings")

# Without names in YIHENG_PROXY no header is believed.
application = wrap_wsgi_with_proxy_headers(get_wsgi_application(), settings.YIHENG_PROXY)

# Every page is read now, not while whoever asks first waits.
import_module(settings.ROOT_URLCONF)
