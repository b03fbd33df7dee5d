"""The figures of groups (病种测算): means, weights, points and spread from exact sums.

A ratio is two whole numbers, not reduced: what is shown is the float nearest to it, of 12 significant digits. Divided
as whole numbers, a hundred thousand groups take a second; as fractions they would take a minute.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import sqrt

import numpy as np

from yiheng.base.refusal import Refusal
from yiheng.dip.catalogue import tally
from yiheng.dip.plan import Plan
from yiheng.norms.significant import significant
from yiheng.norms.statistic import DIGITS, rounded

Ratio = tuple[int, int]

_PARTS = {"fee": "n", "drug": "drug_cases", "material": "material_cases", "los": "los_cases"}


@dataclass(frozen=True)
class Sums:
    """Sums by group and year: `cells[g, y]` are the numbers `tally.CELL` of group `names[g]` in `years[y]`."""

    names: list[str]
    years: tuple[int, ...]
    cells: np.ndarray

    def total(self, name: str) -> list[int]:
        """A sum over all years, unweighted."""
        found: list[int] = self.cells[:, :, tally.CELL.index(name)].sum(axis=1).tolist()
        return found

    def weighted(self, name: str, weights: Mapping[int, int]) -> list[int]:
        """A sum over all years, each with its weight."""
        its = [weights[year] for year in self.years]
        cells = self.cells[:, :, tally.CELL.index(name)]
        small = np.abs(cells).sum(dtype=np.float64) * max(its) < np.iinfo(np.int64).max
        found: list[int] = (cells if small else cells.astype(object)).dot(np.array(its)).tolist()
        return found

    @cached_property
    def moments(self) -> list[tuple[int, int, int]]:
        """Of each group cases, fees (fen) and squares of fees over all years, unweighted."""
        limbs = self.cells[:, :, tally.SQUARE : tally.SQUARE + len(tally.LIMBS)].sum(axis=1).T.tolist()
        squares = [
            least + (more << tally.LIMB) + (high << 2 * tally.LIMB) + (most << tally.LIMB + 2 * tally.LIMB)
            for least, more, high, most in zip(*limbs, strict=True)
        ]
        return list(zip(self.total("n"), self.total("fee"), squares, strict=True))

    def edge(self, name: str) -> list[int]:
        """The `least` or `most` fee (fen) of each group's cases."""
        its, met = self.cells[:, :, tally.CELL.index(name)], self.cells[:, :, tally.N] > 0
        least = name == "least"
        beyond = np.iinfo(np.int64).max if least else np.iinfo(np.int64).min
        held = np.where(met, its, beyond)
        found: list[int] = (held.min(axis=1) if least else held.max(axis=1)).tolist()
        return found

    def together(self) -> "Sums":
        """The sums of all groups as one, without edges."""
        return Sums([""], self.years, self.cells.sum(axis=0, keepdims=True))

    def only(self, name: str) -> "Sums | None":
        """One group, where it is there."""
        place = self.names.index(name) if name in self.names else None
        return None if place is None else Sums([name], self.years, self.cells[place : place + 1])

    def _by_year(self, name: str) -> list[list[int]]:
        found: list[list[int]] = self.cells[:, :, tally.CELL.index(name)].tolist()
        return found


def by_group(names: Sequence[str], of: np.ndarray, years: tuple[int, ...], cells: np.ndarray) -> Sums:
    """Cells of combinations as sums of the groups that have cases, in order of their names; `of`: each one's group."""
    made = np.zeros((len(names), *cells.shape[1:]), np.int64)
    tally.add_up(cells, of, made)
    has = np.flatnonzero(made[:, :, tally.N].any(axis=1)).tolist()
    order = sorted(has, key=names.__getitem__)
    return Sums([names[place] for place in order], years, made[order])


def means(sums: Sums, name: str, plan: Plan, weights: Mapping[int, int]) -> list[Ratio | None]:
    """The weighted mean of fee, drug, material (fen) or los (days) over the cases that have it; None where none has.

    Weights lie on sums and cases, or on the means of those years that have cases.
    """
    counted = _PARTS[name]
    if plan.choice["year_weights_on"] == "means":
        its = [weights[year] for year in sums.years]
        rows = zip(sums._by_year(name), sums._by_year(counted), strict=True)
        return [_mean_of_means(its, amounts, cases) for amounts, cases in rows]
    pairs = zip(sums.weighted(name, weights), sums.weighted(counted, weights), strict=True)
    return [(amount, cases) if cases else None for amount, cases in pairs]


