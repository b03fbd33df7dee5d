"""Case points of many cases (病例分值核算): group points x auxiliary coefficient x the band of its cost, step by step.

Every step is exact; only what is shown at the end is rounded to 12 significant digits.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from math import ceil, floor
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.dip.plan import Plan, fraction
from yiheng.dip.pricing.auxiliary import Coefficients, highest
from yiheng.dip.pricing.casepoints import Banded, banded, case_points
from yiheng.dip.pricing.coefficients import hospital_coefficient
from yiheng.dip.pricing.comparison import LEVEL, Base, Bases
from yiheng.dip.pricing.levels import level_column
from yiheng.dip.pricing.members import Members
from yiheng.norms.statistic import rounded
from yiheng.tables.engine import batches

OUT = pa.schema(
    [("group", pa.string()), ("kind", pa.string()), ("points", pa.float64()), ("auxiliary", pa.float64()),
     ("level", pa.string()), ("hospital_coefficient", pa.float64()), ("base", pa.string()), ("base_cases", pa.int64()),
     ("base_mean", pa.float64()), ("ratio", pa.float64()), ("band", pa.string()), ("coefficient", pa.float64()),
     ("case_points", pa.float64())]
)  # fmt: skip
# The band of a case that nothing could be held against: it counts like one in the middle.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Priced:
    """The points of a case and each step to them; `base` is None where there is no fee or nothing to compare with."""

    points: Fraction
    auxiliary: Fraction
    level: str | None
    hospital: Fraction
    base: Base | None
    ratio: Fraction | None
    found: Banded
    case_points: Fraction


@dataclass(frozen=True)
class Case:
    """A case on its way to points; the fee in fen, `name` the class of its hospital."""

    hospital: str | None
    name: str | None
    year: int | None
    group: str
    fee: int | None
    levels: Mapping[str, str]


@dataclass(frozen=True)
class Pricer:
    """All that points are made with.

    points, treatments: of the groups; auxiliary: opened coefficients; hospitals: by hospital and class its coefficient
    of the class and the whole one, those not listed have `fallback`; same: groups with one price; bases: by year.
    """

    plan: Plan
    points: Mapping[str, Fraction]
    treatments: Mapping[str, str | None]
    auxiliary: Coefficients
    hospitals: Mapping[tuple[str | None, str | None], Mapping[str, Fraction]]
    fallback: Mapping[str, Fraction]
    same: frozenset[str]
    bases: Mapping[int | None, Bases]
    kept: dict[tuple[object, ...], Any] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def limits(self) -> tuple[Fraction, Fraction]:
        """The low and the high line, as multiples of a mean; a case on the high line is in the middle band."""
        rule = self.plan.value("case_points")
        return fraction(rule["low"]), fraction(rule["high"])

    def price(self, case: Case) -> Priced | None:
        """The points of a case; None where its group has none."""
        points = self.points.get(case.group)
        if points is None:
            return None
        auxiliary, level = self.auxiliary_of(case)
        hospital = self.hospital_of(case)
        base = self.base_of(case, auxiliary, level)
        ratio = Fraction(case.fee) / base.mean if base is not None and case.fee is not None else None
        found = self._banded(ratio, hospital)
        return Priced(points, auxiliary, level, hospital, base, ratio, found, case_points(points, auxiliary, found))

    def auxiliary_of(self, case: Case) -> tuple[Fraction, str | None]:
        """The highest coefficient that is open for a case, and its level."""
        return highest(case.group, case.levels, self.auxiliary)

    def hospital_of(self, case: Case) -> Fraction:
        """The hospital coefficient of a case."""
        key = ("hospital", case.hospital, case.name, case.group)
        if key not in self.kept:
            its = self.hospitals.get((case.hospital, case.name), self.fallback)
            self.kept[key] = hospital_coefficient(
                case.group, self.treatments.get(case.group), its, self.same, self.plan
            )
        return Fraction(self.kept[key])

    def base_of(self, case: Case, auxiliary: Fraction, level: str | None) -> Base | None:
        """What a case's fee is held against; remembered."""
        key = ("base", case.year, case.hospital, case.name, case.group, level)
        if key not in self.kept:
            its = self.bases.get(case.year) or self.bases[None]
            found = its.of(case.group, case.hospital, case.name)
            if found is not None and level is not None and self.plan.value("comparison_base")["of"] == LEVEL:
                found = Base(found.mean * auxiliary, f"{found.origin} x {level}", found.cases)
            self.kept[key] = found
        base: Base | None = self.kept[key]
        return base

    def _banded(self, ratio: Fraction | None, hospital: Fraction) -> Banded:
        if ratio is not None:
            return banded(ratio, hospital, self.plan)
        whole = banded(Fraction(1), hospital, self.plan)
        return Banded(UNKNOWN, whole.coefficient, False)


