"""Payments (付款) of what was accepted: applied for, checked and paid by three people, none of whom asked for it.

A transfer that comes back (退汇) is recorded by the finance office with the bank's notice, never by who paid. The money
is committed again, and the payment waits to be paid again as it was approved, or is refused.
"""

from yiheng.base.words import Word
from yiheng.site.base.check import asked
from yiheng.site.base.document.numbers import GiveNumber
from yiheng.site.base.flow.declare import FilesAsked, Rate, Took, Under, state, step
from yiheng.site.base.flow.registry import declare
from yiheng.site.base.ledger.effects import Commit, Use
from yiheng.site.base.ledger.models import Leg
from yiheng.site.management.procurement import reading, rules
from yiheng.site.management.procurement.models import Payment
from yiheng.site.management.procurement.papers import money_flow, same_hospital
from yiheng.site.management.procurement.parties import ACCOUNTS, BUDGET, BUYER, PAYER

CODE = "payment"
APPLIED = state("applied", "待审核", "to be checked")
CHECKED = state("checked", "待支付", "to be paid")
PAID = state("paid", "已支付", "paid", ends=True)
BOUNCED = state("bounced", "退汇待重付", "came back, to be paid again")
REFUSED = state("refused", "已退回", "refused", fails=True)

_ASKED = ("amount", "invoice")
_SLIP = ("bounce_slip",)
_SPEND = Use(BUDGET.code, amount=lambda item: item.amount, of=lambda item: item.parent)
_UNSPEND = Commit(BUDGET.code, amount=lambda item: item.amount, of=lambda item: item.parent, frm=Leg.USED)
INVOICE = FilesAsked("invoice", Word("发票", "invoice"))
NOTICE = FilesAsked("bounce_notice", Word("银行退汇通知", "bank's notice of the return"))
WITHIN = asked(rules.within_accepted, "付款不超验收金额", "within what was accepted", reading.paying)
NOT_BACK = asked(rules.nothing_asked_back, "未申请退款", "nothing asked back", reading.asked_back)

PAYMENT = declare(
    money_flow(
        CODE,
        "付",
        "invoice",
        word=Word("付款", "payment"),
        model=Payment,
        under=Under("procurement", ("accepted",), same_hospital),
        steps=(
            step("apply", "付款申请", "apply", (), APPLIED, BUYER, asks=_ASKED, needs=_ASKED, files=(INVOICE,),
                 checks=(WITHIN,), does=(GiveNumber(),)),
            step("check", "审核", "check", (APPLIED,), CHECKED, ACCOUNTS, checks=(WITHIN,)),
            step("refuse", "退回", "refuse", (APPLIED, CHECKED, BOUNCED), REFUSED, ACCOUNTS, reason=True, side=True),
            step("pay", "支付", "pay", (CHECKED, BOUNCED), PAID, PAYER, checks=(WITHIN,), does=(_SPEND,)),
            step("bounce", "登记退汇", "record that it came back", (PAID,), BOUNCED, ACCOUNTS, asks=_SLIP, needs=_SLIP,
                 reason=True, files=(NOTICE,), checks=(NOT_BACK,), does=(_UNSPEND,), side=True),
        ),
        apart=(("apply", "check", "pay"), ("apply", "bounce", "pay")),
        rates=(
            Rate(Word("退回率", "refused"), (REFUSED,), (APPLIED,)),
            Rate(Word("退汇率", "came back"), (BOUNCED,), (PAID,)),
        ),
        took=(Took(Word("申请至支付", "applied for to paid"), APPLIED, PAID),),
    )
)  # fmt: skip
