"""Purchases of the demo (演示采购): some in every state, with their bids and payments, a few overdue."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import localdate

from yiheng.base.money import yuan_of
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.models import Item, Seat
from yiheng.site.base.ledger.limits import open_cell
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import FINANCE, HEAD
from yiheng.site.base.places.standing import Actor, actor_of
from yiheng.site.base.register.changing import Proposed, confirm, propose
from yiheng.site.base.register.reading import as_of
from yiheng.site.demo.stage import Beat, Stage, Story, backwards
from yiheng.site.management.procurement.models import Procurement, Supplier
from yiheng.site.management.procurement.parties import ACCEPTANCE, BUDGET, CASHIER, OFFICE, PRESIDENT, PURCHASING

_SUPPLIERS = 6
_BUDGET = 1_000_000_000
_GOODS = (
    ("A032", "演示检查手套", "consumables"), ("A033", "演示输液器", "consumables"),
    ("B021", "演示监护仪", "goods"), ("B022", "演示心电图机", "goods"),
    ("C014", "演示办公电脑", "goods"), ("C015", "演示消毒柜", "goods"),
    ("D007", "演示超声诊断仪", "goods"), ("D009", "演示血液透析机", "goods"),
)  # fmt: skip
# In fen: one rung, two, three with a president; the large ones are argued by experts first.
_SMALL, _LARGE = (800_000, 3_000_000, 12_000_000), (26_000_000, 80_000_000)
_OFFER = (96, 93, 98)
_BEST, _GOOD, _BAD = "92", "80", "40"


@dataclass(frozen=True)
class Fate:
    """What becomes of some purchases: the beats that they take, and how many days ago the last was, least and most."""

    number: int
    beats: tuple[str, ...]
    least: float
    most: float


_UNTIL_APPROVED = ("ask", *("approve",) * 5)
_UNTIL_OPEN = (*_UNTIL_APPROVED, "inquire", "lodge")
_UNTIL_SCORED = (*_UNTIL_OPEN, "close_bids", "score")
_UNTIL_SIGNED = (*_UNTIL_SCORED, "award", "contract")
_UNTIL_ACCEPTED = (*_UNTIL_SIGNED, "accept")
FATES = (
    Fate(2, ("ask_argued",), 1, 3),
    Fate(3, ("ask",), 0.2, 1),
    Fate(2, ("ask",), 7, 10),
    Fate(2, _UNTIL_APPROVED, 1, 4),
    Fate(2, (*_UNTIL_APPROVED, "intend"), 3, 20),
    Fate(2, _UNTIL_OPEN, 1, 3),
    Fate(1, (*_UNTIL_OPEN, "withdraw_bid"), 1, 3),
    Fate(1, (*_UNTIL_OPEN, "close_bids"), 1, 2),
    Fate(1, _UNTIL_SCORED, 1, 2),
    Fate(1, (*_UNTIL_SCORED, "award"), 2, 6),
    Fate(1, (*_UNTIL_SCORED, "award"), 33, 36),
    Fate(2, _UNTIL_SIGNED, 2, 12),
    Fate(1, (*_UNTIL_APPROVED, "intend", "announce", "lodge", "close_bids", "score", "award", "contract"), 2, 6),
    Fate(1, (*_UNTIL_ACCEPTED, "apply"), 1, 3),
    Fate(1, (*_UNTIL_ACCEPTED, "apply", "check"), 1, 3),
    Fate(1, (*_UNTIL_ACCEPTED, "apply", "refuse"), 1, 3),
    Fate(3, (*_UNTIL_ACCEPTED, "apply", "check", "pay"), 2, 25),
    Fate(1, ("ask_argued", "argue_badly"), 5, 30),
    Fate(1, ("ask", "reject"), 5, 30),
    Fate(1, ("ask", "approve", "cancel"), 5, 30),
    Fate(1, (*_UNTIL_ACCEPTED, "apply", "check", "pay", "bounce"), 1, 3),
    Fate(1, (*_UNTIL_ACCEPTED, "apply", "check", "pay", "bounce", "pay"), 5, 25),
    Fate(1, (*_UNTIL_SIGNED, "reject_goods"), 1, 3),
    Fate(1, (*_UNTIL_SIGNED, "reject_goods", "terminate"), 5, 25),
    Fate(1, (*_UNTIL_SCORED, "fail"), 1, 3),
)

# Days since the beat before, at working hours.
_DAYS = {
    "ask": 0.0, "ask_argued": 0.0, "argue": 1.0, "argue_badly": 1.0, "approve": 0.7, "reject": 1.0, "intend": 1.0,
    "announce": 32.0, "inquire": 1.0, "lodge": 3.0, "withdraw_bid": 0.5, "close_bids": 2.0, "score": 1.0,
    "award": 2.0, "contract": 5.0, "accept": 7.0, "reject_goods": 7.0, "terminate": 5.0, "apply": 2.0, "check": 1.0,
    "refuse": 1.0, "pay": 2.0, "bounce": 3.0, "cancel": 1.0, "fail": 1.0,
}  # fmt: skip


def stories(stage: Stage, now: datetime) -> Iterator[Story]:
    """All purchases of the demo; every fifth of those that go on is large."""
    number = 0
    for fate in FATES:
        for _ in range(fate.number):
            number += 1
            yield _story(stage, fate, number, now)


def prepare(stage: Stage) -> None:
    """Suppliers that each hospital has admitted, and a budget for every department that asks."""
    for hospital in _hospitals(stage):
        _admit(stage, hospital)
        for place in _asking(stage, hospital):
            key = f"{place.code}|{stage.now.year}"
            name = f"{hospital.name} {place.name} 设备与耗材"
            stage.kept[place.code] = open_cell(BUDGET, key, name, stage.now, _BUDGET, hospital).pk


def _admit(stage: Stage, hospital: Place) -> None:
    """The buyer proposes, the office confirms; the last one still waits for that."""
    buyer, office = (_actor(stage, role.code, hospital) for role in (PURCHASING, OFFICE))
    for number in range(1, _SUPPLIERS + 2):
        fields = {
            "org": hospital,
            "code": f"91990000DEMO{number:06}",
            "name": f"演示供应商{number}",
            "contact": f"演示联系人{number}",
        }
        row = propose(buyer, Supplier, Proposed(localdate(stage.now), "准入审查（虚构）", fields), stage.now)
        if number <= _SUPPLIERS:
            confirm(office, row, stage.now)


def _actor(stage: Stage, role: str, place: Place) -> Actor:
    return actor_of(stage.cast.of(role, place).pk, localdate(stage.now))


def _hospitals(stage: Stage) -> list[Place]:
    codes = [code for code in stage.region.leads if (FINANCE.code, code) in stage.cast.at]
    return [stage.region.hospitals[code] for code in codes]


def _asking(stage: Stage, hospital: Place) -> list[Place]:
    return [place for place in stage.region.departments[hospital.code] if (HEAD.code, place.code) in stage.cast.at]


def _story(stage: Stage, fate: Fate, number: int, now: datetime) -> Story:
    chance, beats, hospitals = stage.chance, fate.beats, _hospitals(stage)
    org = hospitals[number % len(hospitals)]  # in turn, so that some of each size are the first one's
    is_large = beats[0] == "ask_argued" or (len(beats) > len(_UNTIL_APPROVED) and number % 5 == 0)
    if is_large and beats[0] == "ask":
        beats = ("ask_argued", "argue", *beats[1:])
    told = {
        "org": org,
        "dept": chance.choice(_asking(stage, org)),
        "goods": _GOODS[number % len(_GOODS)],
        "number": number,
        "amount": (_LARGE if is_large else _SMALL)[number % (2 if is_large else 3)],
    }
    end = now - timedelta(days=chance.uniform(fate.least, fate.most))
    return Story(
        backwards(end, [(timedelta(days=_DAYS[name]), _BEATS[name]) for name in beats], office=True), told=told
    )


def _asks(step: str) -> Beat:
    def beat(stage: Stage, story: Story) -> None:
        told = story.told
        code, name, kind = told["goods"]
        data = {
            "org": told["org"].code, "dept": told["dept"].code, "kind": kind, "code": f"{code}-{told['number']:02}",
            "name": name, "quantity": "2", "amount": str(yuan_of(told["amount"])),
            "budget": str(stage.kept[told["dept"].code]), "need": "现有设备不足（虚构）",
        }  # fmt: skip
        story.item = stage.act(_one(stage, story, HEAD.code, "dept"), step, flow="procurement", **data)

    return beat


def _scores(step: str, points: str) -> Beat:
    return lambda stage, story: _score_all(stage, _its(story), step, points)


def _score_all(stage: Stage, item: Item, step: str, points: str) -> None:
    for seat in _seats(item, step):
        stage.act(seat.person, step, item, score=points, comment="")


def _approve(stage: Stage, story: Story) -> None:
    """The next rung signs; a ladder that is at its end has none."""
    for seat in _seats(_its(story), "approve")[:1]:
        stage.act(_signer(stage, story, seat), "approve", story.item, value="agree", comment="")


def _reject(stage: Stage, story: Story) -> None:
    (seat,) = _seats(_its(story), "approve")[:1]
    stage.act(_signer(stage, story, seat), "approve", story.item, value="refuse", comment="现有设备可调配使用")


def _signer(stage: Stage, story: Story, seat: Seat) -> Person:
    """Whoever holds the rung's post, or whom the president lent it to."""
    lent = stage.cast.stands_in
    is_lent = lent is not None and lent[0] <= localdate(stage.now) and story.told["amount"] <= stage.cast.cap
    org: Place = story.told["org"]
    if lent is not None and is_lent and seat.role == PRESIDENT.code and org.code == stage.region.leads[0]:
        return lent[1]
    return stage.cast.of(seat.role, org)


