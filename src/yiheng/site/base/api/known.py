"""Who speaks (接口身份): a token, or the session of the pages with its CSRF mark."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.timezone import localdate
from ninja.security import HttpBearer
from ninja.security.apikey import APIKeyCookie

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.api.tokens import person_of
from yiheng.site.base.pages.asking import now_of
from yiheng.site.base.pages.gate import needs_second_factor
from yiheng.site.base.places.standing import actor_of


class ByToken(HttpBearer):
    """`Authorization: Bearer ...`."""

    def authenticate(self, request: HttpRequest, token: str) -> Person | None:
        person = person_of(token, now_of(request))
        return _let_in(request, person) if person is not None else None


class BySession(APIKeyCookie):
    """Signed in on the pages; what changes something also needs the `X-CSRFToken` header."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Person | None:
        person: Any = request.user
        return _let_in(request, person) if person.is_authenticated else None


def _let_in(request: HttpRequest, person: Person) -> Person | None:
    """The rest of the request is this person's, whatever else came with it; break-glass opens pages alone."""
    actor = actor_of(person.pk, localdate(now_of(request)))
    if person.must_change or needs_second_factor(person, actor):
        return None
    request.user, request.actor = person, actor
    return person
