"""Cells (取值): the text that a column is made of, before it is parsed, and where each piece of it stands.

A column of lists is kept flat: one text an item, with its row and the column of the source that it came from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yiheng.cases.finding import Finding
from yiheng.cases.layout import Recipe
from yiheng.cases.parse import blank_to_null, split_lists
from yiheng.cases.source import Rows

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """Texts; of a plain column one a row. `row` is the row of each, `origin` its place among the recipe's sources.

    `listed`: of a column of lists, which rows have one. `unequal`: rows whose lists do not go together.
    """

    text: pa.Array
    row: Ints
    origin: Ints
    listed: Mask | None = None
    unequal: Mask | None = None

    @classmethod
    def plain(cls, text: pa.Array) -> "Cells":
        size = len(text)
        return cls(text, np.arange(size, dtype=np.int64), np.zeros(size, np.int64))


@dataclass(frozen=True)
class Sheet:
    """Rows of a source with what holds for all their cells: which texts mean empty, and what parts a node's items."""

    rows: Rows
    missing: frozenset[str]
    items_by: str
    _seen: dict[str, pa.Array] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.rows.numbers)

    def column(self, name: str) -> pa.Array:
        """One column's texts; a place of a list that the file has no column for is empty."""
        if name not in self._seen:
            given = self.rows.table[name].combine_chunks() if name else pa.nulls(self.size, pa.string())
            self._seen[name] = blank_to_null(given, self.missing)
        return self._seen[name]

    def items(self, name: str) -> pa.Array:
        """A node's column as lists of texts, null where the cell is empty; a separator is no white space to trim."""
        text = self.rows.table[name].combine_chunks()
        empty = pc.equal(pc.binary_length(text), 0)
        return split_lists(pc.if_else(empty, pa.scalar(None, pa.string()), text), self.items_by)


def cells_of(recipe: Recipe, sheet: Sheet, columns: Mapping[str, Recipe]) -> Cells:
    """The texts of one column; `columns` has the recipe that it may stand beside."""
    if recipe.row_number:
        numbers = pa.array(sheet.rows.numbers, pa.int64()).cast(pa.string())
        return Cells.plain(pc.binary_join_element_wise(recipe.prefix, numbers, ""))
    if not recipe.sources:
        return Cells.plain(pa.array([recipe.constant] * sheet.size, pa.string()))
    if recipe.items:
        leader = columns.get(recipe.beside, recipe)
        beside = [its.sources[0] for its in columns.values() if its.beside and columns.get(its.beside) is leader]
        return _of_node(recipe, sheet, leader, beside)
    if recipe.as_list:
        return _of_places(recipe, sheet, columns)
    text = _joined(recipe, sheet)
    return Cells.plain(text) if not recipe.split else _of_lists(split_lists(text, recipe.split))


def _joined(recipe: Recipe, sheet: Sheet) -> pa.Array:
    """One column's text, or that of several; a part with a value that is not wanted is left out."""
    cells = [sheet.column(source) for source in recipe.sources]
    if len(cells) == 1:
        return cells[0]
    whole = pc.binary_join_element_wise(*cells, recipe.between)
    for place, source in enumerate(recipe.sources):
        if source in recipe.unless:
            left_out = pc.is_in(cells[place], value_set=pa.array(recipe.unless[source], pa.string()))
            others = [cell for other, cell in enumerate(cells) if other != place]
            shorter = others[0] if len(others) == 1 else pc.binary_join_element_wise(*others, recipe.between)
            whole = pc.if_else(left_out, shorter, whole)
    return whole


def _of_lists(lists: pa.Array) -> Cells:
    row = np.asarray(pc.list_parent_indices(lists), np.int64)
    return Cells(lists.flatten(), row, np.zeros(len(row), np.int64), np.asarray(pc.is_valid(lists)))


