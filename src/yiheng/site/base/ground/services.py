"""Which services there are (服务清单): every package `site/<area>/<service>`. Adding one needs no other file."""

from pathlib import Path

_SITE = Path(__file__).resolve().parents[2]
_NOT_AREAS = ("base",)


def services() -> list[str]:
    """The services as Django apps, in the order of their names."""
    found = sorted(path.parent.relative_to(_SITE) for path in _SITE.glob("*/*/__init__.py"))
    return [f"yiheng.site.{path.parts[0]}.{path.parts[1]}" for path in found if path.parts[0] not in _NOT_AREAS]
