"""Keys say the same as `Turn.falls_to`, for generated places, posts and turns."""

import random

import pytest

from yiheng.site.base.party.keys import standing_keys, turn_keys
from yiheng.site.base.party.party import Turn
from yiheng.site.base.places.standing import Held, Standing

PATHS = ("/14/", "/14/141/", "/14/142/", "/14/141/H/", "/14/141/H/1/", "/14/142/K/", "/14/142/K/1/", "/141/")
ROLES = ("doctor", "head", "commission")


def turn(chance: random.Random) -> Turn:
    person = chance.choice((None, 1, 2))
    if person is not None and chance.random() < 0.5:
        return Turn(person=person)
    return Turn(chance.choice(ROLES), chance.choice(PATHS), chance.random() < 0.5, person)


def standing(chance: random.Random) -> Standing:
    posts = tuple(Held(chance.choice(ROLES), chance.choice(PATHS)) for _ in range(chance.randrange(4)))
    return Standing(chance.choice((1, 2)), chance.choice((1, 2)), posts)


@pytest.mark.property
def test_a_key_in_common_is_a_turn_that_falls_to_it() -> None:
    chance = random.Random(7)
    found = {True: 0, False: 0}
    for _ in range(20_000):
        its, who = turn(chance), standing(chance)
        falls = its.falls_to(who)
        assert (not turn_keys(its).isdisjoint(standing_keys(who))) == falls, (its, who)
        found[falls] += 1
    assert min(found.values()) > 2_000


@pytest.mark.parametrize(
    ("its", "keys"),
    [
        (Turn(), set()),
        (Turn(person=3), {"person 3"}),
        (Turn("doctor", "/14/H/"), {"doctor at /14/H/"}),
        (Turn("doctor", "/14/H/", person=3), {"doctor at /14/H/ person 3"}),
        (Turn("commission", "/14/H/", over=True), {"commission over /14/", "commission over /14/H/"}),
    ],
)
def test_what_a_turn_is_filed_under(its: Turn, keys: set[str]) -> None:
    assert turn_keys(its) == keys
