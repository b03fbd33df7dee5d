"""One made-up year that the tests of this room share."""

from typing import Any

import pyarrow as pa
import pytest

from yiheng.sample.discharges import BLOCK, discharges

SEED = 20
YEAR = 2024


@pytest.fixture(scope="session")
def cases() -> pa.Table:
    """A full block and a small one of 2024."""
    return pa.Table.from_batches(list(discharges(SEED, BLOCK + 500, (YEAR,))))


@pytest.fixture(scope="session")
def rows(cases: pa.Table) -> list[dict[str, Any]]:
    """The first 6,000 cases as dictionaries, without the columns that are null throughout."""
    made = [name for name in cases.column_names if not name.startswith("fp_")]
    found: list[dict[str, Any]] = cases.select(made).slice(0, 6000).to_pylist()
    return found
