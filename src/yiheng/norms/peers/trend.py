"""Trends (趋势): the months of a unit's figure, and which kind of chart the figure has."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.norms.peers.control import charts
from yiheng.norms.peers.rules import Comparing
from yiheng.norms.sums import merged


@dataclass(frozen=True)
class Figure:
    """A figure as columns of `norms.sums`: what it is of, what is added up, the squares of means; `per` as shown."""

    chart: str
    n: str
    total: str
    square: str = ""
    per: int = 1


FIGURES = {
    "mean_fee": Figure("xbar_s", "fee_cases", "fee", "fee_square", 100),
    "mean_los": Figure("xbar_s", "los_cases", "los", "los_square"),
    "death_rate": Figure("p", "death_cases", "deaths"),
    "deaths_per_day": Figure("u", "los", "deaths"),
    "return_rate": Figure("p", "return_cases", "returned_same"),
    "away_share": Figure("p", "away_cases", "away"),
    "drug_share": Figure("xmr", "drug_of", "drug"),
    "material_share": Figure("xmr", "material_of", "material"),
    "cases": Figure("xmr", "", "n"),
}


def figure(name: str) -> Figure:
    """A figure by its name; another is refused."""
    if name not in FIGURES:
        raise Refusal("is no figure with a trend", column="--figure", value=name, cure=f"one of: {', '.join(FIGURES)}")
    return FIGURES[name]


def trend(sums: ir.Table, keys: Sequence[str], name: str, rules: Comparing) -> pa.Table:
    """The chart of a figure for each of `keys`: see `control.charts`; `sums` has at least the keys and month.

    Fees are in yuan, total stays in fen. A month's n of the number of cases is 1.
    """
    its = figure(name)
    needed = dict.fromkeys(name for name in (its.n, its.total, its.square) if name)
    monthly = merged(sums.select(*keys, "month", *needed), [*keys, "month"])
    columns = {"n": monthly[its.n] if its.n else ibis.literal(1, "int64"), "total": monthly[its.total]}
    if its.square:
        columns["square"] = monthly[its.square]
    series = monthly.select(*keys, "month", **columns)
    return charts(series.to_pyarrow(), keys, its.chart, rules, its.per)
