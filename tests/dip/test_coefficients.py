"""dip.coefficients: class coefficients standardised for mix, fallbacks, additions, one price, TCM pairs."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from yiheng.base.refusal import Refusal
from yiheng.dip.coefficients import (
    FEW_CASES,
    NO_CLASS,
    OF_CLASS,
    Cell,
    Coefficient,
    Membership,
    class_coefficients,
    class_of,
    coefficient,
    hospital_coefficient,
    same_price,
    tcm_points,
    with_additions,
)
from yiheng.dip.plan import Plan, plan
from yiheng.policy.loader import scheme

DAY = date(2024, 12, 31)
MEMBERS = [Membership("A", "3"), Membership("B", "2", None, date(2024, 6, 30)), Membership("B", "3", date(2024, 7, 1))]


@pytest.fixture(scope="module")
def one() -> Plan:
    return plan(scheme("dip/national-1.0"), DAY)


def cells() -> list[Cell]:
    """A treats twice as many dear cases; in each group A costs 1.2 and B 0.8 of what both cost."""
    return [
        Cell("A", date(2024, 3, 1), "x", 40, 40 * 120), Cell("B", date(2024, 3, 1), "x", 40, 40 * 80),
        Cell("A", date(2024, 3, 1), "y", 20, 20 * 1200), Cell("B", date(2024, 3, 1), "y", 20, 20 * 800),
        Cell("A", date(2024, 3, 1), "z", 20, 20 * 5000),
    ]  # fmt: skip


def test_a_class_is_measured_on_its_own_mix() -> None:
    """z, which only A has, says nothing of how dear A is, and pulls it towards 1."""
    found = class_coefficients(cells(), MEMBERS)
    region = 40 * 100 + 20 * 1000
    assert found == {
        "3": (Fraction(40 * 120 + 20 * 1200 + 100000, region + 100000), 80),
        "2": (Fraction(40 * 80 + 20 * 800, region), 60),
    }


def test_a_hospital_that_moved_counts_for_the_class_of_the_day() -> None:
    later = [*cells(), Cell("B", date(2024, 8, 1), "x", 10, 10 * 100)]
    assert class_coefficients(later, MEMBERS)["2"][1] == 60
    assert class_coefficients(later, MEMBERS)["3"][1] == 90
    assert [class_of("B", day, MEMBERS) for day in (date(2024, 6, 30), date(2024, 7, 1))] == ["2", "3"]


def test_two_classes_on_one_day_are_refused() -> None:
    with pytest.raises(Refusal, match="has two classes on 2024-12-31: 2, 3"):
        class_of("B", DAY, [*MEMBERS, Membership("B", "2", date(2024, 12, 1))])


def test_a_hospital_without_a_class_or_with_a_small_one_takes_the_fallback(one: Plan) -> None:
    classes = {"3": (Fraction(11, 10), 30), "2": (Fraction(9, 10), 29)}
    assert coefficient("A", DAY, MEMBERS, classes, one) == Coefficient(Fraction(11, 10), OF_CLASS, "3", 30)
    assert coefficient("B", date(2024, 1, 1), MEMBERS, classes, one) == Coefficient(Fraction(1), FEW_CASES, "2", 29)
    assert coefficient("N", DAY, MEMBERS, classes, one) == Coefficient(Fraction(1), NO_CLASS, None, 0)


@pytest.mark.property
def test_two_hospitals_swapped_swap_their_results(one: Plan) -> None:
    names = {"A": "B", "B": "A"}
    swapped = [Cell(names[each.hospital], each.day, each.group, each.n, each.fee) for each in cells()]
    members = [Membership(names[each.hospital], each.name, each.valid_from, each.valid_to) for each in MEMBERS]
    day = date(2024, 3, 1)
    before = {h: coefficient(h, day, MEMBERS, class_coefficients(cells(), MEMBERS), one) for h in "AB"}
    after = {h: coefficient(h, day, members, class_coefficients(swapped, members), one) for h in "AB"}
    assert after == {"A": before["B"], "B": before["A"]}
    assert before["A"] != before["B"]


def test_additions(with_value: Any, one: Plan) -> None:
    weighed = plan(with_value(hospital_additions={"level": 0.25, "cmi": 0.25}), DAY)
    values = {"level": Fraction(1, 10), "cmi": Fraction(2, 10)}
    assert with_additions(Fraction(1), values, weighed) == Fraction(1075, 1000)
    assert with_additions(Fraction(1), {}, one) == 1
    with pytest.raises(Refusal, match="hospital_additions: missing or unknown cmi, research"):
        with_additions(Fraction(1), {"level": Fraction(1), "research": Fraction(1)}, weighed)


def test_one_price_for_basic_groups(one: Plan) -> None:
    members = [Membership("A", "3"), Membership("T", "1")]
    made = [Cell("A", DAY, "x", 5, 1), Cell("T", DAY, "x", 5, 1), Cell("A", DAY, "y", 6, 1), Cell("T", DAY, "y", 5, 1)]
    assert same_price(made, members, {"x": 0.7, "y": 0.1}, one) == {"x"}
    assert same_price(made, members, {"x": 0.71}, one) == set()
    assert same_price(made, members, {"x": None}, one) == set()
    assert [hospital_coefficient(group, Fraction(12, 10), {"x"}) for group in "xy"] == [1, Fraction(12, 10)]


def test_tcm_groups_take_the_points_of_their_western_group(with_value: Any) -> None:
    paired = plan(with_value(tcm_pairs=[["T1", "x", 1], ["T2", "x", 1.1]]), DAY)
    assert tcm_points({"x": Fraction(800)}, paired) == {"T1": 800, "T2": 880}
    with pytest.raises(Refusal, match="value x: tcm_pairs: there is no such group"):
        tcm_points({}, paired)
