"""A county hospital and a city hospital that refer patients to each other (转诊场景)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.files.keeping import keep
from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.flow.tick import tick
from yiheng.site.base.ledger.limits import open_cell
from yiheng.site.base.ledger.models import Cell
from yiheng.site.base.places.models import Place, Post
from yiheng.site.base.places.standing import Actor, actor_of
from yiheng.site.base.register.changing import Proposed, feed
from yiheng.site.region.referral.models import Capability, Referral
from yiheng.site.region.referral.parties import PLACES

START = date(2025, 1, 1)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
# What a referral downwards is written with, beside what every one is.
DOWN = {
    "direction": "down", "grounds": ["stable"], "urgency": "routine", "plan": "口服药", "review_on": "2026-04-01",
    "red_flags": "胸痛",
}  # fmt: skip


@dataclass
class County:
    """Everybody by name; `now` moves on."""

    city_hospital: Place
    county_hospital: Place
    other: Place
    slot: Cell
    people: dict[str, Person]
    now: datetime = NOW

    def actor(self, name: str) -> Actor:
        return actor_of(self.people[name].pk, self.now.date())

    def asked(
        self, step: str, item: Item | None = None, reason: str = "", files: tuple[int, ...] = (), **data: object
    ) -> Asked:
        seen = None if item is None else Item.objects.get(pk=item.pk).version
        return Asked("referral", step, uuid4(), item and item.pk, None, seen, data, reason, files)

    def act(self, who: str, step: str, item: Item | None = None, reason: str = "", **data: object) -> Act:
        files = self.consent() if step == "consent" else ()
        return act(self.actor(who), self.asked(step, item, reason, files, **data), self.now)

    def consent(self) -> tuple[int, ...]:
        return (keep(self.people["doc"], "consent", "同意书.pdf", [PDF], ("pdf",), 10_000, self.now).pk,)

    def form(self, **data: object) -> dict[str, object]:
        """What a referral is written with."""
        every = {
            "direction": "up",
            "urgency": "urgent",
            "sender": self.county_hospital.code,
            "receiver": self.city_hospital.code,
            "subject": "03",
            "grounds": ["beyond"],
            "dangers": [],
            "escort": "",
            "team_confirmed": "",
            "patient": "p-1",
            "diagnosis": "I21.0",
            "summary": "胸痛2小时",
            "plan": "",
            "review_on": "",
            "red_flags": "",
            "family_doctor": "fam",
        }
        return every | data

    def written(self, **data: object) -> Referral:
        return Referral.objects.get(pk=self.act("doc", "write", **self.form(**data)).item_id)

    def submitted(self, **data: object) -> Referral:
        item = self.written(**data)
        self.act("doc", "consent", item, consent="患者本人")
        self.act("doc", "submit", item)
        return item

    def scheduled(self, **data: object) -> Referral:
        item = self.submitted(**data)
        self.act("desk", "accept", item)
        self.act("desk", "schedule", item, slot=str(self.slot.pk))
        return item

    def in_transit(self, **data: object) -> Referral:
        item = self.scheduled(**data)
        self.act("doc", "depart", item)
        return item

    def in_care(self, **data: object) -> Referral:
        """Arrived at the appointed time."""
        item = self.scheduled(**data)
        self.now += timedelta(days=1)
        self.act("desk", "arrive", item, arrived_at="2026-03-03 09:00")
        return item

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)
        tick(self.now)


def make_county(places: int = 3) -> County:
    """`places`: how many the city hospital keeps for the referred tomorrow."""
    city = _place("14", "region", None, "市")
    county = _place("1401", "region", city, "县")
    big = _place("B", "institution", city, "市医院")
    small = _place("S", "institution", county, "县医院")
    other = _place("O", "institution", city, "二院")
    licensed = [Proposed(START, "执业许可证", {"org": org, "subject": "03"}) for org in (big, small, other)]
    feed(Capability, "licences", licensed, NOW)
    slot = open_cell(PLACES, "B|bed", "心内科床位", NOW, places, big, starts_at=NOW + timedelta(days=1))
    people = {
        "doc": _person("doc", "doctor", small),
        "fam": _person("fam", "doctor", small),
        "out": _person("out", "referral_desk", small),
        "desk": _person("desk", "referral_desk", big),
        "desk2": _person("desk2", "referral_desk", other),
        "centre": _person("centre", "referral_centre", city),
        "com": _person("com", "commission", city),
        "stranger": _person("stranger", "doctor", other),
        "treats": _person("treats", "doctor", big),
        "colleague": _person("colleague", "doctor", big),
    }
    return County(big, small, other, slot, people)


def _place(code: str, kind: str, parent: Place | None, name: str) -> Place:
    path = f"{parent.path if parent else '/'}{code}/"
    return Place.objects.create(code=code, name=name, kind=kind, parent=parent, path=path, start=START)


def _person(username: str, role: str, place: Place) -> Person:
    person = Person.objects.create_user(username, name=username)
    Post.objects.create(person=person, role=role, place=place, start=START)
    return person
