"""What is served is read before anybody asks for it."""

import os
import subprocess
import sys
from pathlib import Path

PAGES = """
import sys
import yiheng.site.wsgi
before = set(sys.modules)
from django.urls import get_resolver
get_resolver()._populate()
print(*(set(sys.modules) - before))
"""


def test_no_page_is_read_when_it_is_asked_for(root: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(root / "tests" / "settings"), "DJANGO_SETTINGS_MODULE": "site_settings"}
    done = subprocess.run([sys.executable, "-c", PAGES], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
