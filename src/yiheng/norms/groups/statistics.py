"""Every group's figures (病组标准指标): fee, stay, structure, deaths and readmissions by unit and group.

Definitions, over the cases of a unit in a group that have what is counted:

- mean, discrete quartiles, least and most of fee and stay; CV = sample standard deviation / mean
- share of a category of fees = its sum / total fee of the cases that have both
- death rate = deaths / cases whose way of leaving is known; readmission rate = returned / stays one can return from
- RIV of a unit's grouping = 1 - squares around the groups' means / squares around the mean of all its grouped cases
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.norms.facts import PARTS, with_unit
from yiheng.norms.groups.quartiles import QUARTERS, counted, quartiles
from yiheng.norms.groups.quartiles import merged as merged_values
from yiheng.norms.money import MONEY, money
from yiheng.norms.statistic import coefficient_of_variation, ratio, rounded, within
from yiheng.norms.sums import BY_PART, CORE, merged, ordered, sums
from yiheng.tables.amounts import yuan_array

# What groups are told apart by; each region has one row a group, each class and hospital one a group it treats.
UNITS = {
    "region": ("region",), "county": ("county",), "class": ("hospital_class",), "hospital": ("hospital",),
}  # fmt: skip
_MONEY, _TEXT, _WHOLE, _FLOAT = MONEY, pa.string(), pa.int64(), pa.float64()
FIGURES: tuple[tuple[str, pa.DataType], ...] = (
    ("n", _WHOLE), ("fee_cases", _WHOLE), ("mean_fee", _FLOAT),
    ("fee_p25", _MONEY), ("fee_median", _MONEY), ("fee_p75", _MONEY), ("fee_least", _MONEY), ("fee_most", _MONEY),
    ("fee_cv", _FLOAT),
    ("los_cases", _WHOLE), ("mean_los", _FLOAT),
    ("los_p25", _WHOLE), ("los_median", _WHOLE), ("los_p75", _WHOLE), ("los_least", _WHOLE), ("los_most", _WHOLE),
    ("los_cv", _FLOAT),
    ("drug_cases", _WHOLE), ("drug_share", _FLOAT), ("material_cases", _WHOLE), ("material_share", _FLOAT),
    ("death_cases", _WHOLE), ("deaths", _WHOLE), ("death_rate", _FLOAT),
    ("return_cases", _WHOLE), ("returned_same", _WHOLE), ("return_rate_same", _FLOAT),
    ("returned_any", _WHOLE), ("return_rate_any", _FLOAT),
)  # fmt: skip
STRUCTURE: tuple[tuple[str, pa.DataType], ...] = (
    ("category", _TEXT), ("cases", _WHOLE), ("amount", _MONEY), ("of", _MONEY), ("share", _FLOAT)
)  # fmt: skip
RIV: tuple[tuple[str, pa.DataType], ...] = (
    ("n", _WHOLE), ("grouped", _WHOLE), ("groups", _WHOLE), ("fee_cases", _WHOLE), ("riv", _FLOAT)
)  # fmt: skip


@dataclass(frozen=True)
class Shard:
    """Everything that the figures are made of; shards add up. `keys` are the unit's columns and group."""

    keys: tuple[str, ...]
    sums: ir.Table
    fees: ir.Table
    stays: ir.Table


@dataclass(frozen=True)
class Statistics:
    """Three tables, each with the unit's columns first, in order of their keys, the unnamed first.

    - groups: group, FIGURES; rows of a null group are the cases in no group
    - structure: group, STRUCTURE: one row for each category of fees (fee_01 .. fee_14, drug, material)
    - riv: RIV, one row a unit
    """

    groups: pa.Table
    structure: pa.Table
    riv: pa.Table


def statistics(facts: ir.Table, by: str) -> Statistics:
    """The figures of every group by one of UNITS; `facts` as of `norms.facts`."""
    if by not in UNITS:
        raise Refusal("is no such unit", column="--by", value=by, cure=f"one of: {', '.join(UNITS)}")
    return figures(shard(with_unit(facts, UNITS[by]), UNITS[by]))


def shard(facts: ir.Table, unit: Sequence[str]) -> Shard:
    """What the figures of these cases are made of."""
    keys = (*unit, "group")
    return Shard(keys, sums(facts, keys), counted(facts, keys, "fee"), counted(facts, keys, "los"))


def together(shards: Sequence[Shard]) -> Shard:
    """Shards as one."""
    (keys,) = {its.keys for its in shards}
    fees, stays = ibis.union(*(its.fees for its in shards)), ibis.union(*(its.stays for its in shards))
    added = merged(ibis.union(*(its.sums for its in shards)), keys)
    return Shard(keys, added, merged_values(fees, keys), merged_values(stays, keys))


