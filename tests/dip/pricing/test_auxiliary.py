"""dip.levels and dip.auxiliary: which levels a case hits, when a level is opened, which coefficient counts."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from pathlib import Path
from statistics import mean
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import Plan, plan
from yiheng.dip.pricing.auxiliary import (
    CV_STAYS,
    FEW_CASES,
    FEW_IN_LEVEL,
    auxiliary_of,
    build_from_table,
    highest,
    opened,
    read_auxiliary,
)
from yiheng.dip.pricing.levels import Facts, level_of
from yiheng.policy.loader import scheme
from yiheng.tables.engine import held

DAY = date(2024, 12, 31)


@pytest.fixture(scope="module")
def one() -> Plan:
    return plan(scheme("dip/national-1.0"), DAY)


@pytest.mark.parametrize(
    ("others", "level"),
    [([], None), (["I50.9"], "CCI-1"), (["I50.9", "E11.2"], "CCI-2"), (["I50.9", "E11.2", "C34.1"], "CCI-3")],
)
def test_cci_is_of_the_other_diagnoses_only(one: Plan, others: list[str], level: str | None) -> None:
    assert level_of("cci", Facts(["C34.1", *others]), one) == level


@pytest.mark.parametrize(
    ("age", "days", "level"),
    [(0, 28, "newborn"), (0, 29, "infant"), (0, None, None), (1, None, "preschool"), (6, None, "preschool"),
     (7, None, "minor"), (17, None, "minor"), (18, None, None), (65, None, None), (66, None, "old"),
     (None, None, None)],
)  # fmt: skip
def test_age(one: Plan, age: int | None, days: int | None, level: str | None) -> None:
    assert level_of("age", Facts(["J18.9"], age=age, age_days=days), one) == level


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (Facts(["J18.9"], los=3), "I-A"),
        (Facts(["J18.9"], los=4), "I-B"),
        (Facts(["J18.9"]), None),
        (Facts(["J18.9", "A41.9"], los=4), "II"),
        (Facts(["J18.9", "A41.9", "R57.2"], los=4), "III"),
        (Facts(["J18.9", "R57.2"], los=3, died=True), "IV-A"),
        (Facts(["J18.9"], los=4, died=True), "IV-B"),
        (Facts(["J18.9"], died=True), None),
    ],
)
def test_severity_by_the_places_lists(with_value: Any, facts: Facts, level: str | None) -> None:
    lists = {"short_stay": 3, "cc": ["A40-A41"], "mcc": ["R57"]}
    assert level_of("severity", facts, plan(with_value(severity_levels=lists), DAY)) == level


def test_an_empty_list_of_complications_means_never(one: Plan) -> None:
    assert level_of("severity", Facts(["J18.9", "R57.2"], los=4), one) == "I-B"


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (Facts(["J18.9", "C78.0"], los=4), None),
        (Facts(["C34.1"], los=2), "I-A"),
        (Facts(["C34.1"], los=4), "I-B"),
        (Facts(["C34.1", "C78.0"], los=4), "IV"),
        (Facts(["C34.1", "C78.0"], ["92.24"], los=4), "V-A"),
        (Facts(["C34.1"], ["92.24", "99.2503"], los=4), "V-B"),
        (Facts(["C34.1"], ["99.25"], los=2, died=True), "VI-A"),
        (Facts(["C97"], los=9, died=True), "VI-B"),
        (Facts(["D05.1"], los=4), "I-B"),
        (Facts(["D10.1"], los=4), None),
    ],
)
def test_tumours(one: Plan, facts: Facts, level: str | None) -> None:
    assert level_of("tumour", facts, one) == level


def cases(kind: str = "core", n: int = 20) -> list[Any]:
    """`n` cases around 100 yuan and 5 newborns around 300."""
    plain = [("G", kind, 10000 + 100 * number, None) for number in range(n)]
    return plain + [("G", kind, 30000 + 100 * number, "newborn") for number in range(5)]


def table_of(backend: Any, rows: Iterable[dict[str, Any]]) -> Any:
    """Cases of 2024 that enter, unless a row says otherwise; `level_age` is the only level that they hit."""
    kinds = [("group", pa.string()), ("kind", pa.string()), ("fen", pa.int64()), ("level_age", pa.string()),
             ("year", pa.int16()), ("enters", pa.bool_()),
             *((f"level_{kind}", pa.string()) for kind in ("cci", "severity", "tumour"))]  # fmt: skip
    made = [{"year": 2024, "enters": True} | row for row in rows]
    return held(backend, pa.Table.from_pylist(made, schema=pa.schema(kinds)))


@pytest.fixture
def levels_in(backend: Any, one: Plan) -> Any:
    """The auxiliary catalogue of cases."""
    names = ("group", "kind", "fen", "level_age")
    return lambda made: build_from_table(table_of(backend, (dict(zip(names, row, strict=True)) for row in made)), one)


def test_a_level_is_opened_when_the_cv_falls_enough(levels_in: Any) -> None:
    (row,) = levels_in(cases()).to_pylist()
    fees = [each[2] for each in cases()]
    own = mean(fees[-5:])
    assert (row["kind"], row["level"], row["n"], row["opened"], row["why"]) == ("age", "newborn", 5, True, None)
    assert row["mean_cost"] == own / 100
    assert row["coefficient"] == float(f"{own / mean(fees):.12g}")
    assert row["cv_after"] < 0.8 * row["cv_before"]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (cases(n=9), FEW_CASES),
        (cases()[:-1], FEW_IN_LEVEL),
        ([(group, kind, 10000 + 500 * n, its) for n, (group, kind, _, its) in enumerate(cases())], CV_STAYS),
    ],
)
def test_a_level_stays_closed_and_says_why(levels_in: Any, made: list[Any], why: str) -> None:
    if why == CV_STAYS:
        made = [(group, kind, fee, "newborn" if n % 2 else None) for n, (group, kind, fee, _) in enumerate(made)]
    (row,) = levels_in(made).to_pylist()
    assert (row["opened"], row["why"]) == (False, why)
    assert opened(levels_in(made)) == {}


def test_tcm_and_bed_day_groups_have_none(levels_in: Any) -> None:
    assert levels_in(cases("tcm") + cases("bedday")).num_rows == 0


def test_the_highest_coefficient_wins() -> None:
    said = {
        ("G", "age", "newborn"): Fraction(12, 10),
        ("G", "cci", "CCI-1"): Fraction(15, 10),
        ("G", "age", "old"): Fraction(3),
    }
    assert highest("G", {"age": "newborn", "cci": "CCI-1"}, said) == (Fraction(15, 10), "cci:CCI-1")
    assert highest("G", {"age": "newborn"}, said) == (Fraction(12, 10), "age:newborn")
    assert highest("H", {"age": "newborn"}, said) == (1, None)


@pytest.mark.slow
@pytest.mark.property
@given(
    st.lists(
        st.tuples(
            st.sampled_from("GH"), st.sampled_from(["core", "tcm"]), st.integers(0, 50000),
            st.sampled_from([None, "newborn", "old"]), st.sampled_from([2023, 2024]), st.booleans(),
        ), max_size=60,
    )
)  # fmt: skip
def test_a_table_of_cases_gives_what_its_cases_give_one_by_one(backend: Any, one: Plan, rows: list[Any]) -> None:
    names = ("group", "kind", "fen", "level_age", "year", "enters")
    made = [dict(zip(names, row, strict=True)) for row in rows]
    counted = [
        (row["group"], kind, row["level_age"] if kind == "age" else None, 1, row["fen"], row["fen"] ** 2)
        for row in made if row["enters"] and row["year"] == 2024 and row["kind"] == "core"
        for kind in one.value("auxiliary_kinds")
    ]  # fmt: skip
    assert build_from_table(table_of(backend, made), one).equals(auxiliary_of(counted, one))


def test_a_file_that_is_no_auxiliary_catalogue_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    with pytest.raises(Refusal, match="there is no such file"):
        read_auxiliary(path)
    path.write_text("no")
    with pytest.raises(Refusal, match=r"file x\.parquet: is not an auxiliary catalogue -> yiheng dip auxiliary build"):
        read_auxiliary(path)
    pq.write_table(pa.table({"group": ["x"]}), path)
    with pytest.raises(Refusal, match="is not an auxiliary catalogue"):
        read_auxiliary(path)


def test_years_that_are_no_choice_are_refused(backend: Any, with_value: Any) -> None:
    table = held(backend, pa.table({"group": ["x"]}))
    with pytest.raises(Refusal, match="value some: auxiliary_years: is no choice -> newest, all"):
        build_from_table(table, plan(with_value(auxiliary_years="some"), DAY))
