"""A region in which every role is held twice: at the hospital whose items these are, and elsewhere (权限世界)."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.models import Item
from yiheng.site.base.flow.registry import flows
from yiheng.site.base.ledger.limits import open_cell
from yiheng.site.base.places.models import Place, Post
from yiheng.site.base.places.roles import DEPARTMENT, INSTITUTION, known_roles
from yiheng.site.base.places.standing import actor_of
from yiheng.site.base.register.changing import Proposed, confirm, feed, propose
from yiheng.site.base.register.models import RegisterRow
from yiheng.site.management.procurement.models import Supplier
from yiheng.site.management.procurement.parties import BUDGET
from yiheng.site.region.referral.models import Capability
from yiheng.site.region.referral.parties import PLACES
from yiheng.site.region.telemedicine.models import Agreement

from ..base.town import START, make_person, make_place
from ..management.procurement.hospital import Hospital
from ..region.referral.county import County

OWN, OTHER = "own", "other"
PASSWORD = "Long-pass-12"
_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# Whom the scenes of the two services call by another name.
_CALLED = {
    "head": "head",
    "office": "purchase_office",
    "buyer": "purchasing",
    "taker": "acceptance",
    "accounts": "finance",
    "cashier": "cashier",
    "president": "president",
    "desk": "referral_desk",
}


@dataclass
class World:
    """Places, people by (role, side), and items by name; all items are those of the own side."""

    places: dict[str, Place]
    people: dict[tuple[str, str], Person]
    hospital: Hospital
    county: County
    items: dict[str, Item]

    def person(self, name: str) -> Person:
        """Somebody who writes the items: `doc` or another name of the scenes."""
        return {**self.county.people, **self.hospital.people}[name]

    def everybody(self) -> dict[str, Person]:
        """Role and side -> person; one more without any post."""
        return {f"{role}.{side}": person for (role, side), person in self.people.items()}

    def again(self, name: str) -> Item:
        flow = self.items[name].its_flow
        return flow.model.objects.get(pk=self.items[name].pk)


def make_world() -> World:
    flows()  # every flow declares its roles when it is read
    places = _places()
    people = {
        (code, side): make_person(f"{code}.{side}", (code, _place_for(role.held_at, places, side)))
        for code, role in sorted(known_roles().items())
        for side in (OWN, OTHER)
    }
    people["nobody", OTHER] = make_person("nobody.other")
    world = World(places, people, _hospital(places, people), _county(places, people), {})
    _fill(world)
    return world


def _places() -> dict[str, Place]:
    region = make_place("14", "region", name="省")
    counties = {side: make_place(f"14-{side}", "region", region, f"{side}市") for side in (OWN, OTHER)}
    hospitals = {side: make_place(f"H-{side}", "institution", counties[side], f"{side}医院") for side in (OWN, OTHER)}
    wards = {side: make_place(f"W-{side}", "department", hospitals[side], f"{side}病区") for side in (OWN, OTHER)}
    small = make_place("S", "institution", counties[OWN], "乡镇卫生院")
    return {
        **{f"region.{side}": place for side, place in counties.items()},
        **{f"institution.{side}": place for side, place in hospitals.items()},
        **{f"department.{side}": place for side, place in wards.items()},
        "small": small,
    }


def _place_for(held_at: tuple[str, ...], places: dict[str, Place], side: str) -> Place:
    kind = next(kind for kind in (INSTITUTION, DEPARTMENT, "region") if kind in held_at)
    return places[f"{kind}.{side}"]


def _hospital(places: dict[str, Place], people: dict[tuple[str, str], Person]) -> Hospital:
    org, ward = places["institution.own"], places["department.own"]
    named = {name: people[role, OWN] for name, role in _CALLED.items()}
    for number in range(3):
        named[f"bidder{number}"] = make_person(f"bidder{number}", ("bid_expert", org))
    rows = [Proposed(START, "准入目录", {"org": org, "code": f"9114{each}", "name": f"供应商{each}"}) for each in "123"]
    cell = open_cell(BUDGET, "own|2026", "耗材", _now(), 10_000_000, org)
    other = places["institution.other"]
    open_cell(BUDGET, "other|2026", "他院预算", _now(), 10_000_000, other)
    feed(Supplier, "suppliers", [Proposed(START, "目录", {"org": other, "code": "9115", "name": "他院供应商"})], _now())
    return Hospital(org, ward, cell, named, feed(Supplier, "suppliers", rows, _now()), _now())


def _county(places: dict[str, Place], people: dict[tuple[str, str], Person]) -> County:
    big, small = places["institution.own"], places["small"]
    licensed = [Proposed(START, "许可证", {"org": org, "subject": "03"}) for org in (big, small)]
    feed(Capability, "licences", licensed, _now())
    slot = open_cell(PLACES, "own|bed", "床位", _now(), 3, big, starts_at=_now() + timedelta(days=1))
    named = {
        "doc": make_person("doc", ("doctor", small)),
        "fam": make_person("fam", ("doctor", small)),
        "desk": people["referral_desk", OWN],
    }
    return County(big, small, places["institution.other"], slot, named, _now())


def _now() -> object:
    return timezone.localtime(timezone.now())


def _fill(world: World) -> None:
    """One item of each flow, in a state in which much is open to the own side."""
    county, hospital, items = world.county, world.hospital, world.items
    items["referral"] = county.submitted()
    items["draft"] = county.written(patient="p-draft")
    items["purchase"] = hospital.ask(need="库存不足")
    items["open"] = hospital.ask(name="口罩", code="A099")
    hospital.act("office", "approve", items["open"], value="agree", comment="")
    hospital.act("buyer", "inquire", items["open"], method="inquiry")
    items["bid"] = hospital.lodge(items["open"], 0, "880.00")
    data = {"sender": "S", "receiver": "H-own", "subject": "血样", "amount": "90.00", "note": "机要"}
    doc = actor_of(county.people["doc"].pk, hospital.now.date())
    items["errand"] = act(doc, _asked("errand", "begin", None, data), hospital.now).item
    act(doc, _asked("errand", "send", items["errand"], {}), hospital.now)


def fill_up(world: World) -> list[RegisterRow]:
    """An item of each further flow, and a row of each register that waits or holds, for whoever asks after all."""
    hospital, items = world.hospital, world.items
    hospital.people |= {person.username: person for person in world.people.values()}
    bought = items["bought"] = hospital.ask(name="监护电极", code="A100")
    hospital.awarded(bought)
    contract = {"contract_number": "1", "contract_amount": "890.00", "deliver_on": "2030-01-01"}
    hospital.act("buyer", "contract", bought, files=hospital.file("buyer", "contract"), **contract)
    accepted = {"accepted_quantity": "2", "accepted_amount": "890.00", "location": "库房"}
    hospital.act("taker", "accept", bought, files=hospital.file("taker", "acceptance"), **accepted)
    items["payment"], items["paid"] = (_payment(hospital, bought, yuan) for yuan in ("100.00", "200.00"))
    hospital.act("accounts", "check", items["paid"], flow="payment")
    hospital.act("cashier", "pay", items["paid"], flow="payment")
    refund = {"flow": "refund", "parent": items["paid"], "reason": "退货1件", "amount": "50.00"}
    items["refund"] = hospital.act("buyer", "apply", files=hospital.file("buyer", "grounds"), **refund).item
    rows = _rows(world)
    data = {"kind": "imaging", "inviter": "S", "invitee": "H-own", "patient": "p-2", "consent": "on", "materials": "CT"}
    doc = actor_of(world.county.people["doc"].pk, hospital.now.date())
    items["consultation"] = act(doc, _asked("consultation", "write", None, data), hospital.now).item
    act(doc, _asked("consultation", "apply", items["consultation"], {}), hospital.now)
    for bid in Item.objects.filter(parent=bought.pk, flow="bid").order_by("pk"):
        items[f"bid {bid.pk}"] = bid
    for name in items:
        items[name] = world.again(name)
    return rows


def _payment(hospital: Hospital, bought: Item, yuan: str) -> Item:
    bill = hospital.file("buyer", "invoice")
    return hospital.act("buyer", "apply", flow="payment", parent=bought, files=bill, amount=yuan, invoice=yuan).item


def _rows(world: World) -> list[RegisterRow]:
    """Of suppliers one of each side that holds and one that waits; an agreement in force, a licence."""
    own, other, now = world.places["institution.own"], world.places["institution.other"], world.hospital.now
    office, desk = (actor_of(world.people[role, OWN].pk, now.date()) for role in ("purchasing", "tele_desk"))
    fields = {"org": own, "code": "9120", "name": "拟准入供应商"}
    waits = propose(office, Supplier, Proposed(START, "准入评审", fields), now)
    fields = {"inviter": world.places["small"], "invitee": own, "kind": "imaging"}
    agreed = propose(desk, Agreement, Proposed(START, "协议", fields), now)
    confirm(actor_of(world.people["commission", OWN].pk, now.date()), agreed, now)
    held = [Supplier.objects.get(org=own, code="91141"), Supplier.objects.get(org=other)]
    return [waits, *held, Agreement.objects.get(), Capability.objects.get(org=own)]


def _asked(flow: str, step: str, item: Item | None, data: dict[str, object]) -> Asked:
    seen = None if item is None else Item.objects.get(pk=item.pk).version
    return Asked(flow, step, uuid4(), item and item.pk, seen=seen, data=data)


def entered(person: Person, **rest: object) -> Client:
    """A client in which the person is signed in; roles that need a second factor have one."""
    client = Client(**rest)  # type: ignore[arg-type]
    client.force_login(person, backend=_BACKEND)
    return client


def post(person: Person, role: str, place: Place) -> Post:
    return Post.objects.create(person=person, role=role, place=place, start=START)
