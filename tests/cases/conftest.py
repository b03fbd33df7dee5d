"""Files of cases as a hospital might send them, and the installed command that loads them."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

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