def _seats(item: Item, step: str) -> list[Seat]:
    """The seats of the item's panel that wait for an answer."""
    return list(Seat.objects.filter(poll__item=item.pk, poll__step=step, poll__closed_at=None, is_open=True, at=None))


def _buys(step: str, **data: str) -> Beat:
    return lambda stage, story: _take(stage, story, step, {**data, "notice": _notice(story, step)})


def _notice(story: Story, step: str) -> str:
    """Where a step was published."""
    return f"演示公告{story.told['number']:03}-{step}"


def _take(stage: Stage, story: Story, step: str, data: dict[str, Any]) -> None:
    stage.act(_one(stage, story, PURCHASING.code, "org"), step, story.item, **data)


def _lodge(stage: Stage, story: Story) -> None:
    """Three suppliers bid, a little below what was approved."""
    buyer = _one(stage, story, PURCHASING.code, "org")
    its = list(as_of(Supplier, localdate(stage.now)).filter(org=story.told["org"]).order_by("pk"))
    for place, share in enumerate(_OFFER):
        supplier = its[(story.told["number"] + place) % len(its)]
        price = str(yuan_of(story.told["amount"] * share // 100))
        bid: dict[str, Any] = {"supplier": str(supplier.pk), "price": price, "contact": supplier.contact}
        stage.act(buyer, "lodge", flow="bid", parent=story.item, files=stage.paper(buyer, "bid"), **bid)


def _withdraw_bid(stage: Stage, story: Story) -> None:
    bid = _bids(story)[-1]
    stage.act(_one(stage, story, PURCHASING.code, "org"), "withdraw_bid", bid, reason="供应商来函撤回")


def _close_bids(stage: Stage, story: Story) -> None:
    _take(stage, story, "close_bids", {})
    stage.wait()


def _score(stage: Stage, story: Story) -> None:
    """The second bid, the cheapest, is the best."""
    for place, bid in enumerate(_bids(story)):
        _score_all(stage, bid, "score", _BEST if place == 1 else _GOOD)


def _award(stage: Stage, story: Story) -> None:
    best = _bids(story)[1].bid
    buyer = _one(stage, story, PURCHASING.code, "org")
    award: dict[str, Any] = {"winner": str(best.supplier_id), "price": str(yuan_of(best.price))}
    award["notice"] = _notice(story, "award")
    stage.act(buyer, "award", story.item, reason="按评审结果推荐", **award)


def _contract(stage: Stage, story: Story) -> None:
    buyer = _one(stage, story, PURCHASING.code, "org")
    price = Procurement.objects.values_list("price", flat=True).get(pk=_its(story).pk)
    data: dict[str, Any] = {
        "contract_number": f"演示合同{story.told['number']:03}",
        "contract_amount": str(yuan_of(price)),
        "signed_on": str(localdate(stage.now)),
        "deliver_on": str(localdate(stage.now) + timedelta(days=10)),
        "notice": _notice(story, "contract"),
    }
    stage.act(buyer, "contract", story.item, files=stage.paper(buyer, "contract"), **data)


def _accept(stage: Stage, story: Story) -> None:
    taker = _one(stage, story, ACCEPTANCE.code, "org")
    amount = Procurement.objects.values_list("contract_amount", flat=True).get(pk=_its(story).pk)
    data: dict[str, Any] = {
        "accepted_quantity": "2",
        "accepted_amount": str(yuan_of(amount)),
        "location": f"{story.told['dept'].name}库房",
    }
    stage.act(taker, "accept", story.item, files=stage.paper(taker, "acceptance"), **data)


def _reject_goods(stage: Stage, story: Story) -> None:
    taker = _one(stage, story, ACCEPTANCE.code, "org")
    paper = stage.paper(taker, "acceptance")
    stage.act(taker, "reject_goods", story.item, files=paper, reason="外观破损，限期更换")


def _terminate(stage: Stage, story: Story) -> None:
    buyer = _one(stage, story, PURCHASING.code, "org")
    paper = stage.paper(buyer, "termination")
    stage.act(buyer, "terminate", story.item, files=paper, reason="逾期未更换")


def _apply(stage: Stage, story: Story) -> None:
    buyer = _one(stage, story, PURCHASING.code, "org")
    amount = Procurement.objects.values_list("accepted_amount", flat=True).get(pk=_its(story).pk)
    bill: dict[str, Any] = {"amount": str(yuan_of(amount)), "invoice": f"演示发票{story.told['number']:03}"}
    paper = stage.paper(buyer, "invoice")
    story.told["payment"] = stage.act(buyer, "apply", flow="payment", parent=story.item, files=paper, **bill)


def _pays(step: str, role: str, reason: str = "") -> Beat:
    return lambda stage, story: _pay(stage, story, step, role, reason)


def _pay(stage: Stage, story: Story, step: str, role: str, reason: str) -> None:
    stage.act(_one(stage, story, role, "org"), step, story.told["payment"], reason=reason)
    stage.wait()


def _bounce(stage: Stage, story: Story) -> None:
    finance = _one(stage, story, FINANCE.code, "org")
    said: dict[str, Any] = {"reason": "收款账号有误", "bounce_slip": f"演示退汇{story.told['number']:03}"}
    stage.act(finance, "bounce", story.told["payment"], files=stage.paper(finance, "bounce_notice"), **said)
    stage.wait()


def _fail(stage: Stage, story: Story) -> None:
    """The bids lapse with their round."""
    stage.act(_one(stage, story, PURCHASING.code, "org"), "fail", story.item, reason="评审程序有误")
    stage.wait()


def _cancel(stage: Stage, story: Story) -> None:
    stage.act(_one(stage, story, HEAD.code, "dept"), "cancel", story.item, reason="需求变化")


def _one(stage: Stage, story: Story, role: str, where: str) -> Person:
    return stage.cast.of(role, story.told[where])


def _its(story: Story) -> Item:
    if story.item is None:
        raise ValueError("it was not asked for yet")
    return story.item


def _bids(story: Story) -> Sequence[Any]:
    return list(Item.objects.filter(parent=_its(story).pk, flow="bid").order_by("pk"))


_BEATS: dict[str, Beat] = {
    "ask": _asks("ask"),
    "ask_argued": _asks("ask_argued"),
    "argue": _scores("argue", _GOOD),
    "argue_badly": _scores("argue", _BAD),
    "approve": _approve,
    "reject": _reject,
    "intend": _buys("intend", method="open"),
    "announce": _buys("announce"),
    "inquire": _buys("inquire", method="inquiry"),
    "lodge": _lodge,
    "withdraw_bid": _withdraw_bid,
    "close_bids": _close_bids,
    "score": _score,
    "award": _award,
    "contract": _contract,
    "accept": _accept,
    "reject_goods": _reject_goods,
    "terminate": _terminate,
    "apply": _apply,
    "check": _pays("check", FINANCE.code),
    "refuse": _pays("refuse", FINANCE.code, "发票抬头有误"),
    "pay": _pays("pay", CASHIER.code),
    "bounce": _bounce,
    "cancel": _cancel,
    "fail": _fail,
}
