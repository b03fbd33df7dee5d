"""A region with two hospitals and their people, and the small errand that they send to each other."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from yiheng.base.refusal import LAST, WEIGHTS
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.places.models import Delegation, Place, Post
from yiheng.site.base.places.standing import Actor, actor_of

START = date(2025, 1, 1)
DAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def made_up_number() -> str:
    """An identity number that is nobody's: made here, so that it stands in no file."""
    body = f"110101{1990:04}0307{1:03}"
    return body + LAST[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, body, strict=True)) % len(LAST)]


def make_place(code: str, kind: str, parent: Place | None = None, name: str = "") -> Place:
    path = f"{parent.path if parent else '/'}{code}/"
    return Place.objects.create(code=code, name=name or code, kind=kind, parent=parent, path=path, start=START)


def make_person(username: str, *posts: tuple[str, Place], name: str = "") -> Person:
    person = Person.objects.create_user(username, name=name or username)
    for role, place in posts:
        Post.objects.create(person=person, role=role, place=place, start=START)
    return person


def lend(giver: Person, taker: Person, cap: int | None = None, flow: str = "") -> Delegation:
    return Delegation.objects.create(
        giver=giver, taker=taker, cap=cap, flow=flow, reason="休假", start=START, end=date(2030, 1, 1)
    )


@dataclass
class Town:
    """The places and people of the tests, and how they act."""

    city: Place
    county: Place
    east: Place
    west: Place
    ward: Place
    people: dict[str, Person]

    def actor(self, name: str) -> Actor:
        return actor_of(self.people[name].pk, DAY)

    def asked(
        self, step: str, item: Item | None = None, reason: str = "", flow: str = "errand", **data: object
    ) -> Asked:
        if item is not None:
            item = Item.objects.get(pk=item.pk)
        return Asked(flow, step, uuid4(), item and item.pk, seen=item and item.version, data=data, reason=reason)

    def act(self, name: str, step: str, item: Item | None = None, reason: str = "", **data: object) -> Act:
        return act(self.actor(name), self.asked(step, item, reason, **data), NOW)

    def begin(self, name: str = "dan", **data: object) -> Item:
        given = {"sender": "E", "receiver": "W", "subject": "血样", "amount": "90.00", "note": "加急"} | data
        return self.act(name, "begin", **given).item

    def sent(self, **data: object) -> Item:
        item = self.begin(**data)
        self.act("dan", "send", item)
        return item


def make_town() -> Town:
    city = make_place("14", "region", name="市")
    county = make_place("1401", "region", city, "县")
    east = make_place("E", "institution", city, "东院")
    west = make_place("W", "institution", county, "西院")
    ward = make_place("E-1", "department", east, "东院一科")
    people = {
        "dan": make_person("dan", ("doctor", ward), name="丹"),
        "eva": make_person("eva", ("leader", east), name="伊"),
        "wei": make_person("wei", ("errand_desk", west), name="卫"),
        "wen": make_person("wen", ("errand_desk", west), name="文"),
        "lin": make_person("lin", ("leader", west), name="林"),
        "edd": make_person("edd", ("errand_desk", east), name="埃"),
        "com": make_person("com", ("commission", city), name="市卫健委"),
        "out": make_person("out", name="外"),
    }
    return Town(city, county, east, west, ward, people)
