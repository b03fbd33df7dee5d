"""Complications counted by the engine against the same counted case by case, by the pack's own evaluator."""

from collections import Counter
from functools import cache
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.drg.case import case_of
from yiheng.drg.facts import Facts
from yiheng.norms.standardised import STRATA
from yiheng.reports.drg import PACK, choose
from yiheng.reports.severity import strata
from yiheng.tables.engine import engine, held

SCHEMA = pa.schema(
    [("hospital", pa.string()), ("case_id", pa.string()), ("status", pa.string()), ("age", pa.int16()),
     ("dx", pa.list_(pa.string()))]
)  # fmt: skip
AGES = (18, 65)
# A MCC, a CC, others, one that its own block excludes, one spelled otherwise, one unknown, one empty.
CODES = ("I21.900", "J96.000", "A41.900", "E11.900", "I10.x00", "A00.000", "a01.000 ", "X99", "", None)


@cache
def pack() -> Any:
    return choose(PACK).pack


def counted(rows: list[dict[str, Any]], ages=AGES, chars=3) -> list[tuple[Any, ...]]:
    with engine() as backend:
        cases = held(backend, pa.Table.from_pylist(rows, schema=SCHEMA))
        found = strata(backend, cases, pack(), ages, chars)
    assert found.schema == STRATA
    return [tuple(row.values()) for row in found.to_pylist()]


def plain(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The definition, a case at a time."""
    whole, any_, mcc = Counter[Any](), Counter[Any](), Counter[Any]()
    for row in rows:
        case = case_of(row)
        if row["status"] != "grouped" or row["age"] is None or not case.dx or case.dx[0] is None:
            continue
        key = (row["hospital"], sum(row["age"] >= age for age in AGES), case.dx[0][:3])
        levels = {each.level for each in Facts(pack(), case).severity if each.counted}
        whole[key] += 1
        any_[key] += bool(levels)
        mcc[key] += "MCC" in levels
    return [(*key, n, any_[key], mcc[key]) for key, n in sorted(whole.items())]


def case(number: int, dx: list[str | None] | None, **more: Any) -> dict[str, Any]:
    return {"hospital": "A", "case_id": str(number), "status": "grouped", "age": 70, "dx": dx} | more


def levels() -> dict[str, set[str]]:
    """Of each level, the codes of CODES that the pack gives it."""
    return {
        level: {code for code in CODES if code and its.get(code.strip().upper()) is not None}
        for level, its in pack().severity.items()
    }


def test_the_codes_of_these_tests_are_of_each_level() -> None:
    assert levels()["MCC"] >= {"I21.900"}
    assert levels()["CC"] >= {"A00.000", "a01.000 "}


def test_cases_are_counted_by_hospital_age_band_and_category() -> None:
    rows = [
        case(1, ["E11.900", "I21.900", "A00.000"]),
        case(2, ["E11.900", "A00.000", "A00.000"]),
        case(3, ["E11.901"]),
        case(4, ["E11.900"], age=18),
        case(5, ["E11.900", "I21.900"], age=17),
        case(6, ["J18.900", "X99", None, ""], hospital="B"),
    ]
    assert counted(rows) == [
        ("A", 0, "E11", 1, 1, 1),
        ("A", 1, "E11", 1, 0, 0),
        ("A", 2, "E11", 3, 2, 1),
        ("B", 2, "J18", 1, 0, 0),
    ]
    assert counted(rows) == plain(rows)


def test_a_complication_that_the_principal_diagnosis_excludes_does_not_count() -> None:
    rows = [case(1, ["A01.000", "A00.000"]), case(2, ["E11.900", "A00.000"])]
    assert counted(rows) == plain(rows) == [("A", 2, "A01", 1, 0, 0), ("A", 2, "E11", 1, 1, 0)]


def test_cases_without_a_group_age_or_principal_diagnosis_are_left_out() -> None:
    rows = [
        case(1, ["E11.900"], status="ungroupable"),
        case(2, ["E11.900"], age=None),
        case(3, []),
        case(4, None),
        case(5, [None, "I21.900"]),
        case(6, ["", "I21.900"]),
    ]
    assert counted(rows) == []
    assert counted([]) == []


def test_without_ages_there_is_one_band_and_the_whole_code_may_be_asked_for() -> None:
    rows = [case(1, ["e11.900 "], age=3), case(2, ["E11.900"], age=90)]
    assert counted(rows, ages=(), chars=99) == [("A", 0, "E11.900", 2, 0, 0)]


@pytest.mark.slow
@pytest.mark.property
@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("AB"), st.lists(st.sampled_from(CODES), max_size=4), st.sampled_from((0, 18, 70, None))
        ),
        max_size=25,
    )
)
def test_the_engine_counts_as_the_evaluator_does(drawn) -> None:
    rows = [case(number, dx, hospital=name, age=age) for number, (name, dx, age) in enumerate(drawn)]
    assert counted(rows) == plain(rows)
