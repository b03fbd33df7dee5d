"""Tokens (接口令牌): made once, shown once, kept as digests; ended by hand, by their day, or when nobody uses them."""

import hashlib
import secrets
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate, make_aware

from yiheng.base.words import Word
from yiheng.policy.loader import scheme
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.api.models import Token
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.looks import refusals
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.identity import demand_none
from yiheng.site.base.places.models import Post
from yiheng.site.base.places.roles import ADMINISTRATOR
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.refused import NotDone

_BYTES = 32
# A use is noted once a minute.
_NOTED = timedelta(minutes=1)


class NoToken(NotDone):
    """A token that was not made, or not ended."""

    @classmethod
    def said(cls, code: str, zh: str, en: str) -> "NoToken":
        """A refusal by its code and both texts."""
        return cls(f"token_{code}", Word(zh, en))


def issue(actor: Actor, name: str, until: date, now: datetime) -> str:
    """A new token of the actor's own, good until the end of a day; the only time that it can be read.

    Raises NoToken: no name, a day that is over or too far, too many already.
    """
    with refusals(actor.own, "token.make", Of("token"), now), transaction.atomic():
        person = Person.objects.select_for_update().get(pk=actor.person)
        if not name.strip():
            raise NoToken.said("name", "请填写用途", "say what it is for")
        demand_none(name)
        if not localdate(now) <= until <= last_day(now):
            days = (last_day(now) - localdate(now)).days
            raise NoToken.said("until", f"有效期须在今天起{days}日以内", f"it ends within {days} days from today")
        most = _policy("token_most", now)
        if live(now).filter(person=person).count() >= most:
            raise NoToken.said("many", f"有效令牌已达{most}个，请先停用不用的", f"there are {most} already: end some")
        text = make_token(person, name.strip(), now, make_aware(datetime.combine(until, time.max)))
        made = Token.objects.get(digest=_digest(text))
        write(actor.own, "token.make", Of("token", str(made.pk)), now, until=until.isoformat())
    return text


def revoke(actor: Actor, token: Token, now: datetime) -> None:
    """End a token: one's own, or as an administrator that of somebody of the place. Raises NoToken."""
    of = Of("token", str(token.pk))
    with refusals(actor.own, "token.end", of, now), transaction.atomic():
        if not (own(actor) | of_place(actor, now)).filter(pk=token.pk).exists():
            raise NoToken.said("unknown", "没有这个令牌，或不由您管理", "there is no such token, or it is not yours")
        if not end_token(token, now):
            raise NoToken.said("ended", "该令牌已停用", "it has ended")
        write(actor.own, "token.end", of, now, whose=token.person_id)


def own(actor: Actor) -> "QuerySet[Token]":
    """The actor's own tokens, the last first."""
    return Token.objects.filter(person_id=actor.person)


def of_place(actor: Actor, now: datetime) -> "QuerySet[Token]":
    """The tokens of people with a post in a place that the actor, in an own post, is the administrator of."""
    within = Q(pk__in=())
    for held in actor.own.posts:
        if held.role == ADMINISTRATOR.code:
            within |= Q(place__path__startswith=held.path)
    people = Post.objects.filter(within, Post.on(localdate(now))).values("person")
    return Token.objects.filter(person__in=people)


def live(now: datetime) -> "QuerySet[Token]":
    """The tokens that are good now: not ended, not over, used lately."""
    lately = now - timedelta(days=_policy("token_idle_days", now))
    used = Q(used_at__gt=lately) | Q(used_at=None, made_at__gt=lately)
    return Token.objects.filter(used, expires_at__gt=now, ended_at=None, person__is_active=True)


def last_day(now: datetime) -> date:
    """The last day that a token made now may be good for."""
    return localdate(now) + timedelta(days=_policy("token_days", now))


def make_token(person: Person, name: str, now: datetime, until: datetime) -> str:
    """A token's text and its row; who may have one is judged by `issue`."""
    text = f"yh_{secrets.token_urlsafe(_BYTES)}"
    Token.objects.create(person=person, name=name, digest=_digest(text), made_at=now, expires_at=until)
    return text


def end_token(token: Token, now: datetime) -> bool:
    """The token is good for nothing from now on; False: it was so already."""
    return bool(Token.objects.filter(pk=token.pk, ended_at=None).update(ended_at=now))


def person_of(text: str, now: datetime) -> Person | None:
    """The person a token speaks for; None where it is unknown, over, idle, ended, or the person is not active."""
    token = live(now).filter(digest=_digest(text)).select_related("person").first()
    if token is None:
        return None
    if token.used_at is None or token.used_at <= now - _NOTED:
        Token.objects.filter(pk=token.pk).update(used_at=now)
    return token.person


def _policy(name: str, now: datetime) -> int:
    return int(scheme("site/access").value(name, localdate(now)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
