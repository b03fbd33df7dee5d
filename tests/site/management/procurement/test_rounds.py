"""Rounds of bids (废标重招): each stands on its own bids, scored by one committee; sealed until they are opened."""

from hashlib import sha256

import pytest
from django.test import Client

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.inbox import inbox
from yiheng.site.base.flow.models import Act, Item, Poll, Reached, Seat
from yiheng.site.base.flow.refused import Blocked, Missing
from yiheng.site.base.flow.sight import seen_of, visible
from yiheng.site.base.places.models import Post
from yiheng.site.management.procurement.bids import BID
from yiheng.site.management.procurement.flow import PROCUREMENT
from yiheng.site.management.procurement.models import Bid, Procurement

from .hospital import START, Hospital

BIDDERS = ("bidder0", "bidder1", "bidder2", "bidder3")
ALONE = "独家代理，已公示"


def approved(hospital: Hospital) -> Procurement:
    item = hospital.ask()
    hospital.act("office", "approve", item, value="agree", comment="")
    return item


def opened(hospital: Hospital, prices: tuple[str, ...] = ("880.00", "890.00", "899.00")) -> tuple[Item, list[Item]]:
    """A purchase whose bids, one of each supplier, are opened."""
    item = approved(hospital)
    hospital.act("buyer", "inquire", item, method="inquiry")
    bids = [hospital.lodge(item, number, price) for number, price in enumerate(prices)]
    hospital.act("buyer", "close_bids", item, reason=ALONE)
    hospital.later(minutes=1)
    return item, bids


def seats(bid: Item) -> list[Seat]:
    """The seats of the panel that waits for the bid's scores."""
    return list(Seat.objects.filter(poll__item=bid, poll__closed_at=None, is_open=True).select_related("person"))


def committee(bid: Item) -> set[str]:
    return {seat.person.username for seat in seats(bid)}


def score(hospital: Hospital, bid: Item, points: str) -> None:
    for seat in seats(bid):
        hospital.act(seat.person.username, "score", bid, flow="bid", score=points, comment="")


def states(*bids: Item) -> list[str]:
    return [Item.objects.get(pk=bid.pk).state for bid in bids]


def waits(hospital: Hospital) -> set[int]:
    """The items that wait for bid experts."""
    return {number for name in BIDDERS for number in inbox(hospital.actor(name)).values_list("item", flat=True)}


def price_seen(hospital: Hospital, name: str) -> list[int | None]:
    return [row.shown_price for row in visible(BID, hospital.actor(name), ("price",))]


def file_seen(hospital: Hospital, name: str) -> bool:
    """Whether the document of the only bid may be read."""
    bid = Bid.objects.get(files__purpose="bid")
    return seen_of([bid], hospital.actor(name))[bid.pk].files(BID, "bid")


def joins(hospital: Hospital, name: str, role: str) -> None:
    if name not in hospital.people:
        hospital.people[name] = Person.objects.create_user(name, name=name)
    Post.objects.create(person=hospital.people[name], role=role, place=hospital.org, start=START)


# Rounds


def test_a_second_round_is_judged_by_its_own_bids(hospital: Hospital) -> None:
    item, old = opened(hospital)
    for bid, points in zip(old, ("95", "70", "70"), strict=True):
        score(hospital, bid, points)
    hospital.act("buyer", "fail", item, reason="评审程序有误")
    hospital.act("buyer", "inquire", item, method="inquiry")
    new = [hospital.lodge(item, 1, "870.00")]
    with pytest.raises(Blocked) as few:
        hospital.act("buyer", "close_bids", item)
    assert (few.value.text.zh, states(*old)) == ("有效投标1家，少于3家", ["scored"] * 3), "before any tick"

    new.append(hospital.lodge(item, 2, "890.00"))
    hospital.act("buyer", "close_bids", item, reason=ALONE)
    hospital.later(minutes=1)
    assert (states(*old), states(*new)) == (["lapsed"] * 3, ["opened"] * 2)
    for bid, points in zip(new, ("60", "75"), strict=True):
        score(hospital, bid, points)
    for winner, price in ((0, "880.00"), (1, "890.00"), (1, "870.00")):
        with pytest.raises(Blocked) as refused:
            hospital.act("buyer", "award", item, winner=str(hospital.suppliers[winner].pk), price=price, reason="请审")
        assert refused.value.text.zh == "中标人须为评分最高者，且以其报价成交"
    item = Procurement.objects.get()
    assert (item.state, item.winner, item.price) == ("evaluating", None, None)
    hospital.act("buyer", "award", item, winner=str(hospital.suppliers[2].pk), price="890.00", reason="已核实")
    assert (states(item), states(*old)) == (["awarded"], ["lapsed"] * 3)
    hospital.later(minutes=1)
    assert states(*new) == ["scored"] * 2, "a round with an award keeps its bids"


