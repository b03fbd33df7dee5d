"""A sheet of places or people (机构与人员名册): CSV or Excel, its columns by their Chinese or English names."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.cases.finding import reason
from yiheng.cases.source import Workbook, csv_header, csv_rows
from yiheng.site.base.refused import NotDone

_EXCEL = (".xlsx", ".xlsm", ".xltx")


class BadSheet(NotDone):
    """A sheet of which nothing was taken: a line for each row that is wrong."""

    def __init__(self, lines: Sequence[Refusal]) -> None:
        super().__init__("bad_sheet", Word("\n".join(map(str, lines)), "\n".join(map(str, lines))))
        self.lines = list(lines)


def rows_of(path: Path, columns: Mapping[str, str], lines: list[Refusal]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows by number, their cells by field; what is wrong with the file or a row goes to `lines`.

    `columns`: field -> its Chinese name. Every field has its column; any other column is refused.
    """
    try:
        book = Workbook(path) if path.suffix.lower() in _EXCEL else None
        header = book.header() if book else csv_header(path)
        fields = _fields(header, columns, path.name)
        for batch in book.rows(header, codes=header) if book else csv_rows(path, header):
            for each in (*batch.broken, *batch.hazards):
                said = reason(each.rule)
                lines.append(
                    Refusal(f"{said.zh} / {said.en}", path.name, row=each.row, column=each.column, value=each.value)
                )
            for number, row in zip(batch.numbers.tolist(), batch.table.to_pylist(), strict=True):
                yield number, {fields[column]: (text or "").strip() for column, text in row.items()}
    except Refusal as refused:
        place = (refused.sheet, refused.row, refused.column, refused.value, refused.cure)
        lines.append(Refusal(refused.what, path.name, *place))


def day_of(text: str, column: str) -> date:
    """A day such as 2026-01-31; anything else is a Refusal that names the column."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal("不是日期 / is no day", column=column, value=text, cure="2026-01-31") from None


def _fields(header: Sequence[str], columns: Mapping[str, str], name: str) -> dict[str, str]:
    known = {label: field for field, zh in columns.items() for label in (field, zh)}
    wanted = "、".join(columns.values())
    for column in header:
        if column not in known:
            raise Refusal("没有这一列 / no such column", name, column=column, cure=f"列 / columns: {wanted}")
    found = {column: known[column] for column in header}
    missing = [zh for field, zh in columns.items() if field not in found.values()]
    if missing or len(set(found.values())) < len(found):
        raise Refusal("缺列或重列 / a column is missing or stands twice", name, cure=f"列 / columns: {wanted}")
    return found
