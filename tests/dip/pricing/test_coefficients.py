"""dip.coefficients, members: class coefficients standardised for mix, fallbacks, additions, one price."""

from datetime import date
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import Plan, plan
from yiheng.dip.pricing.coefficients import (
    FEW_CASES,
    FEW_PRIMARY,
    NO_CLASS,
    NO_SPREAD,
    OF_CLASS,
    WIDE_SPREAD,
    Cell,
    Coefficient,
    OfClass,
    cells_of,
    class_coefficients,
    classes_table,
    hospital_coefficient,
    hospitals_table,
    of_class,
    prices_table,
    same_price,
    with_additions,
)
from yiheng.dip.pricing.members import Members, Membership, members_of
from yiheng.policy.loader import scheme
from yiheng.tables.engine import held

DAY = date(2024, 12, 31)
LIST = [Membership("A", "3"), Membership("B", "2", None, date(2024, 6, 30)), Membership("B", "3", date(2024, 7, 1))]
MEMBERS = Members(LIST)


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
    region = 40 * 100 + 20 * 1000
    assert class_coefficients(cells(), MEMBERS) == {
        "3": OfClass(80, 3, 40 * 120 + 20 * 1200 + 100000, Fraction(region + 100000)),
        "2": OfClass(60, 2, 40 * 80 + 20 * 800, Fraction(region)),
    }
    assert class_coefficients(cells(), MEMBERS)["2"].value == Fraction(8, 10)


def test_a_hospital_that_moved_counts_for_the_class_of_the_day() -> None:
    later = [*cells(), Cell("B", date(2024, 8, 1), "x", 10, 10 * 100)]
    assert class_coefficients(later, MEMBERS)["2"].n == 60
    assert class_coefficients(later, MEMBERS)["3"].n == 90
    assert [MEMBERS.on("B", day) for day in (date(2024, 6, 30), date(2024, 7, 1), None)] == ["2", "3", None]
    assert MEMBERS.on(None, DAY) is None


def institutions(*rows: tuple[object, ...]) -> pa.Table:
    kinds = [("code", pa.string()), ("level", pa.int8()), ("coefficient_class", pa.string()),
             ("valid_from", pa.date32()), ("valid_to", pa.date32())]  # fmt: skip
    names = [name for name, _ in kinds]
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=pa.schema(kinds))


def test_a_list_of_institutions_gives_the_classes() -> None:
    table = institutions(("A", 3, None, None, None), ("B", 1, "E", date(2024, 1, 1), None))
    assert [members_of(table).on(name, DAY) for name in "AB"] == [None, "E"]
    assert [members_of(table, "level").on(name, DAY) for name in "AB"] == ["3", "1"]
    assert members_of(table).on("B", date(2023, 12, 31)) is None


def test_a_class_holds_until_the_next_row_begins() -> None:
    """As counties and peers have it: a row that was left open ends, and one without a class ends what was before."""
    rows = [("A", 2, "C", None, None), ("A", 3, "D", date(2024, 7, 1), None), ("A", 3, None, date(2025, 1, 1), None)]
    members = members_of(institutions(*rows))
    days = (date(2024, 6, 30), date(2024, 7, 1), DAY, date(2025, 1, 1))
    assert [members.on("A", day) for day in days] == ["C", "D", "D", None]
    with pytest.raises(Refusal, match="column code, value A: stands there twice from 2024-07-01 on"):
        members_of(institutions(*rows, ("A", 2, "E", date(2024, 7, 1), None)))


def test_a_hospital_without_a_class_or_with_a_small_one_takes_the_fallback(one: Plan) -> None:
    classes = {"3": OfClass(30, 1, 11, Fraction(10)), "2": OfClass(29, 1, 9, Fraction(10))}
    assert of_class("3", classes, one) == Coefficient(Fraction(11, 10), OF_CLASS, "3", 30)
    assert of_class("2", classes, one) == Coefficient(Fraction(1), FEW_CASES, "2", 29)
    assert of_class("1", classes, one) == Coefficient(Fraction(1), FEW_CASES, "1", 0)
    assert of_class(MEMBERS.on("N", DAY), classes, one) == Coefficient(Fraction(1), NO_CLASS, None, 0)


@pytest.mark.property
def test_two_hospitals_swapped_swap_their_results(one: Plan) -> None:
    names = {"A": "B", "B": "A"}
    swapped = [Cell(names[each.hospital], each.day, each.group, each.n, each.fee) for each in cells()]
    members = Members(Membership(names[each.hospital], each.name, each.valid_from, each.valid_to) for each in LIST)
    before, after = (
        {row["hospital"]: row | {"hospital": None} for row in hospitals_table(its, classed, one).to_pylist()}
        for its, classed in ((cells(), MEMBERS), (swapped, members))
    )
    assert after == {"A": before["B"], "B": before["A"]}
    assert before["A"]["coefficient"] != before["B"]["coefficient"]


