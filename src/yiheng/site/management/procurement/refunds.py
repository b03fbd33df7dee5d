"""Refunds (退款) of a payment: the supplier's money is asked back, approved and taken in by three people.

A payment that was made is never edited: a refund is an item of its own beside it. What comes in is free again in the
budget; nothing is paid a second time with it.
"""

from yiheng.base.words import Word
from yiheng.site.base.check import asked
from yiheng.site.base.document.numbers import GiveNumber
from yiheng.site.base.flow.declare import FilesAsked, Rate, Took, Under, state, step
from yiheng.site.base.flow.registry import declare
from yiheng.site.base.ledger.effects import Release
from yiheng.site.base.ledger.models import Leg
from yiheng.site.management.procurement import payments, reading, rules
from yiheng.site.management.procurement.models import Refund
from yiheng.site.management.procurement.papers import money_flow, same_hospital
from yiheng.site.management.procurement.parties import ACCOUNTS, BUDGET, BUYER, PAYER

CODE = "refund"
APPLIED = state("applied", "待审批", "to be approved")
APPROVED = state("approved", "待到账", "to come in")
RECEIVED = state("received", "已到账", "received", ends=True)
REFUSED = state("refused", "未批准", "refused", fails=True)

_ASKED = ("amount",)
_GROUNDS = FilesAsked("grounds", Word("退款依据", "grounds of the refund"))
_SLIP = FilesAsked("slip", Word("银行到账凭证", "bank slip"))
_FREE = Release(BUDGET.code, amount=lambda item: item.amount, of=lambda item: item.parent.parent, legs=(Leg.USED,))
WITHIN = asked(rules.within_payment, "退款不超已付", "within the payment", reading.refunding)

REFUND = declare(
    money_flow(
        CODE,
        "退",
        "slip",
        word=Word("退款", "refund"),
        model=Refund,
        under=Under(payments.CODE, (payments.PAID.code,), same_hospital),
        steps=(
            step("apply", "退款申请", "apply", (), APPLIED, BUYER, asks=_ASKED, needs=_ASKED, reason=True,
                 files=(_GROUNDS,), checks=(WITHIN,), does=(GiveNumber(),)),
            step("check", "审批", "approve", (APPLIED,), APPROVED, ACCOUNTS, checks=(WITHIN,)),
            step("refuse", "不予批准", "refuse", (APPLIED, APPROVED), REFUSED, ACCOUNTS, reason=True, side=True),
            step("receive", "登记到账", "take in", (APPROVED,), RECEIVED, PAYER, asks=("slip",), needs=("slip",),
                 files=(_SLIP,), checks=(WITHIN,), does=(_FREE,)),
        ),
        apart=(("apply", "check", "receive"), ("check", (payments.CODE, "pay"))),
        rates=(Rate(Word("退款到账率", "came in"), (RECEIVED,), (APPROVED,)),),
        took=(Took(Word("申请至到账", "applied for to come in"), APPLIED, RECEIVED),),
    )
)  # fmt: skip
