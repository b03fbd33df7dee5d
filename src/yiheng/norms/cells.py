"""Cells (统计单元格): counts and sums by unit and group, all that the norms need; cells of two halves simply add up."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from yiheng.tables.amounts import fen_column

SUMS = ("n", "fee_cases", "fee", "los_cases", "los")


@dataclass(frozen=True)
class Cells:
    """One row for each unit and group, in order of both.

    - units: the columns that name each unit, one row a unit; unit: for each cell its place in `units`
    - groups: the groups' names in order; group: for each cell its place, -1 where its cases are in no group
    - n, fee_cases, fee (fen), los_cases, los (days): int64
    """

    units: pa.Table
    unit: np.ndarray
    groups: list[str]
    group: np.ndarray
    n: np.ndarray
    fee_cases: np.ndarray
    fee: np.ndarray
    los_cases: np.ndarray
    los: np.ndarray


def cell_table(cases: ir.Table, units: Sequence[str], group: str) -> ir.Table:
    """Counts and sums of cases by unit and group; `grp` is the group, fees are whole fen."""
    keyed = cases.select(
        **{name: cases[name].cast("string") for name in units if name != "group"},
        grp=cases[group].cast("string"),
        fen=fen_column(cases.total_fee),
        days=cases.los.cast("int64"),
    )
    return keyed.group_by([name for name in keyed.columns if name not in ("fen", "days")]).agg(
        n=keyed.count(),
        fee_cases=keyed.fen.count(),
        fee=keyed.fen.sum().cast("int64").fill_null(0),
        los_cases=keyed.days.count(),
        los=keyed.days.sum().cast("int64").fill_null(0),
    )


def cells(table: ir.Table, units: Sequence[str]) -> Cells:
    """The cells of `units` from a cell table that has at least these units; `group` as a unit is the group itself."""
    names = ["grp" if name == "group" else name for name in units]
    keys = list(dict.fromkeys([*names, "grp"]))
    added = table.group_by(keys).agg(**{name: table[name].sum().cast("int64") for name in SUMS})
    found = added.order_by([ibis.asc(name, nulls_first=True) for name in keys]).to_pyarrow()
    return from_table(found, names, units)


def from_table(found: pa.Table, names: Sequence[str], units: Sequence[str]) -> Cells:
    """Cells from a sorted table; `names` are its unit columns, `units` what they are called."""
    unit, first = _runs(found, names)
    groups = sorted({name for name in found["grp"].to_pylist() if name is not None})
    place = {name: number for number, name in enumerate(groups)}
    group = np.array([place.get(name, -1) for name in found["grp"].to_pylist()], dtype=np.int64)
    sums = {name: found[name].to_numpy().astype(np.int64) for name in SUMS}
    return Cells(found.select(names).take(first).rename_columns(list(units)), unit, groups, group, **sums)


def _runs(found: pa.Table, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """For each row the number of its unit, and for each unit its first row; equal units stand together."""
    changed = np.zeros(found.num_rows, dtype=bool)
    for name in names:
        codes = found[name].combine_chunks().dictionary_encode().indices.fill_null(-1).to_numpy()
        changed[1:] |= codes[1:] != codes[:-1]
    changed[:1] = True
    return np.cumsum(changed) - 1, np.flatnonzero(changed)
