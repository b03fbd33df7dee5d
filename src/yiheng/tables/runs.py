"""Runs (计算批次): results that stay as they were: `DATA/results/<kind>/<run>/` with Parquet files and `run.json`."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock
from ibis.backends.duckdb import Backend

from yiheng.tables.commit import sync_folder, write_durably
from yiheng.tables.data import Data
from yiheng.tables.digest import digest
from yiheng.tables.points import point
from yiheng.tables.version import code_version


@dataclass(frozen=True)
class Inputs:
    """All that a result depends on: the commit read, policy by id and digest, other runs, parameters."""

    commit: int
    policy: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A kept result; `digests` has one entry for each table in `folder`."""

    kind: str
    id: str
    folder: Path
    inputs: Inputs
    code_version: str
    digests: dict[str, str]

    def path(self, table: str) -> Path:
        return self.folder / f"{table}.parquet"

    def table(self, table: str) -> pa.Table:
        return pq.read_table(self.path(table))


def run_id(inputs: Inputs) -> str:
    """A name that says which commit was read and is the same for the same inputs and code."""
    text = json.dumps([asdict(inputs), code_version()], sort_keys=True, default=str)
    return f"{inputs.commit:06}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def keep(backend: Backend, data: Data, kind: str, inputs: Inputs, tables: Mapping[str, pa.Table | ir.Table]) -> Run:
    """Write the tables of a result and rename them into place when whole.

    The same inputs give the same run; if its content then differs, that is a fault (RuntimeError), not a new result.
    """
    folder = data.results / kind / run_id(inputs)
    with _draft(folder) as draft:
        digests = {name: _write(backend, table, draft / f"{name}.parquet") for name, table in tables.items()}
        run = Run(kind, folder.name, folder, inputs, code_version(), digests)
        if folder.exists():
            return _the_same(run)
        write_durably(draft / "run.json", json.dumps(_as_json(run), ensure_ascii=False, indent=1, sort_keys=True))
        point()
        draft.rename(folder)
        point()
        sync_folder(folder.parent)
        return run


def read_run(folder: Path) -> Run:
    """The run kept in `folder`."""
    content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    inputs = Inputs(**content.pop("inputs"))
    return Run(folder=folder, inputs=inputs, **content)


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A folder to write in, for one process at a time; what a crash left in it goes first."""
    draft = folder.with_name(f".{folder.name}.draft")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(draft.with_suffix(".lock")):
        rmtree(draft, ignore_errors=True)
        draft.mkdir()
        try:
            yield draft
        finally:
            rmtree(draft, ignore_errors=True)


def _write(backend: Backend, table: pa.Table | ir.Table, path: Path) -> str:
    point()
    if isinstance(table, pa.Table):
        pq.write_table(table, path, compression="zstd")
    else:
        backend.to_parquet(table, path, compression="zstd")
    return digest(backend, backend.read_parquet(str(path)))


def _as_json(run: Run) -> dict[str, Any]:
    return {name: value for name, value in asdict(run).items() if name != "folder"}


def _the_same(run: Run) -> Run:
    kept = read_run(run.folder)
    if kept.digests != run.digests:
        raise RuntimeError(f"{run.folder}: the same inputs gave another result: {kept.digests} != {run.digests}")
    return kept
