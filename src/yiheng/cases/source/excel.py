"""Excel workbooks (Excel 工作簿): one visible sheet from top to bottom, with what Excel may have changed.

Formulas are read as the value that is stored with them; formatted cells without anything in them are none.
"""

from collections.abc import Collection, Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import numpy as np
import pyarrow as pa
from openpyxl.cell.text import Text
from openpyxl.reader.workbook import WorkbookParser
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

from yiheng.base.refusal import Refusal
from yiheng.cases.finding import Finding
from yiheng.cases.source import package
from yiheng.cases.source.header import checked, need
from yiheng.cases.source.rows import Rows, rows_at_once
from yiheng.cases.source.worksheet import Book, Cell, Covered, SheetRow, elements, sheet_rows

# Hazards of codes only: an amount is a number, a day is a date.
_OF_CODES = frozenset({"excel_number", "excel_date"})
# Formats that Excel in Chinese (and Japanese, Korean) has built in and does not write into the file: all are dates.
_EASTERN_DATES = dict.fromkeys([*range(27, 37), *range(50, 59)], "yyyy")


class Workbook:
    """One sheet of an Excel file: the one that is named, else the first that is not hidden.

    The header is the first row that has cells, or the row of the sheet that the caller names (`header_row`, from 1).
    Data rows count from 1 after it; rows without anything in a cell are no rows. Hidden sheets are never read.
    """

    def __init__(self, path: Path, sheet: str = "") -> None:
        self.path = path
        with package.opened(path) as parts:
            parser = WorkbookParser(parts, package.main_part(parts), keep_links=False)
            parser.parse()
            self._epoch = parser.wb.epoch
            listed = [(each, to.target) for each, to in parser.find_sheets() if to.Type.endswith("/worksheet")]
            self._parts = {each.name: target for each, target in listed}
            self.hidden = [each.name for each, _ in listed if each.state != "visible"]
            related: Any = parser.rels
            self._related = {each.Type.rpartition("/")[2]: each.target for each in related.values()}
        visible = self.sheets()
        if not visible:
            raise Refusal("every sheet is hidden", path.name, cure="unhide one in Excel (取消隐藏)")
        self.sheet = sheet or visible[0]
        if self.sheet in self.hidden:
            raise Refusal("this sheet is hidden", path.name, self.sheet, cure="unhide it in Excel (取消隐藏)")
        if self.sheet not in visible:
            raise Refusal("there is no such sheet", path.name, self.sheet, cure=f"sheets: {', '.join(visible)}")

    def sheets(self) -> list[str]:
        """The sheets that can be read, in their order; those that are `hidden` are not."""
        return [name for name in self._parts if name not in self.hidden]

    def headers(self, limit: int = 20) -> list[tuple[int, list[str]]]:
        """The first rows that have cells, as they would be headers: number of the row in the sheet, and its texts."""
        return [(number, _names(cells)) for number, cells in islice(self._filled(), limit)]

    def header(self, header_row: int | None = None) -> list[str]:
        """The names in the header."""
        return self._head(header_row)[1]

    def rows(
        self, wanted: list[str], header_row: int | None = None, codes: Collection[str] = frozenset()
    ) -> Iterator[Rows]:
        """The wanted columns, batch by batch, with their hazards.

        That a cell is a number or a date is a hazard in the columns `codes` only, all others are in any wanted column.
        """
        at, header = self._head(header_row)
        need(wanted, header, self.path)
        places = {name: header.index(name) + 1 for name in sorted(wanted, key=header.index)}
        with package.opened(self.path) as parts, parts.open(self._parts[self.sheet]) as stream:
            covered = Covered(stream)
        batch, size = _Batch(places, len(header), codes), rows_at_once(len(wanted))
        for done, (number, cells) in enumerate(self._data(at), 1):
            batch.take(done, cells, covered.columns(number))
            if done % size == 0:
                yield batch.rows(wanted)
                batch = _Batch(places, len(header), codes)
        if batch:
            yield batch.rows(wanted)

    def raw(self, numbers: Collection[int], header_row: int | None = None) -> Iterator[tuple[int, list[str]]]:
        """All cells of the data rows with these numbers (those of `rows`), in order; at least as many as the header."""
        at, header = self._head(header_row)
        asked = set(numbers)
        for number, (_, cells) in enumerate(islice(self._data(at), max(asked, default=0)), 1):
            if number in asked:
                yield number, _texts_of(cells, max(len(header), max(cells)))

    def _head(self, header_row: int | None) -> tuple[int, list[str]]:
        for number, cells in self._filled():
            if header_row in (None, number):
                return number, checked(_names(cells), self.path)
        what = "the sheet is empty" if header_row is None else "this row of the sheet is empty"
        raise Refusal(what, self.path.name, self.sheet, value="" if header_row is None else str(header_row))

    def _data(self, header_row: int) -> Iterator[SheetRow]:
        return (row for row in self._filled() if row[0] > header_row)

    def _filled(self) -> Iterator[SheetRow]:
        """The rows that have cells."""
        book = self._book
        with package.opened(self.path) as parts, parts.open(self._parts[self.sheet]) as stream:
            yield from sheet_rows(stream, book)

    @cached_property
    def _book(self) -> Book:
        """Read when the first cell is."""
        texts: list[str] = []
        formats: list[str | None] = []
        with package.opened(self.path) as parts:
            if "sharedStrings" in self._related:
                with parts.open(self._related["sharedStrings"]) as stream:
                    texts = [_text(each) for each in elements(stream, "si")]
            if "styles" in self._related:
                formats = _formats(parts.read(self._related["styles"]))
        dates = frozenset(style for style, code in enumerate(formats) if is_date_format(code))
        durations = frozenset(style for style, code in enumerate(formats) if is_timedelta_format(code))
        return Book(texts, dates, durations, self._epoch)


