"""Lending posts (授权委托): one's own posts, to another, for some days; nothing else writes their table.

What was lent is not passed on. Each is one transaction with its audit entry; a refusal changes nothing and is kept.
"""

from datetime import date, datetime

from django.utils.timezone import localdate

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.identity import demand_none
from yiheng.site.base.places.models import Delegation, Post
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.posts.actions import (
    NotGranted,
    administers,
    demand_apart,
    demand_days,
    end_row,
    granting,
    lock_people,
    not_administrator,
    overlapping,
    roles_of,
)


def lend(
    actor: Actor, taker: Person, start: date, end: date, cap: int | None, flow: str, reason: str, now: datetime
) -> Delegation:
    """Lend the own posts to another from `start` until the day before `end`; what was lent is not passed on.

    - cap: the largest amount in fen, None: no limit; flow: the code of the only flow it is for, empty: all

    Raises NotGranted.
    """
    with granting(actor, "loan.make", Of("person", str(taker.pk)), now):
        lock_people(actor.person, taker.pk)
        if taker.pk == actor.person:
            raise NotGranted.said("loan_self", "不能授权给本人", "posts are lent to another, not to oneself")
        demand_days(start, end, now)
        if not taker.is_active:
            raise NotGranted.said("inactive", "该人员账户已停用", "the account of that person is not active")
        if cap is not None and cap <= 0:
            raise NotGranted.said("cap", "限额须大于零", "the limit is more than zero")
        if not reason.strip():
            raise NotGranted.said("reason", "请填写委托事由", "say why")
        demand_none(reason)
        if not overlapping(Post.objects.filter(person_id=actor.person), start, end).exists():
            raise NotGranted.said(
                "nothing_to_lend",
                "您在此期间没有本人的岗位可委托；受托的岗位不得转委托",
                "you hold no post of your own in that time; what was lent to you is not passed on",
            )
        demand_apart(taker.pk, start, end, roles_of({actor.person}, start, end))
        loan = Delegation.objects.create(
            giver_id=actor.person, taker=taker, start=start, end=end, cap=cap, flow=flow, reason=reason.strip()
        )
        of = Of("loan", str(loan.pk))
        write(actor.own, "loan.make", of, now, taker=taker.pk, start=str(start), end=str(end), cap=cap, flow=flow)
    return loan


def end_loan(actor: Actor, loan: Delegation, end: date, now: datetime) -> None:
    """End a loan with the day before `end`, by its giver, its taker or an administrator over the giver."""
    of = Of("loan", str(loan.pk))
    with granting(actor, "loan.end", of, now):
        if actor.person not in (loan.giver_id, loan.taker_id):
            its = Post.objects.filter(Post.on(localdate(now)), person_id=loan.giver_id).select_related("place")
            if not any(administers(actor, post.place.path) for post in its):
                raise not_administrator()
        end_row(Delegation.objects.filter(pk=loan.pk), loan, end, now)
        write(actor.own, "loan.end", of, now, end=str(end))
