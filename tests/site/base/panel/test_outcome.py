"""Outcomes of panels, from plain values."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.site.base.flow.declare import Outcome
from yiheng.site.base.panel.outcome import Again, Given, Holders, Next, climb, count, mean, shown, together


def rungs(*able: str, spare: str = "") -> list[Holders]:
    """Rungs by the persons that may sign each, a digit each; then those that only stand in."""
    needed = [Holders(frozenset(map(int, each))) for each in able]
    return needed + [Holders(frozenset(map(int, spare)), needed=False)] * bool(spare)


def signed(*both: str) -> list[Given]:
    """Answers as rung and person: `03` is rung 0 by person 3."""
    return [Given(int(each[0]), frozenset((int(each[1]),))) for each in both]


def test_rungs_are_asked_one_after_the_other() -> None:
    ladder = rungs("1", "2", "3")
    assert climb(ladder, []) == Next(None, (0,))
    assert climb(ladder, signed("01")) == Next(None, (1,))
    assert climb(ladder, signed("01", "12", "23")) == Next(Outcome.AGREED)


def test_a_rung_that_nobody_may_sign_goes_up() -> None:
    assert climb(rungs("", "2", "3"), []) == Next(None, (1,), up=(0,))
    assert climb(rungs("1", "", "3"), signed("01")) == Next(None, (2,), up=(1,))


def test_the_last_rung_goes_to_one_that_stands_in_or_is_stuck() -> None:
    assert climb(rungs("1", "", spare="3"), signed("01")) == Next(None, (2,), up=(1,))
    assert climb(rungs("1", "2", spare="3"), signed("01", "12")) == Next(Outcome.AGREED)
    assert climb(rungs("1", ""), signed("01")) == Next(up=(1,), stuck=1)


def test_a_person_on_two_rungs_signs_once_or_the_next_up_answers() -> None:
    assert climb(rungs("1", "1", "3"), signed("01")) == Next(None, (2,), once=(1,))
    assert climb(rungs("1", "1", "3"), signed("01"), Again.UP) == Next(None, (2,), up=(1,))
    assert climb(rungs("1", "1"), signed("01")) == Next(Outcome.AGREED, once=(1,))
    assert climb(rungs("1", "1"), signed("01"), Again.UP) == Next(up=(1,), stuck=1)
    assert climb(rungs("1", "12"), signed("01")) == Next(None, (1,))


def test_who_signed_does_not_stand_in_for_a_rung_that_nobody_may_sign() -> None:
    assert climb(rungs("1", "", "1"), signed("01")) == Next(once=(2,), up=(1,), stuck=1)


def test_refusing_or_returning_ends_it() -> None:
    assert climb(rungs("1", "2"), [Given(0, frozenset((1,)), "refuse")]) == Next(Outcome.REFUSED)
    assert together(rungs("1", "2"), [Given(1, frozenset((2,)), "return")]) == Next(Outcome.RETURNED)


def test_parties_are_asked_together() -> None:
    parties = rungs("1", "2", "12")
    assert together(parties, []) == Next(None, (0, 1, 2))
    assert together(parties, signed("12")) == Next(None, (0, 2))
    assert together(parties, signed("12", "01")) == Next(Outcome.AGREED, once=(2,))
    assert together(rungs("1", ""), []) == Next(stuck=1)


_LADDERS = st.lists(st.frozensets(st.integers(1, 4)), min_size=1, max_size=5)


@given(_LADDERS, st.sampled_from(Again))
def test_a_ladder_ends_and_nobody_signs_twice(able: list[frozenset[int]], again: Again) -> None:
    ladder = [Holders(each) for each in able]
    given_ = []
    for _ in range(len(ladder) + 1):
        found = climb(ladder, given_, again)
        if not found.asked:
            break
        done = {person for each in given_ for person in each.people}
        signer = min(ladder[found.asked[0]].able - done)
        given_.append(Given(found.asked[0], frozenset((signer,))))
    people = [person for each in given_ for person in each.people]
    assert len(people) == len(set(people))
    assert (found.outcome is Outcome.AGREED) != (found.stuck is not None)
    assert [each.group for each in given_] == sorted(each.group for each in given_)


@given(_LADDERS)
def test_a_countersign_ends_with_every_party(able: list[frozenset[int]]) -> None:
    parties = [Holders(each) for each in able]
    given_: list[Given] = []
    found = together(parties, given_)
    while found.asked:
        done = {person for each in given_ for person in each.people}
        place = min(found.asked, key=lambda each: len(parties[each].able))
        given_.append(Given(place, frozenset((min(parties[place].able - done),))))
        found = together(parties, given_)
    if found.stuck is None:
        assert found.outcome is Outcome.AGREED
        assert all(each.able & {person for one in given_ for person in one.people} for each in parties)
    else:
        assert not parties[found.stuck].able


def test_means_are_exact_and_shown_half_up() -> None:
    points = [Decimal("87.00"), Decimal("87.01"), Decimal("87.00"), Decimal("87.01")]
    assert mean(points) == Fraction(17401, 200)
    assert shown(mean(points)) == Decimal("87.01")
    assert shown(mean([Decimal(1), Decimal(1), Decimal(2)])) == Decimal("1.33")
    assert shown(Fraction(-1, 200)) == Decimal("-0.01")
    with pytest.raises(ValueError, match="no points"):
        mean([])


@given(st.lists(st.integers(0, 10000), min_size=1, max_size=9))
def test_a_mean_has_no_order(cents: list[int]) -> None:
    points = [Decimal(each).scaleb(-2) for each in cents]
    assert mean(points) == mean(points[::-1]) == Fraction(sum(cents), 100 * len(cents))
    assert abs(Fraction(shown(mean(points))) - mean(points)) <= Fraction(1, 200)


def test_votes_are_counted() -> None:
    assert count({"yes": 4, "no": 1, "abstain": 1}, 9, 6, 4) is Outcome.AGREED
    assert count({"yes": 3, "no": 1, "abstain": 2}, 9, 6, 4) is Outcome.REFUSED
    assert count({"yes": 5}, 9, 6, 3) is Outcome.RETURNED
    assert count({}, 9, 0, 0) is Outcome.RETURNED
    with pytest.raises(ValueError, match="3 votes of 2 electors"):
        count({"yes": 3}, 2, 1, 1)


@given(st.lists(st.sampled_from(["yes", "no", "abstain"]), max_size=12), st.integers(0, 12), st.integers(1, 12))
def test_one_more_yes_never_hurts(votes: list[str], quorum: int, majority: int) -> None:
    order = [Outcome.RETURNED, Outcome.REFUSED, Outcome.AGREED]
    before = count(Counter(votes), 13, quorum, majority)
    after = count(Counter([*votes, "yes"]), 13, quorum, majority)
    assert order.index(after) >= order.index(before)
