"""Small tables in DATA folders, written through the tables room alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from yiheng.tables.commit import Commit, Source
from yiheng.tables.contract import contract
from yiheng.tables.data import loading


@pytest.fixture(scope="session")
def table_of() -> Callable[..., pa.Table]:
    """Rows as a table with exactly the columns of its contract."""

    def make(name: str, *rows: dict[str, Any]) -> pa.Table:
        return pa.Table.from_pylist(list(rows), schema=contract(name).schema)

    return make


@pytest.fixture(scope="session")
def source() -> Callable[..., Source]:
    def make(file: str = "a.csv", rows: int = 1) -> Source:
        return Source(file, "canonical", f"sha256 of {file}", rows, rows, 0)

    return make


@pytest.fixture(scope="session")
def put(table_of: Callable[..., pa.Table], source: Callable[..., Source]) -> Callable[..., Commit]:
    """Load rows into DATA as one commit; `replace` names the tables whose rows take the place of those held."""

    def load(root: Path, replace: tuple[str, ...] = (), **tables: list[dict[str, Any]]) -> Commit:
        with loading(root) as new:
            for name, rows in tables.items():
                with new.stage(name, name in replace) as staged:
                    staged.write(table_of(name, *rows))
            return new.commit((source(f"{new.number}.csv"),))

    return load


@pytest.fixture(scope="session")
def case() -> Callable[..., dict[str, Any]]:
    def make(case_id: str, year: int = 2023, **columns: Any) -> dict[str, Any]:
        return {"hospital": "H01", "case_id": case_id, "year": year, **columns}

    return make


@pytest.fixture(scope="session")
def files_under() -> Callable[[Path], list[str]]:
    """The names of all files under a folder but locks."""

    def read(root: Path) -> list[str]:
        found = (path for path in root.rglob("*") if path.is_file() and path.suffix != ".lock")
        return sorted(path.relative_to(root).as_posix() for path in found)

    return read
