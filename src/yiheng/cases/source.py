"""Sources (数据来源): CSV (also gzipped), Excel and Parquet files as batches of rows, in constant memory.

A fault of the file as a whole (missing, empty, truncated, undecodable, another header) is a refusal; a row with the
wrong number of cells is a finding.
"""

import codecs
import csv
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from openpyxl.utils.exceptions import InvalidFileException

from yiheng.base.refusal import Refusal
from yiheng.cases.finding import Finding

BLOCK = 4 << 20
ROWS = 50_000

# Stands after a piece of a CSV, in a line with one cell too many; a quotation mark left open swallows it.
_END = "\x1eend"
# So many quotation marks are looked at one by one; in a cell that has more, larger and larger steps are taken.
_PATIENCE = 32
_NO_TEXT = r"\\x[89a-f][0-9a-f]"

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
    try:
        names = next(csv.reader(io.StringIO(line, newline=None), delimiter=delimiter), [])
    except csv.Error as error:
        raise Refusal(f"the header cannot be read: {error}", file=path.name) from None
    return _header([name.strip() for name in names], path)


def csv_rows(path: Path, wanted: list[str], encoding: str = "utf-8", delimiter: str = ",") -> Iterator[Rows]:
    """The wanted columns of a CSV, batch by batch."""
    header = csv_header(path, encoding, delimiter)
    _has(wanted, header, path)
    text, rest = _Csv(path, header, wanted, delimiter), b""
    with _bytes(path) as stream, _readable(path):
        for block in _blocks(stream, encoding):
            rows, rest = text.take(rest + block)
            if rows is not None:
                yield from _portions(rows)
            if len(rest) >= BLOCK:
                raise Refusal(_unended(rest), file=path.name, row=text.done + 1)
        rows = text.rows(rest + b"\n")
    if rows is None:
        raise Refusal("a quotation mark is never closed", file=path.name, row=text.done + 1)
    yield from _portions(rows)


def _portions(rows: Rows) -> Iterator[Rows]:
    """At most ROWS at a time: narrow rows are many in a block, and the case table is wide."""
    broken = rows.broken
    for start in range(0, len(rows.numbers), ROWS):
        yield Rows(rows.table.slice(start, ROWS), rows.numbers[start : start + ROWS], broken)
        broken = []
    if broken:
        yield Rows(rows.table, rows.numbers, broken)


class _Csv:
    """Turns the text of a CSV into rows, piece by piece, and counts them; the first piece begins with the header."""

    def __init__(self, path: Path, header: list[str], wanted: list[str], delimiter: str) -> None:
        self.done = 0
        self._path = path
        self._header = header
        self._skipped = 1
        self._end = delimiter * len(header) + _END
        self._convert = pyarrow.csv.ConvertOptions(
            include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False
        )
        self._delimiter = delimiter

    def take(self, text: bytes) -> tuple[Rows | None, bytes]:
        """As many whole rows as there are, and the text after them.

        A line may end inside quotation marks: then the row began before the last of these, or before an earlier one.
        """
        mark = b"\n" if b"\n" in text else b"\r"
        cut, tried = text.rfind(mark) + 1, 0
        while cut > 0:
            if (rows := self.rows(text[:cut])) is not None:
                return rows, text[cut:]
            tried += 1
            for _ in range(max(1, tried - _PATIENCE)):
                cut = text.rfind(mark, 0, max(text.rfind(b'"', 0, cut), 0)) + 1
        return None, text

    def rows(self, text: bytes) -> Rows | None:
        """The rows of a piece of text; None when it ends inside quotation marks."""
        bad: list[Finding] = []

        def note(row: pyarrow.csv.InvalidRow) -> str:
            bad.append(Finding(self.done + row.number - self._skipped, "", row.text, "columns"))
            return "skip"

        sound = _as_utf8(text)
        table = self._read(sound + f"{self._end}\n".encode(), note)
        if not bad or bad.pop().value != self._end:
            return None
        numbers = _numbers(self.done, table.num_rows, bad)
        self.done, self._skipped = self.done + table.num_rows + len(bad), 0
        rows = Rows(table, numbers, bad)
        _check_quotes(bad, self._path)
        if sound is not text:
            _check_text(rows, self._path)
        return rows

    def _read(self, text: bytes, note: Callable[[pyarrow.csv.InvalidRow], str]) -> pa.Table:
        return pyarrow.csv.read_csv(
            pa.BufferReader(text),
            pyarrow.csv.ReadOptions(
                use_threads=False,
                block_size=len(text) + 1,
                column_names=self._header,
                skip_rows_after_names=self._skipped,
            ),
            pyarrow.csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True, invalid_row_handler=note),
            self._convert,
        )


