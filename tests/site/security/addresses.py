"""Every address of the site, from its resolver, and every operation of the API, from its OpenAPI page (网址清单)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from yiheng.site.base.api.site import api


@dataclass(frozen=True)
class Address:
    """One address: its name, its route, its view."""

    name: str
    route: str
    view: Callable[..., Any]

    @property
    def is_open(self) -> bool:
        """Whether the gate lets anyone in."""
        return not getattr(self.view, "login_required", True)

    def path(self, **given: object) -> str:
        """A path of it; what is not given is a word that nothing is called by."""
        parts = []
        for part in self.route.split("/"):
            while "<" in part:
                before, rest = part.split("<", 1)
                said, after = rest.split(">", 1)
                part = f"{before}{given.get(said.split(':')[-1], 'x')}{after}"
            parts.append(part)
        return "/" + "/".join(parts)


def addresses() -> list[Address]:
    """All of them, the API's too."""
    return list(_within(get_resolver(), ""))


def _within(resolver: URLResolver, before: str) -> Iterator[Address]:
    for each in resolver.url_patterns:
        route = before + (each.pattern._route if isinstance(each.pattern, RoutePattern) else str(each.pattern))
        if isinstance(each, URLPattern):
            yield Address(each.name or "", route, each.callback)
        else:
            yield from _within(each, route)


def operations() -> list[tuple[str, str]]:
    """(method, path) of every operation of the API."""
    paths = api.get_openapi_schema(path_prefix="")["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]
