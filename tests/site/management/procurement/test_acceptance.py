"""Acceptance (验收): of what was ordered, in whole or in part, refused, put right, or given up; and in time."""

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest
from django.test import Client

from yiheng.base.money import yuan_of
from yiheng.site.base.flow.decide import Why
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.inbox import inbox
from yiheng.site.base.flow.models import Act, Escalation, Event, Item
from yiheng.site.base.flow.refused import Blocked, NotAllowed
from yiheng.site.base.ledger.models import Hold, Kind, Leg, Movement
from yiheng.site.base.ledger.reading import prove
from yiheng.site.management.procurement import rules
from yiheng.site.management.procurement.models import AssetCard, Payment, Procurement
from yiheng.site.management.procurement.rules import Accepting, Delivery

from ...counted import counted
from .hospital import Hospital

WHOLE = {"accepted_quantity": "2", "accepted_amount": "890.00", "location": "库房"}
HALF = WHOLE | {"accepted_quantity": "1", "accepted_amount": "445.00"}
SAYS = "验收数量须为1至2，验收金额须大于零且不超过合同金额，未全部验收的须少于合同金额"


def signed(hospital: Hospital, deliver_on: str = "2026-04-01", **request: str) -> Procurement:
    """Two pieces, under a contract of 890 yuan of the 900 that were held."""
    item = hospital.ask(**request)
    hospital.awarded(item)
    contract = {"contract_number": "1", "contract_amount": "890.00", "deliver_on": deliver_on}
    hospital.act("buyer", "contract", item, files=hospital.file("buyer", "contract"), **contract)
    return item


def accepted(hospital: Hospital, item: Item, said: dict[str, str]) -> Act:
    return hospital.act("taker", "accept", item, files=hospital.file("taker", "acceptance"), **said)


def rejected(hospital: Hospital, item: Item, why: str = "包装破损") -> Act:
    return hospital.act("taker", "reject_goods", item, files=hospital.file("taker", "acceptance"), reason=why)


def terminated(hospital: Hospital, item: Item) -> Act:
    paper = hospital.file("buyer", "termination")
    return hospital.act("buyer", "terminate", item, files=paper, reason="供应商停产")


def kept(hospital: Hospital) -> tuple[object, ...]:
    """Everything that acceptance writes."""
    return (
        *Item.objects.order_by("pk").values_list("state", "version"),
        *Procurement.objects.values_list("accepted_quantity", "accepted_amount", "location"),
        *(each.objects.count() for each in (Act, AssetCard, Movement, Event)),
        hospital.legs(),
    )


def entered(hospital: Hospital, name: str, language: str = "zh-hans") -> Client:
    client = Client()
    client.force_login(hospital.people[name], backend="allauth.account.auth_backends.AuthenticationBackend")
    client.cookies["django_language"] = language
    return client


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [("0", "890.00"), ("3", "890.00"), ("2", "890.01"), ("1", "890.00"), ("2", "0"), ("2", "-1.00"), ("3000", "1")],
)
def test_what_was_not_ordered_so_is_not_accepted(hospital: Hospital, quantity: str, amount: str) -> None:
    item = signed(hospital)
    said = WHOLE | {"accepted_quantity": quantity, "accepted_amount": amount}
    before = kept(hospital)
    with pytest.raises(Blocked) as refused:
        accepted(hospital, item, said)
    assert refused.value.text.zh == SAYS
    form = said | {"seen": str(Item.objects.get(pk=item.pk).version), "request": str(uuid4())}
    form |= {"files": str(hospital.file("taker", "acceptance")[0])}
    for language, line in (("zh-hans", SAYS), ("en", "fewer pieces for less")):
        page = entered(hospital, "taker", language).post(f"/items/{item.pk}/do/accept/", form)
        assert (page.status_code, line in page.content.decode()) == (422, True)
    assert kept(hospital) == before


def test_nothing_filled_in_is_told_field_by_field(hospital: Hospital) -> None:
    item = signed(hospital)
    before = kept(hospital)
    with pytest.raises(Invalid) as bare:
        hospital.act("taker", "accept", item, accepted_quantity="", accepted_amount="", location="")
    assert set(bare.value.fields) == {"accepted_quantity", "accepted_amount", "location", "files"}
    assert kept(hospital) == before


