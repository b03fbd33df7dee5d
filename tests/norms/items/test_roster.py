"""norms.items.roster: cases numbered in order, those in no group left out."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.norms.items.roster import NUMBERS, roster
from yiheng.tables.engine import held

NAMES = ("hospital", "case_id", "los", "discharge_date", "drg")
TYPES = (pa.string(), pa.string(), pa.int32(), pa.date32(), pa.string())


def cases_of(backend: Backend, *rows: tuple[Any, ...]) -> Any:
    schema = pa.schema(list(zip(NAMES, TYPES, strict=True)))
    return held(backend, pa.Table.from_pylist([dict(zip(NAMES, row, strict=True)) for row in rows], schema=schema))


def test_numbers_go_by_name(backend: Backend) -> None:
    day = date(2025, 1, 2)
    rows = [("B", "1", 3, day, "y"), ("A", "2", None, None, "x"), ("A", "1", 4, date(2024, 1, 1), "y")]
    its = roster(backend, cases_of(backend, *rows, ("C", "1", 1, date(2026, 1, 1), None)), "drg")
    assert (its.groups, its.hospitals, its.left_out, its.last) == (["x", "y"], ["A", "B"], 1, day)
    found = its.cases.order_by("case_no").to_pyarrow()
    assert found.column_names == ["hospital", "case_id", "los", *NUMBERS]
    assert {found.schema.field(name).type for name in NUMBERS} == {pa.int32()}
    assert [tuple(row.values()) for row in found.to_pylist()] == [
        ("A", "1", 4, 0, 1, 0), ("A", "2", None, 1, 0, 0), ("B", "1", 3, 2, 1, 1),
    ]  # fmt: skip


def test_refusals(backend: Backend) -> None:
    with pytest.raises(Refusal, match="file F: no case is in a group"):
        roster(backend, cases_of(backend, ("A", "1", 1, date(2025, 1, 1), None)), "drg", "F")
    with pytest.raises(Refusal, match="no case in a group has a day of discharge"):
        roster(backend, cases_of(backend, ("A", "1", 1, None, "x")), "drg", "F")
