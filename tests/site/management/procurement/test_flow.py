"""A purchase from the request to the last payment, and what stops one."""

from datetime import timedelta

import pytest

from yiheng.site.base.flow.decide import Why
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.inbox import inbox
from yiheng.site.base.flow.models import Event, Item
from yiheng.site.base.flow.refused import Blocked, NotAllowed
from yiheng.site.base.flow.sight import counted, visible
from yiheng.site.base.ledger.reading import prove
from yiheng.site.base.refused import NotDone
from yiheng.site.management.procurement.bids import BID
from yiheng.site.management.procurement.flow import PROCUREMENT
from yiheng.site.management.procurement.models import AssetCard, Bid, Payment, Procurement

from .hospital import Hospital


def rungs(item: Item) -> list[str]:
    return [seat.label for seat in item.polls.get(step="approve").seats.order_by("rung")]


def test_a_purchase_goes_from_the_request_to_the_last_payment(hospital: Hospital) -> None:
    item = hospital.ask()
    assert (item.state, item.number, hospital.legs()) == ("argued", "H采〔2026〕1", (90_000, 0, 0))
    hospital.awarded(item)
    item.refresh_from_db()
    assert (item.state, item.winner, item.price) == ("awarded", hospital.suppliers[1], 89_000)

    contract = {"contract_number": "H-2026-1", "contract_amount": "889.99", "deliver_on": "2026-04-01"}
    hospital.act("buyer", "contract", item, files=hospital.file("buyer", "contract"), **contract)
    assert hospital.legs() == (0, 88_999, 0)
    accepted = {"accepted_quantity": "2", "accepted_amount": "889.99", "location": "一病区库房"}
    hospital.act("taker", "accept", item, files=hospital.file("taker", "acceptance"), **accepted)
    cards = AssetCard.objects.filter(purchase=item).order_by("code")
    assert [(card.code, card.value, card.dept) for card in cards] == [
        ("资H2026000001", 44_500, hospital.ward),
        ("资H2026000002", 44_499, hospital.ward),
    ]

    for yuan, fen in (("500.00", 50_000), ("389.99", 88_999)):
        bill = hospital.file("buyer", "invoice")
        paid = hospital.act("buyer", "apply", flow="payment", parent=item, files=bill, amount=yuan, invoice=yuan).item
        hospital.act("accounts", "check", paid, flow="payment")
        hospital.act("cashier", "pay", paid, flow="payment")
        assert hospital.legs() == (0, 88_999 - fen, fen)
    hospital.later(minutes=1)
    item.refresh_from_db()
    assert (item.state, item.ended_at) == ("paid", hospital.now)
    assert [each.number for each in Payment.objects.order_by("pk")] == ["H付〔2026〕1", "H付〔2026〕2"]
    assert prove("budget") == []


def test_money_that_is_not_there_is_not_asked_for(hospital: Hospital) -> None:
    hospital.ask(amount="99999.99", code="B1")
    before = Procurement.objects.count(), hospital.legs()
    with pytest.raises(NotDone) as refused:
        hospital.ask(amount="0.02", code="B2")
    assert refused.value.code == "not_enough"
    assert (Procurement.objects.count(), hospital.legs()) == before
    assert hospital.ask(amount="0.01", code="B3").number == "H采〔2026〕2"  # the refused one left no gap


def test_what_is_cancelled_gives_its_money_back(hospital: Hospital) -> None:
    item = hospital.ask()
    hospital.act("head", "cancel", item, reason="改用库存")
    assert hospital.legs() == (0, 0, 0)


@pytest.mark.parametrize(
    ("yuan", "labels"),
    [
        ("10000.00", ["归口管理部门"]),
        ("10000.01", ["归口管理部门", "分管副院长"]),
        ("50000.01", ["归口管理部门", "总会计师", "院长"]),
    ],
)
def test_the_sum_says_who_approves(hospital: Hospital, yuan: str, labels: list[str]) -> None:
    assert rungs(hospital.ask(amount=yuan)) == labels


def test_purchases_that_belong_together_are_added_up(hospital: Hospital) -> None:
    first = hospital.ask(amount="9000.00", supplier=str(hospital.suppliers[0].pk), code="C1")
    second = hospital.ask(amount="9000.00", supplier=str(hospital.suppliers[0].pk), code="C2")
    other = hospital.ask(amount="9000.00", code="C3")
    assert [len(rungs(each)) for each in (first, second, other)] == [1, 2, 1]
    said = second.acts.get().answers.get(check_name="split_orders")
    assert said.zh == "近30天同品目或同供应商共2笔，合计18000.00元，按合计确定审批层级"
    hospital.now += timedelta(days=30)
    assert len(rungs(hospital.ask(amount="9000.00", code="C1"))) == 1


def test_whoever_asks_does_not_approve_accept_or_pay(hospital: Hospital) -> None:
    for role in ("purchase_office", "acceptance", "cashier"):
        hospital.people["head"].posts.create(role=role, place=hospital.org, start="2025-01-01")
    item = hospital.ask()
    with pytest.raises(NotAllowed) as refused:
        hospital.act("head", "approve", item, value="agree", comment="")
    assert refused.value.why is Why.APART
    assert not inbox(hospital.actor("head")).exists()
    barred = item.bars.filter(person=hospital.people["head"]).values_list("flow", "step")
    its: dict[str, set[str]] = {}
    for flow, step in barred:
        its.setdefault(flow, set()).add(step)
    buying = {"intend", "inquire", "announce", "close_bids", "fail", "award", "contract", "terminate"}
    assert its == {
        "procurement": buying | {"argue", "approve", "accept", "reject_goods"},
        "bid": {"lodge", "score"},
        "payment": {"apply", "check", "pay", "bounce"},
        "refund": {"apply", "check", "receive"},
    }


