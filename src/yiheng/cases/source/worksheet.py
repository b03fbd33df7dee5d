"""Worksheets (工作表): the cells of one sheet, row by row, as openpyxl reads them, and how they are kept as text.

A cell is its text and, where Excel may have changed it or does not say it, the rule that tells how.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import IO, Any, NamedTuple
from xml.etree.ElementTree import Element, iterparse
from xml.parsers import expat

from openpyxl.utils import range_boundaries
from openpyxl.utils.datetime import WINDOWS_EPOCH, from_excel
from openpyxl.utils.escape import unescape
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser
from openpyxl.xml.constants import SHEET_MAIN_NS

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384
# So many elements at most are in memory at a time: one row, or one text.
_AT_ONCE = 1 << 20
# Excel keeps 15 digits of a number.
_EXACT = 10**15
_DIGITS = ".15g"
# The 29th of February 1900, which Excel counts and the calendar does not have.
_NO_DAY = 60
# The namespace of the strict form of the format; openpyxl knows that of the other form.
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"


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
    epoch: datetime = WINDOWS_EPOCH


SheetRow = tuple[int, dict[int, Cell]]


class Covered:
    """Which cells of a row are covered by a merge and are not its first; rows are asked for from the top.

    The merges of a sheet stand after its rows: its XML is searched for them, which openpyxl does not do row by row.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._coming: list[tuple[int, int, int, int]] = []
        self._open: list[tuple[int, int, int, int]] = []
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.ParseFile(stream)
        self._coming.sort(key=lambda merge: -merge[1])

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag.endswith("mergeCell"):
            bounds: Any = range_boundaries(attributes["ref"])
            self._coming.append(bounds)

    def columns(self, row: int) -> set[int]:
        """Those that are covered in this row, from 1."""
        while self._coming and self._coming[-1][1] <= row:
            self._open.append(self._coming.pop())
        self._open = [merge for merge in self._open if merge[3] >= row]
        return {place for left, top, right, _ in self._open for place in range(left + (top == row), right + 1)}


def elements(stream: IO[bytes], name: str) -> Iterator[Any]:
    """The elements of this name, whole, one in memory at a time, whichever form of the format they are in."""
    inside = 0
    for _, element in iterparse(stream):
        element.tag = element.tag.replace(_STRICT, SHEET_MAIN_NS)
        inside += 1
        if inside > _AT_ONCE:
            raise ValueError(f"more than {_AT_ONCE} elements without an end of <{name}>")
        if element.tag == f"{{{SHEET_MAIN_NS}}}{name}":
            yield element
            element.clear()
            inside = 0


class _Parser(WorkSheetParser):
    """openpyxl's own, but days stay the numbers that they are, and a formula without a stored value stays a formula.

    Its sheets read row by row would make rows up, skip those out of order, and not tell days that never were.
    """

    def parse_cell(self, element: Element) -> dict[str, Any]:
        cell = super().parse_cell(element)
        if cell["value"] is None and cell["data_type"] != "str":
            formula = element.findtext(FORMULA_TAG)
            if formula is not None:
                cell |= {"value": f"={formula}", "data_type": "f"}
        return cell


def sheet_rows(stream: IO[bytes], book: Book) -> Iterator[SheetRow]:
    """The rows of a sheet that have a cell with something in it: number in the sheet, and cells by column, both from 1.

    What is no sheet that Excel could write is a ValueError.
    """
    parser = _Parser(stream, book.texts, data_only=True)
    last = 0
    for element in elements(stream, "row"):
        number, found = parser.parse_row(element)
        parser.row_dimensions.clear()
        if not last < number <= LAST_ROW:
            raise ValueError(f"row {number} stands after row {last}")
        last = number
        cells = {int(each["column"]): cell_of(each, book) for each in found if each["value"] is not None}
        if cells and not 1 <= max(cells) <= LAST_COLUMN:
            raise ValueError(f"column {max(cells)} is beyond the last of a sheet")
        filled = {column: cell for column, cell in cells.items() if cell.text is not None or cell.rule}
        if filled:
            yield number, filled


def cell_of(cell: dict[str, Any], book: Book) -> Cell:
    """What stands in a cell that openpyxl has read, as text."""
    value = cell["value"]
    match cell["data_type"]:
        case "n":
            return _moment(value, cell["style_id"], book) if cell["style_id"] in book.dates else _number(value)
        case "d":
            return Cell(_told(value), "excel_date", _told(value))
        case "e":
            return Cell(value, "excel_error", value)
        case "f":
            return Cell(None, "excel_formula", value)
        case "b":
            return Cell(str(value).lower())
        case _:
            return Cell(unescape(value).strip() or None)


def _number(number: float) -> Cell:
    text = str(number) if isinstance(number, int) else format(Decimal(format(number, _DIGITS)), "f")
    return Cell(text, "excel_precision" if abs(number) >= _EXACT else "excel_number", text)


def _moment(number: float, style: int, book: Book) -> Cell:
    """A number that its style shows as a day, a time of day or a duration."""
    try:
        moment = from_excel(number, book.epoch, timedelta=style in book.durations)
    except (OverflowError, ValueError):
        moment = None
    if moment is None or number < 0 or (book.epoch == WINDOWS_EPOCH and int(number) == _NO_DAY):
        return Cell(str(number), "excel_error", str(number))
    return Cell(_told(moment), "excel_date", _told(moment))


def _told(moment: object) -> str:
    """In ISO form; a day without a time of day is a date."""
    if isinstance(moment, timedelta):
        hours, seconds = divmod(round(moment.total_seconds()), 3600)
        return f"{hours}:{seconds // 60:02}:{seconds % 60:02}"
    return str(moment).removesuffix(" 00:00:00")
