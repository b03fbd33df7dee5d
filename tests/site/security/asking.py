"""Asking (请求) thousands of times: the site's own addresses, gate, views and refusals, and nothing beside them.

Left out of each request are cookies, the kept session, the mark of forms, and the page that says 404: each has tests of
its own. What is judged of an item, and a person's posts, are read once, as whatever a request does is undone.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import datetime
from functools import cache
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.handlers.base import BaseHandler
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.breakglass.actions import actor_at
from yiheng.site.base.flow import facts as read
from yiheng.site.base.flow.declare import Flow
from yiheng.site.base.flow.facts import Facts
from yiheng.site.base.flow.models import Item
from yiheng.site.base.pages.asking import DOOR
from yiheng.site.base.places.standing import actor_of

CHAIN = (
    "csp.middleware.CSPMiddleware",
    "yiheng.site.base.pages.language.LanguageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "yiheng.site.base.pages.gate.GateMiddleware",
    "yiheng.site.base.pages.refusing.RefusalsMiddleware",
)
_READERS = ("yiheng.site.base.pages.showing.facts_of", "yiheng.site.base.flow.act.facts_of")


class Asker:
    """Asks as somebody: a person, a patient by the code `let_in`, or nobody at all."""

    def __init__(self, now: datetime) -> None:
        self.now, self.factory, self.handler = now, RequestFactory(), BaseHandler()
        self._began, self._known = dict(Item.objects.values_list("pk", "version")), dict[int, Facts]()
        with override_settings(MIDDLEWARE=list(CHAIN)):
            self.handler.load_middleware()

    def ask(self, person: Person | None, let_in: int, method: str, path: str, body: Any, undo: bool) -> HttpResponse:
        """The answer; `undo`: whatever the request did is undone, with the lines that the audit kept of it."""
        request = self._request(method, path, body)
        request.user, request.session = person or AnonymousUser(), SessionStore()
        request.moment, request._dont_enforce_csrf_checks = self.now, True
        if let_in:
            request.session[DOOR] = let_in
        with transaction.atomic() if undo else nullcontext():
            answer = self.handler.get_response(request)
            if undo:
                transaction.set_rollback(True)
        answer.close()
        return answer

    def _request(self, method: str, path: str, body: Any) -> HttpRequest:
        if not path.startswith("/api/"):
            return getattr(self.factory, method.lower())(path, body or {})  # type: ignore[no-any-return]
        key = {"Idempotency-Key": str(uuid4())}
        text = "" if body is None else json.dumps(body)
        return self.factory.generic(method, path, text, content_type="application/json", headers=key)

    def facts_of(self, flow: Flow, item: Item) -> Facts:
        """An item's facts, read once for the version in which all began; of one that is new or was moved each time."""
        if self._began.get(item.pk) != item.version:
            return read.facts_of(flow, item)
        if item.pk not in self._known:
            self._known[item.pk] = read.facts_of(flow, item)
        return self._known[item.pk]


@contextmanager
def asker(now: datetime) -> Iterator[Asker]:
    """Somebody who asks often."""
    made = Asker(now)
    actor = cache(actor_at)
    others: dict[str, Callable[..., Any]] = {
        "yiheng.site.urls.handler404": _missing,
        **dict.fromkeys(_READERS, made.facts_of),
        "yiheng.site.base.pages.asking.actor_at": lambda person, at: actor(person, now),
        "yiheng.site.base.api.known.actor_of": cache(actor_of),
        "yiheng.site.base.pages.gate.is_mfa_enabled": cache(is_mfa_enabled),
    }
    logger = logging.getLogger("django.request")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with ExitStack() as out:
        out.callback(logger.setLevel, level)
        out.enter_context(override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True))
        for name, other in others.items():
            out.enter_context(patch(name, other))
        yield made


def _missing(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (as Django calls it)
    return HttpResponse(status=404)
