"""Papers of a purchase (采购单据): what its items share: the hospital, its numbers of a year, how money is moved."""

from collections.abc import Callable
from typing import Any, TypedDict

from django.utils.timezone import localdate

from yiheng.site.base.flow.declare import Flow, Sight
from yiheng.site.management.procurement import policy
from yiheng.site.management.procurement.parties import ACCOUNTS, AUDIT, BUYER, LEADERS, PAYER


class Numbered(TypedDict):
    """How a flow numbers its items."""

    series: Callable[[Any], str]
    number: Callable[[Any, int], str]


def same_hospital(parent: Any, item: Any) -> None:
    """What is made under a purchase, or under its payment, is of the same hospital."""
    item.org = parent.org


def numbered(code: str, sign: str) -> Numbered:
    """A hospital counts its papers of a kind from 1 each year: `H采〔2026〕1`."""
    return {
        "series": lambda item: f"{code}-{item.org.code}-{localdate(item.made_at).year}",
        "number": lambda item, place: f"{item.org.code}{sign}〔{localdate(item.made_at).year}〕{place}",
    }


def money_flow(code: str, sign: str, paper: str, **rest: Any) -> Flow:
    """The flow of a payment or a refund; `paper`: the field with the number of its invoice or bank slip."""
    return Flow(
        code=code,
        sights=(Sight(BUYER), Sight(ACCOUNTS), Sight(PAYER), Sight(LEADERS), Sight(AUDIT)),
        listed=("number", "state", "org", "amount", paper, "made_at"),
        searched=("number", paper),
        policies=(policy.ID,),
        counted_by="org",
        least_count=policy.least_count,
        urge_every=policy.urge_every,
        amount="amount",
        **numbered(code, sign),
        **rest,
    )
