"""Granting, lending, joining: who may, when, never to oneself, never two roles apart; all audited."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from yiheng.site.base.audit.models import Entry, Look
from yiheng.site.base.places.models import Delegation, Group, Membership, Post
from yiheng.site.base.places.standing import actor_of
from yiheng.site.base.posts.actions import (
    NotGranted,
    end_loan,
    end_post,
    first_administrator,
    grant,
    join,
    leave,
    lend,
)

from ..town import DAY, NOW, Town, make_person

pytestmark = pytest.mark.django_db

LATER = DAY + timedelta(days=30)


@pytest.fixture
def ruled(town: Town) -> Town:
    """The town with administrators of the city and the east hospital, and two people without posts."""
    for name, post in {"adc": ("administrator", town.city), "ade": ("administrator", town.east)}.items():
        town.people[name] = make_person(name, post)
    town.people |= {name: make_person(name) for name in ("new", "two")}
    return town


def refused(code: str, does: Callable[[], object]) -> None:
    """It is refused with this code, nothing has changed, and the refusal is kept."""
    before = (list(Post.objects.values()), list(Delegation.objects.values()), list(Membership.objects.values()))
    entries, looks = Entry.objects.count(), Look.objects.count()
    with pytest.raises(NotGranted) as why:
        does()
    assert why.value.code == code
    assert why.value.text.zh
    assert why.value.text.en
    assert (list(Post.objects.values()), list(Delegation.objects.values()), list(Membership.objects.values())) == before
    assert Entry.objects.count() == entries
    assert [look.outcome for look in Look.objects.order_by("pk")][looks:] == [code]


def give(town: Town, by: str, to: str, role: str, place: str, start: date = DAY, end: date | None = None) -> Post:
    return grant(town.actor(by), town.people[to], role, getattr(town, place), start, end, NOW)


def borrow(town: Town, by: str, to: str, start: date = DAY, end: date = LATER, cap: int | None = None) -> Delegation:
    return lend(town.actor(by), town.people[to], start, end, cap, "", "休假", NOW)


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


def test_two_loans_do_not_bring_it_together(ruled: Town) -> None:
    give(ruled, "adc", "new", "auditor", "east")
    borrow(ruled, "new", "two")
    refused("clash", lambda: borrow(ruled, "ade", "two"))


def test_posts_are_lent_with_a_limit_and_an_end(ruled: Town) -> None:
    loan = borrow(ruled, "eva", "two", cap=100_00)
    actor = actor_of(ruled.people["two"].pk, DAY)
    assert [(each.behalf, each.cap, [held.role for held in each.posts]) for each in actor.lent] == [
        (ruled.people["eva"].pk, 100_00, ["leader"])
    ]
    assert not actor_of(ruled.people["two"].pk, LATER).lent
    assert (loan.reason, Entry.objects.get().detail["cap"]) == ("休假", 100_00)


def test_what_was_lent_is_not_passed_on(ruled: Town) -> None:
    borrow(ruled, "eva", "two")
    refused("nothing_to_lend", lambda: borrow(ruled, "two", "new"))
    give(ruled, "adc", "two", "doctor", "east")
    borrow(ruled, "two", "new")
    roles = [held.role for each in actor_of(ruled.people["new"].pk, DAY).lent for held in each.posts]
    assert roles == ["doctor"]


def test_loans_that_cannot_be(ruled: Town) -> None:
    refused("loan_self", lambda: borrow(ruled, "eva", "eva"))
    refused("cap", lambda: borrow(ruled, "eva", "two", cap=0))
    refused("days", lambda: borrow(ruled, "eva", "two", DAY, DAY))
    refused("days", lambda: borrow(ruled, "eva", "two", DAY - timedelta(days=1)))
    people = ruled.people
    refused("reason", lambda: lend(ruled.actor("eva"), people["two"], DAY, LATER, None, "", "  ", NOW))
    refused("nothing_to_lend", lambda: borrow(ruled, "two", "eva"))


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


@pytest.mark.parametrize("by", ["eva", "two", "ade", "adc"])
def test_a_loan_is_ended_by_either_side_or_an_administrator(ruled: Town, by: str) -> None:
    loan = borrow(ruled, "eva", "two")
    end_loan(ruled.actor(by), loan, DAY, NOW)
    assert not actor_of(ruled.people["two"].pk, DAY).lent
    assert Entry.objects.order_by("seq").last().action == "loan.end"


@pytest.mark.parametrize("by", ["lin", "com", "new"])
def test_a_loan_is_not_ended_by_others(ruled: Town, by: str) -> None:
    loan = borrow(ruled, "eva", "two")
    refused("not_administrator", lambda: end_loan(ruled.actor(by), loan, DAY, NOW))


def test_a_loan_that_has_not_begun_is_taken_back(ruled: Town) -> None:
    loan = borrow(ruled, "eva", "two", LATER, LATER + timedelta(days=9))
    end_loan(ruled.actor("eva"), loan, LATER, NOW)
    assert not actor_of(ruled.people["two"].pk, LATER).lent


def test_members_of_a_group(ruled: Town) -> None:
    group = Group.objects.create(code="G", name="集团", lead=ruled.east)
    adc = ruled.actor("adc")
    member = join(adc, group, ruled.west, DAY, None, NOW)
    refused("held", lambda: join(adc, group, ruled.west, LATER, None, NOW))
    refused("member_kind", lambda: join(adc, group, ruled.county, DAY, None, NOW))
    refused("not_administrator", lambda: join(ruled.actor("ade"), group, ruled.west, DAY, None, NOW))
    refused("days", lambda: join(adc, group, ruled.east, LATER, DAY, NOW))
    refused("not_administrator", lambda: leave(ruled.actor("ade"), member, LATER, NOW))
    leave(adc, member, LATER, NOW)
    assert Membership.objects.get().end == LATER
    assert join(adc, group, ruled.west, LATER, None, NOW).start == LATER
    assert [entry.action for entry in Entry.objects.order_by("seq")] == ["group.join", "group.leave", "group.join"]


def test_the_first_administrator_is_made_once(town: Town) -> None:
    first = first_administrator(town.people["out"], town.city, NOW)
    assert (first.role, first.place, first.start) == ("administrator", town.city, DAY)
    assert Entry.objects.get().person_id is None
    refused("not_first", lambda: first_administrator(town.people["dan"], town.city, NOW))
