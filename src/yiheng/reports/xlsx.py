"""The workbook (Excel 工作簿): every table whole, on its own sheet, behind a sheet that explains it."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from yiheng.base.whole import whole
from yiheng.base.words import Word, word
from yiheng.reports.cells import BOLD, PLAIN, TITLE, WARNING, add_styles, put, put_heading, put_line
from yiheng.reports.figures import TEXTS, Kind, Number, Value
from yiheng.reports.shape import Column, Report, Section, Table

EXCEL_ROWS = 1_048_576
HEADER_ROW = 3

# A workbook has a date of creation; a clock would make two equal reports differ, so it is always the first that a
# zip archive can hold.
NO_DATE = datetime(1980, 1, 1, tzinfo=UTC)

_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\：]")


def write_xlsx(report: Report, path: Path, rows_per_sheet: int = EXCEL_ROWS) -> None:
    """Write all tables of the report to `path`, whole or not at all; equal reports give equal bytes.

    A table with more rows than a sheet holds goes on to further sheets; no row is lost.
    """
    content = _without_clock(_workbook(report, rows_per_sheet))
    with whole(path) as draft:
        draft.write_bytes(content)


@dataclass(frozen=True)
class Sheet:
    """One sheet: a table or a part of one. `last` tells where the table's remarks stand."""

    name: str
    table: Table
    rows: Sequence[tuple[Value, ...]]
    last: bool


def sheets(report: Report, rows_per_sheet: int = EXCEL_ROWS) -> Iterator[Sheet]:
    """The sheets in order; the name begins with the number of the section and table, which makes it unique."""
    for number, section in enumerate(report.sections, start=1):
        for place, table in enumerate(section.tables, start=1):
            yield from _parts(f"{number}.{place} {_short(section, table)}", table, rows_per_sheet - _frame(table))


def _frame(table: Table) -> int:
    """Rows that a sheet needs besides the table's own."""
    return HEADER_ROW + 1 + len(table.remarks)


def _parts(name: str, table: Table, most: int) -> Iterator[Sheet]:
    starts = range(0, max(len(table.rows), 1), most)
    for part, start in enumerate(starts, start=1):
        suffix = "" if len(starts) == 1 else f" ({part})"
        yield Sheet(name[: 31 - len(suffix)] + suffix, table, table.rows[start : start + most], part == len(starts))


def _short(section: Section, table: Table) -> str:
    """What a tab shows: the grouping and the table's title, as far as Excel allows."""
    grouping = section.part.zh if section.part else ""
    return _FORBIDDEN_IN_NAMES.sub(" ", f"{grouping} {table.title.zh}".strip())


def _workbook(report: Report, rows_per_sheet: int) -> Workbook:
    book = Workbook()
    add_styles(book)
    parts = list(sheets(report, rows_per_sheet))
    first = book.active
    assert isinstance(first, Worksheet)
    _about(first, report, parts)
    for part in parts:
        _fill(book.create_sheet(part.name), part, report)
    book.properties.title = f"{report.title.zh} {report.year}"
    book.properties.creator = "yiheng"
    book.properties.created = NO_DATE.replace(tzinfo=None)
    return book


