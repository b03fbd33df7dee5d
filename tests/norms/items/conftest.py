"""DATA with made-up cases and their charge lines, and a place where lines written by hand become DATA."""

import os
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from ibis.backends.duckdb import Backend

from yiheng.norms.items.roster import Roster, roster
from yiheng.sample.discharges import discharges
from yiheng.sample.forms.lines import charge_lines
from yiheng.tables.contract import contract
from yiheng.tables.data import Data, loading
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot

Row = dict[str, Any]
CASES, SEED = 20_000, 11
# Parts of the large DATA that a cluster is given; `make soak` asks for more.
PARTS = int(os.environ.get("YIHENG_SOAK", "1"))
LARGE, AT_ONCE, A_CASE = 2_000 * PARTS, 2_000, 220
WHEN = {"year": 2025, "month": 202506, "discharge_date": date(2025, 6, 30)}


@pytest.fixture(scope="session")
def backend() -> Iterator[Backend]:
    """One engine for all tests of the room."""
    with engine() as one:
        yield one


def write_data(root: Path, cases: pa.Table, lines: pa.Table) -> Path:
    """DATA with these rows, in one commit."""
    with loading(root) as load:
        load.stage("cases").write(cases)
        load.stage("lines").write(lines)
        load.commit((), made_up=True)
    return root


def as_table(name: str, rows: list[Row]) -> pa.Table:
    """Rows as a table of the contract, of June 2025 if they do not say; what else they do not say is null."""
    schema = contract(name).schema
    whole = [{column: row.get(column, WHEN.get(column)) for column in schema.names} for row in rows]
    return pa.Table.from_pylist(whole, schema=schema)


def case(case_id: str, group: str | None, hospital: str = "A", los: int | None = 3, **more: Any) -> Row:
    """One case of June 2025."""
    return {"hospital": hospital, "case_id": case_id, "los": los, "group": group, **more}


def line(case_id: str, code: str | None, quantity: str | None, amount: str, hospital: str = "A", **more: Any) -> Row:
    """One charge line; a treatment of category 01, on the first day, if nothing else is said."""
    return {
        "hospital": hospital, "case_id": case_id, "line_no": 1, "day_no": 1, "item_code": code,
        "item_name": f"name of {code}", "category": "01", "quantity": None if quantity is None else Decimal(quantity),
        "amount": Decimal(amount), "is_drug": False, "is_material": False, **more,
    }  # fmt: skip


@pytest.fixture
def by_hand(tmp_path: Path) -> Callable[[list[Row], list[Row]], Path]:
    """DATA of cases and lines written by hand."""
    return lambda cases, lines: write_data(tmp_path / "data", as_table("cases", cases), as_table("lines", lines))


def grouped_cases(count: int) -> pa.Table:
    """Made-up discharges; the group is the category of the principal diagnosis, one in 13 has none."""
    cases = pa.Table.from_batches(list(discharges(SEED, count, (2025,))))
    principal = pa.array([codes[0][:3] if place % 13 else None for place, codes in enumerate(cases["dx"].to_pylist())])
    return cases.set_column(cases.schema.get_field_index("group"), "group", principal.cast(pa.string()))


@pytest.fixture(scope="session")
def sample_cases() -> pa.Table:
    """20,000 made-up discharges with their groups."""
    return grouped_cases(CASES)


@pytest.fixture(scope="session")
def sample_lines(sample_cases: pa.Table) -> pa.Table:
    """Their charge lines; a few without an item code, a quantity, a day, or with another name."""
    lines = pa.Table.from_batches([charge_lines(SEED, sample_cases)])
    place = pa.array(range(lines.num_rows))
    for name, every in (("item_code", 997), ("quantity", 1009), ("day_no", 1013), ("is_drug", 991), ("category", 1019)):
        here = pc.equal(pc.subtract(place, pc.multiply(pc.divide(place, every), every)), 0)
        values = pc.if_else(here, pa.scalar(None, lines.schema.field(name).type), lines[name].combine_chunks())
        lines = lines.set_column(lines.schema.get_field_index(name), name, values)
    names = [f"{name} (旧)" if number % 5 == 0 else name for number, name in enumerate(lines["item_name"].to_pylist())]
    return lines.set_column(lines.schema.get_field_index("item_name"), "item_name", pa.array(names))


@pytest.fixture(scope="session")
def sample_data(sample_cases: pa.Table, sample_lines: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DATA with both."""
    return write_data(tmp_path_factory.mktemp("standards") / "data", sample_cases, sample_lines)


@pytest.fixture(scope="session")
def large_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DATA with more than a quarter of a million charge lines; with YIHENG_SOAK=20 more than five million."""
    root = tmp_path_factory.mktemp("large") / "data"
    cases = grouped_cases(LARGE)
    with loading(root) as load:
        load.stage("cases").write(cases)
        lines = load.stage("lines")
        for first in range(0, LARGE, AT_ONCE):
            lines.write(pa.Table.from_batches([charge_lines(SEED, cases.slice(first, AT_ONCE), A_CASE)]))
        load.commit((), made_up=True)
    assert sum(lines.rows.values()) > 250_000 * PARTS
    return root


@pytest.fixture
def opened(backend: Backend) -> Callable[[Path], tuple[Snapshot, Roster]]:
    """A DATA folder and its cases by their own group."""

    def open_data(root: Path) -> tuple[Snapshot, Roster]:
        snapshot = Snapshot(backend, Data.open(root))
        return snapshot, roster(backend, snapshot.table("cases"), "group", str(root))

    return open_data
