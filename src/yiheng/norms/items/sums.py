"""Sums of a shard (分片汇总): what cases used, added up by group, item and hospital; those of shards simply add up."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from yiheng.norms.items.uses import CELL


@dataclass(frozen=True)
class Cells:
    """One row for each group, item and hospital (their numbers), in that order; all arrays int64.

    using: cases; quantity: whole 1/10000; amount: fen.
    """

    group: np.ndarray
    item: np.ndarray
    hospital: np.ndarray
    using: np.ndarray
    quantity: np.ndarray
    amount: np.ndarray


def cells(rows: pa.Table) -> Cells:
    """The sums of rows of `uses.CELL`, quantity, amount, and `using`; without that a row is one case."""
    keys = [rows[name].to_numpy().astype(np.int64) for name in CELL]
    widths = [int(key.max(initial=0)) + 1 for key in keys]
    # Equal keys may come in any order: whole numbers add up to the same.
    key = (keys[0] * widths[1] + keys[1]) * widths[2] + keys[2]
    order = np.argsort(key)
    ordered = key[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    using = rows["using"].to_numpy() if "using" in rows.column_names else np.ones(len(key), np.int64)
    sums = (using, rows["quantity"].to_numpy(), rows["amount"].to_numpy())
    rest, hospital = np.divmod(ordered[first], widths[2])
    group, item = np.divmod(rest, widths[1])
    return Cells(group, item, hospital, *(_added(values[order], first) for values in sums))


def _added(values: np.ndarray, first: np.ndarray) -> np.ndarray:
    return np.add.reduceat(values, first) if len(first) else values


@dataclass(frozen=True)
class Places:
    """By group and hospital, `cases` with lines and their amount (fen): arrays of groups x hospitals; 0: none there."""

    cases: np.ndarray
    amount: np.ndarray


def places(sums: pa.Table, groups: int, hospitals: int) -> Places:
    """From `uses.place_sums`, of one part or of several."""
    cases, amount = np.zeros((groups, hospitals), np.int64), np.zeros((groups, hospitals), np.int64)
    where = (sums["group_no"].to_numpy(), sums["hospital_no"].to_numpy())
    np.add.at(cases, where, sums["cases"].to_numpy())
    np.add.at(amount, where, sums["amount"].to_numpy())
    return Places(cases, amount)
