"""Payments (付款) under a contract: applied for, checked and paid by three people, none of whom asked for it."""

from typing import Any

from yiheng.base.words import Word
from yiheng.site.base.check import asked
from yiheng.site.base.document.numbers import GiveNumber
from yiheng.site.base.flow.declare import FilesAsked, Flow, Sight, Under, state, step
from yiheng.site.base.flow.registry import declare
from yiheng.site.base.ledger.effects import Use
from yiheng.site.management.procurement import policy, reading, rules
from yiheng.site.management.procurement.models import Payment
from yiheng.site.management.procurement.parties import ACCOUNTS, AUDIT, BUDGET, BUYER, LEADERS, PAYER

CODE = "payment"
APPLIED = state("applied", "待审核", "to be checked")
CHECKED = state("checked", "待支付", "to be paid")
PAID = state("paid", "已支付", "paid", ends=True)
REFUSED = state("refused", "已退回", "refused", fails=True)

_ASKED = ("amount", "invoice")
_SPEND = Use(BUDGET.code, amount=lambda item: item.amount, of=lambda item: item.parent)
INVOICE = FilesAsked("invoice", Word("发票", "invoice"))
WITHIN = asked(rules.within_contract, "付款不超合同", "within the contract", reading.paying)


def _under(parent: Any, payment: Any) -> None:
    payment.org = parent.org


PAYMENT = declare(
    Flow(
        code=CODE,
        word=Word("付款", "payment"),
        model=Payment,
        under=Under("procurement", ("accepted",), _under),
        steps=(
            step(
                "apply",
                "付款申请",
                "apply",
                (),
                APPLIED,
                BUYER,
                asks=_ASKED,
                needs=_ASKED,
                files=(INVOICE,),
                checks=(WITHIN,),
                does=(GiveNumber(),),
            ),
            step("check", "审核", "check", (APPLIED,), CHECKED, ACCOUNTS, checks=(WITHIN,)),
            step("refuse", "退回", "refuse", (APPLIED, CHECKED), REFUSED, ACCOUNTS, reason=True, side=True),
            step("pay", "支付", "pay", (CHECKED,), PAID, PAYER, checks=(WITHIN,), does=(_SPEND,)),
        ),  # fmt: skip
        sights=(Sight(BUYER), Sight(ACCOUNTS), Sight(PAYER), Sight(LEADERS), Sight(AUDIT)),
        apart=(("apply", "check", "pay"),),
        listed=("number", "state", "org", "amount", "invoice", "made_at"),
        searched=("number", "invoice"),
        urge_every=policy.urge_every,
        amount="amount",
        series=lambda item: f"payment-{item.org.code}-{item.made_at.year}",
        number=lambda item, place: f"{item.org.code}付〔{item.made_at.year}〕{place}",
    )
)