def priced_batches(
    backend: Backend, placed: ir.Table, pricer: Pricer, members: Members, ids: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """The columns `ids` and OUT of every case, in its order; of a case without a group OUT is null."""
    kinds = list(pricer.plan.value("auxiliary_kinds"))
    wanted = list(dict.fromkeys([*ids, "hospital", "day", "year", "group", "kind", "fen", *map(level_column, kinds)]))
    for batch in batches(backend, placed.select(wanted)):
        columns = {name: batch.column(name).to_pylist() for name in wanted if name not in ids or name == "hospital"}
        rows = list(_rows(columns, kinds, pricer, members))
        made = [pa.array(values, kind.type) for values, kind in zip(zip(*rows, strict=True), OUT, strict=True)]
        given = [batch.column(name) for name in ids]
        fields = [batch.schema.field(name) for name in ids]
        yield pa.RecordBatch.from_arrays([*given, *made], schema=pa.schema([*fields, *OUT]))


def _rows(
    columns: Mapping[str, list[Any]], kinds: Sequence[str], pricer: Pricer, members: Members
) -> Iterator[tuple[object, ...]]:
    classes: dict[tuple[str | None, date | None], str | None] = {}
    lines: dict[tuple[object, ...], _Line] = {}
    counting: dict[tuple[object, ...], tuple[tuple[str, str], ...]] = {}
    nothing = (None,) * (len(OUT) - 1 - 1)
    levels = zip(*(columns[level_column(kind)] for kind in kinds), strict=True) if kinds else iter(lambda: (), None)
    main = zip(*(columns[name] for name in ("hospital", "day", "year", "group", "kind", "fen")), strict=True)
    for (hospital, day, year, group, kind, fee), hit in zip(main, levels, strict=bool(kinds)):
        if group is None:
            yield (group, kind, *nothing)
            continue
        if (hospital, day) not in classes:
            classes[hospital, day] = members.on(hospital, day)
        if (group, hit) not in counting:
            counting[group, hit] = _counting(group, dict(zip(kinds, hit, strict=True)), pricer)
        its = counting[group, hit]
        key = (hospital, classes[hospital, day], year, group, its)
        if key not in lines:
            own = dict(its[:1])
            lines[key] = _Line(pricer, Case(hospital, classes[hospital, day], year, group, None, own))
        found = lines[key].said(fee)
        yield (group, kind, *(found or nothing))


def _counting(group: str, hit: Mapping[str, str | None], pricer: Pricer) -> tuple[tuple[str, str], ...]:
    """The level that counts among those that a case hits, with its kind: cases with equal ones count the same."""
    _, name = highest(group, {kind: level for kind, level in hit.items() if level is not None}, pricer.auxiliary)
    if name is None:
        return ()
    kind, _, level = name.partition(":")
    return ((kind, level),)


class _Line:
    """Cases that differ in their fee alone: what they count in the middle band is found once."""

    def __init__(self, pricer: Pricer, case: Case) -> None:
        self.pricer, self.case = pricer, case
        self.points = pricer.points.get(case.group)
        if self.points is None:
            return
        self.auxiliary, level = pricer.auxiliary_of(case)
        self.hospital, base = pricer.hospital_of(case), pricer.base_of(case, self.auxiliary, level)
        self.mean = None if base is None else base.mean
        if base is not None:
            self.least, self.most, mean = self._edges(base)
            points, auxiliary, hospital, *self.tail = self._middle(level)
            self.head = (points, auxiliary, level, hospital, base.origin, base.cases, mean)

    def said(self, fee: int | None) -> tuple[object, ...] | None:
        """The columns of OUT behind group and kind; None where the group has no points."""
        if self.points is None:
            return None
        if fee is None or self.mean is None:
            priced = self.pricer.price(replace(self.case, fee=fee))
            assert priced is not None
            return _said(priced)
        ratio = float(f"{fee * self.mean.denominator / self.mean.numerator:.12g}")
        if self.least <= fee <= self.most:
            return (*self.head, ratio, *self.tail)
        found = banded(fee / self.mean, self.hospital, self.pricer.plan)
        points = rounded(case_points(self.points, self.auxiliary, found))
        return (*self.head, ratio, found.band, rounded(found.coefficient), points)

    def _edges(self, base: Base) -> tuple[int, int, float]:
        """The least and the most fee (fen) of the middle band, and the mean in yuan; the same for many lines."""
        kept, rule = self.pricer.kept, self.pricer.plan.value("case_points")
        key = ("edges", id(base))
        if key not in kept:
            low, high = (limit * base.mean for limit in self.pricer.limits)
            least = floor(low) + 1 if rule["low_closed"] else ceil(low)
            kept[key] = (least, floor(high), rounded(base.mean / 100))
        found: tuple[int, int, float] = kept[key]
        return found

    def _middle(self, level: str | None) -> tuple[Any, ...]:
        """Of a case in the middle band: points, auxiliary and hospital coefficient, band, coefficient, case points."""
        kept = self.pricer.kept
        key = ("middle", self.case.group, level, self.hospital)
        if key not in kept:
            assert self.points is not None
            found = banded(self.pricer.limits[1], self.hospital, self.pricer.plan)
            points = rounded(case_points(self.points, self.auxiliary, found))
            said = rounded(self.points), rounded(self.auxiliary), rounded(self.hospital)
            kept[key] = (*said, found.band, rounded(found.coefficient), points)
        its: tuple[Any, ...] = kept[key]
        return its


def _said(found: Priced) -> tuple[object, ...]:
    base = found.base
    return (
        rounded(found.points), rounded(found.auxiliary), found.level, rounded(found.hospital),
        base.origin if base else None, base.cases if base else None, rounded(base.mean / 100) if base else None,
        None if found.ratio is None else rounded(found.ratio), found.found.band,
        rounded(found.found.coefficient), rounded(found.case_points),
    )  # fmt: skip


@dataclass(frozen=True)
class Jump:
    """An edge of a scheme's form at which the coefficient jumps: which line, at what ratio, and both sides of it."""

    line: str
    at: Fraction
    hospital: Fraction
    below: Fraction
    above: Fraction

    def __str__(self) -> str:
        sides = f"{float(self.below):.6g} -> {float(self.above):.6g}"
        return f"{self.line} {float(self.at):g} (h {float(self.hospital):g}): {sides}"


def jumps(plan: Plan, hospitals: Iterable[Fraction]) -> list[Jump]:
    """Where a scheme's form jumps at an edge, for each hospital coefficient."""
    rule = plan.value("case_points")
    found = []
    least = Fraction(1, 1000 * 1000 * 1000)
    for h in sorted(set(hospitals)):
        for name in ("low", "high", "review"):
            edge = fraction(rule[name])
            below, above = (banded(edge + step, h, plan).coefficient for step in (-least, least))
            if edge and abs(below - above) > 10 * least:
                found.append(Jump(name, edge, h, below, above))
    return found
