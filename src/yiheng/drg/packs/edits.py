"""A diff over a base (增改删): rows with `op` in front that add to, remove from or replace in a table of the base."""

from collections.abc import Iterator
from dataclasses import dataclass

from yiheng.base.refusal import Refusal
from yiheng.codes.normal import normal
from yiheng.drg.packs.rows import Cells, Row, Table, table_of
from yiheng.drg.packs.schema import Form

OP = "op"
OPS = ADD, REMOVE, REPLACE = ("add", "remove", "replace")

Key = tuple[str, ...]


def edited(base: Table, content: bytes, form: Form) -> Table:
    """The base's table after the rows of a diff, one after the other; what cannot be done is refused, none is left out.

    An added row stands at the end, a replaced one keeps its place.
    """
    return _Editing(base, form).after(table_of(form.file, content, (OP, *form.names), _optional(form)))


def key_of(cells: Cells, form: Form) -> Key:
    """What names a row, codes in normal form."""
    return tuple(normal(cells[place]) if codes else cells[place] for place, codes in form.key_places)


def _optional(form: Form) -> tuple[str, ...]:
    return tuple(column.name for column in form.columns if column.optional)


@dataclass(frozen=True)
class _Written:
    """A row, and the file and row in which it was written."""

    cells: Cells
    origin: tuple[str, int]


class _Editing:
    """One table of the base on its way; a removed row leaves its place empty."""

    def __init__(self, base: Table, form: Form) -> None:
        self.base, self.form = base, form
        self.rows: list[_Written | None] = [
            _Written(cells, base.origin(number)) for number, cells in enumerate(base.cells, 1)
        ]
        self.places: dict[Key, list[int]] = {}
        for place, cells in enumerate(base.cells):
            self.places.setdefault(key_of(cells, form), []).append(place)

    def after(self, edits: Table) -> Table:
        edits.one_of(OP, OPS)
        edits.filled(*(name for name in self.form.key))
        for row in edits.rows():
            cells = edits.cells[row.number - 1][1:]
            self._edit(row, cells, key_of(cells, self.form))
        left = list(self._left())
        return Table(self.base.file, self.base.columns, [its.cells for its in left], [its.origin for its in left])

    def _left(self) -> Iterator[_Written]:
        return (row for row in self.rows if row is not None)

    def _edit(self, row: Row, cells: Cells, key: Key) -> None:
        there = self.places.get(key, [])
        if row[OP] == ADD:
            if there:
                raise self._refusal(row, key, "is there already and cannot be added", "op replace changes it")
            self.places[key] = [len(self.rows)]
            self.rows.append(_Written(cells, (row.table.file, row.number)))
        elif not there:
            raise self._refusal(row, key, f"is not there: nothing to {row[OP]}", "op add brings a new row")
        elif row[OP] == REMOVE:
            self._remove(row, cells, key, there)
        else:
            self._replace(row, cells, key, there)

    def _remove(self, row: Row, cells: Cells, key: Key, there: list[int]) -> None:
        for place in there:
            its = self.rows[place]
            for name, given, found in zip(self.form.names, cells, its.cells if its else (), strict=True):
                if given and given != found and name not in self.form.key:
                    raise row.refusal(name, f"the row to remove has {found or 'nothing'} here", "leave the cell empty")
            self.rows[place] = None
        del self.places[key]

    def _replace(self, row: Row, cells: Cells, key: Key, there: list[int]) -> None:
        if self.form.key == self.form.names:
            raise self._refusal(row, key, "is all that the row says: nothing to replace", "remove it and add another")
        if len(there) > 1:
            raise self._refusal(row, key, f"stands {len(there)} times", "remove it and add it anew")
        self.rows[there[0]] = _Written(cells, (row.table.file, row.number))

    def _refusal(self, row: Row, key: Key, what: str, cure: str) -> Refusal:
        return Refusal(what, row.table.file, "", row.number, ", ".join(self.form.key), " ".join(key), cure)
