"""Cases of physicians, few and by hand, and 20,000 of the made-up region."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from yiheng.norms.doctors.rules import Attributed
from yiheng.norms.facts import facts
from yiheng.norms.groups.severity import strata
from yiheng.norms.rules import Expecting, expecting, rules
from yiheng.sample.discharges import discharges
from yiheng.tables.contract import contract
from yiheng.tables.engine import engine, held

Row = dict[str, Any]
Made = tuple[ir.Table, ir.Table]
DAY = date(2024, 12, 31)


@pytest.fixture(scope="session")
def backend() -> Iterator[Backend]:
    """One engine for all tests of the room."""
    with engine() as one:
        yield one


@pytest.fixture(scope="session")
def its_rules() -> Attributed:
    """Rules with small minimums."""
    return Attributed("physician", doctor_cases_least=4, pair_cases_least=2, expected_deaths_least=1, confidence=0.95)


@pytest.fixture(scope="session")
def expected_by() -> Expecting:
    return expecting(DAY)


@pytest.fixture(scope="session")
def made(backend: Backend, sample_made: Made) -> Callable[[list[Row]], Made]:
    """Rows (hospital, physician, case_id, group, fee in fen, los, died, a stratum) as facts and strata."""
    schema = sample_made[0].schema().to_pyarrow()
    known = {"severity": "0", "charlson": "charlson:0", "age_band": "18"}
    of_strata = pa.schema([("row", pa.int64()), *((name, pa.string()) for name in known)])

    def build(rows: list[Row]) -> Made:
        whole = [{name: row.get(name) for name in schema.names} | {"row": place} for place, row in enumerate(rows)]
        levels = [
            {"row": place} | {name: row.get(name, usual) for name, usual in known.items()}
            for place, row in enumerate(rows)
        ]
        return (
            held(backend, pa.Table.from_pylist(whole, schema=schema)),
            held(backend, pa.Table.from_pylist(levels, schema=of_strata)),
        )

    return build


@pytest.fixture(scope="session")
def objected() -> Callable[..., pa.Table]:
    """Objections from rows of hospital, physician, case id, figure and state."""

    def build(*rows: tuple[str, str, str, str, str]) -> pa.Table:
        names = ("hospital", "physician", "case_id", "figure", "state")
        found = [dict(zip(names, row, strict=True)) | {"reason": "why", "raised_on": DAY} for row in rows]
        return pa.Table.from_pylist(found, schema=contract("objections").schema)

    return build


@pytest.fixture(scope="session")
def sample() -> pa.Table:
    """20,000 cases of three hospitals, so that physicians have many; the group is that of the principal diagnosis."""
    table = pa.Table.from_batches(list(discharges(11, 20_000, (2024,))))
    groups = [None if place % 50 == 0 else dx[0][:3] for place, dx in enumerate(table["dx"].to_pylist())]
    physicians = [None if place % 40 == 0 else name[-2:] for place, name in enumerate(table["physician"].to_pylist())]
    for name, values in (("group", groups), ("physician", physicians)):
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values, pa.string()))
    return table


@pytest.fixture(scope="session")
def sample_made(backend: Backend, sample: pa.Table, expected_by: Expecting) -> Made:
    cases = held(backend, sample.append_column("row", pa.array(range(sample.num_rows), pa.int64())))
    return facts(backend, cases, "group", None, rules(DAY)), strata(backend, cases, expected_by)


@pytest.fixture(scope="session")
def sample_rows(sample_made: Made) -> list[Row]:
    """Facts with their strata as dictionaries."""
    cases, levels = sample_made
    names = ["row", "hospital", "physician", "case_id", "group", "fee", "los", "died"]
    rows: list[Row] = (
        cases.select(names).left_join(levels, "row").drop("row_right").order_by("row").to_pyarrow().to_pylist()
    )
    return rows
