"""The standard of a group (病组标准): for each item its share of cases, quantity, amount, and how hospitals differ.

With the cases of a group that have lines, and an item's `using` cases:

- use_share = using / cases; quantity_per_using = quantity / using; amount_per_using = amount / using
- fee_share = the item's amount / the amount of all lines of the group
- a hospital is compared by its use share if it has enough cases of the group, by its quantity per using case if enough
  of them use the item
- standard: in a group with enough cases, a use share or fee share at or above the declared one; `rule` says which
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pyarrow as pa

from yiheng.norms.items.rules import Rules
from yiheng.norms.items.spread import POINTS, Spread, spread
from yiheng.norms.items.sums import Cells, Places
from yiheng.norms.items.uses import FEN, UNIT
from yiheng.norms.statistic import ratio, statistic
from yiheng.tables.amounts import QUANTITY, YUAN, quantity_array, yuan_array

USE_SHARE, FEE_SHARE = RULES = ("use_share", "fee_share")
BOTH = "use_share|fee_share"
SHARES = tuple(f"use_share_{point}" for point in POINTS)
QUANTITIES = tuple(f"quantity_{point}" for point in POINTS)
SCHEMA = pa.schema(
    [
        ("group", pa.string()),
        ("item_code", pa.string()),
        ("cases", pa.int64()),
        ("using", pa.int64()),
        ("quantity", QUANTITY),
        ("amount", YUAN),
        ("item_name", pa.string()),
        ("category", pa.string()),
        ("kind", pa.string()),
        ("use_share", pa.float64()),
        ("quantity_per_using", pa.float64()),
        ("amount_per_using", pa.float64()),
        ("fee_share", pa.float64()),
        ("group_amount", YUAN),
        ("standard", pa.bool_()),
        ("rule", pa.string()),
        ("hospitals", pa.int64()),
        ("hospitals_using", pa.int64()),
        ("share_hospitals", pa.int64()),
        *((name, pa.float64()) for name in SHARES),
        ("quantity_hospitals", pa.int64()),
        *((name, pa.float64()) for name in QUANTITIES),
    ]
)


@dataclass(frozen=True)
class _Rows:
    """The rows of a shard's cells, one for each group and item: the row of each cell, the first cell of each row."""

    cells: Cells
    row: np.ndarray
    first: np.ndarray

    @property
    def group(self) -> np.ndarray:
        groups: np.ndarray = self.cells.group[self.first]
        return groups

    def total(self, values: np.ndarray) -> np.ndarray:
        sums: np.ndarray = np.add.reduceat(values, self.first)
        return sums


def standards(cells: Cells, places: Places, groups: list[str], names: pa.Table, rules: Rules) -> pa.Table:
    """SCHEMA, one row a group and item in their order, from the cells of whole groups.

    `names`: `naming.item_names`. Ratios are float64 of 12 significant digits, quantities in units, amounts in yuan.
    """
    if not len(cells.group):
        return SCHEMA.empty_table()
    its = _rows(cells)
    cases, amount = places.cases.sum(axis=1)[its.group], places.amount.sum(axis=1)[its.group]
    using, quantity, fen = (its.total(values) for values in (cells.using, cells.quantity, cells.amount))
    enough = cases >= rules.cases
    by = {
        USE_SHARE: enough & (using >= at_least(rules.use_share, cases)),
        FEE_SHARE: enough & (amount > 0) & (fen >= at_least(rules.fee_share, amount)),
    }
    named = names.take(pa.array(cells.item[its.first]))
    columns = {
        "group": pa.array(groups).take(pa.array(its.group)),
        **{name: named[name] for name in ("item_code", "item_name", "category", "kind")},
        "cases": pa.array(cases),
        "using": pa.array(using),
        "quantity": quantity_array(quantity),
        "amount": yuan_array(fen),
        "use_share": ratio(using, cases),
        "quantity_per_using": ratio(quantity, using * UNIT),
        "amount_per_using": ratio(fen, using * FEN),
        "fee_share": ratio(fen, np.maximum(amount, 0)),
        "group_amount": yuan_array(amount),
        "standard": pa.array(by[USE_SHARE] | by[FEE_SHARE]),
        "rule": _rule(by),
        "hospitals": pa.array((places.cases > 0).sum(axis=1)[its.group]),
        "hospitals_using": pa.array(np.bincount(its.row)),
        **_spreads(its, places.cases, rules.hospital_cases),
    }
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def at_least(share: Fraction, wholes: np.ndarray) -> np.ndarray:
    """The least whole number that is this share of each whole, exact."""
    each, place = np.unique(wholes, return_inverse=True)
    least = [-(-share.numerator * whole // share.denominator) for whole in each.tolist()]
    return np.array(least, np.int64)[place]


def _rows(cells: Cells) -> _Rows:
    starts = np.ones(len(cells.group), bool)
    starts[1:] = (cells.group[1:] != cells.group[:-1]) | (cells.item[1:] != cells.item[:-1])
    return _Rows(cells, np.cumsum(starts) - 1, np.flatnonzero(starts))


def _rule(by: dict[str, np.ndarray]) -> pa.Array:
    words = pa.array([None, USE_SHARE, FEE_SHARE, BOTH], pa.string())
    return words.take(pa.array(by[USE_SHARE] + 2 * by[FEE_SHARE]))


def _spreads(its: _Rows, cases: np.ndarray, least: int) -> dict[str, pa.Array]:
    """The columns of the spread between hospitals."""
    using, there = its.cells.using, cases[its.cells.group, its.cells.hospital]
    compared, enough = there >= least, using >= least
    share = spread(its.row[compared], using[compared] / there[compared], (cases >= least).sum(axis=1)[its.group])
    row = its.row[enough]
    each = its.cells.quantity[enough] / (using[enough] * UNIT)
    quantity = spread(row, each, np.bincount(row, minlength=len(its.first)))
    return dict(_points("share", SHARES, share)) | dict(_points("quantity", QUANTITIES, quantity))


def _points(name: str, columns: tuple[str, ...], found: Spread) -> Iterator[tuple[str, pa.Array]]:
    yield f"{name}_hospitals", pa.array(found.hospitals)
    for column, point in zip(columns, POINTS, strict=True):
        yield column, statistic(found.points[point], found.hospitals > 0)
