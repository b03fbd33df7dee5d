"""Worksheets (工作表): the cells of one sheet, row by row, from a stream of its XML, and how they are kept as text.

A cell is its text and, where Excel may have changed it or does not say it, the rule that tells how.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, NamedTuple
from xml.parsers import expat

from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

CHUNK = 256 << 10
LAST_COLUMN = 16_384
# Excel keeps 15 digits of a number.
_EXACT = 10**15
_DIGITS = ".15g"
# The 29th of February 1900, which Excel counts and the calendar does not have.
_NO_DAY = 60
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_WHOLE = re.compile(r"-?[0-9]+")
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?\bref=[\"']([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)[\"']")
_MERGE_TEXT = 512


class Cell(NamedTuple):
    """One cell as text (None: nothing is known of it). `rule` is a hazard, `shown` what is shown of it."""

    text: str | None
    rule: str = ""
    shown: str = ""


@dataclass(frozen=True)
class Book:
    """What all sheets of a workbook share: texts, styles that are dates or durations, and when dates count from."""

    texts: list[str] = field(default_factory=list)
    dates: frozenset[int] = frozenset()
    durations: frozenset[int] = frozenset()
    from_1904: bool = False


@dataclass(frozen=True)
class Merge:
    """A range of cells shown as one; rows and columns count from 1."""

    top: int
    left: int
    bottom: int
    right: int


SheetRow = tuple[int, dict[int, Cell]]


def merges(stream: IO[bytes]) -> list[Merge]:
    """The merged ranges of a sheet, from the top; its XML is searched, not parsed."""
    found, rest = [], b""
    while chunk := stream.read(CHUNK):
        text = rest + chunk
        end = 0
        for match in _MERGE.finditer(text):
            left, top, right, bottom = (part.decode() for part in match.groups())
            found.append(Merge(int(top), _column(left), int(bottom), _column(right)))
            end = match.end()
        rest = text[max(end, len(text) - _MERGE_TEXT) :]
    return sorted(found, key=lambda merge: merge.top)


class Covered:
    """Which cells of a row are covered by a merge and are not its first; rows are asked for from the top."""

    def __init__(self, found: list[Merge]) -> None:
        self._coming = found[::-1]
        self._open: list[Merge] = []

    def columns(self, row: int, among: list[int]) -> list[int]:
        """Those of the columns `among` (sorted) that are covered in this row."""
        while self._coming and self._coming[-1].top <= row:
            self._open.append(self._coming.pop())
        self._open = [merge for merge in self._open if merge.bottom >= row]
        covered: set[int] = set()
        for merge in self._open:
            first = merge.left + (merge.top == row)
            covered.update(among[bisect_right(among, first - 1) : bisect_right(among, merge.right)])
        return sorted(covered)


def sheet_rows(stream: IO[bytes], book: Book, wanted: Callable[[int], bool]) -> Iterator[SheetRow]:
    """The rows of a sheet that have a cell with something in it: number in the sheet, and cells by column, both from 1.

    A number in a column that is not `wanted` is not made into text: only that there is something in the cell counts.
    """
    reader = _Reader(book, wanted)
    while chunk := stream.read(CHUNK):
        reader.parser.Parse(chunk, False)
        yield from reader.rows
        reader.rows = []
    reader.parser.Parse(b"", True)
    yield from reader.rows


_SOMETHING = Cell("…")


class _Reader:
    """Gathers rows as the parser meets them."""

    def __init__(self, book: Book, wanted: Callable[[int], bool]) -> None:
        self.rows: list[SheetRow] = []
        self._cells: dict[int, Cell] = {}
        self._book = book
        self._wanted = wanted
        self._columns: dict[str, int] = {}
        self._row = self._column = 0
        self._kind, self._style, self._within = "n", 0, ""
        self._value: str | None = None
        self._formula: str | None = None
        self._prefix: str | None = None
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = refuse_document_type

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._prefix is None:
            self._prefix = tag[: tag.rfind(":") + 1]
        name = tag[len(self._prefix) :] if self._prefix else tag
        if name == "c":
            self._begin(attributes)
        elif name == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = 0
        elif self._column and name in ("v", "f", "t", "rPh"):
            self._enter(name)

    def _begin(self, attributes: dict[str, str]) -> None:
        """A cell begins: where it is, and of which kind."""
        place = attributes.get("r")
        if place is None:
            self._column += 1
        else:
            letters = place.rstrip("0123456789")
            column = self._columns.get(letters)
            if column is None:
                column = self._columns[letters] = _column(letters)
            self._column = column
        self._kind = attributes.get("t", "n")
        self._style = int(attributes.get("s", 0))
        self._value = self._formula = None

    def _enter(self, name: str) -> None:
        if self._within == "rPh":
            return
        self._within = name
        if name == "f":
            self._formula = ""
        elif name in ("v", "t") and self._value is None:
            self._value = ""

    def _text(self, data: str) -> None:
        if self._within == "f":
            self._formula = (self._formula or "") + data
        elif self._within in ("v", "t"):
            self._value = (self._value or "") + data

    def _end(self, tag: str) -> None:
        name = tag[len(self._prefix or "") :]
        if name == "c":
            self._finish()
        elif name == "row":
            if self._cells:
                self.rows.append((self._row, self._cells))
                self._cells = {}
            self._column = 0
        elif name == self._within:
            self._within = ""

    def _finish(self) -> None:
        """A cell ends: keep it if there is something in it."""
        if self._value is None and self._formula is None:
            return
        if self._formula is not None and not self._value and self._kind != "str":
            self._cells[self._column] = Cell(None, "excel_formula", f"={self._formula}")
        elif self._value and self._kind == "n" and not self._wanted(self._column):
            self._cells[self._column] = _SOMETHING
        elif self._value:
            cell = cell_of(self._value, self._kind, self._style, self._book)
            if cell.text is not None:
                self._cells[self._column] = cell


def refuse_document_type(*_: object) -> None:
    raise ValueError("its XML declares a document type")


def cell_of(value: str, kind: str, style: int, book: Book) -> Cell:
    """What stands in a cell, as text; `kind` is that of the file format: s, str, inlineStr, n, b, d or e."""
    match kind:
        case "s":
            return Cell(book.texts[int(value)] or None)
        case "n":
            return _number(value, style, book)
        case "b":
            return Cell("true" if value.strip() in ("1", "true") else "false")
        case "e":
            return Cell(value, "excel_error", value)
        case "d":
            text = _told(datetime.fromisoformat(value.strip()))
            return Cell(text, "excel_date", text)
        case _:
            return Cell(plain(value) or None)


def plain(text: str) -> str:
    """A text of the file format as it is meant: its escapes resolved, without blanks around it."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)
    return text.strip()


