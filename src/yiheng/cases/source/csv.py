"""CSV files (文本表格), also gzipped: rows in constant memory, in any encoding and with any usual delimiter.

A fault of the file as a whole (empty, truncated, undecodable, another header) is a refusal; a row with the wrong
number of cells is a finding.
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from yiheng.base.refusal import Refusal
from yiheng.cases.finding import Finding
from yiheng.cases.source.delimiter import delimiter_in
from yiheng.cases.source.encoding import encoding_of
from yiheng.cases.source.header import checked, need
from yiheng.cases.source.rows import ROWS, Rows
from yiheng.cases.source.stream import BLOCK, first_block, readable, unpacked, utf8_blocks

# Stands after a piece of a CSV, in a line with one cell too many; a quotation mark left open swallows it.
_END = "\x1eend"
# So many quotation marks are looked at one by one; in a cell that has more, larger and larger steps are taken.
_PATIENCE = 32
_NO_TEXT = r"\\x[89a-f][0-9a-f]"


@dataclass(frozen=True)
class _Form:
    """How a file is written, and the names in its header."""

    path: Path
    encoding: str
    delimiter: str
    header: list[str]


@dataclass(frozen=True)
class _Broken:
    """A row with the wrong number of cells; `text` is the row as it stands in the file."""

    row: int
    text: str
    cells: int


@dataclass(frozen=True)
class _Piece:
    """The rows of a piece of text."""

    table: pa.Table
    numbers: np.ndarray
    broken: list[_Broken]


def csv_header(path: Path, encoding: str | None = None, delimiter: str | None = None) -> list[str]:
    """The names in a CSV's first row; a file without one, or with the same name twice, is refused.

    An encoding or a delimiter that is None is recognised.
    """
    return _form(path, encoding, delimiter).header


def delimiter_of(path: Path, encoding: str | None = None) -> str:
    """Comma, tab or semicolon, told from the header."""
    return _form(path, encoding, None).delimiter


def csv_rows(
    path: Path, wanted: list[str], encoding: str | None = None, delimiter: str | None = None
) -> Iterator[Rows]:
    """The wanted columns of a CSV, batch by batch; the value of a broken row's finding is "cells given/expected"."""
    form = _form(path, encoding, delimiter)
    need(wanted, form.header, path)
    for piece in _pieces(form, _Csv(form, form.header, wanted)):
        broken = [Finding(each.row, "", f"{each.cells}/{len(form.header)}", "columns") for each in piece.broken]
        yield from _portions(Rows(piece.table, piece.numbers, broken))


def csv_raw(
    path: Path, numbers: Collection[int], encoding: str | None = None, delimiter: str | None = None
) -> Iterator[tuple[int, list[str]]]:
    """All cells of the data rows with these numbers (those of `csv_rows`), in order; of a broken row those it has.

    Bytes that are no text in the file's encoding stand as \\xff.
    """
    form, left = _form(path, encoding, delimiter), len(set(numbers))
    asked = np.array(sorted(set(numbers)), np.int64)
    names = [str(place) for place in range(len(form.header))]
    for piece in _pieces(form, _Csv(form, names, names, as_is=True)):
        if not left:
            return
        found = _cells(piece, asked, form.delimiter)
        left -= len(found)
        yield from sorted(found.items())


def _cells(piece: _Piece, asked: np.ndarray, delimiter: str) -> dict[int, list[str]]:
    """The cells of those rows of a piece that are asked for, by row."""
    mask = np.isin(piece.numbers, asked)
    columns = [column.to_pylist() for column in piece.table.filter(pa.array(mask)).columns]
    cells = dict(zip(piece.numbers[mask].tolist(), map(list, zip(*columns, strict=True)), strict=True))
    wanted = set(asked.tolist())
    broken = sorted((each for each in piece.broken if each.row in wanted), key=lambda each: each.cells)
    for width, rows in groupby(broken, key=lambda each: each.cells):
        cells |= _split(list(rows), width, delimiter)
    return cells


def _split(rows: list[_Broken], width: int, delimiter: str) -> dict[int, list[str]]:
    """The cells of broken rows that all have `width` of them."""
    names = [str(place) for place in range(width)]
    text = "\n".join(row.text for row in rows) + "\n"
    table = _read(text.encode(), names, names, delimiter)
    columns = [column.to_pylist() for column in table.columns]
    return dict(zip((row.row for row in rows), map(list, zip(*columns, strict=True)), strict=True))


def _form(path: Path, encoding: str | None, delimiter: str | None) -> _Form:
    encoding = encoding or encoding_of(path)
    text = _decoded(_start(path), encoding, path)
    delimiter = delimiter or delimiter_in(_first_line(text))
    try:
        names = next(csv.reader(io.StringIO(text, newline=None), delimiter=delimiter), [])
    except csv.Error as error:
        raise Refusal(f"the header cannot be read: {error}", file=path.name) from None
    return _Form(path, encoding, delimiter, checked([name.strip() for name in names], path))


def _first_line(text: str) -> str:
    return re.match(r"[^\r\n]*", text).group()  # type: ignore[union-attr]


def _start(path: Path) -> bytes:
    block = first_block(path)
    if not block.strip():
        raise Refusal("the file is empty", file=path.name)
    if len(block) == BLOCK and b"\n" not in block and b"\r" not in block:
        raise Refusal(f"a line is longer than {BLOCK >> 20} MiB", file=path.name, row=0)
    return block


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


