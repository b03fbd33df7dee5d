"""Trimming (极端值裁剪): the lowest and highest fee that count in a group's means; the edges themselves count.

Quantiles are discrete: the least fee that at least this share of the group's cases does not exceed.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from math import ceil, floor

import ibis
import ibis.expr.types as ir

from yiheng.dip.plan import Plan, Trimming

_DIGITS = 100
_QUARTILES = (Fraction("1/4"), Fraction("3/4"))

Edges = dict[str, tuple[int, int]]


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
