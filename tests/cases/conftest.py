"""Files of cases as a hospital might send them, and the installed command that loads them."""

import csv
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.cases.forms import known_form
from yiheng.cases.identity import KEY_FILE, Key, new_key
from yiheng.tables.data import Data
from yiheng.tables.digest import digest
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot

Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def command() -> str:
    """The installed command."""
    return str(Path(sys.executable).with_name("yiheng"))


@pytest.fixture(scope="session")
def yiheng(command: str) -> Callable[..., Done]:
    """Run the installed command in a process of its own; `env` is added to the environment."""

    def run(*words: object, env: Mapping[str, str] | None = None) -> Done:
        environment = {**os.environ, **(env or {})}
        words = (command, *map(str, words))
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=300)

    return run


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a CSV file of these lines in the test's own folder."""

    def write(name: str, *lines: str) -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def content() -> Callable[[Path], dict[str, str]]:
    """All files under a folder with the sha256 of their bytes; an empty lock is no content."""

    def read(root: Path) -> dict[str, str]:
        return {
            path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(root.rglob("*"))
            if path.is_file() and path.suffix != ".lock"
        }

    return read


@pytest.fixture(scope="session")
def digests() -> Callable[..., dict[str, str]]:
    """The digest of the tables that a load fills, at the last commit or at another."""

    def compute(root: Path, number: int | None = None) -> dict[str, str]:
        with engine() as backend:
            snapshot = Snapshot(backend, Data.open(root), number)
            return {name: digest(backend, snapshot.table(name)) for name in ("cases", "quarantine", "names")}

    return compute


@pytest.fixture(scope="session")
def rows_of() -> Callable[..., list[dict[str, Any]]]:
    """Some columns of a table at the last commit, in order of the rest of them."""

    def read(root: Path, table: str, *columns: str) -> list[dict[str, Any]]:
        with engine() as backend:
            found: pa.Table = Snapshot(backend, Data.open(root)).table(table).select(*columns).to_pyarrow()
        return sorted(found.to_pylist(), key=lambda row: [str(value) for value in row.values()])

    return read


@pytest.fixture(scope="session")
def everything() -> Callable[[Path], str]:
    """All that DATA keeps, as text: every cell of every Parquet file, and every other file."""

    def read(root: Path) -> str:
        found = []
        for path in sorted(root.rglob("*")):
            if path.suffix == ".parquet":
                found.append(str(pq.ParquetFile(path).read().to_pylist()))
            elif path.is_file():
                found.append(path.read_text(encoding="utf-8"))
        return "\n".join(found)

    return read


@pytest.fixture
def region_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Key:
    """A region's key, which the environment names."""
    key = new_key(tmp_path / "region.key")
    monkeypatch.setenv(KEY_FILE, str(tmp_path / "region.key"))
    return key


@pytest.fixture(scope="session")
def identity_number() -> Callable[[str, str], str]:
    """A made-up number of 18 signs with its check digit, of an area that nobody has: birth date, order."""

    def made(born: str, order: str) -> str:
        digits = "990000" + born + order
        rest = sum(2 ** (17 - place) % 11 * int(digit) for place, digit in enumerate(digits)) % 11
        return digits + "10X98765432"[rest]

    return made


@pytest.fixture
def form_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a CSV file of a known form with all its columns, by its codes or its Chinese names; empty where unsaid."""

    def write(form: str, name: str, *rows: Mapping[str, str], names: bool = False, encoding: str = "utf-8") -> Path:
        columns = known_form(form).columns
        path = tmp_path / name
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns.values() if names else columns)
            for row in rows:
                assert set(row) <= set(columns), set(row) - set(columns)
                writer.writerow([row.get(code, "") for code in columns])
        return path

    return write


@pytest.fixture(scope="session")
def whole() -> Callable[[Any], None]:
    """Hold the counts of a load together: accepted + quarantined = rows, in each file and in the load."""

    def check(loaded: Any) -> None:
        for its, source in zip(loaded.files, loaded.commit.sources, strict=True):
            assert source.accepted + source.quarantined == source.rows == its.rows
            assert min(source.accepted, source.quarantined) >= 0
        assert loaded.accepted + loaded.quarantined == sum(source.rows for source in loaded.commit.sources)

    return check
