"""The norms of units (标杆与指数): weights, CMI, fee and time index, and what a unit's cases would come to elsewhere.

Definitions: with n_g cases of a unit in group g, fee and stay taken over the cases that
have them,

- RW_g = mean fee of g in the region / mean fee of all grouped cases
- CMI = sum RW_g n_g / sum n_g
- fee index = sum k_g n_g / sum n_g with k_g = the unit's mean fee in g / the region's; time index likewise with stay
- norm fee: the region's fees of each group, split among units by cases, so that all differences add up to nothing
"""

import numpy as np
import pyarrow as pa

from yiheng.norms.cells import Cells
from yiheng.norms.statistic import ratio, statistic
from yiheng.tables.amounts import yuan_array


def norms(cells: Cells) -> pa.Table:
    """One row a unit: its columns, then the figures of `reports.analysis.Grouping`, each with its counts.

    Statistics are float64 rounded to 12 significant digits, null where there is nothing to divide by; fees are
    decimal(18,2).
    """
    count = cells.units.num_rows
    grouped = cells.group >= 0
    weight = _weights(cells)
    columns = _means(cells, count) | _case_mix(cells, weight, count)
    columns |= _index(cells, "cost", cells.fee_cases, cells.fee, count)
    columns |= _index(cells, "time", cells.los_cases, cells.los, count)
    columns |= _against_norm(cells, count)
    columns = {"n": _whole(_by_unit(cells, cells.n, count)), "grouped": _sum(cells, cells.n * grouped, count)} | columns
    table = cells.units
    for name in ORDER:
        table = table.append_column(name, columns[name])
    if table.column_names[0] == "group":
        table = table.append_column("rw", statistic(np.append(weight, np.nan)[cells.group], cells.group >= 0))
    return table


ORDER = (
    "n", "mean_cost", "mean_los", "cmi", "cost_index", "time_index",
    "grouped", "fee_cases", "los_cases", "weight_cases", "weight", "cost_cases", "time_cases",
    "fee", "norm_fee", "difference",
)  # fmt: skip


def _by_unit(cells: Cells, values: np.ndarray, count: int) -> np.ndarray:
    """int64 sums of a cell column by unit, exact."""
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, cells.unit, values)
    return total


def _by_group(cells: Cells, values: np.ndarray) -> np.ndarray:
    """int64 sums of a cell column by group over the region, exact; cells in no group are left out."""
    total = np.zeros(len(cells.groups), dtype=np.int64)
    inside = cells.group >= 0
    np.add.at(total, cells.group[inside], values[inside])
    return total


def _weights(cells: Cells) -> np.ndarray:
    """RW of each group; nan where none of its cases has a fee."""
    fee, count = _by_group(cells, cells.fee), _by_group(cells, cells.fee_cases)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight: np.ndarray = (fee / count) / (fee.sum() / count.sum())
    return weight


def _means(cells: Cells, count: int) -> dict[str, pa.Array]:
    fee_cases, los_cases = _by_unit(cells, cells.fee_cases, count), _by_unit(cells, cells.los_cases, count)
    return {
        "fee_cases": _whole(fee_cases),
        "mean_cost": ratio(_by_unit(cells, cells.fee, count), fee_cases * 100),
        "los_cases": _whole(los_cases),
        "mean_los": ratio(_by_unit(cells, cells.los, count), los_cases),
    }


def _case_mix(cells: Cells, weight: np.ndarray, count: int) -> dict[str, pa.Array]:
    inside = (cells.group >= 0) & np.isfinite(np.append(weight, np.nan)[cells.group])
    cases = _by_unit(cells, cells.n * inside, count)
    total = _float_sums(cells, np.where(inside, np.append(weight, 0.0)[cells.group], 0.0) * cells.n, count)
    return {
        "weight_cases": _whole(cases),
        "weight": statistic(total, cases > 0),
        "cmi": ratio(total, cases),
    }


def _index(cells: Cells, name: str, cases: np.ndarray, amount: np.ndarray, count: int) -> dict[str, pa.Array]:
    """sum k_g n_g / sum n_g, where k_g n_g = the unit's amount in g / the region's mean in g."""
    region, region_cases = _by_group(cells, amount), _by_group(cells, cases)
    inside = (cells.group >= 0) & (np.append(region, 0)[cells.group] > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.append(region / region_cases, np.nan)[cells.group]
        expected = np.where(inside, amount / mean, 0.0)
    counted = _by_unit(cells, cases * inside, count)
    return {f"{name}_cases": _whole(counted), f"{name}_index": ratio(_float_sums(cells, expected, count), counted)}


def _against_norm(cells: Cells, count: int) -> dict[str, pa.Array]:
    fee = _by_unit(cells, cells.fee * (cells.group >= 0), count)
    norm = _by_unit(cells, norm_fees(cells), count)
    return {"fee": yuan_array(fee), "norm_fee": yuan_array(norm), "difference": yuan_array(norm - fee)}


def norm_fees(cells: Cells) -> np.ndarray:
    """For each cell, the region's fees of its group shared out by cases (fen); a group's shares add up exactly.

    Shares are rounded down, the fen left over go to the largest remainders, ties by the order of units.
    """
    total, cases = _by_group(cells, cells.fee), _by_group(cells, cells.fee_cases)
    inside = (cells.group >= 0) & (np.append(cases, 0)[cells.group] > 0)
    divisor = np.where(inside, np.append(cases, 1)[cells.group], 1)
    whole, rest = np.divmod(np.append(total, 0)[cells.group] * inside, divisor)
    # total * cases may be larger than int64; rest * cases is not, and has the same remainder.
    more, remainders = np.divmod(rest * cells.fee_cases, divisor)
    shares: np.ndarray = whole * cells.fee_cases + more
    left = total - _by_group(cells, shares)
    order = np.lexsort((cells.unit, -remainders, cells.group))
    start = np.searchsorted(cells.group[order], cells.group)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    shares += inside & (rank - start < np.append(left, 0)[cells.group])
    return shares


def _float_sums(cells: Cells, values: np.ndarray, count: int) -> np.ndarray:
    """Float sums by unit, added in the order of the cells: the same on every machine."""
    return np.bincount(cells.unit, weights=values, minlength=count)


def _whole(values: np.ndarray) -> pa.Array:
    return pa.array(values, pa.int64())


def _sum(cells: Cells, values: np.ndarray, count: int) -> pa.Array:
    return _whole(_by_unit(cells, values, count))
