"""Counted combinations (病种组合计数): each with exact sums of its cases by year; from statistics and back to them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.dip.catalogue import tally
from yiheng.dip.catalogue.statistics import KEYS, STATISTICS, SUMS

_LIMB = np.iinfo(np.int32).bits
_BYTES = np.dtype(np.uint32).itemsize
_PLAIN = tuple(name for name in (*SUMS, "least", "most") if name != "square")


@dataclass(frozen=True)
class Counted:
    """Combinations, each once, in any order: name, whether its codes are ICD, the group by list that it is in.

    `cells[c, y]` are the numbers `tally.CELL` of combination c in `years[y]`.
    """

    names: pa.Array
    dx_icd: np.ndarray
    proc_icd: np.ndarray
    extra: pa.Array
    years: tuple[int, ...]
    cells: np.ndarray

    @property
    def n(self) -> np.ndarray:
        """Cases by combination and year."""
        return np.asarray(self.cells[:, :, tally.N])

    @property
    def fee(self) -> np.ndarray:
        """Fees (fen) by combination and year."""
        return np.asarray(self.cells[:, :, tally.FEE])

    def of_years(self, years: Sequence[int]) -> "Counted":
        """The combinations that have cases in these years, and those alone; each is one of `self.years`."""
        same = tuple(years) == self.years
        cells = self.cells if same else self.cells[:, [self.years.index(year) for year in years]]
        made = replace(self, years=tuple(years), cells=cells)
        has = made.n.any(axis=1)
        return made if has.all() else made.chosen(np.flatnonzero(has))

    def rank(self) -> np.ndarray:
        """The place of each among all in order of their names, then whether their codes are ICD."""
        table = pa.table({"name": self.names, "dx": pa.array(self.dx_icd), "proc": pa.array(self.proc_icd)})
        order = pc.sort_indices(table, [(name, "ascending") for name in table.column_names]).to_numpy()
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        return rank

    def chosen(self, places: np.ndarray) -> "Counted":
        """Some of the combinations."""
        which = pa.array(places)
        return Counted(
            self.names.take(which), self.dx_icd[places], self.proc_icd[places], self.extra.take(which), self.years,
            self.cells[places],
        )  # fmt: skip

    def met(self) -> list[int]:
        """The years that have cases."""
        return [year for year, count in zip(self.years, self.n.sum(axis=0).tolist(), strict=True) if count]


def from_statistics(rows: pa.Table) -> Counted:
    """From statistics in order of KEYS, no two rows of the same; see `statistics`."""
    rows = rows.combine_chunks()
    keys = [_numbered(rows[name]) for name in KEYS[:-1]]
    new = np.zeros(rows.num_rows, np.bool_)
    new[:1] = True
    for its in keys:
        new[1:] |= its[1:] != its[:-1]
    first, which = np.flatnonzero(new), np.cumsum(new) - 1
    years, year = np.unique(rows["year"].to_numpy().astype(np.int64), return_inverse=True)
    cells = cells_of(rows, which, year, (len(first), len(years)))
    names, dx_icd, proc_icd, extra = (rows[name].combine_chunks().take(pa.array(first)) for name in KEYS[:-1])
    dx, proc = (its.to_numpy(zero_copy_only=False) for its in (dx_icd, proc_icd))
    return Counted(names, dx, proc, extra, tuple(int(year) for year in years), cells)


def cells_of(rows: pa.Table, which: np.ndarray, year: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Rows of statistics as cells; `which` and `year` are the place of each row among combinations and years."""
    cells = np.zeros((*shape, len(tally.CELL)), np.int64)
    for name in _PLAIN:
        cells[which, year, tally.CELL.index(name)] = rows[name].to_numpy()
    cells[which, year, tally.SQUARE : tally.SQUARE + len(tally.LIMBS)] = _limbs(rows["square"])
    return cells


def to_statistics(its: Counted) -> pa.Table:
    """Back to statistics: the columns KEYS, SUMS, least and most, a row for each combination and year with cases."""
    which, year = np.nonzero(its.n)
    rows, places = its.cells[which, year], pa.array(which)
    columns = {
        "core_key": its.names.take(places), "dx_icd": pa.array(its.dx_icd[which]),
        "proc_icd": pa.array(its.proc_icd[which]), "extra": its.extra.take(places),
        "year": pa.array(np.array(its.years, np.int16)[year]),
    }  # fmt: skip
    columns |= {name: pa.array(rows[:, tally.CELL.index(name)]) for name in _PLAIN}
    columns["square"] = _wide(rows[:, tally.SQUARE : tally.SQUARE + len(tally.LIMBS)])
    return pa.table([columns[name] for name in STATISTICS.names], schema=STATISTICS)


def _numbered(column: pa.ChunkedArray) -> np.ndarray:
    coded = column.combine_chunks().dictionary_encode()
    return np.asarray(coded.indices.fill_null(-1).to_numpy(zero_copy_only=False))


def _limbs(column: pa.ChunkedArray) -> np.ndarray:
    """Squares, none negative, as limbs of 32 bits, the lowest first."""
    array = column.combine_chunks()
    limbs = np.frombuffer(array.buffers()[1], np.uint32).reshape(-1, len(tally.LIMBS))
    return limbs[array.offset : array.offset + len(array)].astype(np.int64)


def _wide(limbs: np.ndarray) -> pa.Array:
    """Limbs, which may be larger than 32 bits, as wide decimals."""
    made, carry = np.zeros(limbs.shape, np.uint32), np.zeros(len(limbs), np.int64)
    for number in range(limbs.shape[1]):
        carry = carry + limbs[:, number]
        made[:, number] = carry & ((1 << _LIMB) - 1)
        carry >>= _LIMB
    return pa.Array.from_buffers(STATISTICS.field("square").type, len(made), [None, pa.py_buffer(made)])
