"""The points of a case (病例分值): group points x auxiliary coefficient x the band its cost is in, with the hospital's.

r = fee / the mean that the place compares with. Below the low line a case counts r, above the high line 1 + (r - high);
how the hospital coefficient h enters each band is the scheme's: multiplied, put in the place of the 1, or not at all.
"""

from dataclasses import dataclass
from fractions import Fraction

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import Plan, fraction

LOW, MIDDLE, HIGH, REVIEW = "low", "middle", "high", "review"
_SCOPES = ("none", "multiply", "add")
_PENDING = ("high", "middle", "hospital")


@dataclass(frozen=True)
class Banded:
    """The band of a case and its whole coefficient, the hospital's within; `review` asks for experts."""

    band: str
    coefficient: Fraction
    review: bool


def banded(ratio: Fraction, hospital: Fraction, plan: Plan) -> Banded:
    """The band of a case by r and its coefficient; while a review is pending the scheme says what it counts."""
    rule = plan.value("case_points")
    low, high, review = (fraction(rule[name]) for name in (LOW, HIGH, REVIEW))
    if ratio < low or (ratio == low and rule["low_closed"]):
        return Banded(LOW, _with(ratio, ratio, hospital, rule["low_hospital"], plan), False)
    if ratio <= high:
        return Banded(MIDDLE, _with(Fraction(1), Fraction(0), hospital, rule["middle_hospital"], plan), False)
    above = ratio - high
    of_high = _with(1 + above, above, hospital, rule["high_hospital"], plan)
    if not review or ratio <= review:
        return Banded(HIGH, of_high, False)
    pays = rule["review_pays"]
    if pays not in _PENDING:
        what = "case_points: review_pays is no choice"
        raise Refusal(what, plan.scheme.id, value=str(pays), cure=", ".join(_PENDING))
    pending = {"high": of_high, "hospital": hospital}
    middle = _with(Fraction(1), Fraction(0), hospital, rule["middle_hospital"], plan)
    return Banded(REVIEW, pending.get(pays, middle), True)


def case_points(points: Fraction, auxiliary: Fraction, found: Banded) -> Fraction:
    """P = S x a x f, with the hospital coefficient in f."""
    return points * auxiliary * found.coefficient


def most_special(discharges: int, share: Fraction) -> int:
    """How many special cases (特例单议) a quota allows: its share of a region's yearly discharges, rounded down."""
    return int(discharges * share)


def _with(whole: Fraction, beyond: Fraction, hospital: Fraction, scope: str, plan: Plan) -> Fraction:
    """The coefficient with the hospital's: h x whole, h + what goes beyond one, or without it."""
    if scope not in _SCOPES:
        raise Refusal("case_points: is no scope", plan.scheme.id, value=str(scope), cure=", ".join(_SCOPES))
    return {"none": whole, "multiply": whole * hospital, "add": beyond + hospital}[scope]
