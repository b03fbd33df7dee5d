"""Exports (导出): the list as on the screen, all its pages, as CSV or Excel; a text never becomes a formula."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from yiheng.site.base.flow.declare import Flow
from yiheng.site.base.pages.listing import Row
from yiheng.site.base.pages.templatetags.texts import moment
from yiheng.site.base.pages.values import label
from yiheng.site.base.texts import pick, say

# A spreadsheet takes what begins so for a formula (CWE-1236).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
CSV, XLSX = "csv", "xlsx"
KINDS = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class About:
    """What is said of an export in its second sheet: who took it, when, what was looked for."""

    who: str
    at: datetime
    wanted: str


def heads(flow: Flow) -> list[str]:
    """The heads of the columns."""
    return [label(flow, name) for name in flow.listed]


def as_csv(flow: Flow, rows: Sequence[Row]) -> bytes:
    """UTF-8 with the mark by which Excel knows it; one line of heads, one line a row."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(harmless, heads(flow)))
    writer.writerows(map(harmless, row.cells) for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(flow: Flow, rows: Sequence[Row], about: About) -> bytes:
    """One sheet of the list, whose cells are texts; a second that says who took it and how many rows it has."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(pick(flow.word)[:31])
    for line in (heads(flow), *(row.cells for row in rows)):
        sheet.append([_text(sheet, cell) for cell in line])
    notes = book.create_sheet(str(say("说明", "about")))
    for head, value in (
        (say("导出人", "taken by"), about.who),
        (say("导出时间", "taken at"), moment(about.at)),
        (say("筛选", "looked for"), about.wanted),
        (say("行数", "rows"), str(len(rows))),
    ):
        notes.append([_text(notes, str(head)), _text(notes, value)])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def harmless(cell: str) -> str:
    """A text that no spreadsheet takes for a formula; signs that no file may hold are left out."""
    plain = ILLEGAL_CHARACTERS_RE.sub("", cell)
    return f"'{plain}" if plain.startswith(_FORMULA) and not _is_number(plain) else plain


def _is_number(text: str) -> bool:
    return text[:1] == "-" and text[1:].replace(",", "").replace(".", "", 1).isascii() and _digits(text[1:])


def _digits(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).isdigit()


def _text(sheet: Any, value: str) -> Any:
    cell = WriteOnlyCell(sheet, value="")
    cell.value = harmless(value)
    cell.data_type = "s"
    return cell
