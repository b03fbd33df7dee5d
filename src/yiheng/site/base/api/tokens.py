"""Tokens (令牌): made once, shown once, kept as digests, ended by hand or by their day."""

import hashlib
import secrets
from datetime import datetime

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.api.models import Token

_BYTES = 32


def make_token(person: Person, name: str, now: datetime, until: datetime) -> str:
    """A new token of a person. The only time that it can be read."""
    text = f"yh_{secrets.token_urlsafe(_BYTES)}"
    Token.objects.create(person=person, name=name, digest=_digest(text), made_at=now, expires_at=until)
    return text


def end_token(token: Token, now: datetime) -> None:
    """The token is good for nothing from now on."""
    Token.objects.filter(pk=token.pk, ended_at=None).update(ended_at=now)


def person_of(text: str, now: datetime) -> Person | None:
    """The person a token speaks for; None where it is unknown, over, ended, or the person is not active."""
    live = Token.objects.filter(digest=_digest(text), expires_at__gt=now, ended_at=None, person__is_active=True)
    token = live.select_related("person").first()
    return token.person if token else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
