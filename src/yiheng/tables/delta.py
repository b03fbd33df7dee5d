"""One Delta table (Delta 表) on disk: files are written first, one transaction makes them part of a version."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from shutil import rmtree
from types import TracebackType
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, PostCommitHookProperties
from deltalake.transaction import AddAction, RemoveAction
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.tables.commit import sync_file
from yiheng.tables.contract import Contract
from yiheng.tables.engine import quoted
from yiheng.tables.points import point

# Old versions stay readable by number, so their log entries are never folded away.
_KEEP_LOG = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_BITS = 8
# So many bytes wait before they are written: a writer remembers every row group until its file ends.
_WAITING = 32 << 20


def repeating(schema: pa.Schema) -> list[str]:
    """The columns whose values are few: texts and small numbers; a dictionary of all others only takes time."""
    found = []
    for field in schema:
        listed = pa.types.is_list(field.type)
        kind = field.type.value_type if listed else field.type
        if pa.types.is_string(kind) or kind in (pa.int8(), pa.int16(), pa.date32()):
            found.append(f"{field.name}.list.element" if listed else field.name)
    return found


class Gone:
    """The rows of one held file that the next version lacks (去除的行), one bit a row."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self._bits = np.zeros(-(-pq.read_metadata(path).num_rows // _BITS), np.uint8)

    def find(self, backend: Backend, keys: str, columns: Iterable[str]) -> int:
        """Mark the rows whose `columns` are in the engine's table `keys`; how many were not marked before.

        Row groups whose statistics rule the keys out are not read.
        """
        named = ", ".join(f'"{column}"' for column in columns)
        held = f"read_parquet({quoted(str(self.path))}, file_row_number = true, hive_partitioning = false)"
        before = self.count
        query = f"SELECT file_row_number AS place FROM {held} SEMI JOIN {keys} USING ({named})"
        for batch in backend.con.sql(query).to_arrow_reader(100_000):
            places = np.asarray(batch.column(0))
            np.bitwise_or.at(self._bits, places // _BITS, (1 << places % _BITS).astype(np.uint8))
        return self.count - before

    @property
    def count(self) -> int:
        return int(np.bitwise_count(self._bits).sum())

    def among(self, start: int, rows: int) -> np.ndarray:
        """For each of `rows` rows from position `start` on, whether it is gone."""
        first = start // _BITS
        bits = np.unpackbits(self._bits[first : -(-(start + rows) // _BITS)], bitorder="little")
        return bits[start - first * _BITS :][:rows].astype(bool)


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
        self._waiting: dict[int | None, list[pa.Table]] = {}
        self._bytes = 0
        self.rows: dict[int | None, int] = {}

    def __enter__(self) -> "Staged":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is not None:
            self._waiting.clear()
        self.close()

    def close(self) -> None:
        """End the files; nothing more is written to them but by `rewrite` and `take_over`."""
        self._write_waiting()
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
        if not table.num_rows:
            return
        parts = np.asarray(table[self.contract.partition])
        if (parts[1:] < parts[:-1]).any():
            order = np.argsort(parts, kind="stable")
            table, parts = table.take(pa.array(order)), parts[order]
        cuts = [0, *(np.flatnonzero(np.diff(parts)) + 1), len(parts)]
        for start, end in pairwise(cuts):
            self._write(int(parts[start]), table.slice(start, end - start))

    def rewrite(self, path: Path, unwanted_rows: np.ndarray) -> None:
        """Take the rows at these positions out of a staged file, row group by row group."""
        part = next(part for part, its in self._paths.items() if its == path)
        self._write_waiting()
        self._writers.pop(part).close()
        old = path.rename(path.with_suffix(".old"))
        point()
        self.rows[part] = 0
        self._writer(part, pq.read_schema(old))
        for start, rows in _rows(old):
            unwanted = np.isin(np.arange(start, start + rows.num_rows), unwanted_rows)
            self._write_stored(part, rows.filter(pa.array(~unwanted)))
        old.unlink()

    def take_over(self, gone: Gone) -> None:
        """Write what is left of a held file to the staged file of its partition, row group by row group."""
        part = self._part(gone.path)
        if part in self._writers and not self._writers[part].is_open:
            self.rewrite(self._paths[part], np.array([], np.int64))
        schema = self.contract.schema
        if self.contract.partition is not None:
            schema = schema.remove(schema.get_field_index(self.contract.partition))
        for start, rows in _rows(gone.path):
            kept = rows.filter(pa.array(~gone.among(start, rows.num_rows)))
            if kept.num_rows:
                self._write_stored(part, _as_declared(kept, schema, gone.path))

    def _part(self, path: Path) -> int | None:
        """The partition of a held file, which its folder names."""
        name = self.contract.partition
        if name is None:
            return None
        value = pa.scalar(path.parent.name.removeprefix(f"{name}=")).cast(self.contract.column(name).type)
        return int(value.as_py())

    def _write(self, part: int | None, table: pa.Table) -> None:
        self._write_stored(part, table if part is None else table.drop_columns([self.contract.partition]))

    def _write_stored(self, part: int | None, stored: pa.Table) -> None:
        self._writer(part, stored.schema)
        self._waiting.setdefault(part, []).append(stored)
        self._bytes += stored.nbytes
        self.rows[part] = self.rows.get(part, 0) + stored.num_rows
        if self._bytes > _WAITING:
            self._write_waiting()

    def _write_waiting(self) -> None:
        """Write what waits, each partition's rows as one row group."""
        for part, tables in self._waiting.items():
            self._writers[part].write_table(pa.concat_tables(tables))
        self._waiting.clear()
        self._bytes = 0

    def _writer(self, part: int | None, schema: pa.Schema) -> pq.ParquetWriter:
        if part not in self._writers:
            path = self.folder if part is None else self.folder / f"{self.contract.partition}={part}"
            path.mkdir(parents=True, exist_ok=True)
            self._paths[part] = path / f"{self._commit:06}.parquet"
            point()
            self._writers[part] = pq.ParquetWriter(
                self._paths[part], schema, compression="zstd", use_dictionary=repeating(schema)
            )
        return self._writers[part]

    def actions(self) -> list[AddAction | RemoveAction]:
        """Close the files, wait until they are on disk, and say what a transaction adds; a file without rows goes."""
        self.close()
        for part in [part for part in self._paths if not self.rows[part]]:
            self._paths.pop(part).unlink()
        return [self._action(part, path) for part, path in self._paths.items()]

    def removal(self, path: Path) -> RemoveAction:
        """What a transaction says of a held file that the next version is without; the file stays for older ones."""
        stat = path.stat()
        name = path.name if self.contract.partition is None else f"{path.parent.name}/{path.name}"
        # Engines have no clock, and nothing is pruned by this time.
        return RemoveAction(name, True, int(stat.st_mtime * 1000), stat.st_size, self._values(self._part(path)))

    def _values(self, part: int | None) -> dict[str, str | None]:
        return {} if part is None else {str(self.contract.partition): str(part)}

    def _action(self, part: int | None, path: Path) -> AddAction:
        sync_file(path)
        stat = path.stat()
        numbers = json.dumps({"numRecords": self.rows[part]})
        name = path.relative_to(self.folder).as_posix()
        return AddAction(name, stat.st_size, self._values(part), int(stat.st_mtime * 1000), True, numbers)


def _rows(path: Path) -> Iterator[tuple[int, pa.Table]]:
    """The rows of a Parquet file in parts, each with the position of its first row; memory does not grow with it."""
    start = 0
    with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
        for batch in file.iter_batches():
            yield start, pa.Table.from_batches([batch])
            start += batch.num_rows


def _as_declared(table: pa.Table, schema: pa.Schema, path: Path) -> pa.Table:
    """Held rows with exactly the columns of `schema`; one that an older file lacks is null, one more is refused."""
    if unknown := [name for name in table.column_names if name not in schema.names]:
        raise Refusal(f"has columns that this version does not know: {', '.join(unknown)}", file=str(path))
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def add_version(staged: Staged, replace: bool, gone: Sequence[Gone] = ()) -> int:
    """Make the staged files a new version of their table, after or instead of what it holds; its number.

    The rows that are `gone` are no longer part of it; what is left of their files is staged too.
    """
    for its in gone:
        point()
        staged.take_over(its)
    folder, contract = staged.folder, staged.contract
    partition = [contract.partition] if contract.partition else None
    folder.mkdir(parents=True, exist_ok=True)
    if not DeltaTable.is_deltatable(str(folder)):
        point()
        DeltaTable.create(str(folder), schema=contract.schema, partition_by=partition)
    table = DeltaTable(str(folder))
    point()
    table.create_write_transaction(
        [*staged.actions(), *(staged.removal(its.path) for its in gone)],
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
