"""The spread between hospitals (院间差异): least, quartiles and most of a figure; discrete, nothing is interpolated."""

from dataclasses import dataclass

import numpy as np

QUARTERS = 4
POINTS = ("least", "p25", "median", "p75", "most")


@dataclass(frozen=True)
class Spread:
    """For each row how many hospitals are compared, and for each of POINTS its value (nan where none is)."""

    hospitals: np.ndarray
    points: dict[str, np.ndarray]


def spread(row: np.ndarray, value: np.ndarray, hospitals: np.ndarray) -> Spread:
    """The spread of each row's values; `row` is the row of each value.

    `hospitals` are compared in each row; those without a value have the value 0, and no value is below it. The k-th
    quartile of n values is the one at place ceil(k n / 4).
    """
    ordered = value[np.lexsort((value, row))]
    count = np.bincount(row, minlength=len(hospitals))
    zeros, start = hospitals - count, np.cumsum(count) - count
    points = {}
    for quarter, name in enumerate(POINTS):
        place = np.maximum(-(-hospitals * quarter // QUARTERS), 1) - 1 - zeros
        inside = place >= 0
        found = np.append(ordered, 0.0)[np.where(inside & (hospitals > 0), start + place, len(ordered))]
        points[name] = np.where(hospitals > 0, np.where(inside, found, 0.0), np.nan)
    return Spread(hospitals, points)
