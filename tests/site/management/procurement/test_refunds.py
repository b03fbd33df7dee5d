"""A payment that comes back: by whom, how much, and where the money is afterwards."""

import pytest

from yiheng.site.base.flow.decide import Why
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.flow.refused import Blocked, NotAllowed
from yiheng.site.base.ledger.models import Kind, Leg, Movement
from yiheng.site.base.ledger.reading import prove
from yiheng.site.base.places.models import Post
from yiheng.site.base.refused import NotDone
from yiheng.site.management.procurement import rules
from yiheng.site.management.procurement.models import Refund

from .hospital import START, Hospital


def applied(hospital: Hospital, payment: Item, yuan: str, who: str = "buyer") -> Item:
    grounds = hospital.file(who, "grounds")
    return hospital.act(who, "apply", flow="refund", parent=payment, files=grounds, reason="退货1件", amount=yuan).item


def received(hospital: Hospital, refund: Item, who: str = "cashier") -> Act:
    slip = hospital.file(who, "slip")
    return hospital.act(who, "receive", refund, flow="refund", files=slip, slip="银2026-7")


def test_what_comes_back_is_free_again_and_the_contract_stays_paid(hospital: Hospital) -> None:
    payment = hospital.paid()
    hospital.later(minutes=1)
    assert (Item.objects.get(pk=payment.parent_id).state, hospital.legs()) == ("paid", (0, 0, 89_000))
    refund = applied(hospital, payment, "445.00")
    assert (refund.number, refund.matter_id, hospital.legs()) == ("H退〔2026〕1", payment.matter_id, (0, 0, 89_000))
    hospital.act("accounts", "check", refund, flow="refund")
    act = received(hospital, refund)
    assert (Refund.objects.get().state, hospital.legs()) == ("received", (0, 0, 44_500))
    last = Movement.objects.order_by("pk").last()
    assert (last.kind, last.frm, last.to, last.amount, last.act_id) == (
        Kind.RELEASE, Leg.USED, Leg.FREE, 44_500, act.pk,
    )  # fmt: skip
    hospital.later(days=1)
    states = dict(Item.objects.filter(pk__in=(payment.pk, payment.parent_id)).values_list("flow", "state"))
    assert (states, prove("budget")) == ({"payment": "paid", "procurement": "paid"}, [])


def test_no_more_comes_back_than_was_paid(hospital: Hospital) -> None:
    payment = hospital.paid("500.00")
    first = applied(hospital, payment, "300.00")
    with pytest.raises(Blocked) as refused:
        applied(hospital, payment, "200.01")
    assert refused.value.text.zh == "该笔付款可退200.00元，不能退200.01元"
    assert (Refund.objects.count(), hospital.legs()) == (1, (0, 39_000, 50_000))
    hospital.act("accounts", "refuse", first, flow="refund", reason="供应商已补货")
    again = applied(hospital, payment, "500.00")
    hospital.act("accounts", "check", again, flow="refund")
    received(hospital, again)
    assert hospital.legs() == (0, 39_000, 0)
    with pytest.raises(Blocked):
        applied(hospital, payment, "0.01")


def test_nothing_is_no_refund(hospital: Hospital) -> None:
    payment = hospital.paid()
    for yuan in ("0", "-1.00", "0.001", ""):
        with pytest.raises((Blocked, Invalid)):
            applied(hospital, payment, yuan)
    assert (Refund.objects.count(), hospital.legs()) == (0, (0, 0, 89_000))


def test_only_a_payment_that_was_made_is_refunded(hospital: Hospital) -> None:
    payment = hospital.paid("500.00")
    bill = {"flow": "payment", "parent": Item.objects.get(pk=payment.parent_id), "invoice": "2", "amount": "1.00"}
    waiting = hospital.act("buyer", "apply", files=hospital.file("buyer", "invoice"), **bill).item
    for parent in (waiting, Item.objects.get(pk=payment.parent_id)):
        with pytest.raises(NotAllowed) as refused:
            applied(hospital, parent, "1.00")
        assert refused.value.why is Why.PARENT
    assert not Refund.objects.exists()


def test_three_people_and_none_of_them_asked_for_the_purchase(hospital: Hospital) -> None:
    """Whoever applies, approves or paid does not approve; whoever applies, approves or asked does not take in."""
    payment = hospital.paid()
    for name, role in (("buyer", "finance"), ("buyer", "cashier"), ("cashier", "finance"), ("accounts", "cashier"),
                       ("head", "finance"), ("head", "cashier")):  # fmt: skip
        Post.objects.create(person=hospital.people[name], role=role, place=hospital.org, start=START)
    refund = applied(hospital, payment, "1.00")
    for name in ("buyer", "cashier", "head"):
        with pytest.raises(NotAllowed) as refused:
            hospital.act(name, "check", refund, flow="refund")
        assert (name, refused.value.why) == (name, Why.APART)
    hospital.act("accounts", "check", refund, flow="refund")
    for name in ("buyer", "accounts", "head"):
        with pytest.raises(NotAllowed) as refused:
            received(hospital, refund, name)
        assert (name, refused.value.why) == (name, Why.APART)
    assert hospital.legs() == (0, 0, 89_000)
    received(hospital, refund)
    assert hospital.legs() == (0, 0, 88_900)


def test_it_needs_its_grounds_a_reason_and_the_banks_slip(hospital: Hospital) -> None:
    payment = hospital.paid()
    with pytest.raises(Invalid) as bare:
        hospital.act("buyer", "apply", flow="refund", parent=payment, amount="1.00")
    assert bare.value.fields == {"reason": ["请填写理由"], "files": ["“退款依据”至少1个附件，现有0个"]}
    refund = applied(hospital, payment, "1.00")
    with pytest.raises(NotDone):
        received(hospital, refund)  # not approved yet
    hospital.act("accounts", "check", refund, flow="refund")
    with pytest.raises(Invalid) as without:
        hospital.act("cashier", "receive", refund, flow="refund", slip="")
    assert set(without.value.fields) == {"slip", "files"}
    assert (Refund.objects.get().state, hospital.legs()) == ("approved", (0, 0, 89_000))


def test_the_rule_alone() -> None:
    assert rules.within_payment(rules.Refunding(100, 40, 60)) is None
    for now in (61, 0, -1):
        assert rules.within_payment(rules.Refunding(100, 40, now)) is not None
