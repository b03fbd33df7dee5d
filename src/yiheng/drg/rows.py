"""Rows of a pack's tables (规则表): CSV read strictly; what does not fit is named by file, row, column and value."""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yiheng.base.refusal import Refusal


@dataclass(frozen=True)
class Table:
    """One table: its cells in the order of `columns`, which are those asked for; row numbers count from 1."""

    file: str
    columns: tuple[str, ...]
    cells: list[tuple[str, ...]]

    def rows(self) -> Iterator["Row"]:
        return (Row(self, number) for number in range(1, len(self.cells) + 1))

    def filled(self, *columns: str) -> Iterator[tuple[int, tuple[str, ...]]]:
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


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    table: Table
    number: int

    def __getitem__(self, column: str) -> str:
        return self.table.cells[self.number - 1][self.table.columns.index(column)]

    def refusal(self, column: str, what: str, cure: str = "") -> Refusal:
        """What is wrong with a cell, and where it is."""
        return Refusal(what, self.table.file, "", self.number, column, self[column], cure)

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


def read_table(folder: Path, file: str, columns: tuple[str, ...]) -> Table:
    """The columns asked for of a table, cells trimmed; further columns are left out, empty lines are no rows."""
    path = folder / file
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return Table(file, columns, list(_cells(file, csv.reader(lines, strict=True), columns)))
    except (FileNotFoundError, NotADirectoryError):
        cure = "a header alone is an empty table"
        raise Refusal("there is no such file in the pack", file=str(path), cure=cure) from None
    except (PermissionError, IsADirectoryError):
        raise Refusal("cannot be read", file=str(path)) from None
    except UnicodeDecodeError as error:
        raise Refusal(f"is not UTF-8 (byte {error.start + 1})", file=file) from None


def _cells(file: str, lines: Any, columns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    try:
        header = [name.strip() for name in next(lines, [])]
        places = [_place(file, header, column) for column in columns]
        number = 0
        for line in lines:
            if not line:
                continue
            number += 1
            if len(line) != len(header):
                raise Refusal(f"has {len(line)} cells and the header {len(header)}", file=file, row=number)
            yield tuple([line[place].strip() for place in places])
    except csv.Error as error:
        raise Refusal(f"is not a CSV table: {error}", file=file, row=lines.line_num) from None


def _place(file: str, header: list[str], column: str) -> int:
    if header.count(column) != 1:
        what = "there are two of this column" if column in header else "this column is missing"
        raise Refusal(what, file=file, column=column)
    return header.index(column)
