"""Duties apart over a whole matter: who did one of a group is refused those of the others, also by a delegation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.decide import Why
from yiheng.site.base.flow.models import Act, Bar, Item
from yiheng.site.base.flow.refused import NotAllowed
from yiheng.site.base.places.models import Delegation
from yiheng.site.management.procurement.models import Procurement

from .hospital import START, Hospital

ROLES = ("purchase_office", "purchasing", "acceptance", "finance", "cashier")
BUYING = (
    "intend", "inquire", "fail", "announce", "bid.lodge", "close_bids", "award", "contract", "payment.apply",
    "refund.apply",
)  # fmt: skip
ACCEPTING = ("reject_goods", "accept")
PAYING = ("payment.check", "payment.pay", "payment.bounce", "refund.check", "refund.receive")
LATE = (*ACCEPTING, *PAYING)  # what comes after all of buying but what is applied for
APART = {
    "ask": ("approve", *BUYING, *ACCEPTING, *PAYING),
    "approve": ("payment.pay",),
    **dict.fromkeys(BUYING[:-2], LATE),
    "payment.apply": PAYING,
    "refund.apply": ("refund.check", "refund.receive"),
    **dict.fromkeys(ACCEPTING, ("payment.apply", "refund.apply", *PAYING)),
}


@dataclass
class Matter:
    """A purchase that goes its whole way, each duty by whoever is named for it, else by the usual."""

    hospital: Hospital
    by: dict[str, str]
    item: Procurement = field(init=False)
    payment: Item = field(init=False)
    refund: Item = field(init=False)

    def steps(self) -> Iterator[tuple[str, str, Callable[[str], Act]]]:
        """Every duty in turn: its name, who usually does it, and how; it is done when the next is asked for."""
        its, three = self.hospital, [str(each.pk) for each in self.hospital.suppliers]
        yield from self._bought("approve", "office", value="agree", comment="")
        yield from self._bought("inquire", "buyer", method="inquiry")
        yield from self._bought("fail", "buyer", reason="无人投标")
        yield from self._bought("intend", "buyer", method="inquiry")
        its.later(days=30)
        yield from self._bought("announce", "buyer")
        for number, price in enumerate(("880.00", "890.00", "899.00")):
            yield "bid.lodge", "buyer", lambda who, number=number, price=price: its.lodge(self.item, number, price, who)
        yield from self._bought("close_bids", "buyer")
        its.later(minutes=1)
        for bid in Item.objects.filter(parent=self.item.pk, flow="bid").order_by("pk"):
            for seat in bid.polls.get().seats.all():
                points = "90" if bid.bid.price == 89_000 else "70"
                its.act(seat.person.username, "score", bid, flow="bid", score=points, comment="")
        yield from self._bought("award", "buyer", winner=three[1], price="890.00")
        signed = {"contract_number": "1", "contract_amount": "890.00", "deliver_on": "2026-05-01"}
        yield from self._bought("contract", "buyer", "contract", **signed)
        yield from self._bought("reject_goods", "taker", "acceptance", reason="包装破损")
        accepted = {"accepted_quantity": "2", "accepted_amount": "890.00", "location": "库房"}
        yield from self._bought("accept", "taker", "acceptance", **accepted)
        yield from self._paid()

    def _bought(self, step: str, who: str, paper: str = "", **data: str) -> Iterator[tuple[str, str, Callable]]:
        its = self.hospital

        def do(name: str) -> Act:
            files = its.file(name, paper) if paper else ()
            return its.act(name, step, self.item, files=files, **data)

        yield step, who, do

    def _paid(self) -> Iterator[tuple[str, str, Callable]]:
        its = self.hospital
        bill, back = {"amount": "890.00", "invoice": "1"}, {"amount": "90.00"}
        bounced, slip = {"bounce_slip": "2"}, {"slip": "3"}
        yield "payment.apply", "buyer", lambda who: self._apply(who, "payment", self.item, "invoice", bill)
        yield "payment.check", "accounts", lambda who: its.act(who, "check", self.payment, flow="payment")
        yield "payment.pay", "cashier", lambda who: its.act(who, "pay", self.payment, flow="payment")
        yield "payment.bounce", "accounts", lambda who: its.act(
            who, "bounce", self.payment, flow="payment", files=its.file(who, "bounce_notice"), reason="退汇", **bounced
        )  # fmt: skip
        yield "payment.pay", "cashier", lambda who: its.act(who, "pay", self.payment, flow="payment")
        yield "refund.apply", "buyer", lambda who: self._apply(who, "refund", self.payment, "grounds", back)
        yield "refund.check", "accounts", lambda who: its.act(who, "check", self.refund, flow="refund")
        yield "refund.receive", "cashier", lambda who: its.act(
            who, "receive", self.refund, flow="refund", files=its.file(who, "slip"), **slip
        )  # fmt: skip

    def _apply(self, who: str, flow: str, parent: Item, paper: str, data: dict[str, str]) -> Act:
        files = self.hospital.file(who, paper)
        act = self.hospital.act(who, "apply", flow=flow, parent=parent, files=files, reason="退货", **data)
        setattr(self, flow, act.item)
        return act

    def goes(self, tries: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
        """Take all steps; before one of those tried, each of these people is refused it. Who was refused what."""
        refused = []
        self.item = Procurement.objects.get(pk=self._asked().item_id)
        for name, usual, do in self.steps():
            for who in tries.get(name, ()):
                before = kept(self.hospital)
                with pytest.raises(NotAllowed) as why:
                    do(who)
                assert (why.value.why, kept(self.hospital)) == (Why.APART, before), name
                refused.append((who, name))
            do(self.by.get(name, usual))
        return refused

    def _asked(self) -> Act:
        return self.hospital.act(self.by.get("ask", "head"), "ask", **self.hospital.request())


def kept(hospital: Hospital) -> tuple[object, ...]:
    """All that a step changes."""
    items = Item.objects.order_by("pk").values_list("pk", "state", "version")
    return (*items, Act.objects.count(), Bar.objects.count(), hospital.legs())


def hired(hospital: Hospital, name: str, roles: tuple[str, ...] = ROLES) -> Person:
    """Somebody who holds these posts at the hospital beside the own."""
    person = hospital.people.setdefault(name, Person.objects.filter(username=name).first() or _new(name))
    for role in roles:
        person.posts.create(role=role, place=hospital.org, start=START)
    return person


def _new(name: str) -> Person:
    return Person.objects.create_user(name, name=name)


def lent(hospital: Hospital, giver: str, taker: str) -> None:
    start = hospital.now.date()
    Delegation.objects.create(
        giver=hospital.people[giver], taker=hospital.people[taker], start=start, end=start + timedelta(days=90),
        reason="休假",
    )  # fmt: skip


@pytest.mark.parametrize("done", APART)
def test_whoever_did_a_duty_is_refused_those_apart(hospital: Hospital, done: str) -> None:
    hired(hospital, "both")
    hospital.people["both"].posts.create(role="head", place=hospital.ward, start=START)
    refused = Matter(hospital, {done: "both"}).goes(dict.fromkeys(APART[done], ("both",)))
    assert {name for _, name in refused} == set(APART[done])
    assert Procurement.objects.get().state == "accepted"


def test_who_asked_for_another_and_the_other_are_refused_all_of_it(hospital: Hospital) -> None:
    """The aide asks as the head, who is on leave; both hold every post."""
    hired(hospital, "aide")
    hired(hospital, "head")
    lent(hospital, "head", "aide")
    refused = Matter(hospital, {"ask": "aide"}).goes(dict.fromkeys(APART["ask"], ("aide", "head")))
    assert set(refused) == {(who, name) for who in ("aide", "head") for name in APART["ask"]}
    assert Act.objects.get(step="ask").behalf == hospital.people["head"]


def test_nobody_does_it_for_whom_it_is_refused(hospital: Hospital) -> None:
    """The aide has no post but those that the head, who asked, has lent."""
    hired(hospital, "head")
    hired(hospital, "aide", ())
    lent(hospital, "head", "aide")
    refused = Matter(hospital, {}).goes(dict.fromkeys(APART["ask"], ("aide",)))
    assert {name for _, name in refused} == set(APART["ask"])


@pytest.mark.parametrize("group", [("approve", *BUYING), ACCEPTING], ids=["buying", "accepting"])
def test_one_person_does_all_of_a_group(hospital: Hospital, group: tuple[str, ...]) -> None:
    hired(hospital, "both")
    Matter(hospital, dict.fromkeys(group, "both")).goes({})
    assert (Procurement.objects.get().state, hospital.legs()) == ("accepted", (0, 0, 80_000))


def test_whoever_ended_the_contract_accepts_nothing(hospital: Hospital) -> None:
    hired(hospital, "both")
    item = hospital.ask()
    hospital.awarded(item)
    signed = {"contract_number": "1", "contract_amount": "890.00", "deliver_on": "2026-05-01"}
    hospital.act("buyer", "contract", item, files=hospital.file("buyer", "contract"), **signed)
    hospital.act("both", "reject_goods", item, files=hospital.file("both", "acceptance"), reason="包装破损")
    before = kept(hospital)
    with pytest.raises(NotAllowed) as refused:
        hospital.act("both", "terminate", item, files=hospital.file("both", "termination"), reason="逾期")
    assert (refused.value.why, kept(hospital)) == (Why.APART, before)
    hospital.act("buyer", "terminate", item, files=hospital.file("buyer", "termination"), reason="逾期")
    item.refresh_from_db()
    assert item.state == "terminated"