def _blocks(stream: pa.NativeFile, encoding: str) -> Iterator[bytes]:
    """The stream as UTF-8, block by block."""
    codec = codecs.lookup(encoding)
    decoder = None if codec.name == "utf-8" else codec.incrementaldecoder()
    while block := bytes(stream.read(BLOCK)):
        yield decoder.decode(block).encode() if decoder else block
    if decoder:
        yield decoder.decode(b"", final=True).encode()


def _unended(text: bytes) -> str:
    return "a quotation mark is never closed" if b"\n" in text else f"a line is longer than {BLOCK >> 20} MiB"


def _as_utf8(text: bytes) -> bytes:
    """`text` itself; or, where it has bytes that are no text, a copy in which they stand as \\xff."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("utf-8", "backslashreplace").encode()
    return text


def _check_quotes(bad: list[Finding], path: Path) -> None:
    """A row that ends inside quotation marks has swallowed the rows after it: the file cannot be trusted."""
    for found in bad:
        if found.value.count('"') % 2:
            raise Refusal("a quotation mark is never closed", file=path.name, row=found.row)


def _numbers(done: int, count: int, bad: list[Finding]) -> np.ndarray:
    """The next `count` row numbers after `done`, leaving out those of broken rows."""
    candidates = np.arange(done + 1, done + 1 + count + len(bad), dtype=np.int64)
    return candidates[~np.isin(candidates, [found.row for found in bad])][:count]


def _check_text(rows: Rows, path: Path) -> None:
    """Bytes that are no text stand as \\xff in a damaged file: the first such cell is refused by row and column."""
    for name, column in zip(rows.table.column_names, rows.table.columns, strict=True):
        place = pc.index(pc.match_substring_regex(column, _NO_TEXT), True).as_py()
        if place >= 0:
            raise _no_text(path, int(rows.numbers[place]), name, column[place].as_py())
    for found in rows.broken:
        if re.search(_NO_TEXT, found.value):
            raise _no_text(path, found.row, "", found.value)


def _no_text(path: Path, row: int, column: str, value: str) -> Refusal:
    cure = "say the file's encoding in a mapping, such as gb18030"
    return Refusal("bytes that are no UTF-8 text", path.name, "", row, column, value, cure)


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
    twice = sorted({name for name in names if name and names.count(name) > 1})
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


@contextmanager
def _workbook(path: Path) -> Iterator[None]:
    """What openpyxl says of a file that it cannot read, as one refusal."""
    try:
        yield
    except (BadZipFile, InvalidFileException, KeyError, OSError, zlib.error, EOFError, ParseError) as error:
        raise Refusal(f"is not an Excel workbook (.xlsx): {error}", file=path.name) from None


class Workbook:
    """One sheet of an Excel file, read from top to bottom; the first row that has cells is the header."""

    def __init__(self, path: Path, sheet: str = "") -> None:
        self.path = path
        with _workbook(path):
            self._book = openpyxl.load_workbook(path, read_only=True, data_only=True)
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
        names = [name or "" for name in first]
        while not names[-1]:
            names.pop()
        return _header(names, self.path)

    def rows(self, wanted: list[str]) -> Iterator[Rows]:
        """The wanted columns, batch by batch; rows without any cell are no rows."""
        header = self.header()
        _has(wanted, header, self.path)
        places = [header.index(name) for name in wanted]
        filled = self._filled()
        next(filled)
        done = 0
        while chunk := list(enumerate(islice(filled, ROWS), done + 1)):
            done += len(chunk)
            fitting = [(number, row) for number, row in chunk if not any(row[len(header) :])]
            columns = {
                name: pa.array([row[place] if place < len(row) else None for _, row in fitting], pa.string())
                for name, place in zip(wanted, places, strict=True)
            }
            numbers = np.array([number for number, _ in fitting], np.int64)
            yield Rows(pa.table(columns), numbers, _overfull(chunk, len(header)))

    def _filled(self) -> Iterator[list[str | None]]:
        with _workbook(self.path):
            for row in self._book[self.sheet].iter_rows(values_only=True):
                cells = [_cell(value) for value in row]
                if any(cells):
                    yield cells


def _overfull(rows: list[tuple[int, list[str | None]]], width: int) -> list[Finding]:
    """Rows with something in a cell that has no header."""
    return [
        Finding(number, "", ",".join(cell or "" for cell in row).rstrip(","), "columns")
        for number, row in rows
        if any(row[width:])
    ]


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
        yield from pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20).iter_batches(ROWS)


def parquet_schema(path: Path) -> pa.Schema:
    """The columns of a Parquet file."""
    with _readable(path):
        return pq.read_schema(path)
