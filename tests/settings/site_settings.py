"""The site's settings for tests: a folder that is thrown away, a quick password hasher, no TLS, a small service."""

import atexit
import os
import shutil
import tempfile

_FOLDER = tempfile.mkdtemp(prefix="yiheng-site-")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
os.environ.setdefault("YIHENG_SITE_DIR", _FOLDER)
os.environ.setdefault("YIHENG_HTTPS", "no")

from yiheng.site.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ("django.contrib.auth.hashers.MD5PasswordHasher",)
INSTALLED_APPS = [*INSTALLED_APPS, "site_small", "site_register"]  # noqa: F405