def test_bids_that_are_being_scored_wait_for_nobody_once_it_failed(hospital: Hospital) -> None:
    item, (scored, half, untouched) = opened(hospital)
    score(hospital, scored, "80")
    hospital.act(seats(half)[0].person.username, "score", half, flow="bid", score="80", comment="")
    assert waits(hospital) == {half.pk, untouched.pk}
    hospital.act("buyer", "fail", item, reason="采购文件有误")
    hospital.later(minutes=1)
    assert (states(scored, half, untouched), waits(hospital)) == (["lapsed"] * 3, set())
    for bid, outcome in ((scored, Poll.Outcome.AGREED), (half, Poll.Outcome.LEFT), (untouched, Poll.Outcome.LEFT)):
        assert (bid.polls.get().outcome, seats(bid)) == (outcome, [])
    hospital.act("buyer", "inquire", item, method="inquiry")
    new = hospital.lodge(item, 0, "880.00")
    hospital.act("buyer", "close_bids", item, reason=ALONE)
    hospital.later(minutes=1)
    assert (states(new), waits(hospital)) == (["opened"], {new.pk})


def test_what_was_sealed_when_its_round_failed_is_never_opened(hospital: Hospital) -> None:
    item = approved(hospital)
    hospital.act("buyer", "inquire", item, method="inquiry")
    old = hospital.lodge(item, 0, "880.00")
    hospital.act("buyer", "fail", item, reason="仅一家投标")
    hospital.act("buyer", "inquire", item, method="inquiry")
    hospital.act("buyer", "close_bids", item, reason=ALONE)
    hospital.later(minutes=1)
    assert (states(old), price_seen(hospital, "buyer"), file_seen(hospital, "buyer")) == (["lapsed"], [None], False)
    assert not Reached.objects.filter(item=old, state="opened").exists()
    acts = Act.objects.count()
    hospital.later(minutes=1)
    assert Act.objects.count() == acts


def test_a_purchase_that_is_cancelled_ends_its_bids(hospital: Hospital) -> None:
    item = approved(hospital)
    hospital.act("buyer", "inquire", item, method="inquiry")
    sealed, withdrawn = hospital.lodge(item, 0, "880.00"), hospital.lodge(item, 1, "890.00")
    hospital.act("buyer", "withdraw_bid", withdrawn, flow="bid", reason="供应商来函")
    hospital.act("head", "cancel", item, reason="改用库存")
    hospital.later(minutes=1)
    assert (states(sealed, withdrawn), hospital.legs()) == (["lapsed", "withdrawn"], (0, 0, 0))
    assert Item.objects.get(pk=sealed.pk).ended_at == hospital.now


def test_an_award_is_not_above_the_budget(hospital: Hospital) -> None:
    item, (bid,) = opened(hospital, ("900.01",))
    score(hospital, bid, "80")
    said = {"winner": str(hospital.suppliers[0].pk), "price": "900.01", "reason": ALONE}
    with pytest.raises(Blocked) as refused:
        hospital.act("buyer", "award", item, **said)
    assert refused.value.text.zh == "成交金额不得超过预算金额"
    assert states(item) == ["evaluating"]


# The committee


def test_one_committee_scores_every_bid(hospital: Hospital) -> None:
    for name in ("bidder4", "bidder5"):
        joins(hospital, name, "bid_expert")
    item, bids = opened(hospital)
    pool = Person.objects.filter(username__startswith="bidder")
    assert pool.count() == 6
    drawn = sorted(pool, key=lambda person: sha256(f"{item.pk}:{person.pk}".encode()).hexdigest())[:3]
    assert [committee(bid) for bid in bids] == [{person.username for person in drawn}] * 3


def test_who_lodges_a_bid_scores_none_of_the_purchase(hospital: Hospital) -> None:
    joins(hospital, "bidder1", "purchasing")
    item = approved(hospital)
    hospital.act("buyer", "inquire", item, method="inquiry")
    bids = [hospital.lodge(item, number, "880.00", who) for number, who in enumerate(("buyer", "bidder1", "buyer"))]
    hospital.act("buyer", "close_bids", item)
    hospital.later(minutes=1)
    assert [committee(bid) for bid in bids] == [{"bidder0", "bidder2", "bidder3"}] * 3


