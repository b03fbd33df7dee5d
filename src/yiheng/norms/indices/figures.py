"""Figures of units (指标): CMI, fee and time index, high weights, mortality by risk, drug and material shares, returns.

Every figure is a count or sum over another, and both stand beside it. Nothing is ranked.
"""

from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.norms.build import norms
from yiheng.norms.cells import cells
from yiheng.norms.facts import with_unit
from yiheng.norms.indices.counts import COUNTS, with_marks
from yiheng.norms.indices.marks import marks
from yiheng.norms.indices.monthly import as_cells
from yiheng.norms.indices.risk import CLASSES
from yiheng.norms.rules import Rules
from yiheng.norms.statistic import ratio
from yiheng.norms.sums import ordered, total
from yiheng.tables.amounts import yuan_array

UNITS = {
    "region": ("region",), "county": ("county",), "class": ("hospital_class",), "hospital": ("hospital",),
    "dept": ("hospital", "dept"), "physician": ("hospital", "physician"), "group": ("group",), "payer": ("payer",),
    "month": ("month",), "hospital_month": ("hospital", "month"), "hospital_group": ("hospital", "group"),
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """A figure and the columns it is made of: above / below, both of the same table.

    `above` and `below` are counts or sums; `numerator` and `cases` the counts whose cases stand behind it: numerator
    is None where what is added up are amounts.
    """

    above: str
    below: str
    numerator: str | None
    cases: str


def _rate(above: str, below: str) -> Figure:
    return Figure(above, below, above, below)


# What `figures` adds to the figures of norms.build.
ADDED: dict[str, Figure] = {
    "high_weight_share": _rate("high_weight_cases", "weight_cases"),
    "death_rate": _rate("deaths", "death_cases"),
    **{f"{name}_risk_death_rate": _rate(f"{name}_risk_deaths", f"{name}_risk_cases") for name in CLASSES},
    "drug_share": Figure("drug", "drug_of", None, "drug_cases"),
    "material_share": Figure("material", "material_of", None, "material_cases"),
    "return_rate_same": _rate("returned_same", "return_cases"),
    "return_rate_any": _rate("returned_any", "return_cases"),
    "away_share": _rate("away", "away_cases"),
    "outside_share": _rate("outside", "home_cases"),
}
# Those of norms.build, whose tables have these columns.
FIGURES: dict[str, Figure] = {
    "mean_cost": Figure("fee", "fee_cases", None, "fee_cases"),
    "mean_los": Figure("los", "los_cases", None, "los_cases"),
    "cmi": Figure("weight", "weight_cases", None, "weight_cases"),
    "weight": Figure("weight", "weight_cases", None, "weight_cases"),
    "cost_index": Figure("cost_index", "cost_cases", None, "cost_cases"),
    "time_index": Figure("time_index", "time_cases", None, "time_cases"),
    "groups": Figure("groups", "grouped", None, "grouped"),
    **ADDED,
}
AMOUNTS = ("drug", "drug_of", "material", "material_of")
_OF_NORMS = ("n", "grouped", "fee_cases", "los_cases", "weight_cases", "cost_cases", "time_cases")


def weights(monthly: ir.Table) -> pa.Table:
    """group, rw, mean_los: the region's relative weight and mean stay of each group, as shown; see `norms.build`."""
    found = norms(cells(as_cells(monthly), UNITS["group"])).select(["group", "rw", "mean_los"])
    return found.filter(found["group"].is_valid())


def figures(backend: Backend, monthly: ir.Table, by: str, risks: pa.Table, rules: Rules) -> pa.Table:
    """One row a unit, the unnamed first: the unit's columns, those of `norms.build.norms`, then of ADDED.

    - groups: distinct groups; the other counts of COUNTS; drug, drug_of, material, material_of in yuan
    - each figure of ADDED as above / below, float64 of 12 significant digits, null where there is nothing below
    `monthly` as of `indices.monthly`, all of the region: weights and indices are its; `risks` has group and risk.
    """
    if by not in UNITS:
        raise Refusal("is no such unit", column="--by", value=by, cure=f"one of: {', '.join(UNITS)}")
    unit = UNITS[by]
    marked = with_marks(backend, monthly, marks(weights(monthly), risks, rules))
    found = ordered(_counted(with_unit(marked, unit), list(unit)), unit).to_pyarrow().combine_chunks()
    table = norms(cells(as_cells(with_unit(monthly, unit)), unit))
    if not table.select(unit).equals(found.select(unit)):
        raise RuntimeError(f"the units of {by} are not the same twice")
    return _with_figures(table, found)


def _counted(marked: ir.Table, unit: list[str]) -> ir.Table:
    counts = {name: its.sum(marked) for name, its in COUNTS.items() if name not in _OF_NORMS}
    amounts = {name: total(marked[name]) for name in AMOUNTS}
    return marked.group_by(unit).agg(
        groups=marked.group.nunique(), weight_cases=COUNTS["weight_cases"].sum(marked), **counts, **amounts
    )


def _with_figures(table: pa.Table, found: pa.Table) -> pa.Table:
    its = {name: found[name].to_numpy() for name in ("groups", "weight_cases", *_added_counts(), *AMOUNTS)}
    for name in ("groups", *_added_counts()):
        table = table.append_column(name, pa.array(its[name], pa.int64()))
    for name in AMOUNTS:
        table = table.append_column(name, yuan_array(its[name]))
    for name, figure in ADDED.items():
        below = its[figure.below]
        table = table.append_column(name, ratio(its[figure.above], np.where(below > 0, below, 0)))
    return table


def _added_counts() -> list[str]:
    return [name for name in COUNTS if name not in _OF_NORMS]
