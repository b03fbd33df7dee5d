"""dip.pricing.casepoints: bands by the worked examples, and the quota of special cases."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import Plan, plan
from yiheng.dip.pricing.casepoints import banded, case_points, most_special
from yiheng.policy.loader import scheme

DAY = date(2024, 12, 31)
ONE = Fraction(1)


@pytest.fixture(scope="module")
def one() -> Plan:
    return plan(scheme("dip/national-1.0"), DAY)


@pytest.fixture(scope="module")
def jining() -> Plan:
    return plan(scheme("dip/jining-370800"), DAY)


@pytest.mark.golden
@pytest.mark.parametrize(
    ("cost", "coefficient", "band"),
    [(4000, "0.4", "low"), (5000, "1", "middle"),
     (10000, "1", "middle"), (20000, "1", "middle"), (25000, "1.5", "high"), (50000, "4", "high")],
)  # fmt: skip
def test_e06_outliers_of_1_0(one: Plan, cost: int, coefficient: str, band: str) -> None:
    found = banded(Fraction(cost, 10000), ONE, one)
    assert (found.coefficient, found.band, found.review) == (Fraction(coefficient), band, False)


@pytest.mark.golden
def test_e06_where_the_city_writes_at_most_half(with_value: Any, one: Plan) -> None:
    rule = one.value("case_points") | {"low_closed": True}
    closed = plan(with_value(case_points=rule), DAY)
    assert banded(Fraction(1, 2), ONE, closed).coefficient == Fraction(1, 2)
    assert banded(Fraction(1, 2), ONE, one).coefficient == 1


@pytest.mark.golden
@pytest.mark.parametrize(("ratio", "coefficient"), [("0.4", "0.4"), ("1", "0.9"), ("2.5", "1.4"), ("6", "0.9")])
def test_e07_outliers_of_jining(jining: Plan, ratio: str, coefficient: str) -> None:
    found = banded(Fraction(ratio), Fraction(9, 10), jining)
    assert (found.coefficient, found.review) == (Fraction(coefficient), ratio == "6")


@pytest.mark.golden
def test_e16_special_case_quota(one: Plan) -> None:
    assert most_special(12340, one.exact("special_cases_share")) == 61
    assert most_special(12340, Fraction(5, 100)) == 617


def test_the_coefficient_goes_on_without_a_step_at_the_high_line(one: Plan) -> None:
    assert banded(Fraction(2), ONE, one).coefficient == banded(
        Fraction(2000001, 1000000), ONE, one
    ).coefficient - Fraction(1, 10**6)


def test_over_five_times_a_review_is_asked_for_and_the_case_counts_as_high_meanwhile(one: Plan) -> None:
    found = banded(Fraction(6), Fraction(11, 10), one)
    assert (found.band, found.review, found.coefficient) == ("review", True, Fraction(55, 10))
    assert banded(Fraction(5), ONE, one).review is False


def test_points_of_a_case(one: Plan) -> None:
    found = banded(Fraction(25, 10), Fraction(12, 10), one)
    assert case_points(Fraction(800), Fraction(105, 100), found) == 800 * Fraction(105, 100) * Fraction(
        15, 10
    ) * Fraction(12, 10)


@pytest.mark.parametrize(("name", "value"), [("high_hospital", "twice"), ("review_pays", "nothing")])
def test_what_is_no_choice_is_refused(with_value: Any, one: Plan, name: str, value: str) -> None:
    wrong = plan(with_value(case_points=one.value("case_points") | {name: value}), DAY)
    with pytest.raises(Refusal, match=f"value {value}"):
        banded(Fraction(6), ONE, wrong)
