"""Control charts (控制图): the months of a figure, what they vary by on their own, and which of them are a signal.

Of a month with n cases (or days), a total and, for means, a sum of squares; sigma is what a month would vary by:

- p: shares; centre P = all / all, sigma = sqrt(P (1 - P) / n), limits within 0 and 1
- u: counts for each of n; centre U = all / all, sigma = sqrt(U / n), lower limit not below 0
- xbar_s: means; centre = mean of all cases, sigma = S / sqrt(n), S^2 = variance within months, all together
- xmr: single values total / n; centre = mean of the months, sigma = mean moving range / d2, d2 = 2 / sqrt(pi)

Lower limits of means and single values are not below 0 either, unless a month is.

Months without cases are no points: neighbours are the months that there are. All months make the limits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import inf, pi, sqrt
from typing import Any

import pyarrow as pa

from yiheng.norms.peers.rules import Comparing, Signal
from yiheng.norms.statistic import rounded, within

FIGURES = (
    ("month", pa.string()), ("n", pa.int64()), ("total", pa.int64()), ("value", pa.float64()),
    ("centre", pa.float64()), ("lower", pa.float64()), ("upper", pa.float64()), ("signals", pa.string()),
)  # fmt: skip
SEPARATOR = "|"
Row = dict[str, Any]


@dataclass(frozen=True)
class _Month:
    """One point: `value` exact; `square` is used by xbar_s alone."""

    month: str
    n: int
    total: int
    square: int

    @property
    def value(self) -> Fraction:
        return Fraction(self.total, self.n)


def charts(series: pa.Table, keys: Sequence[str], chart: str, rules: Comparing, per: int = 1) -> pa.Table:
    """A chart for each of `keys`: its columns, then FIGURES, in order of keys and months; nulls first.

    `series` has the keys, month ("2024-05"; null months are left out), n, total and, for xbar_s, square, one row each;
    months with n = 0 are left out. value, centre, lower and upper are divided by `per` (100: fen to yuan). `signals`
    are rule ids joined by SEPARATOR. With fewer months than the rules ask for, limits and signals are null: not
    applicable. p with a total that is negative or above n: ValueError.
    """
    found: dict[tuple[str | None, ...], list[_Month]] = {}
    for row in series.to_pylist():
        months = found.setdefault(tuple(row[name] for name in keys), [])
        if row["month"] is not None and row["n"]:
            months.append(_Month(row["month"], row["n"], row["total"], int(row.get("square") or 0)))
    rows = []
    for key in sorted(found, key=lambda key: [(part is not None, part or "") for part in key]):
        named = dict(zip(keys, key, strict=True))
        rows += [named | row for row in _chart(sorted(found[key], key=lambda each: each.month), chart, rules, per)]
    return pa.Table.from_pylist(rows, schema=pa.schema([*((name, pa.string()) for name in keys), *FIGURES]))


def _chart(months: Sequence[_Month], chart: str, rules: Comparing, per: int) -> list[Row]:
    rows: list[Row] = [
        {"month": each.month, "n": each.n, "total": each.total, "value": rounded(each.value / per)} for each in months
    ]
    if len(months) < rules.chart_months_least:
        return rows
    centre, sigmas = CHARTS[chart](months)
    if sigmas is None:
        return rows
    distances = [_distance(each.value - centre, sigma) for each, sigma in zip(months, sigmas, strict=True)]
    signals = _signals(months, centre, distances, rules)
    for row, sigma, ids in zip(rows, sigmas, signals, strict=True):
        width = rules.chart_sigmas * sigma
        low, high = (-inf, inf) if any(each.total < 0 for each in months) else _BOUNDS[chart]
        row |= {"centre": rounded(centre / per), "signals": SEPARATOR.join(ids)}
        row |= {
            "lower": rounded(max(low, float(centre) - width) / per),
            "upper": rounded(min(high, float(centre) + width) / per),
        }
    return rows


# Centre and sigma


def _p(months: Sequence[_Month]) -> tuple[Fraction, list[float] | None]:
    if any(not 0 <= each.total <= each.n for each in months):
        raise ValueError("a share has more or less than its cases")
    centre = _together(months)
    return centre, [sqrt(centre * (1 - centre) / each.n) for each in months]


def _u(months: Sequence[_Month]) -> tuple[Fraction, list[float] | None]:
    centre = _together(months)
    return centre, [sqrt(centre / each.n) for each in months]


def _xbar_s(months: Sequence[_Month]) -> tuple[Fraction, list[float] | None]:
    free = sum(each.n - 1 for each in months)
    if not free:
        return _together(months), None
    spread = sum((within(each.n, each.total, each.square) for each in months), Fraction(0)) / free
    return _together(months), [sqrt(spread / each.n) for each in months]


def _xmr(months: Sequence[_Month]) -> tuple[Fraction, list[float] | None]:
    centre = sum((each.value for each in months), Fraction(0)) / len(months)
    ranges = [abs(after.value - before.value) for before, after in pairwise(months)]
    if not ranges:
        return centre, None
    return centre, [float(sum(ranges, Fraction(0)) / len(ranges)) * sqrt(pi) / 2] * len(months)


def _together(months: Sequence[_Month]) -> Fraction:
    return Fraction(sum(each.total for each in months), sum(each.n for each in months))


CHARTS: dict[str, Callable[[Sequence[_Month]], tuple[Fraction, list[float] | None]]] = {
    "p": _p, "u": _u, "xbar_s": _xbar_s, "xmr": _xmr,
}  # fmt: skip
_BOUNDS = {"p": (0, 1), "u": (0, inf), "xbar_s": (0, inf), "xmr": (0, inf)}


# Signals


def _distance(gap: Fraction, sigma: float) -> float:
    """How many sigmas a value lies from the centre; where nothing varies, anything else is infinitely far."""
    if not gap:
        return 0.0
    return float(gap) / sigma if sigma else (inf if gap > 0 else -inf)


def _signals(
    months: Sequence[_Month], centre: Fraction, distances: Sequence[float], rules: Comparing
) -> list[list[str]]:
    """The ids of the rules that mark each month, in the order of the rules."""
    sides = [(each.value > centre) - (each.value < centre) for each in months]
    steps = [0] + [(after.value > before.value) - (after.value < before.value) for before, after in pairwise(months)]
    marks: dict[str, Callable[[Signal], list[bool]]] = {
        "beyond": lambda _: [abs(each) > rules.chart_sigmas for each in distances],
        "side": lambda rule: _running(sides, rule.length),
        "trend": lambda rule: _running(steps, rule.length - 1),
        "zone": lambda rule: _zone(distances, rule),
    }
    found = [(rule.id, marks[rule.kind](rule)) for rule in rules.signals]
    return [[name for name, marked in found if marked[place]] for place in range(len(months))]


def _running(signs: Sequence[int], length: int) -> list[bool]:
    """Where `length` equal signs in succession end, other than 0."""
    run, marked = 0, []
    for place, sign in enumerate(signs):
        run = run + 1 if sign and place and sign == signs[place - 1] else int(bool(sign))
        marked.append(run >= length)
    return marked


def _zone(distances: Sequence[float], rule: Signal) -> list[bool]:
    """Where a month is the last of those beyond so many sigmas on its side, enough of them among the latest."""
    marked = []
    for place, distance in enumerate(distances):
        sign = (distance > 0) - (distance < 0)
        latest = distances[max(0, place + 1 - rule.length) : place + 1]
        beyond = sum(each * sign > rule.sigmas for each in latest)
        marked.append(distance * sign > rule.sigmas and beyond >= rule.at_least)
    return marked