def test_whoever_is_refused_holds_no_budget(hospital: Hospital) -> None:
    """By one who approves, and by the mean of the experts."""
    item = hospital.ask()
    assert hospital.legs() == (90_000, 0, 0)
    hospital.act("office", "approve", item, value="refuse", comment="无此必要")
    assert (Procurement.objects.get(pk=item.pk).state, hospital.legs()) == ("rejected", (0, 0, 0))
    item = hospital.ask("ask_argued", amount="2000.00")
    assert hospital.legs() == (200_000, 0, 0)
    for seat in item.polls.get(step="argue").seats.all():
        hospital.act(seat.person.username, "argue", item, score="59", comment="")
    assert (Procurement.objects.get(pk=item.pk).state, hospital.legs()) == ("rejected", (0, 0, 0))
    assert prove("budget") == []


def test_a_large_need_is_argued_blindly(hospital: Hospital) -> None:
    with pytest.raises(Blocked) as refused:
        hospital.ask(amount="99000.00", kind="large")
    assert refused.value.text.zh == "大型医用设备须先取得配置许可证；须经专家论证，请用“申请（须论证）”"
    item = hospital.ask("ask_argued", amount="99000.00", kind="large", license_number="乙2026-1")
    seats = list(item.polls.get(step="argue").seats.all())
    assert len({seat.person_id for seat in seats}) == 3
    for seat, points in zip(seats, ("60", "59.99", "60"), strict=True):
        hospital.act(seat.person.username, "argue", item, score=points, comment="")
    item.refresh_from_db()
    assert item.state == "rejected"
    assert item.polls.get(step="argue").basis["mean"] == "60.00"  # shown rounded, judged exactly


def test_bids_are_sealed_until_they_are_opened(hospital: Hospital) -> None:
    item = hospital.ask()
    hospital.act("office", "approve", item, value="agree", comment="")
    hospital.act("buyer", "inquire", item, method="inquiry")
    hospital.lodge(item, 0, "880.00")
    assert [row.shown_price for row in visible(BID, hospital.actor("buyer"), ("price",))] == [None]
    with pytest.raises(Blocked) as refused:
        hospital.act("buyer", "close_bids", item)
    assert refused.value.text.zh == "有效投标1家，少于3家"
    hospital.act("buyer", "close_bids", item, reason="独家代理，已公示")
    hospital.later(minutes=1)
    assert [row.shown_price for row in visible(BID, hospital.actor("buyer"), ("price",))] == [88_000]
    with pytest.raises(NotAllowed) as late:
        hospital.lodge(item, 0, "880.00")
    assert (late.value.why, Bid.objects.count()) == (Why.PARENT, 1)


def test_an_intention_is_public_for_thirty_days(hospital: Hospital) -> None:
    item = hospital.ask()
    hospital.act("office", "approve", item, value="agree", comment="")
    hospital.act("buyer", "intend", item, method="open")
    said = Event.objects.get(kind="public.intention").content
    assert said == {"name": "手套", "amount": "90000", "method": "open", "notice": "公告2"}
    hospital.later(days=29)
    with pytest.raises(Blocked):
        hospital.act("buyer", "announce", item)
    hospital.later(days=1)
    assert hospital.act("buyer", "announce", item).to_state == "open"


def test_a_payment_stays_within_its_contract(hospital: Hospital) -> None:
    item = hospital.ask()
    hospital.awarded(item)
    contract = {"contract_number": "1", "contract_amount": "890.01", "deliver_on": "2026-04-01"}
    with pytest.raises(Blocked):
        hospital.act("buyer", "contract", item, files=hospital.file("buyer", "contract"), **contract)
    with pytest.raises(Invalid) as without:
        hospital.act("buyer", "contract", item, **contract | {"contract_amount": "890.00"})
    assert without.value.fields == {"files": ["“合同文本”至少1个附件，现有0个"]}
    files = hospital.file("buyer", "contract")
    hospital.act("buyer", "contract", item, files=files, **contract | {"contract_amount": "890.00"})
    files = hospital.file("taker", "acceptance")
    accepted = {"accepted_quantity": "2", "accepted_amount": "890.00", "location": "库房"}
    hospital.act("taker", "accept", item, files=files, **accepted)
    bill = {"flow": "payment", "parent": item, "invoice": "1"}
    hospital.act("buyer", "apply", files=hospital.file("buyer", "invoice"), amount="890.00", **bill)
    with pytest.raises(Blocked) as refused:
        hospital.act("buyer", "apply", files=hospital.file("buyer", "invoice"), amount="0.01", **bill)
    assert refused.value.text.zh == "验收金额尚余0.00元，不能支付0.01元"


def test_the_commission_counts_and_sees_none(hospital: Hospital) -> None:
    hospital.ask()
    actor = hospital.actor("commission")
    assert (visible(PROCUREMENT, actor).count(), counted(PROCUREMENT, actor).count()) == (0, 1)