def test_who_withdraws_is_replaced_for_every_bid(hospital: Hospital) -> None:
    _, bids = opened(hospital)
    first = sorted(committee(bids[0]))[0]
    hospital.act(first, "score", bids[1], flow="bid", score="80", comment="")
    hospital.act(first, "recuse", bids[0], flow="bid", reason="与投标人有利害关系")
    hospital.later(minutes=1)
    hospital.later(minutes=1)
    assert [committee(bid) for bid in bids] == [set(BIDDERS) - {first}] * 3
    for bid in bids:
        score(hospital, bid, "80")
    assert states(*bids) == ["scored"] * 3


# What is sealed


def test_a_bid_comes_with_its_document(hospital: Hospital) -> None:
    item = approved(hospital)
    hospital.act("buyer", "inquire", item, method="inquiry")
    bare = {"supplier": str(hospital.suppliers[0].pk), "price": "880.00", "contact": "电话"}
    with pytest.raises(Invalid) as refused:
        hospital.act("buyer", "lodge", flow="bid", parent=item, **bare)
    assert refused.value.fields == {"files": ["“投标文件”至少1个附件，现有0个"]}
    assert Bid.objects.count() == 0


@pytest.mark.parametrize("name", ["buyer", "president", "audit"])
def test_those_who_watch_see_price_and_document_once_it_is_opened(hospital: Hospital, name: str) -> None:
    joins(hospital, "audit", "auditor")
    item = approved(hospital)
    hospital.act("buyer", "inquire", item, method="inquiry")
    hospital.lodge(item, 0, "880.00")
    hospital.act("buyer", "close_bids", item, reason=ALONE)
    assert (price_seen(hospital, name), file_seen(hospital, name)) == ([None], False)
    hospital.later(minutes=1)
    assert (price_seen(hospital, name), file_seen(hospital, name)) == ([88_000], True)


@pytest.mark.parametrize("name", BIDDERS)
def test_bid_experts_see_the_purchase_and_its_bids_once_they_are_opened(hospital: Hospital, name: str) -> None:
    item = approved(hospital)
    hospital.act("buyer", "inquire", item, method="inquiry")
    hospital.lodge(item, 0, "880.00")
    actor = hospital.actor(name)
    assert (visible(PROCUREMENT, actor).count(), price_seen(hospital, name), file_seen(hospital, name)) == (
        0,
        [],
        False,
    )
    hospital.act("buyer", "close_bids", item, reason=ALONE)
    assert list(visible(PROCUREMENT, actor).values_list("pk", "seen_all")) == [(item.pk, True)]
    assert (price_seen(hospital, name), file_seen(hospital, name)) == ([], False)
    hospital.later(minutes=1)
    assert (price_seen(hospital, name), file_seen(hospital, name)) == ([88_000], True)


@pytest.mark.parametrize("name", ["head", "office", "deputy", "taker", "accounts", "cashier", "expert0", "commission"])
def test_others_never_see_a_bid(hospital: Hospital, name: str) -> None:
    _, (bid,) = opened(hospital, ("880.00",))
    assert (price_seen(hospital, name), file_seen(hospital, name)) == ([], False)
    with pytest.raises(Missing):
        hospital.act(name, "comment", bid, flow="bid", text="请说明")


def test_the_page_of_a_sealed_bid_has_neither_price_nor_document(hospital: Hospital) -> None:
    item = approved(hospital)
    hospital.act("buyer", "inquire", item, method="inquiry")
    bid = hospital.lodge(item, 0, "880.00")
    client = Client()
    client.force_login(hospital.people["buyer"], backend="allauth.account.auth_backends.AuthenticationBackend")
    pages = {where: client.get(f"/items/{bid.pk}/{where}").content.decode() for where in ("", "print/")}
    assert [(where, text) for where, page in pages.items() for text in ("880.00", "bid.pdf") if text in page] == []
    hospital.act("buyer", "close_bids", item, reason=ALONE)
    hospital.later(minutes=1)
    page = client.get(f"/items/{bid.pk}/").content.decode()
    assert [text for text in ("880.00", "bid.pdf") if text not in page] == []
