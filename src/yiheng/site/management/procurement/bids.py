"""Bids (投标): lodged while the purchase is open, sealed until it is closed, then scored blindly."""

from typing import Any

from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.site.base.check import asked
from yiheng.site.base.flow.declare import Flow, Sight, Under, state, step
from yiheng.site.base.flow.models import Item
from yiheng.site.base.flow.registry import declare
from yiheng.site.base.panel.scores import Scores
from yiheng.site.management.procurement import policy, reading, rules
from yiheng.site.management.procurement.models import Bid
from yiheng.site.management.procurement.papers import same_hospital
from yiheng.site.management.procurement.parties import AUDIT, BID_EXPERT, BUYER, LEADERS

CODE = "bid"
_ASKED = ("supplier", "price", "contact")
LODGED = state("lodged", "已递交（密封）", "lodged, sealed")
OPENED = state("opened", "已开标", "opened")
SCORED = state("scored", "已评审", "scored", ends=True)
WITHDRAWN = state("withdrawn", "已撤回", "withdrawn", fails=True)

SCORES = Scores(
    experts=reading.drawn(BID_EXPERT, "score", "bid_experts"),
    least=lambda item, now: policy.value("bid_experts", localdate(now)),
    bounds=reading.hundred,
    passes=lambda item, now, mean: True,
)


ADMITTED = asked(rules.admitted, "供应商准入", "supplier", reading.admitted)


def bids_closed(item: Any, now: Any) -> bool:  # noqa: ARG001 (the purchase says it)
    """Whether the purchase has closed its bids."""
    return Item.objects.filter(pk=item.parent_id, state="evaluating").exists()


BID = declare(
    Flow(
        code=CODE,
        word=Word("投标", "bid"),
        model=Bid,
        under=Under("procurement", ("open",), same_hospital),
        policies=(policy.ID,),
        steps=(
            step("lodge", "递交", "lodge", (), LODGED, BUYER, asks=_ASKED, needs=_ASKED, checks=(ADMITTED,)),
            step("withdraw_bid", "撤回投标", "withdraw", (LODGED,), WITHDRAWN, BUYER, reason=True, side=True),
            step("unseal", "开标", "open", (LODGED,), OPENED, when=bids_closed),
            step("score", "评分", "score", (OPENED,), SCORED, panel=SCORES, refused=SCORED, returned=LODGED),
        ),
        sights=(Sight(BUYER), Sight(BUYER, since=OPENED, tags=frozenset(("sealed",))), Sight(LEADERS), Sight(AUDIT)),
        tagged={"sealed": ("price",)},
        listed=("number", "state", "supplier", "price", "made_at"),
    )
)
