"""Cells (单元格): how one value is written into the workbook, and that a text can never become a formula."""

from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from yiheng.reports.figures import GAP, TEXTS, Kind, Number, rounded

LONGEST = 32_767
FORMULA_BEGINS = ("=", "+", "-", "@", "\t")

_FONT = "Microsoft YaHei"
PLAIN, BOLD = Font(name=_FONT, size=10), Font(name=_FONT, size=10, bold=True)
TITLE, WARNING = Font(name=_FONT, size=14, bold=True), Font(name=_FONT, size=10, bold=True, color="A33C00")
_HEAD = PatternFill("solid", start_color="DDE6F0")

_FORMATS = {
    Kind.COUNT: "#,##0",
    Kind.PLAIN: "0",
    Kind.YUAN: "#,##0.00",
    Kind.WAN: "#,##0.00",
    Kind.DAYS: "0.00",
    Kind.RATIO: "0.00%",
    Kind.INDEX: "0.000",
    Kind.WEIGHT: "0.0000",
    Kind.POINTS: "#,##0.00",
    Kind.EXPECTED: "#,##0.0",
}
_NO_NUMBER = "gap"


def add_styles(book: Workbook) -> None:
    """Name the styles of all kinds once: a cell then only points to one, which is what makes large tables quick."""
    for kind in Kind:
        book.add_named_style(NamedStyle(kind, font=PLAIN, number_format=_FORMATS.get(kind, "General")))
    book.add_named_style(NamedStyle(_NO_NUMBER, font=PLAIN, alignment=Alignment(horizontal="right")))


def put(sheet: Worksheet, row: int, column: int, value: Number | str | None, kind: Kind) -> Cell:
    """Write one value; a number rounded to its kind, GAP where it is not available."""
    cell = _cell(sheet, row, column)
    if value is None or isinstance(value, str):
        cell.style = kind if kind in TEXTS else _NO_NUMBER
        _put_text(cell, GAP if value is None else clean(value))
    else:
        cell.style = kind
        cell.value = rounded(value, kind)
    return cell


def put_line(sheet: Worksheet, row: int, texts: Sequence[str], font: Font, wrap: bool = False) -> None:
    """Write texts beside each other, from the first column on."""
    for column, text in enumerate(texts, start=1):
        cell = put(sheet, row, column, text, Kind.TEXT)
        cell.font = font
        cell.alignment = Alignment(vertical="top", wrap_text=wrap)


def put_heading(sheet: Worksheet, row: int, column: int, title: str) -> None:
    """Write the head of a column."""
    cell = put(sheet, row, column, title, Kind.TEXT)
    cell.font, cell.fill = BOLD, _HEAD
    cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")


def clean(text: str) -> str:
    """The text without characters that a workbook cannot hold, cut where a cell ends."""
    return ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)[:LONGEST]


def _put_text(cell: Cell, text: str) -> None:
    """A text is text whatever it begins with, also after someone edits the cell (quotePrefix)."""
    cell.value = text
    cell.data_type = "s"
    if text.startswith(FORMULA_BEGINS):
        cell.quotePrefix = True


def _cell(sheet: Worksheet, row: int, column: int) -> Cell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    return cell
