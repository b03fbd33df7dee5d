"""Excel workbooks (Excel 工作簿): one visible sheet from top to bottom, with what Excel may have changed.

Formulas are read as the value that is stored with them; formatted cells without anything in them are none.
"""

import posixpath
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element
from xml.parsers import expat
from zipfile import ZipFile

import numpy as np
import pyarrow as pa
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

from yiheng.base.refusal import Refusal
from yiheng.cases.finding import Finding
from yiheng.cases.source import package
from yiheng.cases.source.header import checked, need
from yiheng.cases.source.package import local
from yiheng.cases.source.rows import Rows, rows_at_once
from yiheng.cases.source.worksheet import (
    CHUNK,
    Book,
    Cell,
    Covered,
    Merge,
    SheetRow,
    merges,
    plain,
    refuse_document_type,
    sheet_rows,
)

# Hazards of codes only: an amount is a number, a day is a date.
_OF_CODES = frozenset({"excel_number", "excel_date"})
# Formats that Excel in Chinese (and Japanese, Korean) has built in and does not write into the file: all are dates.
_EASTERN_DATES = frozenset({*range(27, 37), *range(50, 59)})


@dataclass(frozen=True)
class _Sheet:
    name: str
    part: str
    visible: bool


class Workbook:
    """One sheet of an Excel file: the one that is named, else the first that is not hidden.

    The header is the first row that has cells, or the row of the sheet that the caller names (`header_row`, from 1).
    Data rows count from 1 after it; rows without anything in a cell are no rows. Hidden sheets are never read.
    """

    def __init__(self, path: Path, sheet: str = "") -> None:
        self.path = path
        with package.opened(path) as parts:
            main = package.main_part(parts)
            related = _related(parts, main)
            root = package.read(parts, main)
            self._listed = _sheets(root, related)
        self._root, self._related = root, related
        visible = self.sheets()
        if not visible:
            raise Refusal("every sheet is hidden", path.name, cure="unhide one in Excel (取消隐藏)")
        self.sheet = sheet or visible[0]
        if self.sheet in self.hidden:
            raise Refusal("this sheet is hidden", path.name, self.sheet, cure="unhide it in Excel (取消隐藏)")
        if self.sheet not in visible:
            raise Refusal("there is no such sheet", path.name, self.sheet, cure=f"sheets: {', '.join(visible)}")
        self._part = next(each.part for each in self._listed if each.name == self.sheet)

    @cached_property
    def _book(self) -> Book:
        """Read when the first cell is."""
        with package.opened(self.path) as parts:
            return _book(parts, self._root, self._related)

    @property
    def hidden(self) -> list[str]:
        """The sheets that are hidden, and so not read."""
        return [each.name for each in self._listed if not each.visible]

    def sheets(self) -> list[str]:
        """The sheets that can be read, in their order."""
        return [each.name for each in self._listed if each.visible]

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
        batch = _Batch(header, wanted, codes)
        covered, size = Covered(self._merges()), rows_at_once(len(wanted))
        for number, cells in self._data(at, set(batch.places)):
            batch.take(cells, covered.columns(number, batch.places))
            if batch.count == size:
                yield batch.rows()
        if batch.count:
            yield batch.rows()

    def raw(self, numbers: Collection[int], header_row: int | None = None) -> Iterator[tuple[int, list[str]]]:
        """All cells of the data rows with these numbers (those of `rows`), in order; at least as many as the header."""
        at, header = self._head(header_row)
        asked = set(numbers)
        if not asked:
            return
        for number, (_, cells) in enumerate(islice(self._data(at), max(asked)), 1):
            if number in asked:
                yield number, _texts_of(cells, max(len(header), max(cells)))

    def _head(self, header_row: int | None) -> tuple[int, list[str]]:
        for number, cells in self._filled():
            if header_row in (None, number):
                return number, checked(_names(cells), self.path)
        what = "the sheet is empty" if header_row is None else "this row of the sheet is empty"
        raise Refusal(what, self.path.name, self.sheet, value="" if header_row is None else str(header_row))

    def _data(self, header_row: int, wanted: Collection[int] | None = None) -> Iterator[SheetRow]:
        return (row for row in self._filled(wanted) if row[0] > header_row)

    def _filled(self, wanted: Collection[int] | None = None) -> Iterator[SheetRow]:
        """The rows that have cells; None: every column is wanted."""
        with self._stream() as stream:
            last = 0
            for row in sheet_rows(stream, self._book, wanted.__contains__ if wanted is not None else _any):
                if row[0] <= last:
                    raise ValueError(f"row {row[0]} stands after row {last}")
                last = row[0]
                yield row

    def _merges(self) -> list[Merge]:
        with self._stream() as stream:
            return merges(stream)

    @contextmanager
    def _stream(self) -> Iterator[IO[bytes]]:
        with package.opened(self.path) as parts, parts.open(self._part) as stream:
            yield stream


