"""The flow of a purchase (采购流程): asked, argued, approved, published, bid for, awarded, signed, accepted, paid."""

from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.site.base.check import Level, asked
from yiheng.site.base.clock.span import days, working_days
from yiheng.site.base.document.freezing import Freeze
from yiheng.site.base.document.numbers import GiveNumber
from yiheng.site.base.flow.declare import FilesAsked, Flow, Limit, Rate, Shows, Sight, Took, section, state, step
from yiheng.site.base.flow.registry import declare
from yiheng.site.base.ledger.effects import Commit, HoldIn, Release
from yiheng.site.base.ledger.models import Leg
from yiheng.site.base.panel.ladder import Ladder
from yiheng.site.base.panel.scores import Scores
from yiheng.site.management.procurement import policy, reading, rules
from yiheng.site.management.procurement.duties import (
    ACCEPTING,
    APPROVING,
    ARGUING,
    ASKING,
    BUYING,
    PAYING,
    SCORING,
    TRANSFER,
    between,
)
from yiheng.site.management.procurement.effects import MakeAssets, Publish
from yiheng.site.management.procurement.models import Procurement
from yiheng.site.management.procurement.papers import numbered
from yiheng.site.management.procurement.parties import (
    ACCOUNTS,
    ASKER,
    AUDIT,
    BUDGET,
    BUYER,
    EXPERT,
    LEADERS,
    MINE,
    OVERSEERS,
    PAYER,
    SCORERS,
    SIGNER,
    TAKER,
)

ASKED = state("asked", "待论证", "to be argued")
ARGUED = state("argued", "待审批", "to be approved")
APPROVED = state("approved", "已批准", "approved")
INTENDED = state("intended", "意向公开中", "intention published")
OPEN = state("open", "征集投标", "open for bids")
EVALUATING = state("evaluating", "评审中", "bids being scored")
AWARDED = state("awarded", "已成交", "awarded")
CONTRACTED = state("contracted", "已签合同", "contract signed")
TO_MEND = state("to_mend", "待整改", "to be put right")
ACCEPTED = state("accepted", "已验收", "accepted")
PAID = state("paid", "已付清", "paid", ends=True)
REJECTED = state("rejected", "未通过", "rejected", fails=True)
CANCELLED = state("cancelled", "已撤销", "cancelled", fails=True)
TERMINATED = state("terminated", "已解除合同", "contract ended", fails=True)

_REQUEST = ("org", "dept", "kind", "code", "name", "quantity", "amount", "budget", "supplier", "need", "license_number")
_NEEDED = ("org", "dept", "kind", "code", "name", "quantity", "amount", "budget", "need")


_NOTICE = ("notice",)
_WAY = ("method", *_NOTICE)
_AWARD = ("winner", "price", *_NOTICE)
_CONTRACT = ("contract_number", "contract_amount", "signed_on", "deliver_on", *_NOTICE)
LICENCE = asked(rules.licence_if_large, "配置许可", "licence", reading.request)
NOT_ARGUED = asked(rules.not_to_be_argued, "须论证", "to be argued", reading.request)
OWN_BUDGET = asked(rules.own_budget, "预算归属", "whose budget", reading.request)
ADMITTED = asked(rules.admitted, "供应商准入", "supplier", reading.admitted)
TOGETHER = asked(rules.split_orders, "拆分采购", "split orders", reading.request, Level.ADVISE, reading.gates)
METHOD = asked(rules.method_by_amount, "采购方式", "method", reading.way, Level.WARN)
BELOW = asked(rules.below_intention, "限额标准", "threshold", reading.direct)
ANEW = asked(rules.published_anew, "公告", "publication", reading.is_repeated, Level.WARN)
SIGNED = asked(rules.signed_after_award, "签订日期", "day of signing", reading.signing)
IN_PUBLIC = asked(rules.published_in_time, "合同公告时限", "time of publication", reading.signing, Level.WARN)
PUBLISHED = asked(rules.published_long_enough, "意向公开", "intention", reading.since_intended)
ENOUGH = asked(rules.enough_bids, "投标家数", "bids", reading.bids, Level.WARN)
SCORED = asked(rules.all_scored, "评审完成", "scored", reading.bids)
BEST = asked(rules.best_wins, "中标人", "winner", reading.bids)
FLAGS = asked(rules.red_flags, "围标串标疑点", "signs of collusion", reading.bids, Level.WARN)
WITHIN = asked(rules.within_budget, "成交金额", "award", reading.awarded)
AS_AWARDED = asked(rules.as_awarded, "合同金额", "contract", reading.signed)
IN_TIME = asked(rules.contract_in_time, "签订时限", "time of signing", reading.since_award, Level.WARN)
DELIVERY = asked(rules.delivery_after_signing, "交付日期", "delivery", reading.delivery)
WITHIN_ORDER = asked(rules.within_order, "验收数量与金额", "quantity and sum accepted", reading.accepting)

