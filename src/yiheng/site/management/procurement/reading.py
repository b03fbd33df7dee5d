"""What the rules of buying are asked about (采购事实): the only part of them that reads the tables."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Sum
from django.utils.timezone import localdate

from yiheng.site.base.clock.calendar import china
from yiheng.site.base.clock.due import due, end_of
from yiheng.site.base.clock.span import working_days
from yiheng.site.base.flow.facts import EVERY
from yiheng.site.base.flow.models import Act, Bar, Poll, Seat
from yiheng.site.base.panel.holders import barred, holders
from yiheng.site.base.panel.rung import Rung
from yiheng.site.base.party import RoleAt
from yiheng.site.base.party.party import Turn
from yiheng.site.base.places.roles import Role
from yiheng.site.base.register.reading import as_of
from yiheng.site.management.procurement import policy, rules
from yiheng.site.management.procurement.models import Bid, Payment, Procurement, Refund, Supplier
from yiheng.site.management.procurement.parties import APPROVERS

OVER = ("cancelled", "rejected", "terminated")


def together(item: Procurement) -> "QuerySet[Procurement]":
    """The hospital's other purchases, days before it or after, that are of the same item or from the same supplier."""
    days = timedelta(days=policy.value("split_days", localdate(item.made_at)))
    same = Q(code=item.code)
    if item.supplier is not None:
        same |= Q(supplier__code=item.supplier.code)
    found = Procurement.objects.filter(same, org=item.org_id)
    found = found.filter(made_at__gt=item.made_at - days, made_at__lt=item.made_at + days)
    return found.exclude(state__in=OVER).exclude(pk=item.pk).order_by("pk")


def gates(item: Procurement) -> list[str]:
    """The names that are locked while purchases are added up."""
    names = [f"buy:{item.org_id}:item:{item.code}"]
    return names if item.supplier is None else [*names, f"buy:{item.org_id}:supplier:{item.supplier.code}"]


def rungs(item: Any, now: datetime) -> list[Rung]:
    """Who approves, by the sum of all that belongs together."""
    total = item.amount + sum(together(item).values_list("amount", flat=True))
    roles = [APPROVERS[name] for name in policy.band(total, localdate(now))]
    return [Rung(role.word, RoleAt(role, "org")) for role in roles]


def rung_asked(item: Any) -> datetime | None:
    """Since when the rung that is open is asked: the signature below it, or the begin of the approval."""
    poll = item.polls.filter(step="approve", closed_at=None).first()
    return poll and (poll.seats.aggregate(last=Max("at"))["last"] or poll.opened_at)


def request(item: Procurement, now: datetime) -> rules.Request:
    """A request and what belongs together with it."""
    day = localdate(now)
    return rules.Request(
        amount=item.amount,
        is_large=item.kind == Procurement.Kind.LARGE,
        license_number=item.license_number,
        argue_from=policy.value("argue_from", day),
        has_own_budget=item.budget.place_id == item.org_id,
        together=[(str(each), each.amount) for each in together(item)],
        days=policy.value("split_days", localdate(item.made_at)),
    )


def admitted(item: Any, now: datetime) -> bool:
    """Whether the supplier that is named is one of the hospital's, on this day; nobody named is no objection."""
    its = item.supplier
    return its is None or its.org_id == item.org_id and as_of(Supplier, localdate(now)).filter(pk=its.pk).exists()


def way(item: Procurement, now: datetime) -> rules.Way:
    """The sum and the method."""
    return rules.Way(item.amount, item.method, policy.value("open_tender_from", localdate(now)))


def direct(item: Procurement, now: datetime) -> rules.Direct:
    """The sum, and that from which the intention comes first."""
    return rules.Direct(item.amount, policy.value("intention_from", localdate(now)))


def is_repeated(item: Procurement, now: datetime) -> bool:  # noqa: ARG001 (the record says it)
    """Whether the same was given for an earlier publication."""
    return item.acts.filter(data__notice=item.notice).exists()