def _pieces(form: _Form, text: "_Csv") -> Iterator[_Piece]:
    """The file piece by piece."""
    rest, path = b"", form.path
    with unpacked(path) as stream, readable(path):
        for block in utf8_blocks(stream, form.encoding):
            piece, rest = text.take(rest + block)
            if piece is not None:
                yield piece
            if len(rest) >= BLOCK:
                raise Refusal(_unended(rest), file=path.name, row=text.done + 1)
        piece = text.piece(rest + b"\n")
    if piece is None:
        raise Refusal("a quotation mark is never closed", file=path.name, row=text.done + 1)
    yield piece


def _portions(rows: Rows) -> Iterator[Rows]:
    """At most ROWS at a time: narrow rows are many in a block, and the case table is wide."""
    broken = rows.broken
    for start in range(0, len(rows.numbers), ROWS):
        yield Rows(rows.table.slice(start, ROWS), rows.numbers[start : start + ROWS], broken)
        broken = []
    if broken:
        yield Rows(rows.table, rows.numbers, broken)


class _Csv:
    """Turns the text of a CSV into rows, piece by piece, and counts them; the first piece begins with the header.

    `names` are what its columns are called here. `as_is`: bytes that are no text are not refused.
    """

    def __init__(self, form: _Form, names: list[str], wanted: list[str], as_is: bool = False) -> None:
        self.done = 0
        self._as_is = as_is
        self._form = form
        self._names = names
        self._wanted = wanted
        self._skipped = 1
        self._end = form.delimiter * len(names) + _END

    def take(self, text: bytes) -> tuple[_Piece | None, bytes]:
        """As many whole rows as there are, and the text after them.

        A line may end inside quotation marks: then the row began before the last of these, or before an earlier one.
        """
        mark = b"\n" if b"\n" in text else b"\r"
        cut, tried = text.rfind(mark) + 1, 0
        while cut > 0:
            if (rows := self.piece(text[:cut])) is not None:
                return rows, text[cut:]
            tried += 1
            for _ in range(max(1, tried - _PATIENCE)):
                cut = text.rfind(mark, 0, max(text.rfind(b'"', 0, cut), 0)) + 1
        return None, text

    def piece(self, text: bytes) -> _Piece | None:
        """The rows of a piece of text; None when it ends inside quotation marks."""
        bad: list[_Broken] = []

        def note(row: pyarrow.csv.InvalidRow) -> str:
            bad.append(_Broken(self.done + row.number - self._skipped, row.text, row.actual_columns))
            return "skip"

        sound, delimiter = _as_utf8(text), self._form.delimiter
        table = _read(sound + f"{self._end}\n".encode(), self._names, self._wanted, delimiter, self._skipped, note)
        if not bad or bad.pop().text != self._end:
            return None
        numbers = _numbers(self.done, table.num_rows, bad)
        self.done, self._skipped = self.done + table.num_rows + len(bad), 0
        piece = _Piece(table, numbers, bad)
        _check_quotes(bad, self._form.path)
        if sound is not text and not self._as_is:
            _check_text(piece, self._form)
        return piece


def _read(
    text: bytes,
    names: list[str],
    wanted: list[str],
    delimiter: str,
    skipped: int = 0,
    note: Callable[[pyarrow.csv.InvalidRow], str] | None = None,
) -> pa.Table:
    """Some columns of UTF-8 text, as text; `note` is told of each row with another number of cells than `names`."""
    return pyarrow.csv.read_csv(
        pa.BufferReader(text),
        pyarrow.csv.ReadOptions(
            use_threads=False, block_size=len(text) + 1, column_names=names, skip_rows_after_names=skipped
        ),
        pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note),
        pyarrow.csv.ConvertOptions(
            include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False
        ),
    )


def _unended(text: bytes) -> str:
    return "a quotation mark is never closed" if b"\n" in text else f"a line is longer than {BLOCK >> 20} MiB"


def _as_utf8(text: bytes) -> bytes:
    """`text` itself; or, where it has bytes that are no text, a copy in which they stand as \\xff."""
    ends = pa.array([0, len(text)], pa.int64()).buffers()[1]
    try:
        pa.LargeStringArray.from_buffers(1, ends, pa.py_buffer(text)).validate(full=True)
    except pa.ArrowInvalid:
        return text.decode("utf-8", "backslashreplace").encode()
    return text


def _check_quotes(bad: list[_Broken], path: Path) -> None:
    """A row that ends inside quotation marks has swallowed the rows after it: the file cannot be trusted."""
    for found in bad:
        if found.text.count('"') % 2:
            raise Refusal("a quotation mark is never closed", file=path.name, row=found.row)


def _numbers(done: int, count: int, bad: list[_Broken]) -> np.ndarray:
    """The next `count` row numbers after `done`, leaving out those of broken rows."""
    candidates = np.arange(done + 1, done + 1 + count + len(bad), dtype=np.int64)
    return candidates[~np.isin(candidates, [found.row for found in bad])][:count]


def _check_text(piece: _Piece, form: _Form) -> None:
    """Bytes that are no text stand as \\xff in a damaged file: the first such cell is refused by row and column."""
    for name, column in zip(piece.table.column_names, piece.table.columns, strict=True):
        place = pc.index(pc.match_substring_regex(column, _NO_TEXT), True).as_py()
        if place >= 0:
            raise _no_text(form, int(piece.numbers[place]), name, column[place].as_py())
    for found in piece.broken:
        if damaged := re.search(_NO_TEXT, found.text):
            raise _no_text(form, found.row, "", damaged.group())


def _no_text(form: _Form, row: int, column: str, value: str) -> Refusal:
    what = f"bytes that are no {form.encoding.upper()} text"
    cure = "say the file's encoding in a mapping, such as gb18030"
    return Refusal(what, form.path.name, "", row, column, value, cure)