ARGUMENT = Scores(
    experts=reading.drawn(EXPERT, "argue", "experts"),
    least=lambda item, now: policy.value("experts", localdate(now)),
    bounds=reading.hundred,
    passes=lambda item, now, mean: mean >= policy.value("argued_score", localdate(now)),
)
APPROVAL = Ladder(rungs=reading.rungs, locks=reading.gates)
BEFORE_CONTRACT = (ASKED, ARGUED, APPROVED, INTENDED, OPEN, EVALUATING, AWARDED)
UNDELIVERED = (CONTRACTED, TO_MEND)
_BACK = Release(BUDGET.code)
_UNACCEPTED = Release(BUDGET.code, reading.unaccepted, legs=(Leg.COMMITTED,))
_ACCEPTED = ("accepted_quantity", "accepted_amount", "location")
_RECORD = FilesAsked("acceptance", Word("验收单", "acceptance record"))


_HOLD = (HoldIn(lambda item: item.budget, lambda item: item.amount), GiveNumber(), Freeze("request", _REQUEST))
STEPS = (
    step("ask", "申请", "ask", (), ARGUED, ASKER, asks=_REQUEST, needs=_NEEDED,
          checks=(LICENCE, NOT_ARGUED, OWN_BUDGET, ADMITTED, TOGETHER), does=_HOLD),
    step("ask_argued", "申请（须论证）", "ask, with an argument", (), ASKED, ASKER, asks=_REQUEST, needs=_NEEDED,
          checks=(LICENCE, OWN_BUDGET, ADMITTED, TOGETHER), does=_HOLD),
    step("argue", "论证", "argue", (ASKED,), ARGUED, panel=ARGUMENT, refused=REJECTED, returned=REJECTED,
          undoes=(_BACK,)),
    step("approve", "审批", "approve", (ARGUED,), APPROVED, panel=APPROVAL, refused=REJECTED, undoes=(_BACK,)),
    step("intend", "公开采购意向", "publish the intention", (APPROVED,), INTENDED, BUYER, asks=_WAY, needs=_WAY,
          checks=(METHOD, ANEW), does=(Publish("intention", ("name", "amount", "method")),)),
    step("inquire", "直接征集（限额以下）", "ask for bids at once", (APPROVED,), OPEN, BUYER, asks=_WAY, needs=_WAY,
          checks=(BELOW, METHOD, ANEW), side=True, does=(Publish("announcement", ("name", "method")),)),
    step("announce", "发布采购公告", "announce", (INTENDED,), OPEN, BUYER, asks=_NOTICE, needs=_NOTICE,
          checks=(PUBLISHED, ANEW), does=(Publish("announcement", ("name", "method")),)),
    step("close_bids", "截止投标", "close the bids", (OPEN,), EVALUATING, BUYER, checks=(ENOUGH,)),
    step("award", "确定成交", "award", (EVALUATING,), AWARDED, BUYER, asks=_AWARD, needs=_AWARD,
          checks=(SCORED, BEST, WITHIN, FLAGS, ANEW), does=(Publish("award", ("name", "winner", "price")),)),
    step("contract", "签订合同", "sign", (AWARDED,), CONTRACTED, BUYER,
          asks=_CONTRACT, needs=_CONTRACT, checks=(AS_AWARDED, SIGNED, IN_TIME, DELIVERY, IN_PUBLIC, ANEW),
          files=(FilesAsked("contract", Word("合同文本", "contract")),),
          does=(Commit(BUDGET.code, lambda item: item.contract_amount), Release(BUDGET.code, legs=(Leg.HELD,)),
                Publish("contract", ("contract_number", "winner", "contract_amount")))),
    step("accept", "验收", "accept", UNDELIVERED, ACCEPTED, TAKER, asks=_ACCEPTED, needs=_ACCEPTED,
          files=(_RECORD,), checks=(WITHIN_ORDER,), does=(_UNACCEPTED, MakeAssets())),
    step("reject_goods", "验收不合格", "not acceptable", UNDELIVERED, TO_MEND, TAKER, reason=True, files=(_RECORD,),
          side=True),
    step("terminate", "解除合同", "end the contract", UNDELIVERED, TERMINATED, BUYER, reason=True,
          files=(FilesAsked("termination", Word("解除协议", "termination agreement")),), side=True, does=(_BACK,)),
    step("settle", "付清", "settle", (ACCEPTED,), PAID, when=reading.settled),
    step("reopen", "退汇重开", "open again, as a transfer came back", (PAID,), ACCEPTED, when=reading.CameBack()),
    step("fail", "废标", "no award", (OPEN, EVALUATING), APPROVED, BUYER, reason=True, side=True),
    step("cancel", "撤销", "cancel", BEFORE_CONTRACT, CANCELLED, MINE | BUYER, reason=True, side=True, does=(_BACK,)),
)  # fmt: skip