def since_intended(item: Procurement, now: datetime) -> rules.Waited:
    """Since when the intention is public."""
    return _waited(item, "intend", "intention_days", localdate(now))


def since_award(item: Any, now: datetime) -> rules.Waited:  # noqa: ARG001 (until it was signed)
    """How long after the award the contract was signed."""
    return _waited(item, "award", "contract_days", item.signed_on)


def signing(item: Any, now: datetime) -> rules.Signing:
    """When the contract was signed, after the award and before its publication."""
    awarded, today, calendar = _since(item, "award"), localdate(now), china()
    days = policy.value("publish_working_days", today)
    signed = min(max(item.signed_on, awarded), today)  # another day is refused; no calendar need reach it
    publish_by = due(end_of(signed, calendar), working_days(days), calendar).at.date()
    return rules.Signing(awarded, item.signed_on, today, publish_by, days)


def _waited(item: Procurement, step: str, value: str, until: date) -> rules.Waited:
    since = _since(item, step)
    return rules.Waited(since, until, policy.value(value, since))


def _since(item: Procurement, step: str) -> date:
    """The day of the last act of a step."""
    return localdate(item.acts.filter(step=step).latest("pk").at)


def bids(item: Procurement, now: datetime) -> rules.Bids:
    """The bids of the purchase's round with their scores, and how often the winner has won this year."""
    day = localdate(now)
    its = Bid.objects.filter(~RoundOver().rows(now), parent=item.pk).exclude(state="withdrawn")
    rows = its.select_related("supplier").order_by("pk")
    won = Procurement.objects.filter(org=item.org_id, winner__isnull=False, made_at__year=now.year).exclude(pk=item.pk)
    own = won.filter(winner__code=item.winner.code).count() if item.winner else 0
    return rules.Bids(
        bids=[rules.Bid(each.supplier.code, each.price, each.contact, score(each)) for each in rows],
        winner=item.winner.code if item.winner else "",
        price=item.price or 0,
        least=policy.value("bids_least", day),
        near=Fraction(str(policy.value("near_share", day))),
        share=Fraction(str(policy.value("winner_share", day))),
        won=own,
        awards=won.count(),
    )


class RoundOver:
    """Whether the round that a bid was lodged in is over without an award: the purchase failed since, or is cancelled.

    It is approved and waits for the next round then, or has ended.
    """

    def __call__(self, item: Any, now: datetime) -> bool:
        return Bid.objects.filter(self.rows(now), pk=item.pk).exists()

    def rows(self, now: datetime) -> Q:
        """Those with a later act of their purchase that left it approved or cancelled."""
        lodged = Act.objects.filter(item=OuterRef("pk"), from_state="")
        over = {"item__parent__acts__to_state__in": ("approved", "cancelled"), "item__parent__acts__pk__gt": F("pk")}
        return Q(Exists(lodged.filter(**over)))


class ExpertWithdrew:
    """Whether one of a bid's committee has withdrawn from the purchase since it was drawn (回避)."""

    def __call__(self, item: Any, now: datetime) -> bool:
        return Bid.objects.filter(self.rows(now), pk=item.pk).exists()

    def rows(self, now: datetime) -> Q:
        """Those with a seat of somebody who is barred from the matter, in a panel that is open."""
        sitting = Seat.objects.filter(poll__item=OuterRef(OuterRef("pk")), poll__closed_at=None, recused=False)
        off = Bar.objects.filter(matter=OuterRef("matter"), flow=EVERY, step=EVERY)
        return Q(Exists(off.filter(person__in=sitting.values("person"))))


def score(bid: Bid) -> Fraction | None:
    """The committee's mean, exactly; None while it has not scored."""
    poll = bid.polls.filter(step="score", outcome=Poll.Outcome.AGREED).last()
    return None if poll is None else Fraction(poll.basis["sum"]) / poll.basis["count"]