class _Batch:
    """Rows of a sheet on their way to a table; `places` are the columns they come from, by name."""

    def __init__(self, places: dict[str, int], width: int, codes: Collection[str]) -> None:
        self._places, self._width, self._codes = places, width, codes
        self._texts: dict[str, list[str | None]] = {name: [] for name in places}
        self._numbers: list[int] = []
        self._broken: list[Finding] = []
        self._hazards: list[Finding] = []

    def __bool__(self) -> bool:
        return bool(self._numbers or self._broken)

    def take(self, number: int, cells: dict[int, Cell], covered: set[int]) -> None:
        """The next row; one that is longer than the header is none."""
        if max(cells) > self._width:
            self._broken.append(Finding(number, "", f"{max(cells)}/{self._width}", "columns"))
            return
        self._numbers.append(number)
        for name, place in self._places.items():
            text, rule, shown = cells.get(place, _NOTHING)
            self._texts[name].append(text)
            if rule and (rule not in _OF_CODES or name in self._codes):
                self._hazards.append(Finding(number, name, shown, rule))
        merged = [name for name, place in self._places.items() if place in covered]
        self._hazards += [Finding(number, name, "", "excel_merged") for name in merged]

    def rows(self, wanted: list[str]) -> Rows:
        """All that was taken."""
        table = pa.table({name: pa.array(self._texts[name], pa.string()) for name in wanted})
        return Rows(table, np.array(self._numbers, np.int64), self._broken, self._hazards)


_NOTHING = Cell(None)


def _names(cells: dict[int, Cell]) -> list[str]:
    names = _texts_of(cells, max(cells))
    while names and not names[-1]:
        names.pop()
    return names


def _texts_of(cells: dict[int, Cell], width: int) -> list[str]:
    return [cells.get(place, _NOTHING).text or "" for place in range(1, width + 1)]


def _text(element: Any) -> str:
    """A text that cells refer to, without its formats, and without how it is pronounced."""
    text: Any = Text.from_tree(element)
    return str(text.content)


def _formats(styles: bytes) -> list[str | None]:
    """The number format of each style of cells; fonts and fills, of which openpyxl refuses some, are not looked at."""
    root = fromstring(styles)
    own = {int(each.attrib["numFmtId"]): each.get("formatCode") for each in root.iterfind("{*}numFmts/{*}numFmt")}
    known = BUILTIN_FORMATS | _EASTERN_DATES | own
    return [known.get(int(each.get("numFmtId", 0))) for each in root.iterfind("{*}cellXfs/{*}xf")]