def _number(value: str, style: int, book: Book) -> Cell:
    if style in book.dates:
        return _moment(value, style, book)
    number = float(value)
    text = value if _WHOLE.fullmatch(value) else format(Decimal(format(number, _DIGITS)), "f")
    return Cell(text, "excel_precision" if abs(number) >= _EXACT else "excel_number", text)


def _moment(value: str, style: int, book: Book) -> Cell:
    """A number that its style shows as a day, a time of day or a duration."""
    number = float(value)
    epoch = MAC_EPOCH if book.from_1904 else WINDOWS_EPOCH
    try:
        moment = from_excel(number, epoch, timedelta=style in book.durations)
    except (OverflowError, ValueError):
        moment = None
    if moment is None or number < 0 or (not book.from_1904 and int(number) == _NO_DAY):
        return Cell(value, "excel_error", value)
    text = _told(moment)
    return Cell(text, "excel_date", text)


def _told(moment: date | datetime | time | timedelta) -> str:
    """In ISO form; a day without a time of day is a date."""
    if isinstance(moment, timedelta):
        hours, seconds = divmod(round(moment.total_seconds()), 3600)
        return f"{hours}:{seconds // 60:02}:{seconds % 60:02}"
    return str(moment).removesuffix(" 00:00:00")


def _column(letters: str) -> int:
    column = column_index_from_string(letters)
    if column > LAST_COLUMN:
        raise ValueError(f"column {letters} is beyond the last of a sheet")
    return column
