"""Rows of a pack's tables (规则表): CSV read strictly; what does not fit is named by file, row, column and value."""

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from yiheng.base.refusal import Refusal

Cells = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One table: its cells in the order of `columns`; row numbers count from 1.

    `origins`: file and row that each row was written in, where a diff put the table together; else it is `file` itself.
    """

    file: str
    columns: tuple[str, ...]
    cells: Sequence[Cells]
    origins: Sequence[tuple[str, int]] | None = None

    def rows(self) -> Iterator["Row"]:
        return (Row(self, number) for number in range(1, len(self.cells) + 1))

    def filled(self, *columns: str) -> Iterator[tuple[int, Cells]]:
        """Row numbers and cells, for the long tables; the cells of `columns` may not be empty."""
        for column in columns:
            place = self.columns.index(column)
            for number, cells in enumerate(self.cells, 1):
                if not cells[place]:
                    raise Row(self, number).refusal(column, "may not be empty")
        return enumerate(self.cells, 1)

    def one_of(self, column: str, allowed: tuple[str, ...]) -> None:
        """Refuse the first cell of a column that is none of a few words."""
        place = self.columns.index(column)
        for number, cells in enumerate(self.cells, 1):
            if cells[place] not in allowed:
                raise Row(self, number).refusal(column, f"is none of {', '.join(allowed)}")

    def origin(self, number: int) -> tuple[str, int]:
        """The file and row in which a row was written."""
        return (self.file, number) if self.origins is None else self.origins[number - 1]


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    table: Table
    number: int

    def __getitem__(self, column: str) -> str:
        return self.table.cells[self.number - 1][self.table.columns.index(column)]

    def refusal(self, column: str, what: str, cure: str = "") -> Refusal:
        """What is wrong with a cell, and where it was written."""
        file, number = self.table.origin(self.number)
        return Refusal(what, file, "", number, column, self[column], cure)

    def filled(self, column: str) -> str:
        """A cell that may not be empty."""
        if not self[column]:
            raise self.refusal(column, "may not be empty")
        return self[column]

    def whole(self, column: str) -> int:
        """A cell that is a whole number."""
        text = self[column]
        if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < len(str(sys.maxsize))):
            raise self.refusal(column, "is not a whole number")
        return int(text)


def table_of(file: str, content: bytes, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> Table:
    """The columns asked for of a table, cells trimmed; further columns are left out, empty lines are no rows.

    An `optional` column that the table lacks is empty.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(f"is not UTF-8 (byte {error.start + 1})", file=file) from None
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    return Table(file, columns, list(_cells(file, lines, columns, optional)))


def _cells(file: str, lines: Any, columns: tuple[str, ...], optional: tuple[str, ...]) -> Iterator[Cells]:
    try:
        header = [name.strip() for name in next(lines, [])]
        places = [_place(file, header, column, optional) for column in columns]
        number = 0
        for line in lines:
            if not line:
                continue
            number += 1
            if len(line) != len(header):
                raise Refusal(f"has {len(line)} cells and the header {len(header)}", file=file, row=number)
            yield tuple(["" if place is None else line[place].strip() for place in places])
    except csv.Error as error:
        raise Refusal(f"is not a CSV table: {error}", file=file, row=lines.line_num) from None


def _place(file: str, header: list[str], column: str, optional: tuple[str, ...]) -> int | None:
    if column not in header and column in optional:
        return None
    if header.count(column) != 1:
        what = "there are two of this column" if column in header else "this column is missing"
        raise Refusal(what, file=file, column=column)
    return header.index(column)