def _without_clock(book: Workbook) -> bytes:
    """The saved workbook with every date that openpyxl and zip take from the clock set to NO_DATE."""
    saved, fixed = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content)
            new.writestr(zipfile.ZipInfo(name, NO_DATE.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


# The first sheet


def _about(sheet: Worksheet, report: Report, parts: Sequence[Sheet]) -> None:
    """说明: what this is, how many rows each sheet holds, and the words of every section."""
    sheet.title = word("explained").zh
    _head(sheet, report.title, report)
    row = HEADER_ROW
    put_line(sheet, row, [bilingual(word("sheets")), "", bilingual(word("rows"))], BOLD)
    for part in parts:
        row += 1
        notice = "" if part.table.notice is None else bilingual(part.table.notice)
        put_line(sheet, row, [part.name, part.table.title.en, "", notice], PLAIN)
        put(sheet, row, 3, len(part.rows), Kind.COUNT)
        sheet.cell(row, 1).hyperlink = f"#'{part.name}'!A1"
    for section in report.sections:
        row += 2
        put_line(sheet, row, [section.heading.zh, section.heading.en], BOLD)
        said = () if section.notice is None else (section.notice,)
        for sentence in (*said, *section.lead, *section.points):
            row += 1
            put_line(sheet, row, [sentence.zh, sentence.en], PLAIN, wrap=True)
    for letter, width in zip("ABCD", (72, 72, 16, 48), strict=True):
        sheet.column_dimensions[letter].width = width


# A sheet with a table


def _fill(sheet: Worksheet, part: Sheet, report: Report) -> None:
    _head(sheet, part.table.title, report, part.table.notice)
    columns = spread(part.table)
    for place, (title, _, _) in enumerate(columns, start=1):
        put_heading(sheet, HEADER_ROW, place, title)
    for row, values in enumerate(part.rows, start=HEADER_ROW + 1):
        for place, (_, column, language) in enumerate(columns, start=1):
            put(sheet, row, place, _of(values[part.table.position(column.id)], language), column.kind)
    _remarks(sheet, part)
    _arrange(sheet, part, columns)


Spread = tuple[str, Column, str]


def spread(table: Table) -> list[Spread]:
    """The columns of the sheet: heading, column, language. Names that differ in English have a column for each."""
    columns: list[Spread] = []
    for each in table.columns:
        columns.append((heading(each), each, "zh"))
        if each.kind is Kind.TEXT and _differs(table, each):
            columns.append((heading(each) + " (English)", each, "en"))
    return columns


def _differs(table: Table, column: Column) -> bool:
    return any(isinstance(value, Word) and value.zh != value.en for value in table.values(column.id))


def heading(column: Column) -> str:
    """医院 Hospital, with the unit in both languages where there is one."""
    unit = f"\n({bilingual(column.unit)})" if column.unit else ""
    return f"{column.title.zh}\n{column.title.en}{unit}"


def bilingual(text: Word) -> str:
    """Both languages in one cell."""
    return text.zh if text.zh == text.en else f"{text.zh} {text.en}"


def _of(value: Value, language: str) -> Number | str | None:
    if isinstance(value, Word):
        return value.zh if language == "zh" else value.en
    return value


def _head(sheet: Worksheet, title: Word, report: Report, notice: Word | None = None) -> None:
    """The title, and under it whose data these are and by what rules: on every sheet and every printed page."""
    put_line(sheet, 1, [bilingual(title)], TITLE)
    about = " · ".join([f"{report.title.zh} {report.title.en}", str(report.year), *map(bilingual, report.about)])
    warnings = [*([word("made_up")] if report.made_up else []), *([notice] if notice else [])]
    warning = "".join(f"{bilingual(each)} · " for each in warnings)
    put_line(sheet, 2, [warning + about], WARNING if warnings else PLAIN)
    assert sheet.oddHeader is not None
    assert sheet.oddFooter is not None
    sheet.oddHeader.center.text = _safe_in_header(warning + about)
    sheet.oddFooter.center.text = "&P / &N"


def _safe_in_header(text: str) -> str:
    """& begins a code in a page header, and a header holds 255 characters."""
    return text.replace("&", "&&")[:200]


def _remarks(sheet: Worksheet, part: Sheet) -> None:
    row = HEADER_ROW + len(part.rows)
    said = (() if part.rows else (part.table.empty,)) + (part.table.remarks if part.last else ())
    for remark in said:
        row += 1
        put_line(sheet, row, [bilingual(remark)], PLAIN)


def _arrange(sheet: Worksheet, part: Sheet, columns: Sequence[Spread]) -> None:
    """Frozen heads, a filter, widths, and print set-up."""
    end = get_column_letter(len(columns))
    sheet.freeze_panes = f"B{HEADER_ROW + 1}"
    if part.rows:
        sheet.auto_filter.ref = f"A{HEADER_ROW}:{end}{HEADER_ROW + len(part.rows)}"
    sheet.row_dimensions[HEADER_ROW].height = 48
    for place, (title, column, language) in enumerate(columns, start=1):
        values = [_of(row[part.table.position(column.id)], language) for row in part.rows[:500]]
        sheet.column_dimensions[get_column_letter(place)].width = _width(title, column, values)
    sheet.print_title_rows = f"1:{HEADER_ROW}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = "9"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _width(title: str, column: Column, values: Sequence[Number | str | None]) -> float:
    """Wide enough for the widest line; a Chinese character counts as two."""
    texts = [*title.split("\n"), *(str(value) for value in values if isinstance(value, str))]
    numbers = 16 if column.kind in (Kind.YUAN, Kind.POINTS) else 11
    widest = max(sum(2 if ord(char) > 0x2E7F else 1 for char in text) for text in texts)
    return float(min(max(widest + 3, 8 if column.kind in TEXTS else numbers), 60))
