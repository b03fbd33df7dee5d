"""A catalogue as a workbook (目录工作簿): given out and taken over; an authority's points are taken as given.

One sheet, its columns by their Chinese or English name. Of a catalogue that is taken over rw stays empty: nobody has
said the mean that its points were made of.
"""

import zipfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from yiheng.base.refusal import Refusal
from yiheng.base.whole import whole
from yiheng.dip.catalogue.build import SCHEMA
from yiheng.dip.operations import OR, parts_of
from yiheng.dip.plan import CONSERVATIVE, KINDS

SHEET = "病种目录"
# Column of the catalogue: its heading in Chinese.
HEADINGS = {
    "group": "病种编码", "kind": "类型", "dx": "主要诊断", "other_dx": "其他诊断", "proc": "手术操作",
    "wide": "综合病种诊断", "treatment": "治疗方式", "points": "病种分值", "mean_cost": "次均费用", "n": "病例数",
    "place": "清单顺序", "related_share": "相关手术占比",
}  # fmt: skip
_NEEDED = ("group", "kind", "points")
_NUMBERS = ("points", "mean_cost", "related_share")
_WHOLE = ("n", "place")
_FORMULA, _ERROR = "f", "e"


def export_catalogue(groups: pa.Table, path: Path) -> None:
    """Write the groups as a workbook; taken over again they are the same groups with the same points."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.append(list(HEADINGS.values()))
    for row in groups.to_pylist():
        sheet.append([_cell(sheet, row[name]) for name in HEADINGS])
    with whole(path) as draft:
        book.save(draft)


def import_catalogue(path: Path) -> pa.Table:
    """The groups of a workbook's only or first sheet, columns of `catalogue.SCHEMA`; rows without any cell are none.

    Refused by sheet, row and column: a heading that is missing or not known, a cell that does not fit, a formula, a
    code that is a number, a group that is there twice.
    """
    try:
        with path.open("rb") as file, closing(openpyxl.load_workbook(file, read_only=True)) as book:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            reader = _Reader(path.name, str(sheet.title))
            return reader.table([list(row) for row in sheet.iter_rows()])
    except FileNotFoundError:
        raise Refusal("there is no such file", file=str(path)) from None
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError) as error:
        raise Refusal(f"is no workbook that can be read: {error}", file=path.name) from None


@dataclass(frozen=True)
class _Reader:
    """One sheet on its way to groups."""

    shown: str
    sheet: str

    def table(self, lines: list[list[Any]]) -> pa.Table:
        if not lines:
            raise Refusal("has no header", self.shown, self.sheet)
        names = self._names([_plain(cell.value) for cell in lines[0]])
        rows: list[dict[str, Any]] = []
        seen: dict[str, int] = {}
        for number, line in enumerate(lines[1:], 1):
            if any(_plain(cell.value) for cell in line):
                row = self._row(number, dict(zip(names, line, strict=False)))
                if row["group"] in seen:
                    raise self._refusal(f"stands in row {seen[row['group']]} too", number, "group", row["group"])
                seen[row["group"]] = number
                rows.append(row)
        if not rows:
            raise Refusal("has a header and no rows", self.shown, self.sheet)
        return pa.Table.from_pylist(sorted(rows, key=lambda row: str(row["group"])), schema=SCHEMA)

    def _names(self, header: Sequence[str]) -> list[str]:
        known = {heading: name for name, heading in HEADINGS.items()} | {name: name for name in HEADINGS}
        for heading in header:
            if heading and heading not in known:
                cure = f"one of: {', '.join(HEADINGS.values())}"
                raise Refusal("is no column of a catalogue", self.shown, self.sheet, column=heading, cure=cure)
        names = [known.get(heading, "") for heading in header]
        for name in _NEEDED:
            if name not in names:
                raise Refusal("this column is missing", self.shown, self.sheet, column=HEADINGS[name])
        return names

    def _row(self, number: int, cells: dict[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {name: None for name in SCHEMA.names}  # noqa: C420
        for name, cell in cells.items():
            if name:
                row[name] = self._value(number, name, cell)
        for name in _NEEDED:
            if row[name] is None:
                raise self._refusal("is empty", number, name, "")
        if row["kind"] not in KINDS:
            raise self._refusal("is no kind of group", number, "kind", row["kind"], f"one of: {', '.join(KINDS)}")
        comprehensive = row["kind"] == "comprehensive"
        if comprehensive and row["wide"] is None:
            raise self._refusal("is empty: a comprehensive group needs it", number, "wide", "")
        if not comprehensive and row["dx"] is None and row["proc"] is None:
            raise self._refusal("is empty: a group needs a diagnosis or operations", number, "dx", "")
        return row | {"treatment": row["treatment"] or CONSERVATIVE, "n": row["n"] or 0, "fee_cases": 0, "los_cases": 0}

    def _value(self, number: int, name: str, cell: Any) -> Any:
        value, text = cell.value, _plain(cell.value)
        if not text:
            return None
        if cell.data_type in (_FORMULA, _ERROR):
            raise self._refusal("is a formula or an error", number, name, text, "write the value")
        if name in _NUMBERS + _WHOLE:
            return self._number(number, name, text)
        if not isinstance(value, str):
            raise self._refusal("is no text: a code loses its zeros as a number", number, name, text, "format as text")
        if name == "proc":
            self._checked_parts(number, text)
        if name in ("dx", "other_dx") and "" in (code.strip() for code in text.split(OR)):
            raise self._refusal("is no list of codes", number, name, text, "such as I21.9/I21.0")
        return text

    def _number(self, number: int, name: str, text: str) -> float | int:
        try:
            found = float(text)
        except ValueError:
            raise self._refusal("is no number", number, name, text) from None
        if not 0 <= found < float("inf") or (name in _WHOLE and not found.is_integer()):
            raise self._refusal("is no number that this can be", number, name, text)
        return int(found) if name in _WHOLE else found

    def _checked_parts(self, number: int, text: str) -> None:
        try:
            parts_of(text)
        except Refusal as refusal:
            raise self._refusal(refusal.what, number, "proc", text, refusal.cure) from None

    def _refusal(self, what: str, number: int, name: str, value: str, cure: str = "") -> Refusal:
        return Refusal(what, self.shown, self.sheet, number, HEADINGS[name], value, cure)


def _plain(value: object) -> str:
    return "" if value is None else str(value).strip()


def _cell(sheet: Any, value: object) -> Any:
    """Text that begins like a formula is text all the same."""
    if not (isinstance(value, str) and value.startswith("=")):
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    return cell
