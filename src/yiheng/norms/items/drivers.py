"""Drivers (费用成因): the items for which a hospital's cases of a group cost more than the same cases elsewhere.

For a group's item, with a hospital's cases that have lines and those of all other hospitals together:

- amount per case = the item's amount / cases, those that do not use it included
- extra = the hospital's amount - its cases x the amount per case elsewhere: what it would not have cost as elsewhere
- it comes of use_share (more cases use it) and of the amount per using case; both are there, beside those elsewhere
"""

import numpy as np
import pyarrow as pa

from yiheng.norms.items.gather import Gathered
from yiheng.norms.items.sums import Cells, Places
from yiheng.norms.items.uses import FEN, UNIT
from yiheng.norms.statistic import ratio, statistic
from yiheng.tables.amounts import YUAN, yuan_array

_TEXT, _WHOLE, _FLOAT = pa.string(), pa.int64(), pa.float64()
_SIDES = ("", "others_")
_FIGURES = ("use_share", "quantity_per_using", "amount_per_using", "amount_per_case")
SCHEMA = pa.schema(
    [
        ("group", _TEXT), ("hospital", _TEXT), ("item_code", _TEXT), ("item_name", _TEXT), ("category", _TEXT),
        ("kind", _TEXT),
        *((f"{side}{name}", _WHOLE) for side in _SIDES for name in ("cases", "using")),
        *((f"{side}{name}", _FLOAT) for name in _FIGURES for side in _SIDES),
        ("amount", YUAN), ("extra", _FLOAT),
    ]
)  # fmt: skip


def drivers(found: Gathered, cases_least: int, shown: int) -> pa.Table:
    """SCHEMA: of each group and hospital the `shown` items with the most extra above 0, the largest first.

    Groups of which the hospital, or all others together, have fewer than `cases_least` cases with lines are not there.
    Ratios have 12 significant digits, amounts are yuan; ties by item code.
    """
    shards = (_of_shard(its, found.places, found, cases_least, shown) for its in found.cells())
    return pa.concat_tables([SCHEMA.empty_table(), *shards]).combine_chunks()


def _of_shard(its: Cells, places: Places, found: Gathered, cases_least: int, shown: int) -> pa.Table:
    own_cases = places.cases[its.group, its.hospital]
    other_cases = places.cases.sum(axis=1)[its.group] - own_cases
    own = {"using": its.using, "quantity": its.quantity, "amount": its.amount}
    other = {name: _of_item(its, values) - values for name, values in own.items()}
    extra = own["amount"] - own_cases * (other["amount"] / np.where(other_cases > 0, other_cases, 1))
    there = (own_cases >= cases_least) & (other_cases >= cases_least) & (extra > 0)
    chosen = _first(np.flatnonzero(there), its.group, its.hospital, extra, shown)
    named = found.names.take(pa.array(its.item[chosen]))
    columns = {
        "group": pa.array(found.roster.groups, _TEXT).take(pa.array(its.group[chosen])),
        "hospital": pa.array(found.roster.hospitals, _TEXT).take(pa.array(its.hospital[chosen])),
        **{name: named[name] for name in ("item_code", "item_name", "category", "kind")},
        **_figures("", own, own_cases, chosen),
        **_figures("others_", other, other_cases, chosen),
        "amount": yuan_array(its.amount[chosen]),
        "extra": statistic(extra[chosen] / FEN, np.ones(len(chosen), bool)),
    }
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _of_item(its: Cells, values: np.ndarray) -> np.ndarray:
    """For each cell the sum over all hospitals of its group's item; cells stand in that order."""
    if not len(values):
        return values
    starts = np.ones(len(values), bool)
    starts[1:] = (its.group[1:] != its.group[:-1]) | (its.item[1:] != its.item[:-1])
    total: np.ndarray = np.add.reduceat(values, np.flatnonzero(starts))[np.cumsum(starts) - 1]
    return total


def _first(places: np.ndarray, group: np.ndarray, hospital: np.ndarray, extra: np.ndarray, shown: int) -> np.ndarray:
    """The first `shown` of each group and hospital, by extra; a group's cells stand in the order of their items."""
    order = places[np.lexsort((places, -extra[places], hospital[places], group[places]))]
    starts = np.ones(len(order), bool)
    starts[1:] = (group[order][1:] != group[order][:-1]) | (hospital[order][1:] != hospital[order][:-1])
    first = np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0)) if len(order) else order
    chosen: np.ndarray = order[np.arange(len(order)) - first < shown]
    return chosen


def _figures(side: str, sums: dict[str, np.ndarray], of: np.ndarray, chosen: np.ndarray) -> dict[str, pa.Array]:
    using, quantity, amount, cases = (its[chosen] for its in (sums["using"], sums["quantity"], sums["amount"], of))
    return {
        f"{side}cases": pa.array(cases, _WHOLE),
        f"{side}using": pa.array(using, _WHOLE),
        f"{side}use_share": ratio(using, cases),
        f"{side}quantity_per_using": ratio(quantity, using * UNIT),
        f"{side}amount_per_using": ratio(amount, using * FEN),
        f"{side}amount_per_case": ratio(amount, cases * FEN),
    }