def test_half_of_it_frees_what_will_not_be_paid(hospital: Hospital) -> None:
    item = signed(hospital)
    assert hospital.legs() == (0, 89_000, 0)
    act = accepted(hospital, item, HALF)
    assert hospital.legs() == (0, 44_500, 0)
    hold = Hold.objects.get(item=item)
    assert (hold.amount, hold.held, hold.committed, hold.used, hold.released) == (90_000, 0, 44_500, 0, 45_500)
    last = Movement.objects.order_by("pk").last()
    assert (last.kind, last.frm, last.to, last.amount, last.act_id) == (
        Kind.RELEASE, Leg.COMMITTED, Leg.FREE, 44_500, act.pk,
    )  # fmt: skip
    card = AssetCard.objects.get()
    assert (card.purchase_id, card.value, card.location) == (item.pk, 44_500, "库房")
    with pytest.raises(Blocked) as refused:
        hospital.paid("445.01", item)
    assert refused.value.text.zh == "验收金额尚余445.00元，不能支付445.01元"
    assert (Payment.objects.count(), hospital.legs()) == (0, (0, 44_500, 0))
    hospital.paid("444.99", item)
    hospital.later(minutes=1)
    assert (Item.objects.get(pk=item.pk).state, hospital.legs()) == ("accepted", (0, 1, 44_499))
    payment = hospital.paid("0.01", item)
    hospital.later(minutes=1)
    assert (Item.objects.get(pk=item.pk).state, hospital.legs()) == ("paid", (0, 0, 44_500))
    refund = {"flow": "refund", "parent": payment, "files": hospital.file("buyer", "grounds"), "reason": "退货"}
    with pytest.raises(Blocked):
        hospital.act("buyer", "apply", amount="0.02", **refund)
    assert (hospital.legs(), prove("budget")) == ((0, 0, 44_500), [])


def test_all_of_it_for_less_and_the_cards_add_up(hospital: Hospital) -> None:
    item = signed(hospital)
    accepted(hospital, item, WHOLE | {"accepted_amount": "800.01"})
    assert list(AssetCard.objects.order_by("code").values_list("value", flat=True)) == [40_001, 40_000]
    assert (hospital.legs(), prove("budget")) == ((0, 80_001, 0), [])


def test_all_of_it_frees_nothing(hospital: Hospital) -> None:
    item = signed(hospital)
    before = Movement.objects.count()
    accepted(hospital, item, WHOLE)
    assert (Movement.objects.count(), hospital.legs(), prove("budget")) == (before, (0, 89_000, 0), [])


def test_what_is_not_acceptable_is_put_right_and_accepted(hospital: Hospital) -> None:
    item = signed(hospital)
    for why in ("包装破损", "整改后仍缺配件"):
        act = rejected(hospital, item, why)
        assert (act.to_state, act.reason, act.files.get().purpose) == ("to_mend", why, "acceptance")
    assert (hospital.legs(), AssetCard.objects.count()) == ((0, 89_000, 0), 0)
    assert list(inbox(hospital.actor("taker")).values_list("step", flat=True)) == ["accept"]
    with pytest.raises(NotAllowed) as early:
        hospital.paid("1.00", item)
    assert early.value.why is Why.PARENT
    assert accepted(hospital, item, WHOLE).to_state == "accepted"
    assert (hospital.legs(), AssetCard.objects.count(), prove("budget")) == ((0, 89_000, 0), 2, [])


def test_a_rejection_and_an_end_say_why_and_bring_their_paper(hospital: Hospital) -> None:
    item = signed(hospital)
    before = kept(hospital)
    for who, step, other in (("taker", "reject_goods", "buyer"), ("buyer", "terminate", "taker")):
        with pytest.raises(Invalid) as bare:
            hospital.act(who, step, item)
        assert set(bare.value.fields) == {"reason", "files"}
        with pytest.raises(NotAllowed):
            hospital.act(other, step, item)
    assert kept(hospital) == before


@pytest.mark.parametrize("first", [False, True])
def test_an_ended_contract_frees_all_of_it(hospital: Hospital, first: bool) -> None:
    item = signed(hospital)
    if first:
        rejected(hospital, item)
    act = terminated(hospital, item)
    assert (act.to_state, act.files.get().purpose, hospital.legs()) == ("terminated", "termination", (0, 0, 0))
    hold = Hold.objects.get(item=item)
    assert (hold.amount, hold.held, hold.committed, hold.used, hold.released) == (90_000, 0, 0, 0, 90_000)
    assert (Item.objects.get(pk=item.pk).ended_at, prove("budget")) == (hospital.now, [])
    assert not inbox(hospital.actor("taker")).exists()
    for step in (lambda: accepted(hospital, item, WHOLE), lambda: terminated(hospital, item)):
        with pytest.raises(NotAllowed) as over:
            step()
        assert over.value.why is Why.STATE


def test_an_ended_contract_is_not_added_up_with_what_is_bought_in_its_place(hospital: Hospital) -> None:
    item = signed(hospital, amount="9000.00")
    beside = hospital.ask(amount="9000.00")
    assert beside.polls.get().seats.count() == 2
    hospital.act("head", "cancel", beside, reason="改用库存")
    terminated(hospital, item)
    assert hospital.ask(amount="9000.00").polls.get().seats.count() == 1


