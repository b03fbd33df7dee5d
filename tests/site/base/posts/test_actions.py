"""Granting: who may, when, never to oneself, never two roles apart, also by loans; all audited."""

from datetime import date, timedelta

import pytest

from yiheng.site.base.audit.models import Entry
from yiheng.site.base.places.models import Post
from yiheng.site.base.places.standing import actor_of
from yiheng.site.base.posts.actions import end_post, first_administrator

from ..town import DAY, NOW, Town
from .asked import LATER, borrow, give, refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("by", "place"), [("adc", "city"), ("adc", "west"), ("adc", "east"), ("ade", "east")])
def test_an_administrator_grants_at_the_place_and_below(ruled: Town, by: str, place: str) -> None:
    post = give(ruled, by, "new", "auditor", place, DAY, LATER)
    assert (post.person, post.role, post.start, post.end) == (ruled.people["new"], "auditor", DAY, LATER)
    entry = Entry.objects.get()
    assert (entry.action, entry.number, entry.person) == ("post.grant", str(post.pk), ruled.people[by])
    assert entry.detail["role"] == "auditor"
    assert entry.detail["person_id"] == ruled.people["new"].pk


@pytest.mark.parametrize(
    ("by", "place"), [("ade", "west"), ("ade", "city"), ("com", "city"), ("eva", "east"), ("out", "east")]
)
def test_nobody_else_grants(ruled: Town, by: str, place: str) -> None:
    refused("not_administrator", lambda: give(ruled, by, "new", "auditor", place))


def test_nobody_grants_or_ends_an_own_post(ruled: Town) -> None:
    refused("own_post", lambda: give(ruled, "adc", "adc", "leader", "east"))
    own = Post.objects.get(person=ruled.people["adc"])
    refused("own_post", lambda: end_post(ruled.actor("adc"), own, LATER, NOW))


def test_a_lent_post_grants_nothing(ruled: Town) -> None:
    borrow(ruled, "adc", "two")
    refused("not_administrator", lambda: give(ruled, "two", "new", "doctor", "east"))


@pytest.mark.parametrize(
    ("role", "place", "start", "end", "code"),
    [
        ("king", "east", DAY, None, "role"),
        ("commission", "east", DAY, None, "role"),
        ("leader", "ward", DAY, None, "role"),
        ("doctor", "east", DAY - timedelta(days=1), None, "days"),
        ("doctor", "east", DAY, DAY, "days"),
        ("doctor", "east", LATER, DAY, "days"),
    ],
)
def test_roles_and_days_that_cannot_be(
    ruled: Town, role: str, place: str, start: date, end: date | None, code: str
) -> None:
    refused(code, lambda: give(ruled, "adc", "new", role, place, start, end))


def test_a_post_is_held_once_at_a_time(ruled: Town) -> None:
    give(ruled, "adc", "new", "doctor", "east", DAY, LATER)
    refused("held", lambda: give(ruled, "adc", "new", "doctor", "east", LATER - timedelta(days=1)))
    assert give(ruled, "adc", "new", "doctor", "east", LATER).start == LATER


def test_an_account_that_is_not_active_gets_nothing(ruled: Town) -> None:
    ruled.people["new"].is_active = False
    ruled.people["new"].save()
    refused("inactive", lambda: give(ruled, "adc", "new", "doctor", "east"))
    refused("inactive", lambda: borrow(ruled, "eva", "new"))


@pytest.mark.parametrize(
    ("has", "gets"), [("auditor", "administrator"), ("administrator", "security"), ("security", "auditor")]
)
def test_nobody_both_grants_and_audits(ruled: Town, has: str, gets: str) -> None:
    give(ruled, "adc", "new", has, "east", DAY, LATER)
    refused("clash", lambda: give(ruled, "adc", "new", gets, "west", LATER - timedelta(days=1)))
    assert give(ruled, "adc", "new", gets, "west", LATER).role == gets


def test_a_loan_does_not_bring_together_what_is_apart(ruled: Town) -> None:
    give(ruled, "adc", "new", "auditor", "east")
    refused("clash", lambda: borrow(ruled, "ade", "new"))
    refused("clash", lambda: borrow(ruled, "new", "ade"))


def test_a_grant_does_not_bring_it_together_through_a_loan(ruled: Town) -> None:
    borrow(ruled, "eva", "ade")  # the administrator acts for the leader
    refused("clash", lambda: give(ruled, "adc", "eva", "auditor", "east"))
    borrow(ruled, "lin", "two")
    give(ruled, "adc", "lin", "security", "west")
    refused("clash", lambda: give(ruled, "adc", "two", "administrator", "west", LATER - timedelta(days=1)))
    assert give(ruled, "adc", "two", "administrator", "west", LATER).role == "administrator"


def test_a_post_ends_and_is_not_ended_later(ruled: Town) -> None:
    post = give(ruled, "adc", "new", "doctor", "east")
    adc = ruled.actor("adc")
    refused("days", lambda: end_post(adc, post, DAY - timedelta(days=1), NOW))
    refused("not_administrator", lambda: end_post(ruled.actor("eva"), post, LATER, NOW))
    end_post(adc, post, LATER, NOW)
    assert Post.objects.get(pk=post.pk).end == LATER
    refused("ended", lambda: end_post(adc, post, LATER + timedelta(days=1), NOW))
    end_post(adc, post, DAY, NOW)
    assert not actor_of(ruled.people["new"].pk, DAY).own.posts
    assert give(ruled, "adc", "new", "doctor", "east").start == DAY


def test_the_first_administrator_is_made_once(town: Town) -> None:
    first = first_administrator(town.people["out"], town.city, NOW)
    assert (first.role, first.place, first.start) == ("administrator", town.city, DAY)
    assert Entry.objects.get().person_id is None
    refused("not_first", lambda: first_administrator(town.people["dan"], town.city, NOW))
