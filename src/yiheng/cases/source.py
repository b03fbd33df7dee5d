"""Sources (数据来源): CSV (also gzipped), Excel and Parquet files as batches of rows, in constant memory.

A fault of the file as a whole (missing, empty, truncated, undecodable, another header) is a refusal; a row with the
wrong number of cells is a finding.
"""

import csv
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from openpyxl.utils.exceptions import InvalidFileException

from yiheng.base.refusal import Refusal
from yiheng.cases.finding import Finding

BLOCK = 4 << 20
ROWS = 50_000

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Rows:
    """Some rows of a source: the wanted columns as text, the number of each row, and rows that are no rows.

    `numbers` are 1-based data rows; the broken ones have numbers of their own and are not in `table`.
    """

    table: pa.Table
    numbers: np.ndarray
    broken: list[Finding] = field(default_factory=list)


def kind_of(path: Path) -> str:
    """csv, xlsx or parquet, read from the first bytes; a file that is missing or empty is refused."""
    if not path.is_file():
        raise Refusal("there is no such file", file=str(path))
    with path.open("rb") as file:
        first = file.read(4)
    if not first:
        raise Refusal("the file is empty", file=path.name)
    if first == b"PAR1":
        return "parquet"
    return "xlsx" if first == _ZIP else "csv"


def csv_header(path: Path, encoding: str = "utf-8", delimiter: str = ",") -> list[str]:
    """The names in a CSV's first row; a file without one, or with the same name twice, is refused."""
    with _bytes(path) as stream:
        block = _first_block(stream, path)
    line = _decoded(block, encoding, path)
    names = next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
    return _header([name.strip() for name in names], path)


def csv_rows(path: Path, wanted: list[str], encoding: str = "utf-8", delimiter: str = ",") -> Iterator[Rows]:
    """The wanted columns of a CSV, batch by batch."""
    header = csv_header(path, encoding, delimiter)
    _has(wanted, header, path)
    bad: list[Finding] = []

    def note(row: pyarrow.csv.InvalidRow) -> str:
        bad.append(Finding(row.number - 1, "", row.text, "columns"))
        return "skip"

    done = 0
    with _bytes(path) as stream, _readable(path):
        decoded = stream if encoding == "utf-8" else pa.transcoding_input_stream(stream, encoding, "utf-8")
        reader = pyarrow.csv.open_csv(
            decoded,
            pyarrow.csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=header, skip_rows=1),
            pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note),
            pyarrow.csv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.binary()), strings_can_be_null=False
            ),
        )
        for batch in reader:
            _check_quotes(bad, path)
            numbers = _numbers(done, batch.num_rows, bad)
            done = int(numbers[-1]) if len(numbers) else done
            yield Rows(_text(batch, numbers, path), numbers, bad.copy())
            bad.clear()
    _check_quotes(bad, path)
    if bad:
        yield Rows(pa.table({name: pa.array([], pa.string()) for name in wanted}), np.array([], np.int64), bad)


def _check_quotes(bad: list[Finding], path: Path) -> None:
    """A row that ends inside quotation marks has swallowed the rows after it: the file cannot be trusted."""
    for found in bad:
        if found.value.count('"') % 2:
            raise Refusal("a quotation mark is never closed", file=path.name, row=found.row)


def _numbers(done: int, count: int, bad: list[Finding]) -> np.ndarray:
    """The next `count` row numbers after `done`, leaving out those of broken rows."""
    candidates = np.arange(done + 1, done + 1 + count + len(bad), dtype=np.int64)
    return candidates[~np.isin(candidates, [found.row for found in bad])][:count]


