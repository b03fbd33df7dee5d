"""One Delta table (Delta 表) on disk: files are written first, one transaction makes them part of a version."""

import json
from collections.abc import Iterable
from pathlib import Path
from shutil import rmtree
from types import TracebackType
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable, PostCommitHookProperties
from deltalake.transaction import AddAction, RemoveAction

from yiheng.tables.commit import sync_file
from yiheng.tables.contract import Contract
from yiheng.tables.points import point

# Old versions stay readable by number, so their log entries are never folded away.
_KEEP_LOG = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)


class Staged:
    """Parquet files for one load, beside the table's own but not yet part of it; one file for each partition.

    File names carry the number of the commit to be, so that what a crash left behind is known by its name.
    """

    def __init__(self, folder: Path, contract: Contract, commit: int) -> None:
        self.folder = folder
        self.contract = contract
        self._commit = commit
        self._writers: dict[int | None, pq.ParquetWriter] = {}
        self._paths: dict[int | None, Path] = {}
        self.rows: dict[int | None, int] = {}

    def __enter__(self) -> "Staged":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the files; nothing more is written to them but by `rewrite`."""
        for writer in self._writers.values():
            writer.close()

    @property
    def paths(self) -> list[Path]:
        return [self._paths[part] for part in sorted(self._paths, key=str)]

    def write(self, table: pa.Table) -> None:
        """Add rows; the columns must be exactly the contract's."""
        if table.schema != self.contract.schema:
            raise TypeError(f"not the columns of {self.contract.name}: {table.schema}")
        if self.contract.partition is None:
            self._write(None, table)
            return
        parts = table[self.contract.partition]
        for part in sorted(pc.unique(parts).to_pylist()):
            self._write(part, table.filter(pc.equal(parts, part)))

    def rewrite(self, path: Path, unwanted_rows: np.ndarray) -> None:
        """Take the rows at these positions out of a staged file, row group by row group."""
        part = next(part for part, its in self._paths.items() if its == path)
        self._writers.pop(part).close()
        old = path.rename(path.with_suffix(".old"))
        self.rows[part] = 0
        start = 0
        for batch in pq.ParquetFile(old).iter_batches():
            keep = ~np.isin(np.arange(start, start + batch.num_rows), unwanted_rows)
            start += batch.num_rows
            kept = pa.Table.from_batches([batch]).filter(pa.array(keep))
            self._writer(part, kept.schema).write_table(kept)
            self.rows[part] += kept.num_rows
        old.unlink()

    def _write(self, part: int | None, table: pa.Table) -> None:
        stored = table if part is None else table.drop_columns([self.contract.partition])
        self._writer(part, stored.schema).write_table(stored)
        self.rows[part] = self.rows.get(part, 0) + stored.num_rows

    def _writer(self, part: int | None, schema: pa.Schema) -> pq.ParquetWriter:
        if part not in self._writers:
            path = self.folder if part is None else self.folder / f"{self.contract.partition}={part}"
            path.mkdir(parents=True, exist_ok=True)
            self._paths[part] = path / f"{self._commit:06}.parquet"
            point()
            self._writers[part] = pq.ParquetWriter(self._paths[part], schema, compression="zstd")
        return self._writers[part]

    def actions(self) -> list[AddAction | RemoveAction]:
        """Close the files, wait until they are on disk, and say what a transaction adds; a file without rows goes."""
        self.close()
        for part in [part for part in self._paths if not self.rows[part]]:
            self._paths.pop(part).unlink()
        return [self._action(part, path) for part, path in self._paths.items()]

    def _action(self, part: int | None, path: Path) -> AddAction:
        sync_file(path)
        stat = path.stat()
        values = {} if part is None else {str(self.contract.partition): str(part)}
        numbers = json.dumps({"numRecords": self.rows[part]})
        name = path.relative_to(self.folder).as_posix()
        return AddAction(name, stat.st_size, values, int(stat.st_mtime * 1000), True, numbers)


def add_version(staged: Staged, replace: bool) -> int:
    """Make the staged files a new version of their table, after or instead of what it holds; its number."""
    folder, contract = staged.folder, staged.contract
    partition = [contract.partition] if contract.partition else None
    folder.mkdir(parents=True, exist_ok=True)
    if not DeltaTable.is_deltatable(str(folder)):
        point()
        DeltaTable.create(str(folder), schema=contract.schema, partition_by=partition)
    table = DeltaTable(str(folder))
    point()
    table.create_write_transaction(
        staged.actions(),
        "overwrite" if replace else "append",
        contract.schema,
        partition,
        post_commithook_properties=_KEEP_LOG,
    )
    point()
    version = int(DeltaTable(str(folder)).version())
    sync_file(folder / "_delta_log" / f"{version:020}.json")
    return version


def version_files(folder: Path, version: int) -> list[str]:
    """The Parquet files of one version of a table, sorted."""
    return sorted(unquote(uri.removeprefix("file://")) for uri in DeltaTable(str(folder), version=version).file_uris())


def put_back(folder: Path, version: int | None, last_commit: int) -> None:
    """Undo what no commit names: versions after `version` (None: the whole table) and files of later commits."""
    if version is None:
        rmtree(folder)
        return
    for entry in sorted(_later(folder, version), reverse=True):
        entry.unlink()
    for path in _files_after(folder, last_commit):
        path.unlink()


def _later(folder: Path, version: int) -> Iterable[Path]:
    return (entry for entry in (folder / "_delta_log").glob("*.json") if int(entry.stem) > version)


def _files_after(folder: Path, last_commit: int) -> list[Path]:
    found = [path for suffix in ("parquet", "old") for path in folder.rglob(f"[0-9]*.{suffix}")]
    return [path for path in found if int(path.stem) > last_commit]
