"""Made-up scenes (随机场景): people with random posts and loans, errands that random people have moved along."""

import random
from dataclasses import dataclass
from uuid import uuid4

from site_small.flow import ERRAND
from site_small.models import Errand

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.decide import decisions
from yiheng.site.base.flow.declare import Step
from yiheng.site.base.flow.facts import EVERY, facts_of
from yiheng.site.base.flow.models import Bar
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import Actor, actor_of

from ..town import DAY, NOW, lend, make_person, make_place

ROLES_AT = {
    "institution": ("errand_desk", "leader", "doctor"),
    "department": ("doctor", "head"),
    "region": ("commission",),
}


@dataclass
class Scene:
    """Everybody with what they may act as, and all errands."""

    actors: dict[str, Actor]
    items: list[Errand]
    hospitals: list[Place]
    chance: random.Random


def scene(seed: int, people: int, items: int, moves: int) -> Scene:
    """`items` errands, of which `moves` times one is moved by whoever may; some people are barred from a matter."""
    chance = random.Random(seed)
    places = _places()
    staff = [_person(number, places, chance) for number in range(people)]
    _loans(staff, chance)
    hospitals = [place for place in places if place.kind == "institution"]
    made = Scene({each.username: actor_of(each.pk, DAY) for each in staff}, [], hospitals, chance)
    _begin(made, items)
    for _ in range(moves):
        _move(made)
    for item in chance.sample(made.items, max(1, len(made.items) // 8)):
        Bar.objects.create(matter=item, person=chance.choice(staff), flow=EVERY, step=EVERY)
    made.items = list(Errand.objects.order_by("pk"))
    return made


def values(step: Step, made: Scene) -> dict[str, object]:
    """What somebody fills in."""
    chance = made.chance
    sender, receiver = chance.sample(made.hospitals, 2)
    every = {
        "sender": sender.code,
        "receiver": receiver.code,
        "owner": chance.choice(sorted(made.actors)),
        "subject": chance.choice(("血样", "会诊单", "影像")),
        "amount": str(chance.randint(1, 500)),
        "note": chance.choice(("", "加急", "保密")),
    }
    return {name: every[name] for name in step.asks}


def _places() -> list[Place]:
    city = make_place("14", "region")
    counties = [make_place(f"14{number}", "region", city) for number in (1, 2)]
    hospitals = [make_place(f"H{number}", "institution", (city, *counties)[number % 3]) for number in range(4)]
    wards = [make_place(f"{each.code}-{number}", "department", each) for each in hospitals for number in (1, 2)]
    return [city, *counties, *hospitals, *wards]


def _person(number: int, places: list[Place], chance: random.Random) -> Person:
    where = chance.sample(places, chance.randint(0, 3))
    return make_person(f"p{number:02}", *((chance.choice(ROLES_AT[place.kind]), place) for place in where))


def _loans(staff: list[Person], chance: random.Random) -> None:
    for _ in range(len(staff) // 3):
        giver, taker = chance.sample(staff, 2)
        lend(giver, taker, chance.choice((None, None, 20_000)), chance.choice(("", "errand", "other")))


def _begin(made: Scene, items: int) -> None:
    step = ERRAND.by_name["begin"]
    names = sorted(made.actors)
    while len(made.items) < items:
        actor = made.actors[made.chance.choice(names)]
        at = [held.path for standing in actor for held in standing.posts if held.role == "doctor"]
        senders = [each for each in made.hospitals if any(each.path in path for path in at)]
        if senders:
            data = values(step, made) | {"sender": made.chance.choice(senders).code}
            if (done := _try(actor, Asked("errand", "begin", uuid4(), data=data))) is not None:
                made.items.append(done)


def _move(made: Scene) -> None:
    item = Errand.objects.get(pk=made.chance.choice(made.items).pk)
    facts = facts_of(ERRAND, item)
    can = [
        (actor, each.step) for actor in made.actors.values() for each in decisions(ERRAND, facts, actor) if each.allowed
    ]
    forward = [pair for pair in can if not pair[1].side] or can
    if forward:
        actor, step = made.chance.choice(forward if made.chance.random() < 0.8 else can)
        _try(
            actor,
            Asked("errand", step.name, uuid4(), item.pk, seen=item.version, data=values(step, made), reason="因故"),
        )


def _try(actor: Actor, asked: Asked) -> Errand | None:
    from yiheng.site.base.flow.refused import NotDone

    try:
        return Errand.objects.get(pk=act(actor, asked, NOW).item_id)
    except NotDone:
        return None
