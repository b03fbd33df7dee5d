"""norms.items.uses and sums: netting, and sums by the engine equal to sums by arrays."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from yiheng.norms.items.gather import gather, named
from yiheng.norms.items.months import line_files
from yiheng.norms.items.roster import Roster
from yiheng.norms.items.sums import Cells, cells, places
from yiheng.norms.items.uses import CELL, cell_sums, net, place_sums, placed
from yiheng.tables.engine import held
from yiheng.tables.snapshot import Snapshot

Open = Callable[[Path], tuple[Snapshot, Roster]]
ROW = st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 1), st.integers(-9, 9), st.integers(-9, 9))
NAMES = (*CELL, "quantity", "amount")


def as_rows(table: pa.Table) -> list[tuple[Any, ...]]:
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=str)


def columns(found: Cells) -> list[list[int]]:
    return [values.tolist() for values in vars(found).values()]


@pytest.mark.slow
@pytest.mark.parity
def test_the_engine_adds_up_as_arrays_do(opened: Open, sample_data: Path, backend: Backend) -> None:
    """What a cluster is asked for is what this machine works out."""
    snapshot, its = opened(sample_data)
    lines = snapshot.table("lines")
    found = named(backend, its, lines)
    used = backend.create_table("used_of_all", net(lines, its.cases, found.items), temp=True)
    by_array = columns(cells(placed(used, its.cases).to_pyarrow()))
    by_engine = cell_sums(used, its.cases)
    assert columns(cells(by_engine.to_pyarrow())) == by_array
    assert len(by_array[0]) == by_engine.count().to_pyarrow().as_py()
    gathered = gather(snapshot, its, line_files(snapshot))
    parts = [columns(each) for each in gathered.cells()]
    assert [sum(values, []) for values in zip(*parts, strict=True)] == by_array
    sums = place_sums(used, its.cases).to_pyarrow()
    whole = places(sums, len(its.groups), len(its.hospitals))
    assert np.array_equal(whole.cases, gathered.places.cases)
    assert np.array_equal(whole.amount, gathered.places.amount)


def test_what_nets_to_nothing_is_not_there(backend: Backend) -> None:
    """Quantity and amount both; what is unknown adds nothing; lines without a code are one item."""
    said = [("a", "1", "2.00"), ("a", "-1", "-2.00"), ("b", "1", "2.00"), ("b", "-1", "-1.99"), ("c", None, "0.05"),
            (None, "1", "3.00"), (None, "1", "4.00"), ("d", "0.0001", None)]  # fmt: skip
    rows = [
        {"hospital": "A", "case_id": "1", "item_code": code, "quantity": q and Decimal(q), "amount": a and Decimal(a)}
        for code, q, a in [*said, ("a", "9", "9.00")]
    ]
    rows[-1]["case_id"] = "unknown"
    kinds = {"quantity": pa.decimal128(18, 4), "amount": pa.decimal128(18, 2)}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in rows[0]])
    lines = held(backend, pa.Table.from_pylist(rows, schema=schema))
    cases = held(backend, pa.table({"hospital": ["A"], "case_id": ["1"], "case_no": pa.array([7], pa.int32())}))
    items = held(backend, pa.table({"item_no": pa.array(range(4), pa.int32()), "item_code": list("abcd")}))
    assert as_rows(net(lines, cases, items).to_pyarrow()) == [
        (7, 1, 0, 1), (7, 2, 0, 5), (7, 3, 1, 0), (7, None, 20_000, 700),
    ]  # fmt: skip


@pytest.mark.property
@given(st.lists(ROW, max_size=30), st.integers(0, 30))
@settings(max_examples=100)
def test_cells_of_parts_add_up(rows: list[tuple[int, ...]], cut: int) -> None:
    """Sums of two halves, added up, are the sums of the whole."""

    def of(part: list[tuple[int, ...]]) -> pa.Table:
        return pa.table({name: pa.array([row[k] for row in part], pa.int64()) for k, name in enumerate(NAMES)})

    def sums(table: pa.Table) -> pa.Table:
        found = cells(table)
        numbers = (found.group, found.item, found.hospital, found.quantity, found.amount, found.using)
        return pa.table(dict(zip((*NAMES, "using"), numbers, strict=True)))

    halves = pa.concat_tables([sums(of(rows[:cut])), sums(of(rows[cut:]))])
    assert sums(halves).equals(sums(of(rows)))
    assert sums(of(rows)).num_rows == len({row[:3] for row in rows})