def figures(its: Shard) -> Statistics:
    """The figures of a shard."""
    whole = _beside(_beside(its.sums, its.fees, its.keys, "fee"), its.stays, its.keys, "los")
    found = ordered(whole, its.keys).to_pyarrow().combine_chunks()
    keys = found.select(its.keys)
    return Statistics(_figures(found, keys), _structure(found, keys), _riv(found, its.keys[:-1]))


def _beside(table: ir.Table, values: ir.Table, keys: Sequence[str], name: str) -> ir.Table:
    """The quartiles of these values as further columns, `name` before theirs; null where no value is known."""
    found = quartiles(values, keys).rename({f"its_{key}": key for key in keys})
    found = found.rename({f"{name}_{quartile}": quartile for quartile in QUARTERS})
    joined = table.left_join(found, [table[key].identical_to(found[f"its_{key}"]) for key in keys])
    return joined.drop(*(f"its_{key}" for key in keys))


def _figures(found: pa.Table, keys: pa.Table) -> pa.Table:
    its = {name: found[name].to_numpy() for name in CORE if not name.endswith("_square")}
    made = {
        "mean_fee": ratio(its["fee"], its["fee_cases"] * 100),
        "mean_los": ratio(its["los"], its["los_cases"]),
        "fee_cv": _cv(found, "fee"),
        "los_cv": _cv(found, "los"),
        "drug_share": share(its["drug"], its["drug_of"]),
        "material_share": share(its["material"], its["material_of"]),
        "death_rate": ratio(its["deaths"], its["death_cases"]),
        "return_rate_same": ratio(its["returned_same"], its["return_cases"]),
        "return_rate_any": ratio(its["returned_any"], its["return_cases"]),
    }
    for name, kind in FIGURES:
        column = made.get(name)
        if column is None:
            column = _yuan(found[name]) if kind == _MONEY else found[name].cast(kind)
        keys = keys.append_column(name, column)
    return keys


def _cv(found: pa.Table, name: str) -> pa.Array:
    columns = (found[each].to_pylist() for each in (f"{name}_cases", name, f"{name}_square"))
    values = [coefficient_of_variation(n, total, int(square)) for n, total, square in zip(*columns, strict=True)]
    return pa.array(values, _FLOAT)


def share(above: np.ndarray, below: np.ndarray) -> pa.Array:
    """Parts of fees; null where the fees do not come to more than nothing."""
    return ratio(above, np.where(below > 0, below, 0))


def _structure(found: pa.Table, keys: pa.Table) -> pa.Table:
    cases, amount, of = (
        np.stack([found[name].to_numpy() for name in names], axis=1).ravel()
        for names in zip(*(BY_PART[part] for part in PARTS), strict=True)
    )
    columns = (np.tile(PARTS, found.num_rows), cases, yuan_array(amount), yuan_array(of), share(amount, of))
    whole = keys.take(np.repeat(np.arange(found.num_rows), len(PARTS)))
    for (name, kind), column in zip(STRUCTURE, columns, strict=True):
        whole = whole.append_column(name, pa.array(column, kind))
    return whole


Row = dict[str, Any]


def _riv(found: pa.Table, unit: Sequence[str]) -> pa.Table:
    by_unit: dict[tuple[str | None, ...], list[Row]] = {}
    for row in found.select([*unit, "group", "n", "fee_cases", "fee", "fee_square"]).to_pylist():
        by_unit.setdefault(tuple(row[name] for name in unit), []).append(row)
    rows = [dict(zip(unit, key, strict=True)) | _riv_of(its) for key, its in by_unit.items()]
    return pa.Table.from_pylist(rows, schema=pa.schema([*((name, _TEXT) for name in unit), *RIV]))


def _riv_of(rows: Sequence[Row]) -> Row:
    inside = [row for row in rows if row["group"] is not None]
    return {
        "n": sum(row["n"] for row in rows),
        "grouped": sum(row["n"] for row in inside),
        "groups": len(inside),
        "fee_cases": sum(row["fee_cases"] for row in inside),
        "riv": riv((row["fee_cases"], row["fee"], int(row["fee_square"])) for row in inside),
    }


def riv(groups: Iterable[tuple[int, int, int]]) -> float | None:
    """RIV from cases, sum and sum of squares of the fees of each group; None where all fees are equal."""
    known = list(groups)
    n, fee, square = (sum(column) for column in zip(*known, strict=True)) if known else (0, 0, 0)
    around = within(n, fee, square)
    inside = sum((within(*its) for its in known), Fraction(0))
    return rounded(1 - inside / around) if around else None


def _yuan(fen: pa.ChunkedArray) -> pa.Array:
    """int64 fen as decimal yuan; unknown stays null."""
    return money(fen.fill_null(0).to_numpy(), fen.is_valid().to_numpy())
