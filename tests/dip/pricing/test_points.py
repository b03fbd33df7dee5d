"""dip.comparison, pricing: the base of comparison along its chain, and the points of many cases."""

from datetime import date
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import Plan, plan
from yiheng.dip.pricing.casepoints import case_points
from yiheng.dip.pricing.coefficients import Cell
from yiheng.dip.pricing.comparison import Base, bases
from yiheng.dip.pricing.members import Members, Membership
from yiheng.dip.pricing.points import OUT, Case, Pricer, jumps, priced_batches
from yiheng.policy.loader import scheme
from yiheng.tables.engine import held

DAY = date(2024, 12, 31)
MEMBERS = Members([Membership("A", "3"), Membership("B", "3"), Membership("C", "2")])
# The year before: class 3 has 5 cases of x at 100 yuan, class 2 one at 40; y has 3 cases in all.
CELLS = [
    Cell("A", DAY, "x", 3, 3 * 10000), Cell("B", DAY, "x", 2, 2 * 10000), Cell("C", DAY, "x", 1, 4000),
    Cell("C", DAY, "y", 3, 3 * 7000),
]  # fmt: skip
MEANS = {"x": Fraction(8000), "y": Fraction(6000)}


@pytest.fixture(scope="module")
def one() -> Plan:
    return plan(scheme("dip/national-1.0"), DAY)


def pricer(its: Plan, cells: list[Cell] | None = None) -> Pricer:
    coefficient = {"class": Fraction(12, 10), "whole": Fraction(12, 10)}
    none = {"class": Fraction(1), "whole": Fraction(1)}
    auxiliary = {("x", "age", "old"): Fraction(13, 10), ("x", "cci", "CCI-1"): Fraction(15, 10)}
    known = bases(CELLS if cells is None else cells, MEMBERS, MEANS, its)
    return Pricer(
        its, {"x": Fraction(1000), "y": Fraction(500)}, {"x": "surgery", "y": "conservative"}, auxiliary,
        {("A", "3"): coefficient}, none, frozenset({"y"}), {2024: known, None: bases([], MEMBERS, MEANS, its)},
    )  # fmt: skip


def test_the_first_link_with_enough_cases_is_compared_with(one: Plan) -> None:
    known = bases(CELLS, MEMBERS, MEANS, one)
    assert known.of("x", "A", "3") == Base(Fraction(10000), "class", 5)
    assert known.of("x", "C", "2") == Base(Fraction(9000), "region", 6)
    assert known.of("y", "A", "3") == Base(Fraction(6000), "catalogue", None)
    assert known.of("x", "N", None) == Base(Fraction(9000), "region", 6)
    assert known.of("z", "A", "3") is None


@pytest.mark.parametrize(("chain", "origin"), [(["hospital", "catalogue"], "catalogue"), (["hospital"], None)])
def test_another_chain(with_value: Any, chain: list[str], origin: str | None) -> None:
    rule = {"chain": chain, "least_cases": 5, "of": "group", "years_back": 1}
    found = bases(CELLS, MEMBERS, MEANS, plan(with_value(comparison_base=rule), DAY)).of("x", "A", "3")
    assert (found and found.origin) == origin


@pytest.mark.parametrize("wrong", [{"chain": ["city"]}, {"chain": []}, {"of": "case"}])
def test_a_chain_that_is_none_is_refused(with_value: Any, wrong: dict[str, Any]) -> None:
    rule = {"chain": ["class"], "least_cases": 5, "of": "group", "years_back": 1} | wrong
    with pytest.raises(Refusal, match="comparison_base: is no rule"):
        bases([], MEMBERS, MEANS, plan(with_value(comparison_base=rule), DAY))


def test_a_case_step_by_step(one: Plan) -> None:
    case = Case("A", "3", 2024, "x", 25000, {"age": "old", "cci": "CCI-1"})
    found = pricer(one).price(case)
    assert found is not None
    assert (found.points, found.auxiliary, found.level) == (1000, Fraction(15, 10), "cci:CCI-1")
    assert (found.hospital, found.base, found.ratio) == (
        Fraction(12, 10),
        Base(Fraction(10000), "class", 5),
        Fraction(5, 2),
    )
    assert (found.found.band, found.found.coefficient) == ("high", Fraction(18, 10))
    assert found.case_points == 2700 == case_points(Fraction(1000), Fraction(15, 10), found.found)


