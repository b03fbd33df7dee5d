"""Duties of a purchase (不相容岗位) in groups of steps; the flow says which groups are apart.

What only stops a purchase or its payment (to refuse, to withdraw, to cancel) is in no group.
"""

from itertools import combinations, product

from yiheng.site.base.flow.declare import Duty
from yiheng.site.management.procurement import bids, payments, refunds

ASKING: tuple[Duty, ...] = ("ask", "ask_argued")
ARGUING: tuple[Duty, ...] = ("argue",)
APPROVING: tuple[Duty, ...] = ("approve",)
BUYING: tuple[Duty, ...] = (
    *("intend", "inquire", "announce", "close_bids", "fail", "award", "contract", "terminate"),
    (bids.CODE, "lodge"),
    (payments.CODE, "apply"),
    (refunds.CODE, "apply"),
)
SCORING: tuple[Duty, ...] = ((bids.CODE, "score"),)
ACCEPTING: tuple[Duty, ...] = ("accept", "reject_goods")
PAYING: tuple[Duty, ...] = (
    *((payments.CODE, name) for name in ("check", "pay", "bounce")),
    *((refunds.CODE, name) for name in ("check", "receive")),
)
TRANSFER: tuple[Duty, ...] = ((payments.CODE, "pay"),)


def between(*groups: tuple[Duty, ...]) -> tuple[tuple[Duty, Duty], ...]:
    """Whoever did a duty of one group does none of the others."""
    return tuple(pair for one, other in combinations(groups, 2) for pair in product(one, other))
