"""The region's diseases (病种): `diseases.csv` as arrays with one entry for each disease."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from yiheng.sample.chance import cumulative, padded
from yiheng.sample.tables import Floats, Ints, numbers, table, weighted, words

MONTHS = 12


@dataclass(frozen=True)
class Diseases:
    """Index = row of `diseases.csv`; `*_bounds` are cumulative shares for drawing.

    `figures` holds the numeric columns by name (fee: median yuan at a class A secondary hospital; los: median days).
    """

    ids: list[str]
    family: Ints
    figures: dict[str, Floats]
    link: list[str]
    month_bounds: Floats
    codes: list[list[str]]
    code_bounds: Floats
    accompanied: list[list[str]]
    accompanied_bounds: Floats
    pathology: list[list[str]]
    pathology_bounds: Floats

    def linked(self, kind: str) -> Ints:
        """The diseases whose `link` is this kind: delivery, born, chemo, long."""
        return np.array([index for index, link in enumerate(self.link) if link == kind], np.int64)


FIGURES = (
    "frequency", "male", "age_mean", "age_sd", "age_min", "age_max", "emergency", "fee", "fee_spread", "los",
    "los_spread", "death", "day", "care", "repeat", "gap",
)  # fmt: skip


@cache
def diseases() -> Diseases:
    """All diseases."""
    family = {name: index for index, name in enumerate(words("families", "family"))}
    codes, code_bounds = _choices("codes")
    accompanied, accompanied_bounds = _choices("with")
    pathology, pathology_bounds = _choices("pathology")
    return Diseases(
        ids=words("diseases", "id"),
        family=np.array([family[name] for name in words("diseases", "family")]),
        figures={name: numbers("diseases", name) for name in FIGURES},
        link=words("diseases", "link"),
        month_bounds=cumulative(_by_month().ravel()),
        codes=codes,
        code_bounds=code_bounds,
        accompanied=accompanied,
        accompanied_bounds=accompanied_bounds,
        pathology=pathology,
        pathology_bounds=pathology_bounds,
    )


def _choices(column: str) -> tuple[list[list[str]], Floats]:
    cells = [weighted(row[column]) for row in table("diseases")]
    return [list(cell) for cell in cells], cumulative(padded([list(cell.values()) for cell in cells]))


def _by_month() -> Floats:
    """Expected discharges of each disease in each month (diseases x 12)."""
    curves = {row["season"]: [float(row[f"m{month:02}"]) for month in range(1, MONTHS + 1)] for row in table("seasons")}
    season = np.array([curves[name] for name in words("diseases", "season")])
    shares = season / season.sum(axis=1, keepdims=True)
    expected: Floats = shares * numbers("diseases", "frequency")[:, None]
    return expected
