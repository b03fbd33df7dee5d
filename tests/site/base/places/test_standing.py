"""What a person may act as on a day: own posts, lent ones; many people are read as one is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from yiheng.site.base.places.models import Place, Post
from yiheng.site.base.places.standing import Actor, Held, Standing, above, actor_of, actors_of

from ..town import DAY, Town, lend


def test_own_posts_and_lent_ones(town: Town) -> None:
    dan, wei = town.people["dan"], town.people["wei"]
    own = tuple(Held(role, path) for role, path in dan.posts.order_by("pk").values_list("role", "place__path"))
    lend(dan, wei, cap=5_000, flow="errand")
    actor = actor_of(wei.pk, DAY, frozenset({7}), frozenset({9}))
    assert (actor.own.person, actor.own.items, actor.own.opened) == (wei.pk, {7}, {9})
    assert actor.lent == (Standing(wei.pk, dan.pk, own, 5_000, "errand"),)
    assert actor.lent[0].people == {wei.pk, dan.pk}


def test_what_has_ended_or_not_begun_does_not_count(town: Town) -> None:
    dan, wei = town.people["dan"], town.people["wei"]
    before = actor_of(wei.pk, DAY)
    loan = lend(dan, wei)
    loan.end = DAY
    loan.save()
    assert actor_of(wei.pk, DAY) == before
    assert len(actor_of(wei.pk, DAY - timedelta(days=1)).lent) == 1
    Post.objects.filter(person=wei).update(start=DAY + timedelta(days=1))
    assert actor_of(wei.pk, DAY).own.posts == ()
    Post.objects.filter(person=wei).update(start=DAY)
    assert actor_of(wei.pk, DAY).own.posts == before.own.posts != ()
    Place.objects.filter(posts__person=wei).update(end=DAY)
    assert actor_of(wei.pk, DAY).own.posts == ()


def test_nobody_lends_who_is_gone(town: Town) -> None:
    dan, wei = town.people["dan"], town.people["wei"]
    lend(dan, wei)
    dan.is_active = False
    dan.save()
    assert actor_of(wei.pk, DAY).lent == ()


def test_many_are_read_as_one_is(town: Town, django_assert_num_queries: Callable[[int], Any]) -> None:
    people = town.people
    lend(people["dan"], people["wei"])
    lend(people["wen"], people["wei"], cap=100)
    lend(people["wei"], people["eva"], flow="errand")
    numbers = [person.pk for person in people.values()]
    alone: dict[int, Actor] = {number: actor_of(number, DAY) for number in numbers}
    with django_assert_num_queries(2):
        assert actors_of(numbers, DAY) == alone
    assert actors_of((), DAY) == {}


def test_the_places_that_a_place_is_in() -> None:
    assert above("/14/1401/W/") == ("/14/", "/14/1401/", "/14/1401/W/")