def test_what_is_accepted_is_not_rejected_nor_its_contract_ended(hospital: Hospital) -> None:
    item = signed(hospital)
    accepted(hospital, item, WHOLE)
    for late in (rejected, terminated):
        with pytest.raises(NotAllowed) as refused:
            late(hospital, item)
        assert refused.value.why is Why.STATE
    assert hospital.legs() == (0, 89_000, 0)


def told() -> Iterator[tuple[int, list[str]]]:
    """Of the delivery each level with the roles that it was told to."""
    for each in Escalation.objects.filter(deadline__name="delivery").order_by("pk"):
        yield each.level, sorted(turn["role"] for turn in each.event.content["turns"])


LEVELS = [(1, ["acceptance", "purchasing"]), (2, ["accountant", "leader", "president"])]


@pytest.mark.parametrize("first", [False, True])
def test_a_late_delivery_tells_each_level_once(hospital: Hospital, first: bool) -> None:
    """One clock runs on while it is put right."""
    item = signed(hospital, deliver_on="2026-03-10")
    if first:
        rejected(hospital, item)
    hospital.now = hospital.now.replace(day=10, hour=23, minute=59, second=58)
    hospital.later()
    assert list(told()) == []
    hospital.later(seconds=1)
    assert list(told()) == LEVELS
    rejected(hospital, item)
    hospital.later(days=3)
    assert list(told()) == LEVELS
    accepted(hospital, item, WHOLE)
    assert not item.deadlines.filter(ended_at=None).exists()


@pytest.mark.parametrize("end", [lambda *its: accepted(*its, WHOLE), terminated])
def test_what_came_in_time_or_was_given_up_tells_nobody(hospital: Hospital, end: object) -> None:
    item = signed(hospital, deliver_on="2026-03-10")
    end(hospital, item)  # type: ignore[operator]
    hospital.later(days=30)
    assert list(told()) == []


def test_nothing_is_delivered_before_it_is_signed_for(hospital: Hospital) -> None:
    item = hospital.ask()
    hospital.awarded(item)
    before = kept(hospital)
    contract = {"contract_number": "1", "contract_amount": "890.00", "deliver_on": "2026-03-01"}
    with pytest.raises(Blocked) as refused:
        hospital.act("buyer", "contract", item, files=hospital.file("buyer", "contract"), **contract)
    assert refused.value.text.zh == "交付日期2026-03-01早于签订日期2026-03-02"
    assert kept(hospital) == before
    today = contract | {"deliver_on": "2026-03-02"}
    assert hospital.act("buyer", "contract", item, files=hospital.file("buyer", "contract"), **today).to_state


@pytest.mark.parametrize(("kind", "cards"), [("goods", 2), ("consumables", 0), ("service", 0), ("works", 0)])
def test_only_assets_have_cards(hospital: Hospital, kind: str, cards: int) -> None:
    accepted(hospital, signed(hospital, kind=kind), WHOLE)
    assert (AssetCard.objects.count(), hospital.legs()) == (cards, (0, 89_000, 0))


def test_a_hundred_thousand_gloves_are_no_assets(hospital: Hospital) -> None:
    item = signed(hospital, kind="consumables", quantity="100000")
    accepted(hospital, item, WHOLE | {"accepted_quantity": "100000"})
    assert AssetCard.objects.count() == 0


def test_nothing_is_not_asked_for(hospital: Hospital) -> None:
    with pytest.raises(Invalid) as refused:
        hospital.ask(quantity="0")
    assert set(refused.value.fields) == {"quantity"}
    assert (Procurement.objects.count(), hospital.legs()) == (0, (0, 0, 0))


def test_the_statistics_count_what_was_not_acceptable_and_what_ended(hospital: Hospital) -> None:
    item = signed(hospital)
    rejected(hospital, item)
    terminated(hospital, item)
    page = counted(hospital.people["president"], "procurement")
    assert page.rows("按状态") == {("已解除合同",): "1", ("合计",): "1"}
    assert [page.figures[name] for name in ("验收不合格率", "合同解除率")] == [("100.0%", "1 / 1")] * 2


@pytest.mark.parametrize(
    ("quantity", "amount", "objects"),
    [(5, 100, False), (5, 1, False), (1, 99, False), (4, 99, False), (4, 100, True), (5, 101, True), (5, 0, True),
     (0, 99, True), (6, 99, True), (6, 100, True), (-1, 99, True)],
)  # fmt: skip
def test_the_rule_of_the_order(quantity: int, amount: int, objects: bool) -> None:
    said = rules.within_order(Accepting(quantity, 5, amount, 100))
    assert (said is not None) == objects
    shown = [f"{quantity} / 5", str(yuan_of(amount)), "1.00"]
    assert said is None or [each.value for each in said.evidence] == shown


@pytest.mark.parametrize(("day", "objects"), [(1, True), (2, False), (3, False)])
def test_the_rule_of_delivery(day: int, objects: bool) -> None:
    assert (rules.delivery_after_signing(Delivery(date(2026, 3, day), date(2026, 3, 2))) is not None) == objects
