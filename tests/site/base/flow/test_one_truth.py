"""One truth (一致): what is waited for, what may be done, what is seen, and what act() does never differ."""

from itertools import product
from uuid import uuid4

import pytest
from django.db import transaction
from site_small.flow import ERRAND

from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.decide import decide
from yiheng.site.base.flow.declare import Shows
from yiheng.site.base.flow.facts import EVERY, Known, facts_of, known_of
from yiheng.site.base.flow.inbox import inbox
from yiheng.site.base.flow.models import Bar, Copied
from yiheng.site.base.flow.refused import Missing, NotAllowed
from yiheng.site.base.flow.sight import counted, few, seen, visible
from yiheng.site.base.places.standing import Actor

from ..town import NOW
from .made import Scene, scene, values

FIELDS = ERRAND.listed


class Undone(Exception):
    pass


def check(made: Scene) -> int:
    """The number of pairs of a person and an item that were looked at; fails at the first that differs."""
    facts = {item.pk: facts_of(ERRAND, item) for item in made.items}
    for actor in made.actors.values():
        rows = {row.pk: row for row in visible(ERRAND, actor, FIELDS)}
        counts = set(counted(ERRAND, actor).values_list("pk", flat=True))
        waits = dict.fromkeys(facts, frozenset[str]())
        for number, step in inbox(actor).values_list("item_id", "step"):
            waits[number] |= {step}
        for item in made.items:
            sight = seen(ERRAND, facts[item.pk], actor)
            row = rows.get(item.pk)
            assert (row is not None) == (sight.shows is not None)
            assert row is None or row.seen_all == (sight.shows is Shows.ALL)
            assert row is None or item.pk in counts
            for name in FIELDS if row else ():
                its = getattr(item, f"{name}_id", getattr(item, name))
                assert getattr(row, f"shown_{name}") == (its if sight.field(ERRAND, name) else None), name
            may = {step.name for step in ERRAND.steps if decide(ERRAND, step, facts[item.pk], actor).allowed}
            assert waits[item.pk] <= may
            assert not may or sight.shows is Shows.ALL, "who may act sees the item"
    return len(made.actors) * len(made.items)


def done(actor: Actor, asked: Asked) -> bool:
    """Whether act() takes the step; it is taken back."""
    try:
        with transaction.atomic():
            act(actor, asked, NOW)
            raise Undone
    except Undone:
        return True
    except (Missing, NotAllowed):
        return False


@pytest.mark.property
@pytest.mark.django_db
def test_what_waits_may_be_done_and_what_may_be_done_is_seen() -> None:
    assert check(scene(1, people=14, items=12, moves=30)) == 14 * 12


@pytest.mark.property
@pytest.mark.slow
@pytest.mark.django_db
def test_five_thousand_pairs() -> None:
    assert check(scene(100, people=50, items=100, moves=300)) == 5_000


@pytest.mark.property
@pytest.mark.soak
@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(5))
def test_fifty_thousand_pairs(seed: int) -> None:
    assert check(scene(101 + seed, people=100, items=100, moves=300)) == 10_000


@pytest.mark.property
@pytest.mark.django_db
@pytest.mark.parametrize(("people", "items"), [(6, 4), pytest.param(24, 16, marks=pytest.mark.soak)])
def test_act_does_what_the_decision_says(people: int, items: int) -> None:
    made = scene(2, people=people, items=items, moves=items * 5 // 2)
    told = 0
    for actor, item in product(made.actors.values(), made.items):
        facts = facts_of(ERRAND, item)
        for step in ERRAND.steps:
            if not step.begins:
                asked = Asked(
                    "errand", step.name, uuid4(), item.pk, seen=item.version, data=values(step, made), reason="因故"
                )
                assert done(actor, asked) == decide(ERRAND, step, facts, actor).allowed, (step.name, item.state)
                told += 1
    assert told == people * items * 7


def copies(made: Scene) -> None:
    """A third of the items for everybody to see whole, a third as a stub."""
    each = enumerate(product(made.actors.values(), made.items))
    Copied.objects.bulk_create(
        Copied(item=item, person_id=actor.person, shows=(Shows.ALL, Shows.STUB)[number % 3], at=NOW)
        for number, (actor, item) in each
        if number % 3 < 2
    )


@pytest.mark.property
@pytest.mark.django_db
def test_a_stub_shows_what_a_stub_shows() -> None:
    made = scene(5, people=14, items=11, moves=20)
    copies(made)
    assert check(made) == 14 * 11


@pytest.mark.property
@pytest.mark.django_db
def test_each_way_by_itself_finds_what_all_ways_find_at_once() -> None:
    """`few` is `visible`, but for what bars; None of more than are asked for."""
    made = scene(3, people=14, items=11, moves=30)
    copies(made)
    found = 0
    for actor in made.actors.values():
        barred = set(Bar.objects.filter(person=actor.person, step=EVERY).values_list("matter", flat=True))
        numbers = few(ERRAND, actor, 1_000)
        assert numbers is not None
        assert set(numbers) - barred == set(visible(ERRAND, actor).values_list("pk", flat=True))
        if numbers:
            assert few(ERRAND, actor, len(numbers) - 1) is None
        found += len(numbers)
    assert found == 127


@pytest.mark.property
@pytest.mark.django_db
def test_who_sees_an_item_is_the_same_among_many() -> None:
    made = scene(4, people=14, items=12, moves=30)
    many = known_of(made.items)
    for item in made.items:
        alone = facts_of(ERRAND, item)
        assert many[item.pk] == Known(
            concerned=alone.concerned, reached=alone.reached, bars=alone.bars, guests=alone.guests
        )
    assert sum(len(known.guests) + len(known.bars) for known in many.values()) > 0
