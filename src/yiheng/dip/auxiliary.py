"""The auxiliary catalogue (辅助目录): coefficients of levels inside a group, opened by the scheme's conditions.

a_ij = m_ij / m_i. A kind is opened in a group with enough cases, when parting its cases by the kind's levels lowers the
CV by enough: within = the standard deviation around the levels' means, cases of no level being a part of their own. A
level needs enough cases itself. Of several levels that a case hits the highest coefficient counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

import pyarrow as pa

from yiheng.dip.figures import rounded
from yiheng.dip.plan import Plan, fraction

SCHEMA = pa.schema(
    [("group", pa.string()), ("kind", pa.string()), ("level", pa.string()), ("n", pa.int64()),
     ("mean_cost", pa.float64()), ("coefficient", pa.float64()), ("cv_before", pa.float64()),
     ("cv_after", pa.float64()), ("opened", pa.bool_()), ("why", pa.string())]
)  # fmt: skip
FEW_CASES, FEW_IN_LEVEL, CV_STAYS = "too few cases", "too few cases of the level", "the CV does not fall enough"


@dataclass
class _Part:
    """Cases, fees (fen) and their squares."""

    n: int = 0
    fee: int = 0
    square: int = 0

    def add(self, fee: int) -> None:
        self.n, self.fee, self.square = self.n + 1, self.fee + fee, self.square + fee * fee

    def around(self) -> Fraction:
        return self.square - Fraction(self.fee * self.fee, self.n) if self.n else Fraction(0)


Case = tuple[str, str, int, Mapping[str, str]]


def build_auxiliary(cases: Iterable[Case], plan: Plan) -> pa.Table:
    """Columns of SCHEMA, every level that occurs with whether it is opened and why not.

    A case is its group, the group's kind, its fee in fen and the levels it hits (`levels.levels_of`).
    """
    groups: dict[str, _Part] = defaultdict(_Part)
    parts: dict[tuple[str, str], dict[str | None, _Part]] = defaultdict(lambda: defaultdict(_Part))
    without, kinds = set(plan.value("auxiliary_none_for")), plan.value("auxiliary_kinds")
    for group, its_kind, fee, levels in cases:
        if its_kind not in without:
            groups[group].add(fee)
            for kind in kinds:
                parts[group, kind][levels.get(kind)].add(fee)
    rows = []
    for (group, kind), levels_of_group in sorted(parts.items()):
        rows += _rows(group, kind, groups[group], levels_of_group, plan)
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def opened(table: pa.Table) -> dict[tuple[str, str, str], Fraction]:
    """The coefficients of the opened levels, by group, kind and level."""
    rows = table.filter(table["opened"]).to_pylist()
    return {(row["group"], row["kind"], row["level"]): fraction(row["coefficient"]) for row in rows}


def highest(
    group: str, levels: Mapping[str, str], coefficients: Mapping[tuple[str, str, str], Fraction]
) -> tuple[Fraction, str | None]:
    """The coefficient of a case and the level it comes from, such as age:newborn; 1 where none is opened for it."""
    hit = [(coefficients[found], f"{kind}:{level}") for kind, level in levels.items()
           if (found := (group, kind, level)) in coefficients]  # fmt: skip
    return max(hit, key=lambda each: (each[0], each[1]), default=(Fraction(1), None))


def _rows(
    group: str, kind: str, whole: _Part, levels: Mapping[str | None, _Part], plan: Plan
) -> list[dict[str, object]]:
    rule = plan.value("auxiliary_open")
    before, after = (
        _cv(whole.around(), whole, 1),
        _cv(sum((its.around() for its in levels.values()), Fraction(0)), whole, len(levels)),
    )
    falls = before is not None and after is not None and after <= before * (1 - fraction(rule["cv_falls"]))
    found = []
    for level, its in sorted(levels.items(), key=lambda each: str(each[0])):
        if level is None or whole.fee <= 0:
            continue
        why = FEW_CASES if whole.n < rule["group_cases"] else FEW_IN_LEVEL if its.n < rule["level_cases"] else None
        why = why or (None if falls else CV_STAYS)
        own = Fraction(its.fee, its.n)
        found.append({
            "group": group, "kind": kind, "level": level, "n": its.n, "mean_cost": rounded(own / 100),
            "coefficient": rounded(own / Fraction(whole.fee, whole.n)), "opened": why is None, "why": why,
            "cv_before": _digits(before), "cv_after": _digits(after),
        })  # fmt: skip
    return found


def _cv(around: Fraction, whole: _Part, parts: int) -> float | None:
    if whole.n <= parts or whole.fee <= 0:
        return None
    return sqrt(around / (whole.n - parts)) / float(Fraction(whole.fee, whole.n))


def _digits(value: float | None) -> float | None:
    return None if value is None else rounded(value)
