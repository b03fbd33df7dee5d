"""A hospital that buys (采购场景): its people, its budget, three suppliers, and how a purchase goes."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import transaction

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.files.keeping import keep
from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.flow.tick import tick
from yiheng.site.base.ledger import moves
from yiheng.site.base.ledger.limits import open_cell
from yiheng.site.base.ledger.models import Cell
from yiheng.site.base.ledger.moves import By
from yiheng.site.base.places.models import Place, Post
from yiheng.site.base.places.standing import Actor, actor_of
from yiheng.site.base.register.changing import Proposed, feed
from yiheng.site.management.procurement.models import Procurement, Supplier
from yiheng.site.management.procurement.parties import BUDGET

START = date(2025, 1, 1)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
ROLES = {
    "office": "purchase_office",
    "deputy": "deputy",
    "accountant": "accountant",
    "president": "president",
    "meeting": "presidents_meeting",
    "party": "party_committee",
    "buyer": "purchasing",
    "taker": "acceptance",
    "accounts": "finance",
    "cashier": "cashier",
    **{f"expert{number}": "expert" for number in range(4)},
    **{f"bidder{number}": "bid_expert" for number in range(4)},
}


PUBLISHING = ("intend", "inquire", "announce", "award", "contract")


@dataclass
class Hospital:
    """Everybody by name; `now` moves on."""

    org: Place
    ward: Place
    budget: Cell
    people: dict[str, Person]
    suppliers: list[Supplier]
    now: datetime = NOW

    def actor(self, name: str) -> Actor:
        return actor_of(self.people[name].pk, self.now.date())

    def act(
        self,
        who: str,
        step: str,
        item: Item | None = None,
        /,
        *,
        flow: str = "procurement",
        parent: Item | None = None,
        reason: str = "",
        files: tuple[int, ...] = (),
        **data: object,
    ) -> Act:
        """Take a step; unless something else is said, one that publishes says where, a contract is signed today."""
        seen = None if item is None else Item.objects.get(pk=item.pk).version
        if flow == "procurement" and step in PUBLISHING:
            data = {"notice": f"公告{seen}"} | data
        if (flow, step) == ("procurement", "contract"):
            data = {"signed_on": str(self.now.date())} | data
        asked = Asked(flow, step, uuid4(), item and item.pk, parent and parent.pk, seen, data, reason, files)
        return act(self.actor(who), asked, self.now)

    def file(self, name: str, purpose: str) -> tuple[int, ...]:
        return (keep(self.people[name], purpose, f"{purpose}.pdf", [PDF], ("pdf",), 10_000, self.now).pk,)

    def request(self, **data: object) -> dict[str, object]:
        """What the head of the ward fills in: 900 yuan of gloves, unless something else is said."""
        every = {
            "org": self.org.code,
            "dept": self.ward.code,
            "kind": "goods",
            "code": "A032",
            "name": "手套",
            "quantity": "2",
            "amount": "900.00",
            "budget": str(self.budget.pk),
            "supplier": "",
            "need": "库存不足",
            "license_number": "",
        }
        return every | data

    def ask(self, step: str = "ask", **data: object) -> Procurement:
        return Procurement.objects.get(pk=self.act("head", step, **self.request(**data)).item_id)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)
        tick(self.now)

    def legs(self) -> tuple[int, int, int]:
        """What of the ward's budget is held, committed and used, in fen."""
        cell = Cell.objects.get(pk=self.budget.pk)
        return cell.held, cell.committed, cell.used

    def contracted(self) -> Item:
        """A purchase that was accepted, under a contract of 890 yuan; how one comes to that is told in test_flow."""
        item = self.ask(amount="890.00")
        with transaction.atomic():
            moves.commit(item.holds.values_list("pk", flat=True), By(self.now))
        Procurement.objects.filter(pk=item.pk).update(state="accepted", contract_amount=89_000, accepted_amount=89_000)
        return item

    def paid(self, yuan: str = "890.00", item: Item | None = None) -> Item:
        """A payment that was made, under a contract of 890 yuan."""
        bought, bill = item or self.contracted(), self.file("buyer", "invoice")
        payment = self.act("buyer", "apply", flow="payment", parent=bought, files=bill, amount=yuan, invoice="1").item
        self.act("accounts", "check", payment, flow="payment")
        return self.act("cashier", "pay", payment, flow="payment").item

    def lodge(self, item: Item, number: int, price: str, who: str = "buyer") -> Item:
        """The bid of one of the suppliers."""
        said = {"supplier": str(self.suppliers[number].pk), "price": price, "contact": f"电话{number}"}
        return self.act(who, "lodge", flow="bid", parent=item, files=self.file(who, "bid"), **said).item

    def awarded(self, item: Procurement) -> None:
        """From approval to the award: published, three bids, scored, the second wins."""
        self.act("office", "approve", item, value="agree", comment="")
        self.act("buyer", "inquire", item, method="inquiry")
        for number, price in enumerate(("880.00", "890.00", "899.00")):
            self.lodge(item, number, price)
        self.act("buyer", "close_bids", item)
        self.later(minutes=1)
        for bid in Item.objects.filter(parent=item.pk, flow="bid").order_by("pk"):
            points = 90 if bid.bid.price == 89_000 else 70
            for seat in bid.polls.get().seats.all():
                self.act(seat.person.username, "score", bid, flow="bid", score=str(points), comment="")
        self.act("buyer", "award", item, winner=str(self.suppliers[1].pk), price="890.00")


def make_hospital(limit: int = 10_000_000) -> Hospital:
    """`limit`: the ward's budget in fen."""
    city = Place.objects.create(code="14", name="市", kind="region", path="/14/", start=START)
    org = Place.objects.create(code="H", name="市医院", kind="institution", parent=city, path="/14/H/", start=START)
    ward = Place.objects.create(
        code="H-1", name="一病区", kind="department", parent=org, path="/14/H/H-1/", start=START
    )
    people = {"head": _person("head", "head", ward), **{name: _person(name, role, org) for name, role in ROLES.items()}}
    people["commission"] = _person("commission", "commission", city)
    named = [{"org": org, "code": f"9114060000000000{each}", "name": f"供应商{each}"} for each in "123"]
    rows = [Proposed(START, "准入目录", fields) for fields in named]
    suppliers = feed(Supplier, "suppliers", rows, NOW)
    cell = open_cell(BUDGET, "H-1|2026|A032", "一病区 耗材 2026", NOW, limit, org)
    return Hospital(org, ward, cell, people, suppliers)


def _person(username: str, role: str, place: Place) -> Person:
    person = Person.objects.create_user(username, name=username)
    Post.objects.create(person=person, role=role, place=place, start=START)
    return person
