"""Lending posts: never passed on, never bringing together what is apart, ended by either side; all audited."""

from datetime import timedelta

import pytest

from yiheng.site.base.audit.models import Entry
from yiheng.site.base.places.standing import actor_of
from yiheng.site.base.posts.lending import end_loan, lend

from ..town import DAY, NOW, Town
from .asked import LATER, borrow, give, refused

pytestmark = pytest.mark.django_db


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