def _text(batch: pa.RecordBatch, numbers: np.ndarray, path: Path) -> pa.Table:
    """Bytes as text; bytes that are none in this encoding are refused by row and column."""
    columns = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            columns[name] = column.cast(pa.string())
        except pa.ArrowInvalid:
            row, value = next((n, v) for n, v in zip(numbers, column.to_pylist(), strict=True) if not _is_utf8(v))
            raise Refusal(
                "bytes that are no UTF-8 text",
                file=path.name,
                row=int(row),
                column=name,
                value=repr(value)[2:-1],
                cure="say the file's encoding in a mapping, such as gb18030",
            ) from None
    return pa.table(columns)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def _bytes(path: Path) -> Iterator[pa.NativeFile]:
    """The file's bytes, unpacked where it is gzipped."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    with pa.OSFile(str(path)) as file:
        yield pa.CompressedInputStream(file, "gzip") if packed else file


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """What Arrow says of a file that cannot be read to its end, as one refusal."""
    try:
        yield
    except UnicodeError as error:
        raise Refusal(f"is not text in the encoding that was said: {error}", file=path.name) from None
    except (pa.ArrowInvalid, OSError, zlib.error) as error:
        raise Refusal(f"cannot be read to its end: {_reason(str(error))}", file=path.name) from None


def _reason(message: str) -> str:
    if "straddling" in message:
        return f"a line is longer than {BLOCK >> 20} MiB"
    return message.split("\n")[0].strip()


def _first_block(stream: pa.NativeFile, path: Path) -> bytes:
    with _readable(path):
        block = stream.read(BLOCK)
    if not block.strip():
        raise Refusal("the file is empty", file=path.name)
    if len(block) == BLOCK and b"\n" not in block and b"\r" not in block:
        raise Refusal(f"a line is longer than {BLOCK >> 20} MiB", file=path.name, row=0)
    return bytes(block)


def _decoded(block: bytes, encoding: str, path: Path) -> str:
    """The first line of the file as text; the block's end may cut a character, its first line may not."""
    try:
        line = block.decode(encoding, errors="replace" if len(block) == BLOCK else "strict").lstrip("\ufeff")
    except LookupError:
        raise Refusal(f"there is no encoding {encoding}", file=path.name) from None
    except UnicodeDecodeError:
        line = block.decode(encoding, errors="replace").lstrip("\ufeff")
        first = line.splitlines()[0]
        if "\ufffd" in first:
            raise Refusal(f"the header is not text in {encoding}", file=path.name, value=first) from None
    return line


def _header(names: list[str], path: Path) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Refusal("this name stands twice in the header", file=path.name, column=twice[0])
    if not any(names):
        raise Refusal("the file has no header", file=path.name)
    return names


def _has(wanted: list[str], header: list[str], path: Path) -> None:
    missing = [name for name in wanted if name not in header]
    if missing:
        raise Refusal(
            "this column is missing",
            file=path.name,
            column=", ".join(missing),
            cure=f"the header is: {', '.join(header)}",
        )


class Workbook:
    """One sheet of an Excel file, read from top to bottom; the first row that has cells is the header."""

    def __init__(self, path: Path, sheet: str = "") -> None:
        self.path = path
        try:
            self._book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        except (BadZipFile, InvalidFileException, KeyError, zlib.error, EOFError) as error:
            raise Refusal(f"is not an Excel workbook (.xlsx): {error}", file=path.name) from None
        visible = [each.title for each in self._book.worksheets if each.sheet_state == "visible"]
        self.sheet = sheet or visible[0]
        if self.sheet not in self._book.sheetnames:
            raise Refusal(
                "there is no such sheet", file=path.name, sheet=self.sheet, cure=f"sheets: {', '.join(visible)}"
            )

    def header(self) -> list[str]:
        """The names in the header."""
        first = next(self._filled(), None)
        if first is None:
            raise Refusal("the sheet is empty", file=self.path.name, sheet=self.sheet)
        return _header([name or "" for name in first], self.path)

    def rows(self, wanted: list[str]) -> Iterator[Rows]:
        """The wanted columns, batch by batch; rows without any cell are no rows."""
        header = self.header()
        _has(wanted, header, self.path)
        places = [header.index(name) for name in wanted]
        filled = self._filled()
        next(filled)
        done = 0
        while chunk := [row for _, row in zip(range(ROWS), filled, strict=False)]:
            columns = {
                name: pa.array([row[place] if place < len(row) else None for row in chunk], pa.string())
                for name, place in zip(wanted, places, strict=True)
            }
            yield Rows(pa.table(columns), np.arange(done + 1, done + 1 + len(chunk), dtype=np.int64))
            done += len(chunk)

    def _filled(self) -> Iterator[list[str | None]]:
        for row in self._book[self.sheet].iter_rows(values_only=True):
            cells = [_cell(value) for value in row]
            if any(cells):
                yield cells


def _cell(value: object) -> str | None:
    """A cell as text. Excel itself holds 15 digits of a number; a day without a time of day is a date."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return format(value, ".15g")
    return str(value).removesuffix(" 00:00:00").strip()


def parquet_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file, batch by batch."""
    with _readable(path):
        yield from pq.ParquetFile(path).iter_batches(ROWS)


def parquet_schema(path: Path) -> pa.Schema:
    """The columns of a Parquet file."""
    with _readable(path):
        return pq.read_schema(path)