def signed(item: Procurement, now: datetime) -> rules.Agreed:  # noqa: ARG001 (the sums alone)
    """What is signed for, and what was awarded."""
    return rules.Agreed(item.contract_amount or 0, item.price or 0)


def awarded(item: Procurement, now: datetime) -> rules.Agreed:  # noqa: ARG001
    """What is awarded, and what was approved."""
    return rules.Agreed(item.price or 0, item.amount)


def delivery(item: Any, now: datetime) -> rules.Delivery:  # noqa: ARG001
    """When it is to be delivered, and when it was signed."""
    return rules.Delivery(item.deliver_on, item.signed_on)


def accepting(item: Any, now: datetime) -> rules.Accepting:  # noqa: ARG001
    """What is accepted, and what was ordered and signed for."""
    return rules.Accepting(item.accepted_quantity, item.quantity, item.accepted_amount, item.contract_amount)


def unaccepted(item: Any) -> int:
    """How much of the contract's sum, in fen, is not to be paid."""
    return int(item.contract_amount - item.accepted_amount)


def paying(item: Payment, now: datetime) -> rules.Paying:  # noqa: ARG001
    """A payment beside what was accepted and all other payments of it."""
    purchase = Procurement.objects.get(pk=item.parent_id)
    others = Payment.objects.filter(parent=item.parent_id).exclude(state="refused").exclude(pk=item.pk)
    before = others.aggregate(sum=Sum("amount"))["sum"] or 0
    return rules.Paying(purchase.accepted_amount or 0, before, item.amount)


def refunding(item: Refund, now: datetime) -> rules.Refunding:  # noqa: ARG001
    """A refund beside its payment and all other refunds of it."""
    payment = Payment.objects.get(pk=item.parent_id)
    before = _asked_back(payment).exclude(pk=item.pk).aggregate(sum=Sum("amount"))["sum"] or 0
    return rules.Refunding(payment.amount, before, item.amount)


def asked_back(item: Payment, now: datetime) -> list[tuple[str, int]]:  # noqa: ARG001
    """Number and sum in fen of each refund of a payment that was not refused."""
    return [(str(each), each.amount) for each in _asked_back(item).order_by("pk")]


def _asked_back(payment: Payment) -> "QuerySet[Refund]":
    return Refund.objects.filter(parent=payment.pk).exclude(state="refused")


def settled(item: Any, now: datetime) -> bool:  # noqa: ARG001
    """Whether all that was accepted is paid."""
    paid = Payment.objects.filter(parent=item.pk, state="paid").aggregate(sum=Sum("amount"))["sum"] or 0
    return item.accepted_amount is not None and paid == item.accepted_amount


class CameBack:
    """Whether a purchase that was settled is so no longer, as a transfer came back (退汇)."""

    def __call__(self, item: Any, now: datetime) -> bool:
        return not settled(item, now)

    def rows(self, now: datetime) -> Q:
        """Those with a payment that is not made any more, and was still when they were settled."""
        undone = Payment.objects.filter(state__in=("bounced", "refused"), changed_at__gte=F("parent__ended_at"))
        return Q(pk__in=undone.values("parent"))


def drawn(role: Role, step: str, number: str) -> Any:
    """A draw of experts of the hospital: `number` of policy many, by a hash that nobody chooses; none who is barred.

    One draw a matter: all its items have the same experts.
    """

    def draw(item: Any, now: datetime) -> Sequence[int]:
        pool = holders((Turn(role.code, item.org.path),), localdate(now))
        pool -= barred(item.matter_id, item.flow, step)
        order = sorted(pool, key=lambda person: hashlib.sha256(f"{item.matter_id}:{person}".encode()).hexdigest())
        return order[: policy.value(number, localdate(now))]

    return draw


def hundred(item: Any, now: datetime) -> tuple[Decimal, Decimal]:  # noqa: ARG001 (points of 100)
    """The lowest and the highest points."""
    return Decimal(0), Decimal(100)
