"""Cases of every kind for comparisons, and 20,000 of the made-up region."""

from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from yiheng.norms.facts import facts
from yiheng.norms.peers.rules import Comparing, Signal
from yiheng.norms.rules import rules
from yiheng.sample.discharges import discharges
from yiheng.tables.engine import engine, held

Row = dict[str, Any]
KEYS = ("hospital", "dept", "group")
DAY = date(2024, 12, 31)
SIGNALS = (
    Signal("beyond", "beyond"),
    Signal("side_8", "side", 8),
    Signal("trend_6", "trend", 6),
    Signal("two_of_3", "zone", 3, 2, 2),
)


@pytest.fixture(scope="session")
def backend() -> Iterator[Backend]:
    """One engine for all tests of the room."""
    with engine() as one:
        yield one


@pytest.fixture(scope="session")
def comparing() -> Comparing:
    """Rules with small minimums."""
    return Comparing(
        alike=(("level", "class"), ("level",), ()), covered_least=Fraction(1, 2), peers_least=3, pair_cases_least=2,
        confidence=0.95, shown_cases_least=2,
        chart_months_least=4, chart_sigmas=3, signals=SIGNALS,
    )  # fmt: skip


@pytest.fixture(scope="session")
def sums_of(backend: Backend) -> Callable[[list[Row]], ir.Table]:
    """Rows of cases as what `norms.sums` makes of them by hospital, department and group: what comparisons need."""
    names = [(name, pa.int64()) for name in ("n", "fee_cases", "fee", "los_cases", "los")]
    squares = [(name, pa.decimal128(38, 0)) for name in ("fee_square", "los_square")]
    schema = pa.schema([*((name, pa.string()) for name in KEYS), *names, *squares])

    def made(rows: list[Row]) -> ir.Table:
        found: dict[tuple[str | None, ...], Row] = {}
        for row in rows:
            key = tuple(row[name] for name in KEYS)
            its = found.setdefault(key, dict.fromkeys(schema.names, 0) | dict(zip(KEYS, key, strict=True)))
            its["n"] += 1
            for measure, value in (("fee", row["total_fee"]), ("los", row["los"])):
                if value is not None:
                    whole = int(value * 100) if measure == "fee" else value
                    its[f"{measure}_cases"] += 1
                    its[measure] += whole
                    its[f"{measure}_square"] += whole * whole
        return held(backend, pa.Table.from_pylist(list(found.values()), schema=schema))

    return made


def _numbered(backend: Backend, table: pa.Table) -> ir.Table:
    return held(backend, table.append_column("row", pa.array(range(table.num_rows), pa.int64())))


@pytest.fixture(scope="session")
def sample() -> pa.Table:
    """20,000 cases; the group is the category of the principal diagnosis, of one in twenty none."""
    table = pa.Table.from_batches(list(discharges(11, 20_000, (2024,))))
    groups = [None if place % 20 == 0 else dx[0][:3] for place, dx in enumerate(table["dx"].to_pylist())]
    place = table.schema.get_field_index("group")
    return table.set_column(place, "group", pa.array(groups, pa.string()))


@pytest.fixture(scope="session")
def sample_rows(sample: pa.Table) -> list[Row]:
    names = ["hospital", "dept", "discharge_date", "group", "total_fee", "los", "discharge", "drug_fee"]
    return sample.select(names).to_pylist()


@pytest.fixture(scope="session")
def sample_facts(backend: Backend, sample: pa.Table) -> ir.Table:
    return facts(backend, _numbered(backend, sample), "group", None, rules(DAY))
