"""dip.pricing.levelled: levels of many cases are those of the definition, case by case."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import Plan, plan
from yiheng.dip.pricing.levelled import facts_of, levelled
from yiheng.dip.pricing.levels import level_of

DAY = date(2024, 12, 31)
SCHEMA = pa.schema(
    [("dx", pa.list_(pa.string())), ("proc", pa.list_(pa.string())), ("dx_edition", pa.string()),
     ("proc_edition", pa.string()), ("los", pa.int32()), ("died", pa.bool_()), ("age", pa.int16()),
     ("age_days", pa.int32())]
)  # fmt: skip
CODES = ["C34.1", "c34.100", "C78.0", "I50.9", "E11.2", "E11.9", "A41.9", "R57.2", "J18.9", "K70.3", "I85.0", None]
PROCS = ["99.2503", "92.24", "36.06", None]


@pytest.fixture(scope="module")
def made(with_value: Any) -> Plan:
    lists = {"short_stay": 3, "cc": ["A40-A41"], "mcc": ["R57"]}
    return plan(with_value(severity_levels=lists), DAY)


def batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


ROWS = st.fixed_dictionaries(
    {
        "dx": st.none() | st.lists(st.sampled_from(CODES), max_size=5),
        "proc": st.none() | st.lists(st.sampled_from(PROCS), max_size=3),
        "dx_edition": st.sampled_from([None, "ICD-10", "CCSR"]),
        "proc_edition": st.sampled_from([None, "ICD-9-CM-3", "CCSR"]),
        "los": st.none() | st.integers(1, 6),
        "died": st.booleans(),
        "age": st.none() | st.integers(0, 90),
        "age_days": st.none() | st.integers(0, 364),
    }
)


@pytest.mark.property
@given(st.lists(ROWS, max_size=12), st.integers(0, 3))
def test_many_cases_have_the_levels_of_each(made: Plan, rows: list[dict[str, Any]], start: int) -> None:
    part = batch(rows).slice(min(start, len(rows)))
    found = levelled(part, made)
    assert list(found) == ["cci", "severity", "tumour", "age"]
    for number, row in enumerate(part.to_pylist()):
        own = {kind: level_of(kind, facts_of(row), made) for kind in found}
        assert {kind: found[kind][number].as_py() for kind in found} == own


def test_columns_that_are_not_there_are_unknown(made: Plan) -> None:
    found = levelled(batch([{"dx": ["J18.9", "R57.2"], "died": False}]).select(["dx"]), made)
    assert {kind: values.to_pylist() for kind, values in found.items()} == {
        "cci": [None], "severity": ["III"], "tumour": [None], "age": [None],
    }  # fmt: skip


def test_an_unknown_kind_is_refused(with_value: Any) -> None:
    other = plan(with_value(auxiliary_kinds=["cci", "income"]), DAY)
    with pytest.raises(Refusal, match="value income: auxiliary_kinds: is no kind of level -> one of: cci, severity"):
        level_of("income", facts_of({"dx": ["J18.9"]}), other)
