"""Sheets (表格文件): CSV or Excel with many rows, handed in; its columns by label or by name of the field."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from yiheng.base.refusal import Refusal
from yiheng.cases.finding import Finding, reason
from yiheng.cases.source import csv_header, csv_rows
from yiheng.cases.source.excel import Workbook
from yiheng.site.base.identity import SAID, covered, has_number

_EXCEL = (".xlsx", ".xlsm", ".xltx")
# The column in which bad rows are given back with what is wrong; a sheet that has it is read without it.
FAULT = "问题"


@dataclass(frozen=True)
class Columns:
    """The columns that a sheet may have: field -> label.

    - codes: the fields in which a number or a date of Excel is a hazard; needed: those without which it is no sheet
    """

    labels: Mapping[str, str]
    codes: Collection[str] = ()
    needed: Collection[str] = ()


def rows_of(path: Path, name: str, columns: Columns, lines: list[Refusal]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows by number, their cells by field; what is wrong with the file or a row goes to `lines`.

    `name` is what the sender calls the file; as that ends, it is Excel or CSV. A column that is not named is refused,
    as is a cell with an identity number, which comes masked.
    """
    try:
        book = Workbook(path) if Path(name).suffix.lower() in _EXCEL else None
        header = book.header() if book else csv_header(path)
        fields = _fields(header, columns, name)
        codes = [column for column, field in fields.items() if field in columns.codes]
        for batch in book.rows(header, codes=codes) if book else csv_rows(path, header):
            lines += [_line(each, name) for each in (*batch.broken, *batch.hazards)]
            for number, row in zip(batch.numbers.tolist(), batch.table.to_pylist(), strict=True):
                named = {at: covered(text) for at, text in row.items() if has_number(text)}
                lines += [Refusal(f"{SAID.zh} / {SAID.en}", name, row=number, column=at) for at in named]
                yield number, {fields[at]: (text or "").strip() for at, text in (row | named).items() if at != FAULT}
    except Refusal as refused:
        lines.append(replace(refused, file=name))


def faults(lines: Collection[Refusal], rows: Collection[int], name: str) -> list[Refusal]:
    """What is wrong with a sheet, in the order of its rows; that it has no rows, where nothing else is."""
    if not rows and not lines:
        return [Refusal("没有数据行 / has no rows", name)]
    return sorted(lines, key=lambda line: line.row or 0)


def _fields(header: Sequence[str], columns: Columns, name: str) -> dict[str, str]:
    """The field of each column."""
    known = {FAULT: FAULT} | {label: field for field, its in columns.labels.items() for label in (field, its)}
    cure = f"列 / columns: {'、'.join(columns.labels.values())}"
    if strange := [column for column in header if column not in known]:
        raise Refusal("没有这一列 / no such column", name, column=strange[0], cure=cure)
    found = {column: known[column] for column in header}
    fields = set(found.values())
    if not fields.issuperset(columns.needed):
        raise Refusal("缺列或重列 / a column is missing or stands twice", name, cure=cure)
    if len(fields) < len(found):
        raise Refusal("同一列出现两次 / a column stands twice", name)
    return found


def _line(finding: Finding, name: str) -> Refusal:
    said = reason(finding.rule)
    return Refusal(f"{said.zh} / {said.en}", name, row=finding.row, column=finding.column, value=finding.value)
