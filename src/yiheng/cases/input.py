"""Cases as input of a command (病例输入): DATA at a commit, or a bare Parquet or CSV file."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.cases import source
from yiheng.cases.layout import LIST_SEPARATOR
from yiheng.cases.parse import blank_to_null, parse, split_lists
from yiheng.cases.source import Rows
from yiheng.tables.contract import contract
from yiheng.tables.data import Data
from yiheng.tables.digest import digest
from yiheng.tables.engine import engine, scratch
from yiheng.tables.snapshot import Snapshot

ROW = "row"


@dataclass(frozen=True)
class Cases:
    """Cases to work on. `table` has every column of the case table, further ones the file has, and `row`, its order.

    `given` names the columns that the source really has. `snapshot` is None for a bare file.
    """

    table: ir.Table
    given: frozenset[str]
    snapshot: Snapshot | None
    shown: str

    @property
    def id_columns(self) -> list[str]:
        """The columns that name a case in an output: hospital only where the source has it."""
        return ["hospital", "case_id"] if "hospital" in self.given else ["case_id"]

    def need(self, *columns: str) -> None:
        """Refuse a source that lacks one of these columns."""
        for column in columns:
            if column not in self.given:
                raise Refusal("this column is missing", file=self.shown, column=column)


def open_cases(backend: Backend, path: Path, commit: int | None = None, used: Collection[str] | None = None) -> Cases:
    """The cases at `path`: a DATA folder (its last commit, or `commit`), a Parquet file or a CSV file.

    `used` names the columns that matter; whatever else a bare file holds is not looked at. None: all of them.
    """
    if path.is_dir():
        snapshot = Snapshot(backend, Data.open(path), commit)
        table = snapshot.table("cases")
        order = ibis.row_number().over(ibis.window(order_by=[table.hospital, table.case_id]))
        return Cases(table.mutate(row=order), frozenset(table.columns), snapshot, str(path))
    if commit is not None:
        raise Refusal("a bare file has no commits", file=str(path))
    return open_file(backend, path, used)


def cases_digest(path: Path, commit: int | None = None) -> str:
    """The digest of the cases in DATA at `path`, at its last commit or another; see `tables.digest`."""
    with engine() as backend:
        return digest(backend, Snapshot(backend, Data.open(path), commit).table("cases"))


def open_file(backend: Backend, path: Path, used: Collection[str] | None = None) -> Cases:
    """A bare file of cases; columns it lacks are null, columns nobody declared are kept as they are."""
    shown, is_csv = path.name, source.kind_of(path) == "csv"
    header = source.csv_header(path) if is_csv else source.parquet_schema(path).names
    wanted = [name for name in header if used is None or name in used]
    _check_spelling(header, contract("cases").schema.names if used is None else used, shown)
    if is_csv:
        path = _as_parquet(path, wanted, scratch(backend))
    found = backend.read_parquet(str(path), file_row_number=True)
    found = found.select(*(name for name in wanted if name != "file_row_number"), "file_row_number")
    declared = ibis.Schema.from_pyarrow(contract("cases").schema)
    _check_values(found, declared, shown)
    known = {
        name: found[name].cast(kind) if name in found.columns else ibis.null(kind) for name, kind in declared.items()
    }
    known["year"] = ibis.coalesce(known["year"], known["discharge_date"].year().cast("int16"))
    others = {name: found[name] for name in found.columns if name not in (*declared, ROW, "file_row_number")}
    table = found.select(**known, **others, **{ROW: found.file_row_number})
    return Cases(table, frozenset(found.columns) - {"file_row_number"}, None, shown)


def _check_spelling(header: list[str], known: Collection[str], shown: str) -> None:
    """Refuse a column that is the case table's but for capital letters."""
    for name in header:
        if name not in known and name.lower() in known:
            raise Refusal("is spelled otherwise", file=shown, column=name, cure=name.lower())


def _check_values(found: ir.Table, declared: ibis.Schema, shown: str) -> None:
    """Refuse a value that the type of its column cannot hold."""
    for name, kind in declared.items():
        if name in found.columns and found[name].type() != kind:
            _check_column(found, name, kind, shown)


def _check_column(found: ir.Table, name: str, kind: dt.DataType, shown: str) -> None:
    misfit = found.filter(found[name].notnull(), found[name].try_cast(kind).isnull())
    first = misfit.select(row=misfit.file_row_number + 1, value=misfit[name].cast("string")).order_by("row").limit(1)
    for bad in first.to_pyarrow().to_pylist():
        raise Refusal(f"does not fit {kind}", shown, "", bad["row"], name, bad["value"])


def _as_parquet(path: Path, wanted: list[str], folder: Path) -> Path:
    """The wanted columns of a CSV as typed Parquet; a cell that does not fit is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{ibis.util.gen_name(path.stem)}.parquet"
    writer: pq.ParquetWriter | None = None
    for rows in source.csv_rows(path, wanted):
        table = _typed(rows, wanted, path)
        writer = writer or pq.ParquetWriter(target, table.schema)
        writer.write_table(table)
    if writer is None:
        raise Refusal("the file has a header and no rows", file=path.name)
    writer.close()
    return target


def _typed(rows: Rows, wanted: list[str], path: Path) -> pa.Table:
    if rows.broken:
        raise Refusal("has not as many columns as the header", file=path.name, row=rows.broken[0].row)
    texts = {name: blank_to_null(rows.table[name].combine_chunks()) for name in wanted}
    return pa.table({name: _cells(name, text, rows, path) for name, text in texts.items()})


def _cells(name: str, text: pa.Array, rows: Rows, path: Path) -> pa.Array:
    declared = {column.name: column.type for column in contract("cases").columns}
    kind = declared.get(name, pa.string())
    parsed = parse(split_lists(text, LIST_SEPARATOR) if pa.types.is_list(kind) else text, kind)
    for rule, mask in parsed.broken.items():
        place = int(mask.argmax())
        raise Refusal(f"does not fit: {rule}", path.name, "", int(rows.numbers[place]), name, str(text[place]))
    return parsed.values
