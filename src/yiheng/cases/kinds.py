"""Kinds of items (节点项类别): an item of a node that none of a form's columns takes is named, never dropped."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.cases.cells import Sheet
from yiheng.cases.finding import Finding
from yiheng.cases.layout import Layout, Recipe


def unread_items(layout: Layout, sheet: Sheet) -> list[Finding]:
    """Items with a value whose kind is none of those that the columns of the layout choose; a finding on each row.

    Only nodes all of whose columns choose by kind are looked at: any other column takes the items of every kind.
    """
    findings = []
    for source, recipes in _by_source(layout).items():
        kinds = {name for recipe in recipes for name in recipe.where}
        if len(kinds) == 1 and all(recipe.where and not recipe.unless for recipe in recipes):
            [kind] = kinds
            findings += _of_no_kind(source, kind, [value for its in recipes for value in its.where[kind]], sheet)
    return findings


def _by_source(layout: Layout) -> dict[str, list[Recipe]]:
    """The recipes that choose items themselves, by the column whose items they take."""
    found: dict[str, list[Recipe]] = {}
    for recipe in layout.columns.values():
        if recipe.items and not recipe.beside and recipe.sources[0] not in layout.partly:
            found.setdefault(recipe.sources[0], []).append(recipe)
    return found


def _of_no_kind(source: str, kind: str, known: Sequence[str], sheet: Sheet) -> list[Finding]:
    items, kinds = sheet.items(source), sheet.items(kind)
    as_long = pc.fill_null(pc.equal(pc.list_value_length(items), pc.list_value_length(kinds)), False)
    there = pc.is_valid(items.filter(as_long).flatten())
    flat = kinds.filter(as_long).flatten()
    strange = pc.and_(there, pc.invert(pc.is_in(flat, value_set=pa.array(known, pa.string()))))
    rows = np.flatnonzero(np.asarray(as_long))[np.asarray(pc.list_parent_indices(items.filter(as_long)), np.int64)]
    values = flat.to_pylist() if pc.any(strange).as_py() else []
    return [
        Finding(int(sheet.rows.numbers[rows[place]]), kind, values[place] or "", "translate")
        for place in np.flatnonzero(np.asarray(strange))
    ]
