"""The front page (病案首页) as hospitals send it: HQMS with 346 columns, and the 2019 upload with 642."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa

from yiheng.sample.forms.cells import cells
from yiheng.sample.forms.sheet import write_csv, write_xlsx
from yiheng.sample.forms.told import Told
from yiheng.sample.tables import table

FRONTPAGE, FRONTPAGE_2019 = "frontpage", "frontpage_2019"


@dataclass(frozen=True)
class Column:
    """One column of a form: its code and Chinese name, and the field that fills it (`cells.cells`)."""

    code: str
    name: str
    made: str


@cache
def form_columns(form: str) -> tuple[Column, ...]:
    """The columns of FRONTPAGE or FRONTPAGE_2019, in the form's order."""
    return tuple(Column(row["code"], row["name"], row["made"]) for row in table(f"form_{form}"))


def header(form: str, names: bool = False) -> list[str]:
    """The header of a file: codes, or the Chinese names."""
    return [column.name if names else column.code for column in form_columns(form)]


def page(form: str, told: Told) -> pa.Table:
    """One row of text for each case, columns by code; what does not fit into the form is cut."""
    made: dict[str, pa.Array] = {}
    for column in form_columns(form):
        if column.made not in made:
            made[column.made] = cells(told, column.made)
    return pa.table([made[column.made] for column in form_columns(form)], names=header(form))


def pages(form: str, told: Told) -> Iterator[pa.Table]:
    """The same block by block."""
    return (page(form, block) for block in told.blocks())


def write_pages(path: Path, form: str, told: Told, names: bool = False, encoding: str = "utf-8") -> Path:
    """Front pages as CSV, or as a workbook if the file is called .xlsx; `names`: Chinese names for a header."""
    if path.suffix == ".xlsx":
        return write_xlsx(path, pages(form, told), header(form, names))
    return write_csv(path, pages(form, told), header(form, names), encoding)
