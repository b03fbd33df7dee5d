"""A pack as an Excel workbook (工作簿): one sheet a table, `pack` for pack.toml; nothing hidden."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils.exceptions import InvalidFileException

from yiheng.base.refusal import Refusal
from yiheng.base.whole import whole
from yiheng.drg.packs.archive import check_members, limits, read_member
from yiheng.drg.packs.content import Content
from yiheng.drg.packs.keysheet import DOCUMENT, KEYS, files_of, rows_of
from yiheng.drg.packs.nearest import near
from yiheng.drg.packs.schema import forms
from yiheng.drg.packs.source import Memory

PACK, DOCUMENTS = "pack", "documents"
_KEY_SHEETS = {PACK: KEYS, DOCUMENTS: DOCUMENT}
_SHEETS = "xl/worksheets/"
_MERGED = b"<mergeCell "

Lines = list[list[str]]


def workbook_source(path: Path) -> Memory:
    """The files of a pack in a workbook.

    Refused by sheet, row and column: formulas, error values, numbers where text must stand (they lose zeros); refused
    by sheet: merged cells, hidden sheets, sheets that are no table; macros, encryption and links are refused at once.
    """
    try:
        merged = _check_parts(path)
        with path.open("rb") as file, closing(openpyxl.load_workbook(file, read_only=True)) as book:
            sheets = {sheet.title: _Sheet(sheet, merged, path.name).lines() for sheet in book.worksheets}
    except FileNotFoundError:
        raise Refusal("there is no such file", file=str(path)) from None
    except (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, OSError, ValueError, TypeError) as error:
        raise Refusal(f"is no workbook that can be read: {error}", file=path.name) from None
    tables = {forms()[name].file: _as_csv(lines) for name, lines in sheets.items() if name in forms()}
    said = files_of(sheets.get(PACK, []), sheets.get(DOCUMENTS, []), path.name)
    return Memory(path.stem, str(path), tables | said)


def export_workbook(content: Content, path: Path) -> None:
    """Write a pack as a workbook, a diff together with its base; read again it has the same digest."""
    book = openpyxl.Workbook(write_only=True)
    said, documents = rows_of(content)
    _write(book, PACK, [list(KEYS), *said])
    if documents:
        _write(book, DOCUMENTS, [list(_KEY_SHEETS[DOCUMENTS]), *documents])
    for name, form in forms().items():
        if content.has(name):
            _write(book, name, [form.names, *content.table(name).cells])
    with whole(path) as draft:
        book.save(draft)


def _check_parts(path: Path) -> frozenset[str]:
    """The parts with merged cells, once all parts of a workbook are held against the limits of an archive."""
    with zipfile.ZipFile(path) as archive:
        parts = check_members(archive, path.name)
        for part in parts:
            if "vbaproject" in part.filename.casefold():
                raise Refusal("holds macros", file=path.name, cure="save it as .xlsx")
        sheets = [part for part in parts if part.filename.startswith(_SHEETS)]
        return frozenset(part.filename for part in sheets if _MERGED in read_member(archive, part))


class _Sheet:
    """One sheet on its way to text."""

    def __init__(self, sheet: Any, merged: frozenset[str], shown: str) -> None:
        self.sheet, self.name, self.shown = sheet, str(sheet.title), shown
        if self.name not in forms() and self.name not in _KEY_SHEETS:
            raise Refusal("is no table of a pack", shown, self.name, cure=near(self.name, [*_KEY_SHEETS, *forms()]))
        if sheet.sheet_state != "visible":
            raise Refusal("is hidden", shown, self.name)
        if sheet._worksheet_path in merged:
            raise Refusal("has merged cells", shown, self.name)
        self.numbers = _number_columns(self.name)
        self.header: list[str] = []

    def lines(self) -> Lines:
        """The cells as text, each line as long as the header; lines without any are left out."""
        self.sheet.reset_dimensions()
        found = [self._line(number, row) for number, row in enumerate(self.sheet.iter_rows())]
        return [line for line in found if any(line)]

    def _line(self, number: int, row: Sequence[Any]) -> list[str]:
        line = [self._text(number, place, cell) for place, cell in enumerate(row)]
        if not self.header:
            self.header = line = line[: max((place for place, text in enumerate(line, 1) if text), default=0)]
        beyond = [text for text in line[len(self.header) :] if text]
        if beyond:
            raise Refusal("stands in a column without a name", self.shown, self.name, number, value=beyond[0])
        return [*line, *[""] * (len(self.header) - len(line))][: len(self.header)]

    def _text(self, number: int, place: int, cell: Any) -> str:
        value = cell.value
        if value is None:
            return ""
        if isinstance(value, str) and cell.data_type not in ("f", "e"):
            return value
        name = self.header[place] if place < len(self.header) else ""
        if cell.data_type in ("f", "e"):
            raise self._refusal(number, cell, name, "is a formula" if cell.data_type == "f" else "is an error value")
        if name not in self.numbers:
            raise self._refusal(number, cell, name, "is no text: a number or date can lose digits")
        return _plain(value)

    def _refusal(self, number: int, cell: Any, name: str, what: str) -> Refusal:
        column, cure = name or str(cell.column_letter), "format the cell as text and write it anew"
        return Refusal(what, self.shown, self.name, number, column, str(cell.value), cure)


def _number_columns(name: str) -> frozenset[str]:
    """The columns of a sheet in which a number cannot be read wrongly."""
    if name in _KEY_SHEETS:
        return frozenset(KEYS[1:] if name == PACK else ())
    return frozenset(column.name for column in forms()[name].columns if column.number)


def _plain(value: object) -> str:
    """A number, day or yes and no as text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()[: len(date.min.isoformat())]
    return str(value)


def _as_csv(lines: Lines) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode("utf-8", "surrogatepass")


def _write(book: Any, name: str, lines: Iterable[Sequence[str]]) -> None:
    sheet, longest = book.create_sheet(name), limits()["cell"]
    for number, line in enumerate(lines):
        for place, text in enumerate(line):
            if len(text) > longest or ILLEGAL_CHARACTERS_RE.search(text):
                what = "has signs, or more of them, than a cell can hold"
                raise Refusal(what, "", name, number, str(place + 1), text)
        sheet.append([_cell(sheet, text) for text in line])


def _cell(sheet: Any, text: str) -> Any:
    """Text that begins like a formula is text all the same."""
    if not text.startswith("="):
        return text
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    return cell
