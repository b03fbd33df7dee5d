"""Made-up data (虚构数据): a file in the site's folder says that it holds nothing else; every page says so."""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest

_NAME = "made-up"


def is_made_up() -> bool:
    """Whether everything in the site is made up."""
    return _path().is_file()


def declare() -> None:
    """Say so, for good."""
    _path().write_text("演示数据，全部虚构 / demo data, all of it made up\n", encoding="utf-8")


def notice(request: HttpRequest) -> dict[str, bool]:  # noqa: ARG001 (the same for everybody)
    """For every template."""
    return {"made_up": is_made_up()}


def _path() -> Path:
    return Path(settings.FOLDER) / _NAME
