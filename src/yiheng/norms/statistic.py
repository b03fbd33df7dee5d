"""Statistics as they are shown (统计量): floats of 12 significant digits, the same on every engine and machine."""

from fractions import Fraction
from math import sqrt

import numpy as np
import pyarrow as pa

from yiheng.norms.significant import significant

DIGITS = 12


def rounded(exact: Fraction | float) -> float:
    """A number as it is shown."""
    return float(f"{float(exact):.{DIGITS}g}")


def quotient(above: int, below: int) -> float | None:
    """above / below of exact integers, None where there is nothing to divide by."""
    return rounded(Fraction(above, below)) if below else None


def coefficient_of_variation(n: int, total: int, square: int) -> float | None:
    """Sample standard deviation / mean of `n` values with this sum and sum of squares (变异系数, n - 1 below).

    None for fewer than two values, or where their sum is not above 0.
    """
    if n <= 1 or total <= 0:
        return None
    return rounded(sqrt(within(n, total, square) / (n - 1) / Fraction(total, n) ** 2))


def within(n: int, total: int, square: int) -> Fraction:
    """The sum of squares around the mean, exact; 0 of nothing."""
    return square - Fraction(total * total, n) if n else Fraction(0)


def statistic(values: np.ndarray, there: np.ndarray) -> pa.Array:
    """Floats as they are shown, null where they are not there or not finite."""
    shown = there & np.isfinite(values)
    return pa.array(significant(np.where(shown, values, 0.0), DIGITS), pa.float64(), mask=~shown)


def ratio(above: np.ndarray, below: np.ndarray) -> pa.Array:
    """above / below as shown, null where below is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return statistic(above / below, below != 0)