def _mean_of_means(weights: list[int], amounts: list[int], cases: list[int]) -> Ratio | None:
    years = [its for its in zip(weights, amounts, cases, strict=True) if its[-1]]
    whole = sum(weight for weight, _, _ in years)
    if not whole:
        return None
    mean = sum((weight * Fraction(amount, n) for weight, amount, n in years), Fraction(0)) / whole
    return mean.numerator, mean.denominator


def times(ratios: Iterable[Ratio | None], factor: Fraction | None) -> list[Ratio | None]:
    """Ratios times a factor; None where either is not there."""
    if factor is None:
        return [None for _ in ratios]
    over, under = factor.numerator, factor.denominator
    return [None if its is None else (its[0] * over, its[1] * under) for its in ratios]


def shown(ratios: Iterable[Ratio | None]) -> list[float | None]:
    """The nearest floats of 12 significant digits."""
    return _rounded([None if its is None else its[0] / its[1] for its in ratios])


def inverse(mean: Ratio | None) -> Fraction | None:
    """What divides by a mean; None where there is none, or it is nothing."""
    return Fraction(mean[1], mean[0]) if mean is not None and mean[0] else None


def cv(sums: Sums) -> list[float | None]:
    """The coefficient of variation of the fees: sample standard deviation / mean, over the cases unweighted."""
    return _rounded(
        sqrt((n * square - fee * fee) * n / ((n - 1) * fee * fee)) if n > 1 and fee > 0 else None
        for n, fee, square in sums.moments
    )


def sd(sums: Sums) -> list[float | None]:
    """The sample standard deviation of the fees (yuan)."""
    return _rounded(
        sqrt((n * square - fee * fee) / (n * (n - 1))) / 100 if n > 1 else None for n, fee, square in sums.moments
    )


def points(own: Iterable[Ratio], base: Ratio, plan: Plan, of_base_group: Ratio | None) -> list[Ratio]:
    """The points of groups with these means (fen) by the scheme's method; see PAYMENT.md 2.2."""
    factor = _factor(base, plan, of_base_group)
    exact = [(its[0] * factor.numerator, its[1] * factor.denominator) for its in own]
    decimals = plan.value("points_decimals")
    if decimals < 0:
        return exact
    scale = 10**decimals
    return [((2 * over * scale + under) // (2 * under), scale) for over, under in exact]


def _factor(base: Ratio, plan: Plan, of_base_group: Ratio | None) -> Fraction:
    """The points of a mean of one fen."""
    method, per_weight = plan.choice["points_base"], plan.exact("points_per_weight")
    if method == "quota":
        quota = plan.exact("points_quota")
        if quota <= 0:
            raise Refusal("points_quota: no amount is set", plan.scheme.id)
        return 1 / (quota * 100)
    if method == "base_group":
        if of_base_group is None or not of_base_group[0]:
            raise Refusal(
                "base_group: is no group of this catalogue", plan.scheme.id, value=str(plan.value("base_group"))
            )
        return per_weight / Fraction(*of_base_group)
    return per_weight / Fraction(*base)


def weighted_mean(values: Iterable[Ratio], cases: Sequence[int]) -> Fraction:
    """The sum of value x cases / the sum of cases, exact."""
    of_under: dict[int, int] = {}
    for (over, under), count in zip(values, cases, strict=True):
        of_under[under] = of_under.get(under, 0) + over * count
    return _sum([Fraction(over, under) for under, over in of_under.items()]) / sum(cases)


def _sum(parts: list[Fraction]) -> Fraction:
    """The sum, by halves: denominators grow as late as they can."""
    while len(parts) > 1:
        parts = [sum(parts[place : place + 2], Fraction(0)) for place in range(0, len(parts), 2)]
    return parts[0] if parts else Fraction(0)


def riv(sums: Sums) -> float | None:
    """RIV = 1 - sum of squares within the groups / sum of squares around the mean of all; None where all are equal."""
    counts, fees, squares = zip(*sums.moments, strict=True)
    n, fee, square = sum(counts), sum(fees), sum(squares)
    around = square - Fraction(fee * fee, n)
    of_size: dict[int, int] = {}
    for count, its in zip(counts, fees, strict=True):
        of_size[count] = of_size.get(count, 0) + its * its
    within = square - _sum([Fraction(its, count) for count, its in of_size.items()])
    return rounded(1 - within / around) if around else None


def _rounded(values: Iterable[float | None]) -> list[float | None]:
    """`rounded` of many at once."""
    exact = list(values)
    found = significant(np.array([0.0 if value is None else value for value in exact]), DIGITS).tolist()
    return [None if value is None else its for value, its in zip(exact, found, strict=True)]
