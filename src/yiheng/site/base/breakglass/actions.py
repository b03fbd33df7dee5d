"""Opening, closing and reviewing (开启、结束与复核): each in one transaction, with its refusals in the audit.

What may be opened is the flow's to say: a sight for `Glass(role)`, and the terms that `Flow.glass` reads from policy.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.looks import refusals
from yiheng.site.base.audit.rows import Of, place_of
from yiheng.site.base.breakglass.models import Glass
from yiheng.site.base.breakglass.terms import Terms
from yiheng.site.base.identity import demand_none
from yiheng.site.base.party.terms import glass_roles
from yiheng.site.base.places.standing import Actor, actor_of
from yiheng.site.base.refused import NotDone

if TYPE_CHECKING:
    from yiheng.site.base.flow.declare import Flow
    from yiheng.site.base.flow.models import Item

_SHORTEST = 6


class Shut(NotDone):
    """The glass stays whole, or the review is not taken."""

    @classmethod
    def said(cls, code: str, zh: str, en: str) -> "Shut":
        """A refusal by its code and both texts."""
        return cls(f"glass_{code}", Word(zh, en))


def break_glass(actor: Actor, item: "Item", reason: str, span: timedelta, terms: Terms, now: datetime) -> Glass:
    """Open an item for `span`. Raises Shut: no such sight, no reason, too long, an earlier one not reviewed in time.

    A person who is barred from the whole matter sees nothing of it all the same.
    """
    with refusals(actor.own, "glass.break", item, now), transaction.atomic():
        Person.objects.select_for_update().get(pk=actor.person)
        _demand_right(actor, item)
        _demand_terms(actor, reason, span, terms, now)
        glass = Glass.objects.create(
            person_id=actor.person,
            item_id=item.pk,
            path=place_of(actor.own),
            reason=reason.strip(),
            opened_at=now,
            ends_at=now + span,
            review_by=now + span + terms.review_within,
            reviewers=f" {' '.join(sorted(terms.reviewers))} ",
        )
        write(actor.own, "glass.break", item, now, glass=glass.pk, ends=glass.ends_at.isoformat())
    return glass


def close(actor: Actor, glass: Glass, now: datetime) -> None:
    """End it before its time, by whoever opened it. Raises Shut."""
    of = _of(glass)
    with refusals(actor.own, "glass.close", of, now), transaction.atomic():
        mine = Glass.objects.filter(pk=glass.pk, person_id=actor.person, closed_at=None, ends_at__gt=now)
        if mine.update(closed_at=now) != 1:
            raise Shut.said("not_open", "该紧急查阅不是您开启的，或已结束", "you did not open this, or it has ended")
        write(actor.own, "glass.close", of, now)


def review(actor: Actor, glass: Glass, verdict: str, comment: str, now: datetime) -> None:
    """Say whether it was right, once, by an officer other than whoever opened it, after it has ended. Raises Shut."""
    of = _of(glass)
    with refusals(actor.own, "glass.review", of, now), transaction.atomic():
        if not to_review(actor, now).filter(pk=glass.pk).exists():
            raise Shut.said(
                "review", "须由该机构有复核权的岗位在查阅结束后复核，本人不得复核，且只复核一次",
                "a reviewer of its place reviews it, once, after its end, and never the own one",
            )  # fmt: skip
        if verdict not in Glass.Verdict.values or not comment.strip():
            raise Shut.said("verdict", "请选择复核结论并填写意见", "choose a verdict and say why")
        demand_none(comment)
        said = {"verdict": verdict, "comment": comment.strip(), "reviewer_id": actor.person, "reviewed_at": now}
        if Glass.objects.filter(pk=glass.pk, reviewed_at=None).update(**said) != 1:
            raise Shut.said("reviewed", "已由他人复核", "somebody else has reviewed it")
        write(actor.own, "glass.review", of, now, verdict=verdict)


def supervised(actor: Actor) -> "QuerySet[Glass]":
    """Whatever was opened by others in a place of the actor's own posts that review it."""
    within = Q(pk__in=())
    for held in actor.own.posts:
        within |= Q(path__startswith=held.path, reviewers__contains=f" {held.role} ")
    return Glass.objects.filter(within).exclude(person_id=actor.person)


def to_review(actor: Actor, now: datetime) -> "QuerySet[Glass]":
    """What the actor is to review: ended, not reviewed, opened by another in a place of the own officer's posts."""
    return supervised(actor).filter(Q(ends_at__lte=now) | Q(closed_at__lte=now), reviewed_at=None)


def not_reviewed(now: datetime) -> "QuerySet[Glass]":
    """Those whose review is overdue."""
    return Glass.objects.filter(reviewed_at=None, review_by__lte=now)


def running(now: datetime) -> "QuerySet[Glass]":
    """Those that are open now."""
    return Glass.objects.filter(opened_at__lte=now, ends_at__gt=now, closed_at=None)


def opened(person: int, now: datetime) -> frozenset[int]:
    """The items that a person has open now."""
    return frozenset(running(now).filter(person_id=person).values_list("item_id", flat=True))


def actor_at(person: int, now: datetime, items: Iterable[int] = ()) -> Actor:
    """What a person may act as and what it has open at a moment; pages and the API begin with this.

    The day is that of the site's time zone.
    """
    return actor_of(person, localdate(now), frozenset(items), opened(person, now))


def roles_that_break(flow: "Flow", actor: Actor) -> frozenset[str]:
    """The roles of the actor's own posts by which the glass of a flow's items may be broken."""
    named = {role for sight in flow.sights for role in glass_roles(sight.who)}
    return frozenset(held.role for held in actor.own.posts if held.role in named)


def _demand_right(actor: Actor, item: "Item") -> None:
    if not roles_that_break(item.its_flow, actor):
        raise Shut.said("role", "您的岗位不能紧急查阅此类事项", "no post of yours may break the glass of such an item")


def _demand_terms(actor: Actor, reason: str, span: timedelta, terms: Terms, now: datetime) -> None:
    hours = terms.longest / timedelta(hours=1)
    if len("".join(reason.split())) < _SHORTEST:
        raise Shut.said(
            "reason", f"请填写紧急查阅理由（不少于{_SHORTEST}字）", f"say why, in at least {_SHORTEST} characters"
        )
    demand_none(reason)
    if not timedelta() < span <= terms.longest:
        raise Shut.said("long", f"紧急查阅最长 {hours:g} 小时", f"glass is broken for {hours:g} hours at most")
    if not_reviewed(now).filter(person_id=actor.person).exists():
        raise Shut.said("open_review", "您此前的紧急查阅逾期未复核，复核后方可再次开启",
                        "an earlier one of yours is not reviewed although its time is over")  # fmt: skip


def _of(glass: Glass) -> Of:
    return Of("breakglass", str(glass.pk))
