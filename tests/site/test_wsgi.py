"""What is served is read before anybody asks for it."""

import os
import subprocess
import sys
from pathlib import Path

ASKS = """
import sys
import yiheng.site.wsgi
before = set(sys.modules)

from django.http import HttpRequest
from django.template.loader import get_template
from django.urls import get_resolver
from yiheng.site.base.flow.registry import flows

flows()
get_resolver()._populate()
for status in (400, 403, 404, 500):
    get_resolver().resolve_error_handler(status)
get_template("site/door.html").render({}, HttpRequest())
print(*sorted(name for name in set(sys.modules) - before if name.startswith("yiheng.")))
"""


def test_nothing_is_read_when_it_is_asked_for(root: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(root / "tests" / "settings"), "DJANGO_SETTINGS_MODULE": "site_settings"}
    done = subprocess.run([sys.executable, "-c", ASKS], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