def _of_places(recipe: Recipe, sheet: Sheet, columns: Mapping[str, Recipe]) -> Cells:
    """Several columns, each a place of the list: the places where it, or a list beside it, has something."""
    leader = columns.get(recipe.beside, recipe)
    together = [leader, *(its for its in columns.values() if its.beside and columns.get(its.beside) is leader)]
    filled = np.logical_or.reduce([_filled(its, sheet) for its in together])
    if leader.principal:
        filled[:, 0] |= filled.any(axis=1)
    row, origin = np.nonzero(filled)
    cells = [sheet.column(source) for source in recipe.sources]
    text = pa.concat_arrays(cells).take(pa.array(origin * sheet.size + row))
    if recipe.split:
        return _split(text, row, origin, recipe.split, sheet.size)
    return Cells(text, row, origin, np.asarray(filled.any(axis=1)))


def _filled(recipe: Recipe, sheet: Sheet) -> Mask:
    """Rows x places: where there is something."""
    return np.stack([np.asarray(pc.is_valid(sheet.column(source))) for source in recipe.sources], axis=1)


def _split(text: pa.Array, row: Ints, origin: Ints, separator: str, size: int) -> Cells:
    """Places whose cells hold lists themselves."""
    lists = split_lists(text, separator)
    inner = np.asarray(pc.list_parent_indices(lists), np.int64)
    listed = np.zeros(size, bool)
    listed[row[inner]] = True
    return Cells(lists.flatten(), row[inner], origin[inner], listed)


def _of_node(recipe: Recipe, sheet: Sheet, leader: Recipe, beside: Sequence[str]) -> Cells:
    """The items of a node's column: those that the leader chooses, in its order; one has each column `beside` it."""
    names = list(dict.fromkeys([*leader.reads_of_node, *recipe.sources, *beside]))
    lists = {name: sheet.items(name) for name in names}
    first = lists[leader.sources[0]]
    lengths = {name: np.asarray(pc.fill_null(pc.list_value_length(its), 0), np.int64) for name, its in lists.items()}
    wanted = np.max(list(lengths.values()), axis=0)
    # An empty cell stands for as many empty items as the node has.
    absent = {name: np.asarray(pc.is_null(its)) for name, its in lists.items()}
    unequal = np.logical_or.reduce([(its != wanted) & ~absent[name] for name, its in lengths.items()])
    row = np.repeat(np.arange(sheet.size), np.where(unequal, 0, wanted))
    flat = {name: _spread(its, absent[name], row, ~unequal) for name, its in lists.items()}
    chosen = _chosen(leader, flat, len(row))
    order = np.flatnonzero(chosen)
    if leader.leading:
        order = order[np.lexsort((~_among(leader.leading, flat, len(row))[order], row[order]))]
    text = flat[recipe.sources[0]].take(pa.array(order))
    # An item of which the leader's own cell is empty is an item all the same.
    some = np.bincount(row[order], minlength=sheet.size) > 0
    listed = np.asarray(pc.is_valid(first)) & ~unequal if recipe.total else some
    return Cells(text, row[order], np.zeros(len(order), np.int64), listed, unequal if unequal.any() else None)


def _spread(lists: pa.Array, absent: Mask, row: Ints, kept: Mask) -> pa.Array:
    """The items of these rows, flat; those of an empty cell are empty."""
    there = lists.filter(pa.array(kept & ~absent)).flatten()
    filled = ~absent[row]
    place = np.cumsum(filled) - 1
    return there.take(pa.array(place, mask=~filled))


def _chosen(leader: Recipe, flat: Mapping[str, pa.Array], size: int) -> Mask:
    chosen = np.ones(size, bool)
    if leader.where:
        chosen &= _among(leader.where, flat, size)
    if leader.unless:
        chosen &= ~_among(leader.unless, flat, size)
    return chosen


def _among(wanted: Mapping[str, tuple[str, ...]], flat: Mapping[str, pa.Array], size: int) -> Mask:
    found = np.ones(size, bool)
    for name, values in wanted.items():
        found &= np.asarray(pc.is_in(flat[name], value_set=pa.array(values, pa.string())))
    return found


def unequal_findings(cells: Cells, recipe: Recipe, numbers: Ints) -> list[Finding]:
    """Rows whose node columns have different numbers of items."""
    if cells.unequal is None:
        return []
    return [Finding(int(numbers[place]), recipe.shown, "", "parallel") for place in np.flatnonzero(cells.unequal)]
