"""Addresses of the API (接口网址): `/api/...` and `/health`, whose operations judge who may; the page of tokens."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path

from yiheng.site.base.api.owning import token_end, tokens_page
from yiheng.site.base.api.site import api


def _open(patterns: Any) -> Iterator[URLPattern]:
    """The gate leaves these addresses alone: an unknown asker gets 401, not a page to sign in on."""
    for pattern in patterns:
        pattern.callback = login_not_required(pattern.callback)
        yield pattern


urlpatterns = [
    path("tokens/", tokens_page, name="tokens"),
    path("tokens/<int:number>/end/", token_end, name="token_end"),
    path("", (list(_open(api.urls[0])), "ninja", api.urls_namespace)),
]
