"""The figures of a group (病种测算): means, weights, points and spread from exact sums."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import sqrt

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import Plan
from yiheng.dip.statistics import SUMS

_HALF = Fraction(1, 2)
_PARTS = {"fee": "n", "drug": "drug_cases", "material": "material_cases", "los": "los_cases"}


@dataclass
class Sums:
    """Sums of cases by year (fen, days), and the least and largest fee."""

    by_year: dict[int, dict[str, int]] = field(default_factory=dict)
    least: int | None = None
    most: int | None = None

    def add(self, row: Mapping[str, int]) -> None:
        """Add a row of statistics."""
        own = self.by_year.setdefault(row["year"], dict.fromkeys(SUMS, 0))
        for name in SUMS:
            own[name] += int(row[name])
        self.least = row["least"] if self.least is None else min(self.least, row["least"])
        self.most = row["most"] if self.most is None else max(self.most, row["most"])

    def total(self, name: str) -> int:
        """A sum over all years, unweighted."""
        return sum(own[name] for own in self.by_year.values())

    def weighted(self, name: str, weights: Mapping[int, int]) -> int:
        """A sum over all years, each with its weight."""
        return sum(weights[year] * own[name] for year, own in self.by_year.items())

    def within(self) -> Fraction:
        """The sum of squares around the mean (fen x fen)."""
        n, fee = self.total("n"), self.total("fee")
        return self.total("square") - Fraction(fee * fee, n) if n else Fraction(0)


def mean(sums: Sums, name: str, plan: Plan, weights: Mapping[int, int]) -> Fraction | None:
    """The weighted mean of fee, drug, material (fen) or los (days) over the cases that have it; None where none has.

    Weights lie on sums and cases, or on the means of those years that have cases.
    """
    counted = _PARTS[name]
    if plan.choice["year_weights_on"] == "means":
        years = {year: own for year, own in sums.by_year.items() if own[counted]}
        whole = sum(weights[year] for year in years)
        parts = (weights[year] * Fraction(own[name], own[counted]) for year, own in years.items())
        return sum(parts, Fraction(0)) / whole if whole else None
    cases = sums.weighted(counted, weights)
    return Fraction(sums.weighted(name, weights), cases) if cases else None


def cv(sums: Sums) -> float | None:
    """The coefficient of variation of the fees: sample standard deviation / mean, over the cases unweighted."""
    n, fee = sums.total("n"), sums.total("fee")
    if n <= 1 or fee <= 0:
        return None
    return rounded(sqrt(sums.within() / (n - 1) / Fraction(fee, n) ** 2))


def sd(sums: Sums) -> float | None:
    """The sample standard deviation of the fees (yuan)."""
    n = sums.total("n")
    return rounded(sqrt(sums.within() / (n - 1)) / 100) if n > 1 else None


def points(own: Fraction, base: Fraction, plan: Plan, of_base_group: Fraction | None) -> Fraction:
    """The points of a group with this mean (fen) by the scheme's method; see PAYMENT.md 2.2."""
    method, per_weight = plan.choice["points_base"], plan.exact("points_per_weight")
    if method == "quota":
        quota = plan.exact("points_quota")
        if quota <= 0:
            raise Refusal("points_quota: no amount is set", plan.scheme.id)
        return rounded_points(own / (quota * 100), plan)
    if method == "base_group":
        if not of_base_group:
            raise Refusal(
                "base_group: is no group of this catalogue", plan.scheme.id, value=str(plan.value("base_group"))
            )
        return rounded_points(own / of_base_group * per_weight, plan)
    return rounded_points(own / base * per_weight, plan)


def rounded_points(exact: Fraction, plan: Plan) -> Fraction:
    """Points rounded half up to the scheme's decimals; as they are where it rounds none."""
    decimals = plan.value("points_decimals")
    if decimals < 0:
        return exact
    scale = 10**decimals
    return Fraction((exact * scale + _HALF).__floor__(), scale)


def riv(groups: Mapping[str, Sums]) -> float | None:
    """RIV = 1 - sum of squares within the groups / sum of squares around the mean of all; None where all are equal."""
    n, fee, square = (sum(sums.total(name) for sums in groups.values()) for name in ("n", "fee", "square"))
    around = square - Fraction(fee * fee, n) if n else Fraction(0)
    within = sum((sums.within() for sums in groups.values()), Fraction(0))
    return rounded(1 - within / around) if around else None


def rounded(exact: Fraction | float) -> float:
    """A float of 12 significant digits."""
    return float(f"{float(exact):.12g}")
