"""Trimming (极端值裁剪): the lowest and highest fee that count in a group's means; the edges themselves count.

Quantiles are discrete: the least fee that at least this share of the group's cases does not exceed.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.dip.catalogue import tally
from yiheng.dip.catalogue.counted import Counted, cells_of
from yiheng.dip.catalogue.figures import Sums
from yiheng.dip.catalogue.placing import Level
from yiheng.dip.catalogue.statistics import statistics
from yiheng.dip.plan import Plan, Trimming
from yiheng.tables.engine import held

_DIGITS = 100
_QUARTILES = (Fraction("1/4"), Fraction("3/4"))

Edges = dict[str, tuple[int, int]]


# A case as trimming sees it: the number of its combination, its year, and its amounts (fen, days).
NARROW = pa.schema(
    [("combination", pa.int32()), ("year", pa.int16())]
    + [(name, pa.int64()) for name in ("fen", "drug", "material", "days")]
)


def narrow(numbers: np.ndarray, rows: tally.Rows, years: Sequence[int]) -> pa.Table:
    """The cases of a batch that enter, as they were counted: columns of NARROW."""
    its = np.flatnonzero(numbers != tally.NONE)
    parts = [pa.array(part[its], mask=part[its] == tally.UNKNOWN) for part in rows.parts]
    year = np.array(years, np.int16)[rows.year[its]]
    return pa.table([pa.array(numbers[its]), pa.array(year), pa.array(rows.fen[its]), *parts], schema=NARROW)


def trimmed(
    backend: Backend, path: Path, groups: Level, counted: Counted, sums: Sums, plan: Plan
) -> tuple[np.ndarray, int]:
    """The cells of the cases inside their group's edges, and how many lie outside.

    `path`: the cases as `narrow` makes them, by the numbers that combinations have in `counted`.
    """
    places = pa.table({"combination": pa.array(np.arange(len(groups.of)), pa.int32()),
                       "group": pa.array(groups.names, pa.string()).take(pa.array(groups.of))})  # fmt: skip
    cases = backend.read_parquet(str(path))
    placed = cases.filter(cases.year.isin(counted.years)).inner_join(held(backend, places), "combination")
    rows: list[dict[str, int | str]] = [
        {"group": name, "n": n, "fee": fee, "square": square}
        for name, (n, fee, square) in zip(sums.names, sums.moments, strict=True)
    ]
    limits = edges(histogram(placed), rows, plan)
    table = pa.table({"edged": pa.array(list(limits), pa.string()),
                      "low": pa.array([low for low, _ in limits.values()], pa.int64()),
                      "high": pa.array([high for _, high in limits.values()], pa.int64())})  # fmt: skip
    limited = held(backend, table)
    edged = placed.left_join(limited, placed.group == limited.edged)
    inside = edged.filter(edged.low.isnull() | edged.fen.between(edged.low, edged.high))
    found = statistics(inside, ("combination", "year")).to_pyarrow()
    own = found["combination"].to_numpy()
    year = np.searchsorted(np.array(counted.years), found["year"].to_numpy())
    cells = cells_of(found, own, year, counted.cells.shape[:2])
    before, after = sum(sums.total("n")), int(found["n"].to_numpy().sum())
    _check(sums, set(np.array(groups.names)[np.unique(groups.of[own])].tolist()), before, after, plan)
    return cells, before - after


def _check(sums: Sums, left: set[str], before: int, after: int, plan: Plan) -> None:
    """Refuse a group without a case left, and more cases outside than the scheme allows."""
    lost = [name for name in sums.names if name not in left]
    if lost:
        raise Refusal("trimming: takes out every case of a group", plan.scheme.id, value=lost[0])
    most = plan.trimming.most_removed
    if before - after > most * before:
        what = f"trimming: would take {before - after} of {before} cases out, more than most_removed allows"
        raise Refusal(what, plan.scheme.id, value=str(float(most)))


def histogram(placed: ir.Table) -> ir.Table:
    """How often each fee occurs in each group; the histograms of two shards add up."""
    return placed.group_by(["group", "fen"]).agg(n=placed.count())


def edges(histograms: ir.Table, sums: Iterable[Mapping[str, int | str]], plan: Plan) -> Edges:
    """The edges of the groups that are trimmed (fen), those of no other. `sums`: group, n, fee and square of each."""
    rule = plan.trimming
    large = [each for each in sums if int(each["n"]) >= rule.from_cases]
    if rule.kind == "sd":
        return {str(each["group"]): _around(each, rule.numbers[0]) for each in large if int(each["n"]) > 1}
    shares = rule.numbers if rule.kind == "percentile" else _QUARTILES
    found = _quantiles(histograms, shares)
    return {str(each["group"]): _between(found[str(each["group"])], rule) for each in large}


def _quantiles(histograms: ir.Table, shares: Iterable[Fraction]) -> dict[str, tuple[int, ...]]:
    running = ibis.cumulative_window(group_by="group", order_by="fen")
    counted = histograms.mutate(
        upto=histograms.n.sum().over(running).cast("int64"),
        total=histograms.n.sum().over(ibis.window(group_by="group")).cast("int64"),
    )
    least = {
        f"q{place}": counted.fen.min(where=counted.upto * share.denominator >= counted.total * share.numerator)
        for place, share in enumerate(shares)
    }
    found = counted.group_by("group").agg(**least).to_pyarrow().to_pylist()
    return {row["group"]: tuple(row[name] for name in least) for row in found}


def _between(found: tuple[int, ...], rule: Trimming) -> tuple[int, int]:
    low, high = found
    if rule.kind == "percentile":
        return low, high
    more = rule.numbers[0] * (high - low)
    return ceil(low - more), floor(high + more)


def _around(sums: Mapping[str, int | str], factor: Fraction) -> tuple[int, int]:
    """The mean less and plus `factor` sample standard deviations."""
    n, fee, square = (int(sums[name]) for name in ("n", "fee", "square"))
    mean, variance = Fraction(fee, n), Fraction(n * square - fee * fee, n * (n - 1))
    with localcontext() as context:
        context.prec = _DIGITS
        square_of = factor * factor * variance
        away = Fraction((Decimal(square_of.numerator) / Decimal(square_of.denominator)).sqrt())
    return ceil(mean - away), floor(mean + away)
