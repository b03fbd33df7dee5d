"""A transfer that comes back: recorded by another than paid it, its money committed again, paid again or refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from yiheng.site.base.flow.decide import Why
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.inbox import inbox
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.flow.refused import Blocked, NotAllowed
from yiheng.site.base.ledger.models import Kind, Leg, Movement
from yiheng.site.base.ledger.reading import prove
from yiheng.site.base.places.models import Post
from yiheng.site.management.procurement import rules
from yiheng.site.management.procurement.models import Payment

from ...counted import counted
from .hospital import START, Hospital

WHY = "收款账号有误，银行退回"


def bounced(hospital: Hospital, payment: Item, who: str = "accounts") -> Act:
    notice = hospital.file(who, "bounce_notice")
    return hospital.act(who, "bounce", payment, flow="payment", files=notice, reason=WHY, bounce_slip="退2026-3")


def states(payment: Item) -> tuple[str, str]:
    """Of the payment and of its purchase."""
    its = dict(Item.objects.filter(pk__in=(payment.pk, payment.parent_id)).values_list("flow", "state"))
    return its["payment"], its["procurement"]


def waits_for(hospital: Hospital, name: str) -> list[str]:
    return list(inbox(hospital.actor(name)).values_list("step", flat=True))


def test_it_is_paid_again_as_it_was_approved(hospital: Hospital) -> None:
    payment = hospital.paid()
    hospital.later(minutes=1)
    assert (states(payment), hospital.legs()) == (("paid", "paid"), (0, 0, 89_000))
    act = bounced(hospital, payment)
    assert hospital.legs() == (0, 89_000, 0)
    last = Movement.objects.order_by("pk").last()
    assert (last.kind, last.frm, last.to, last.amount, last.act_id) == (
        Kind.COMMIT, Leg.USED, Leg.COMMITTED, 89_000, act.pk,
    )  # fmt: skip
    assert (act.reason, Payment.objects.get().bounce_slip, act.files.get().purpose) == (
        WHY, "退2026-3", "bounce_notice"
    )  # fmt: skip
    assert [waits_for(hospital, name) for name in ("cashier", "accounts", "buyer")] == [["pay"], [], []]
    hospital.later(minutes=1)
    assert states(payment) == ("bounced", "accepted")
    assert Item.objects.get(pk=payment.parent_id).ended_at is None
    hospital.act("cashier", "pay", payment, flow="payment")
    hospital.later(minutes=1)
    assert (states(payment), hospital.legs(), prove("budget")) == (("paid", "paid"), (0, 0, 89_000), [])
    steps = list(Act.objects.filter(item=payment).order_by("pk").values_list("step", flat=True))
    assert steps == ["apply", "check", "pay", "bounce", "pay"]


def test_what_came_back_twice(hospital: Hospital) -> None:
    payment = hospital.paid("500.00")
    for _ in range(2):
        bounced(hospital, payment)
        assert hospital.legs() == (0, 89_000, 0)
        hospital.act("cashier", "pay", payment, flow="payment")
        assert hospital.legs() == (0, 39_000, 50_000)
    assert prove("budget") == []


def test_it_is_refused_and_another_payment_takes_its_place(hospital: Hospital) -> None:
    payment = hospital.paid()
    hospital.later(minutes=1)
    hospital.now += timedelta(seconds=5)
    bounced(hospital, payment)
    hospital.act("accounts", "refuse", payment, flow="payment", reason="供应商更名，重开发票")
    assert (states(payment), hospital.legs()) == (("refused", "paid"), (0, 89_000, 0))
    hospital.later(minutes=1)
    assert states(payment) == ("refused", "accepted"), "no payment that is made is left"
    again = hospital.paid(item=Item.objects.get(pk=payment.parent_id))
    hospital.later(minutes=1)
    assert (states(again), hospital.legs(), prove("budget")) == (("paid", "paid"), (0, 0, 89_000), [])
    acts = Act.objects.count()
    hospital.later(minutes=1)
    assert (states(again), Act.objects.count()) == (("paid", "paid"), acts)


def test_who_paid_does_not_record_it_nor_who_records_it_pay(hospital: Hospital) -> None:
    payment = hospital.paid("500.00")
    for name, role in (("cashier", "finance"), ("buyer", "finance"), ("head", "finance"), ("accounts", "cashier")):
        Post.objects.create(person=hospital.people[name], role=role, place=hospital.org, start=START)
    for name in ("cashier", "buyer", "head"):
        with pytest.raises(NotAllowed) as refused:
            bounced(hospital, payment, name)
        assert (name, refused.value.why) == (name, Why.APART)
    with pytest.raises(NotAllowed) as refused:
        bounced(hospital, payment, "president")
    assert refused.value.why is Why.PARTY
    assert (states(payment), hospital.legs()) == (("paid", "accepted"), (0, 39_000, 50_000))
    bounced(hospital, payment)
    with pytest.raises(NotAllowed) as refused:
        hospital.act("accounts", "pay", payment, flow="payment")
    assert (refused.value.why, states(payment)[0], hospital.legs()) == (Why.APART, "bounced", (0, 89_000, 0))


def test_it_needs_the_banks_notice_its_number_and_a_reason(hospital: Hospital) -> None:
    payment = hospital.paid()
    with pytest.raises(Invalid) as bare:
        hospital.act("accounts", "bounce", payment, flow="payment", bounce_slip="")
    assert set(bare.value.fields) == {"bounce_slip", "reason", "files"}
    assert bare.value.fields["files"] == ["“银行退汇通知”至少1个附件，现有0个"]
    assert (states(payment)[0], hospital.legs()) == ("paid", (0, 0, 89_000))


def test_what_was_not_paid_does_not_come_back(hospital: Hospital) -> None:
    bill = {"amount": "1.00", "invoice": "1", "files": hospital.file("buyer", "invoice")}
    waits = hospital.act("buyer", "apply", flow="payment", parent=hospital.contracted(), **bill).item
    payment = hospital.paid(item=Item.objects.get(pk=waits.parent_id), yuan="2.00")
    bounced(hospital, payment)
    for each in (waits, payment):
        with pytest.raises(NotAllowed) as refused:
            bounced(hospital, each)
        assert refused.value.why is Why.STATE
    assert hospital.legs() == (0, 89_000, 0)


def test_it_came_back_or_is_asked_back_never_both(hospital: Hospital) -> None:
    payment = hospital.paid()

    def ask_back() -> Item:
        asked = {"files": hospital.file("buyer", "grounds"), "reason": "退货", "amount": "300.00"}
        return hospital.act("buyer", "apply", flow="refund", parent=payment, **asked).item

    refund = ask_back()
    with pytest.raises(Blocked) as told:
        bounced(hospital, payment)
    assert told.value.text.zh == "该笔付款已有退款申请，不能登记退汇"
    assert (states(payment)[0], hospital.legs()) == ("paid", (0, 0, 89_000))
    hospital.act("accounts", "refuse", refund, flow="refund", reason="货款未到账")
    bounced(hospital, payment)
    with pytest.raises(NotAllowed) as refused:
        ask_back()
    assert (refused.value.why, hospital.legs()) == (Why.PARENT, (0, 89_000, 0))


def test_the_page_offers_it_and_the_statistics_count_it(hospital: Hospital) -> None:
    bought = hospital.contracted()
    first = hospital.paid("500.00", bought)
    hospital.now += timedelta(hours=2)
    hospital.paid("200.00", bought)
    client = Client()
    client.force_login(hospital.people["accounts"], backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "登记退汇" in client.get(f"/items/{first.pk}/").content.decode()
    form = client.get(f"/items/{first.pk}/do/bounce/").content.decode()
    assert [text for text in ("退汇凭证号", "银行退汇通知", 'name="reason"') if text not in form] == []
    bounced(hospital, first)
    assert "退汇待重付" in client.get(f"/items/{first.pk}/").content.decode()
    page = counted(hospital.people["president"], "payment")
    assert page.rows("按状态") == {("退汇待重付",): "1", ("已支付",): "1", ("合计",): "2"}
    assert page.figures == {
        "退回率": ("0.0%", "0 / 2"), "退汇率": ("50.0%", "1 / 2"), "申请至支付": ("0.0 小时", "2 件的中位数"),
    }  # fmt: skip


def test_a_number_has_the_year_of_the_local_day(hospital: Hospital) -> None:
    hospital.now = datetime(2025, 12, 31, 16, 30, tzinfo=UTC)
    assert hospital.paid().number == "H付〔2026〕1"


def test_the_rule_alone() -> None:
    assert rules.nothing_asked_back([]) is None
    said = rules.nothing_asked_back([("H退〔2026〕1", 30_000)])
    assert said is not None
    assert [each.value for each in said.evidence] == ["H退〔2026〕1: 300.00"]