PROCUREMENT = declare(
    Flow(
        code="procurement",
        word=Word("采购", "procurement"),
        model=Procurement,
        clauses=("X12", "S13"),
        policies=(policy.ID,),
        steps=STEPS,
        sights=(
            Sight(ASKER),
            Sight(MINE),
            Sight(BUYER),
            Sight(ACCOUNTS),
            Sight(LEADERS),
            Sight(TAKER, since=CONTRACTED),
            Sight(PAYER, since=ACCEPTED),
            Sight(SCORERS, since=EVALUATING),
            Sight(AUDIT),
            Sight(OVERSEERS, shows=Shows.COUNTS),
        ),
        limits=(
            Limit(
                "rung",
                Word("审批时限", "approval"),
                (ARGUED,),
                lambda item, now: working_days(policy.value("rung_working_days", localdate(now))),
                late=(SIGNER, LEADERS),
                since=reading.rung_asked,
            ),
            Limit(
                "contract",
                Word("签订合同时限", "signing"),
                (AWARDED,),
                lambda item, now: days(policy.value("contract_days", localdate(now))),
                late=(BUYER, LEADERS),
            ),
            Limit(
                "delivery",
                Word("交付时限", "delivery"),
                UNDELIVERED,
                lambda item, now: item.deliver_on,
                late=(BUYER | TAKER, LEADERS),
            ),
        ),  # fmt: skip
        apart=(
            *between(ASKING, BUYING, ACCEPTING, PAYING),
            *between(ASKING, (*ARGUING, *APPROVING, *SCORING)),
            *between(APPROVING, TRANSFER),
        ),
        listed=("number", "state", "org", "dept", "name", "amount", "supplier", "made_at"),
        searched=("number", "name", "code"),
        counted_by="org",
        counted_too=("kind",),
        least_count=policy.least_count,
        urge_every=policy.urge_every,
        rates=(
            Rate(Word("批准率", "approved"), (APPROVED,), (ASKED, ARGUED)),
            Rate(Word("废标率", "without an award"), ("fail",), (OPEN,)),
            Rate(Word("撤销率", "cancelled"), (CANCELLED,), (ASKED, ARGUED)),
            Rate(Word("签约率", "signed"), (CONTRACTED,), (AWARDED,)),
            Rate(Word("验收不合格率", "not acceptable"), (TO_MEND,), (CONTRACTED,)),
            Rate(Word("合同解除率", "contract ended"), (TERMINATED,), (CONTRACTED,)),
        ),
        took=(
            Took(Word("申请至批准", "asked to approved"), ARGUED, APPROVED),
            Took(Word("征集至成交", "open to awarded"), OPEN, AWARDED),
            Took(Word("签约至验收", "signed to accepted"), CONTRACTED, ACCEPTED),
        ),
        sections=(
            section("申请", "Request", "org", "dept", "kind", "code", "name", "quantity", "need", "license_number"),
            section("预算", "Budget", "amount", "budget", "supplier"),
            section(
                "成交与合同",
                "Award and contract",
                "method",
                "winner",
                "price",
                "contract_number",
                "contract_amount",
                "signed_on",
                "deliver_on",
            ),
            section("公告", "Publication", "notice"),
            section("验收", "Acceptance", "accepted_quantity", "accepted_amount", "location"),
        ),
        belongings={"assets": ("code", "name", "dept", "value", "location", "since")},
        amount="amount",
        **numbered("procurement", "采"),
    )
)