def test_one_price_knows_no_hospital_and_no_fee_is_the_middle(one: Plan) -> None:
    found = pricer(one).price(Case("A", "3", 2024, "y", None, {}))
    assert found is not None
    assert (found.hospital, found.found.band, found.case_points) == (1, "unknown", 500)
    assert pricer(one).price(Case("A", "3", 2024, "z", 1, {})) is None


def test_a_fee_held_against_the_level(with_value: Any) -> None:
    rule = {"chain": ["class", "region", "catalogue"], "least_cases": 5, "of": "level", "years_back": 1}
    found = pricer(plan(with_value(comparison_base=rule), DAY)).price(Case("A", "3", 2024, "x", 26000, {"age": "old"}))
    assert found is not None
    assert (found.base, found.ratio) == (Base(Fraction(13000), "class x age:old", 5), 2)
    assert found.found.band == "middle"


@pytest.mark.slow
@pytest.mark.property
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "C", "N", None]), st.sampled_from(["x", "y", "z", None]),
            st.none() | st.integers(0, 60000), st.sampled_from([None, "old"]), st.sampled_from([2024, 2023]),
        ), max_size=8,
    ), st.booleans(), st.sampled_from(["dip/national-1.0", "dip/jining-370800"]),
)  # fmt: skip
def test_many_cases_count_what_each_counts(backend: Any, rows: list[Any], closed: bool, name: str) -> None:
    its = plan(scheme(name), DAY)
    its._values["case_points"] = its.value("case_points") | {"low_closed": closed}
    names = ("hospital", "group", "fen", "level_age", "year")
    made = [dict(zip(names, row, strict=True)) for row in rows]
    kinds = [("hospital", pa.string()), ("group", pa.string()), ("fen", pa.int64()), ("level_age", pa.string()),
             ("year", pa.int16()), ("case_id", pa.string()), ("day", pa.date32()), ("kind", pa.string()),
             *((f"level_{kind}", pa.string()) for kind in ("cci", "severity", "tumour"))]  # fmt: skip
    table = held(backend, pa.Table.from_pylist([{**row, "day": DAY} for row in made], schema=pa.schema(kinds)))
    batches = list(priced_batches(backend, table, pricer(its), MEMBERS, ["case_id"]))
    found = [row for batch in batches for row in batch.to_pylist()]
    for row, told in zip(made, found, strict=True):
        own = None
        if row["group"] is not None:
            levels = {"age": row["level_age"]} if row["level_age"] else {}
            case = Case(
                row["hospital"], MEMBERS.on(row["hospital"], DAY), row["year"], row["group"], row["fen"], levels
            )
            own = pricer(its).price(case)
        said = (told["points"], told["band"], told["case_points"], told["ratio"], told["coefficient"], told["base"])
        if own is None:
            assert said == (None,) * 6
            continue
        ratio = None if own.ratio is None else float(f"{float(own.ratio):.12g}")
        assert said == (
            float(own.points), own.found.band, float(f"{float(own.case_points):.12g}"), ratio,
            float(f"{float(own.found.coefficient):.12g}"), own.base.origin if own.base else None,
        )  # fmt: skip
    assert all(batch.schema.names == ["case_id", *OUT.names] for batch in batches)


def test_a_form_that_jumps_is_said(one: Plan) -> None:
    jining = plan(scheme("dip/jining-370800"), DAY)
    assert [str(jump) for jump in jumps(one, [Fraction(1)])] == ["low 0.5 (h 1): 0.5 -> 1"]
    assert [str(jump) for jump in jumps(jining, [Fraction(9, 10)])] == [
        "low 0.5 (h 0.9): 0.5 -> 0.9", "review 5 (h 0.9): 3.9 -> 0.9",
    ]  # fmt: skip
