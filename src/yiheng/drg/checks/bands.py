"""Checks of bands (分段核查): age, weight and days in pieces that leave a gap, overlap, or take a weight of 0."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from yiheng.drg.checks.checkup import Checkup
from yiheng.drg.checks.reach import fields, holds_at, numeric, points, rest, taken
from yiheng.drg.condition import WEIGHT, Always, Condition
from yiheng.drg.packs.pack import Finding

BANDED = ("age", "age_days", WEIGHT, "los", "icu_hours")


@dataclass(frozen=True)
class Band:
    """A row that takes only a part of a number's values; `among`: those that should join without gap or overlap."""

    among: tuple[object, ...]
    name: str
    when: Condition
    file: str
    row: int


def gap_in_bands(checkup: Checkup) -> Iterator[Finding]:
    """Values between the lowest and the highest that bands take and none of them does."""
    for field, bands in _together(checkup):
        at = points([band.when for band in bands], field)
        each = [taken(numeric(band.when, field), field, at) for band in bands]
        every = frozenset[float]().union(*each)
        if every and (gap := [point for point in at if min(every) < point < max(every) and point not in every]):
            names = ", ".join(dict.fromkeys(band.name for band in bands))
            what = f"none of {names} takes {field} {gap[0]:g}"
            yield Finding("gap_in_bands", bands[0].file, bands[0].row, what)


def overlap_in_bands(checkup: Checkup) -> Iterator[Finding]:
    """Two bands that share values while each has some of its own."""
    for field, bands in _together(checkup):
        at = points([band.when for band in bands], field)
        for one, other in combinations(bands, 2):
            a, b = (taken(numeric(band.when, field), field, at) for band in (one, other))
            if a & b and a - b and b - a:
                what = f"{one.name} and {other.name} both take {field} {min(a & b):g}"
                yield Finding("overlap_in_bands", other.file, other.row, what)


def weight_of_zero(checkup: Checkup) -> Iterator[Finding]:
    """Conditions that ask for a weight below a limit and hold at a weight of 0, which stands for unknown."""
    for band in _rows(checkup):
        parts = numeric(band.when, WEIGHT)
        if WEIGHT in fields(parts) and all(holds_at(part, WEIGHT, 0) for part in parts):
            what = f"{band.name} takes a weight of 0"
            yield Finding("weight_of_zero", band.file, band.row, what)


def _together(checkup: Checkup) -> Iterator[tuple[str, list[Band]]]:
    """Bands of one number that belong together: rows of a rule that else ask the same, rules of a category."""
    for field in BANDED:
        found: dict[tuple[object, ...], list[Band]] = {}
        for band in _rows(checkup):
            if field in fields(numeric(band.when, field)):
                others = rest(band.when, field) if band.file == "drg.csv" else None
                found.setdefault((*band.among, others), []).append(band)
        yield from ((field, bands) for bands in found.values() if len(bands) > 1)


def _rows(checkup: Checkup) -> Iterator[Band]:
    for tried in checkup.tried():
        rule = tried.rule
        yield Band((tried.mdc.code,), rule.id, rule.when, "adrg.csv", rule.row)
        if not _catches_all(group.when for group in rule.groups):
            for group in rule.groups:
                yield Band((tried.mdc.code, rule.id), group.drg, group.when, "drg.csv", group.row)


def _catches_all(conditions: Iterable[Condition]) -> bool:
    return Always(True) in conditions