class _Batch:
    """Rows of a sheet on their way to a table; `places` are the columns they come from."""

    def __init__(self, header: list[str], wanted: list[str], codes: Collection[str]) -> None:
        self.places = sorted(header.index(name) + 1 for name in wanted)
        self.count = 0
        self._done = 0
        self._header = header
        self._wanted = wanted
        self._codes = {place for place in self.places if header[place - 1] in codes}
        self._clear()

    def take(self, cells: dict[int, Cell], covered: list[int]) -> None:
        """The next row."""
        self._done, self.count = self._done + 1, self.count + 1
        if max(cells) > len(self._header):
            given = f"{max(cells)}/{len(self._header)}"
            self._broken.append(Finding(self._done, "", given, "columns"))
            return
        self._numbers.append(self._done)
        for place, texts in self._texts.items():
            cell = cells.get(place)
            if cell is None:
                texts.append(None)
                continue
            texts.append(cell.text)
            if cell.rule and (cell.rule not in _OF_CODES or place in self._codes):
                self._note(place, cell.shown, cell.rule)
        for place in covered:
            self._note(place, "", "excel_merged")

    def _note(self, place: int, shown: str, rule: str) -> None:
        self._hazards.append(Finding(self._done, self._header[place - 1], shown, rule))

    def rows(self) -> Rows:
        """What was taken since the last call."""
        texts = {self._header[place - 1]: pa.array(each, pa.string()) for place, each in self._texts.items()}
        table = pa.table({name: texts[name] for name in self._wanted})
        rows = Rows(table, np.array(self._numbers, np.int64), self._broken, self._hazards)
        self._clear()
        return rows

    def _clear(self) -> None:
        self.count = 0
        self._texts: dict[int, list[str | None]] = {place: [] for place in self.places}
        self._numbers: list[int] = []
        self._broken: list[Finding] = []
        self._hazards: list[Finding] = []


def _any(_: int) -> bool:
    return True


def _names(cells: dict[int, Cell]) -> list[str]:
    names = _texts_of(cells, max(cells))
    while names and not names[-1]:
        names.pop()
    return names


def _texts_of(cells: dict[int, Cell], width: int) -> list[str]:
    return [(cells[place].text or "") if place in cells else "" for place in range(1, width + 1)]


def _related(parts: ZipFile, main: str) -> dict[str, tuple[str, str]]:
    """What the workbook's part refers to: kind and part by id."""
    folder, name = posixpath.split(main)
    found = package.read(parts, f"{folder}/_rels/{name}.rels".lstrip("/"))
    return {
        each.get("Id", ""): (
            each.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, each.get("Target", ""))).lstrip("/"),
        )
        for each in found
    }


def _sheets(root: Element, related: dict[str, tuple[str, str]]) -> list[_Sheet]:
    """The worksheets, in their order; sheets of charts hold no cells."""
    found = []
    for each in (each for each in root.iter() if local(each.tag) == "sheet"):
        kind, part = related[next(value for name, value in each.attrib.items() if local(name) == "id")]
        if kind == "worksheet":
            found.append(_Sheet(each.attrib["name"], part, each.get("state", "visible") == "visible"))
    return found


def _book(parts: ZipFile, root: Element, related: dict[str, tuple[str, str]]) -> Book:
    by_kind = dict(related.values())
    texts: list[str] = []
    if "sharedStrings" in by_kind:
        with parts.open(by_kind["sharedStrings"]) as stream:
            texts = _shared_texts(stream)
    codes = _formats(package.read(parts, by_kind["styles"])) if "styles" in by_kind else []
    about = [each for each in root if local(each.tag) == "workbookPr"]
    return Book(
        texts,
        frozenset(style for style, code in enumerate(codes) if is_date_format(code)),
        frozenset(style for style, code in enumerate(codes) if is_timedelta_format(code)),
        bool(about) and about[0].get("date1904") in ("1", "true"),
    )


def _formats(styles: Element) -> list[str | None]:
    """The number format of each style of cells."""
    own = {
        int(each.attrib["numFmtId"]): each.get("formatCode") for each in styles.iter() if local(each.tag) == "numFmt"
    }
    lists = [each for each in styles if local(each.tag) == "cellXfs"]
    ids = [int(each.get("numFmtId", 0)) for cells in lists for each in cells]
    return [own.get(number) or ("yyyy" if number in _EASTERN_DATES else BUILTIN_FORMATS.get(number)) for number in ids]


def _shared_texts(stream: IO[bytes]) -> list[str]:
    """The texts that cells refer to by number; how they are pronounced is left out."""
    texts: list[str] = []
    inside: list[str] = []
    pieces: list[str] = []

    def start(tag: str, _: dict[str, str]) -> None:
        inside.append(tag.rpartition(":")[2])

    def end(_: str) -> None:
        if inside.pop() == "si":
            texts.append(plain("".join(pieces)))
            pieces.clear()

    def data(text: str) -> None:
        if inside[-1] == "t" and "rPh" not in inside:
            pieces.append(text)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data
    parser.StartDoctypeDeclHandler = refuse_document_type
    while chunk := stream.read(CHUNK):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)
    return texts
