"""Bids (投标): lodged while the purchase is open, sealed until it is closed, then scored blindly by one committee.

A bid is of the round in which it was lodged: where that is over without an award, it lapses.
"""

from typing import Any

from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.site.base.check import asked
from yiheng.site.base.flow.declare import FilesAsked, Flow, Sight, Under, state, step
from yiheng.site.base.flow.models import Item
from yiheng.site.base.flow.registry import declare
from yiheng.site.base.panel.scores import Scores
from yiheng.site.management.procurement import policy, reading, rules
from yiheng.site.management.procurement.models import Bid
from yiheng.site.management.procurement.papers import same_hospital
from yiheng.site.management.procurement.parties import AUDIT, BID_EXPERT, BUYER, LEADERS, SCORERS

CODE = "bid"
_ASKED = ("supplier", "price", "contact")
LODGED = state("lodged", "已递交（密封）", "lodged, sealed")
OPENED = state("opened", "已开标", "opened")
SCORED = state("scored", "已评审", "scored", ends=True)
WITHDRAWN = state("withdrawn", "已撤回", "withdrawn", fails=True)
LAPSED = state("lapsed", "随废标失效", "lapsed", fails=True)

SCORES = Scores(
    experts=reading.drawn(BID_EXPERT, "score", "bid_experts"),
    least=lambda item, now: policy.value("bid_experts", localdate(now)),
    bounds=reading.hundred,
    passes=lambda item, now, mean: True,
)
DOCUMENT = FilesAsked("bid", Word("投标文件", "bid document"), tag="sealed")
ROUND_OVER = reading.RoundOver()
_SEEING = Sight(BUYER | LEADERS | AUDIT)
ADMITTED = asked(rules.admitted, "供应商准入", "supplier", reading.admitted)


def bids_closed(item: Any, now: Any) -> bool:
    """Whether the purchase has closed the bids of this one's round."""
    is_closed = Item.objects.filter(pk=item.parent_id, state="evaluating").exists()
    return is_closed and not ROUND_OVER(item, now)


BID = declare(
    Flow(
        code=CODE,
        word=Word("投标", "bid"),
        model=Bid,
        under=Under("procurement", ("open",), same_hospital),
        policies=(policy.ID,),
        steps=(
            step("lodge", "递交", "lodge", (), LODGED, BUYER, asks=_ASKED, needs=_ASKED, files=(DOCUMENT,),
                 checks=(ADMITTED,)),
            step("withdraw_bid", "撤回投标", "withdraw", (LODGED,), WITHDRAWN, BUYER, reason=True, side=True),
            step("unseal", "开标", "open", (LODGED,), OPENED, when=bids_closed),
            step("score", "评分", "score", (OPENED,), SCORED, panel=SCORES, refused=SCORED, returned=LODGED),
            step("redraw", "重抽评审专家", "draw again", (OPENED,), LODGED, when=reading.ExpertWithdrew()),
            step("lapse", "失效", "lapse", (LODGED, OPENED, SCORED), LAPSED, when=ROUND_OVER),
        ),
        sights=(_SEEING, Sight(_SEEING.who | SCORERS, since=OPENED, tags=frozenset(("sealed",)))),
        apart=(("lodge", "score"),),
        tagged={"sealed": ("price",)},
        listed=("number", "state", "supplier", "price", "made_at"),
    )
)  # fmt: skip