def test_additions(with_value: Any, one: Plan) -> None:
    weighed = plan(with_value(hospital_additions={"level": 0.25, "cmi": 0.25}), DAY)
    values = {"level": Fraction(1, 10), "cmi": Fraction(2, 10)}
    assert with_additions(Fraction(1), values, weighed) == Fraction(1075, 1000)
    assert with_additions(Fraction(1), {}, one) == 1
    with pytest.raises(Refusal, match="hospital_additions: missing or unknown cmi, research"):
        with_additions(Fraction(1), {"level": Fraction(1), "research": Fraction(1)}, weighed)


def test_a_hospitals_row_derives_its_coefficient(with_value: Any) -> None:
    weighed = plan(with_value(hospital_additions={"cmi": 0.5}), DAY)
    values = {name: {"cmi": Fraction(1, 10)} for name in "AB"}
    found = {row["hospital"]: row for row in hospitals_table(cells(), MEMBERS, weighed, values).to_pylist()}
    assert found["B"] == {
        "hospital": "B", "class": "2", "n": 60, "mean_cost": 3.2, "standard": 4.0, "own": 0.8, "class_cases": 60,
        "class_coefficient": 0.8, "origin": "class", "additions": 0.05, "coefficient": 0.85,
    }  # fmt: skip
    (two, three) = classes_table(cells(), MEMBERS, weighed).to_pylist()
    assert two == {"class": "2", "hospitals": 1, "groups": 2, "n": 60, "mean_cost": 3.2, "standard": 4.0,
                   "coefficient": 0.8}  # fmt: skip
    assert (three["class"], three["n"], three["coefficient"]) == ("3", 80, 1.03870967742)


def test_one_price_for_basic_groups(one: Plan) -> None:
    levels = Members([Membership("A", "3"), Membership("T", "1")])
    made = [Cell("A", DAY, "x", 5, 1), Cell("T", DAY, "x", 5, 1), Cell("A", DAY, "y", 6, 1), Cell("T", DAY, "y", 5, 1)]
    prices = prices_table(made, levels, {"x": 0.7, "y": 0.1}, one)
    assert same_price(prices) == {"x"}
    assert prices.to_pylist()[1] == {
        "group": "y", "n": 11, "primary_n": 5, "share": 0.454545454545, "cv": 0.1, "same_price": False,
        "why": FEW_PRIMARY,
    }  # fmt: skip
    assert prices_table(made, levels, {"x": 0.71}, one)["why"].to_pylist() == [WIDE_SPREAD, FEW_PRIMARY]
    assert prices_table(made, levels, {"x": None}, one)["why"].to_pylist() == [NO_SPREAD, FEW_PRIMARY]


def test_what_a_case_is_multiplied_with(with_value: Any, one: Plan) -> None:
    its = {"class": Fraction(11, 10), "whole": Fraction(12, 10)}
    assert [hospital_coefficient(group, "surgery", its, {"x"}, one) for group in "xy"] == [1, Fraction(12, 10)]
    assert hospital_coefficient("y", "conservative", its, {"x"}, one) == Fraction(12, 10)
    of_class = plan(with_value(hospital_class={"least_cases": 30, "fallback": 1, "conservative": "class"}), DAY)
    assert hospital_coefficient("y", "conservative", its, {"x"}, of_class) == Fraction(11, 10)
    assert hospital_coefficient("y", "surgery", its, {"x"}, of_class) == Fraction(12, 10)


def test_cells_part_where_a_class_ends(backend: Any) -> None:
    rows = [
        {"hospital": "B", "group": "x", "day": date(2024, 6, day), "fen": 100, "enters": True} for day in (29, 30)
    ] + [
        {"hospital": "B", "group": "x", "day": date(2024, 7, 1), "fen": 500, "enters": True},
        {"hospital": "B", "group": "x", "day": date(2024, 7, 1), "fen": 900, "enters": False},
        {"hospital": "B", "group": None, "day": date(2024, 7, 1), "fen": 900, "enters": True},
    ]
    found = class_coefficients(cells_of(held(backend, pa.Table.from_pylist(rows)), MEMBERS), MEMBERS)
    assert {name: (its.n, its.fee) for name, its in found.items()} == {"2": (2, 200), "3": (1, 500)}
    alone = Members(LIST[:2])
    found = class_coefficients(cells_of(held(backend, pa.Table.from_pylist(rows)), alone), alone)
    assert {name: (its.n, its.fee) for name, its in found.items()} == {"2": (2, 200)}, "of no class since"
