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
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import Plan, fraction
from yiheng.dip.pricing.levels import level_column
from yiheng.norms.statistic import rounded

SCHEMA = pa.schema(
    [("group", pa.string()), ("kind", pa.string()), ("level", pa.string()), ("group_n", pa.int64()), ("n", pa.int64()),
     ("mean_cost", pa.float64()), ("coefficient", pa.float64()), ("cv_before", pa.float64()),
     ("cv_after", pa.float64()), ("opened", pa.bool_()), ("why", pa.string())]
)  # fmt: skip
FEW_CASES, FEW_IN_LEVEL, CV_STAYS = "too few cases", "too few cases of the level", "the CV does not fall enough"
NEWEST, ALL = "newest", "all"
_WIDE = "decimal(38, 0)"

Coefficients = Mapping[tuple[str, str, str], Fraction]


@dataclass
class _Part:
    """Cases, fees (fen) and their squares."""

    n: int = 0
    fee: int = 0
    square: int = 0

    def add(self, n: int, fee: int, square: int) -> None:
        self.n, self.fee, self.square = self.n + n, self.fee + fee, self.square + square

    def around(self) -> Fraction:
        return self.square - Fraction(self.fee * self.fee, self.n) if self.n else Fraction(0)


# Group, kind of level, level (None = none of that kind), cases, fees, squares of fees.
Sums = tuple[str, str, str | None, int, int, int]


def build_from_table(placed: ir.Table, plan: Plan) -> pa.Table:
    """Columns of SCHEMA: every level that occurs, whether it is opened and why not.

    `placed` has group, kind, year, fen, enters and a column for each kind of level (`levels.level_column`). Counted are
    the cases that enter, of the newest year or of all (`auxiliary_years`).
    """
    years = plan.value("auxiliary_years")
    if years not in (NEWEST, ALL):
        raise Refusal("auxiliary_years: is no choice", plan.scheme.id, value=str(years), cure=f"{NEWEST}, {ALL}")
    kept = placed.filter(placed.group.notnull(), placed.enters, ~placed.kind.isin(plan.value("auxiliary_none_for")))
    if years == NEWEST:
        kept = kept.filter(kept.year == plan.day.year)
    wide = kept.fen.cast("decimal(19, 0)")
    kinds = plan.value("auxiliary_kinds")
    if not kinds:
        return SCHEMA.empty_table()
    parts = [
        kept.select(
            "group",
            lk=ibis.literal(kind),
            level=kept[level_column(kind)],
            fen=kept.fen,
            square=(wide * wide).cast(_WIDE),
        )
        for kind in kinds
    ]
    union = ibis.union(*parts) if len(parts) > 1 else parts[0]
    sums = union.group_by(["group", "lk", "level"]).agg(
        n=union.count(), fee=union.fen.sum().cast("int64"), square=union.square.sum().cast(_WIDE)
    )
    columns = sums.to_pyarrow().to_pydict()
    rows = zip(*(columns[name] for name in ("group", "lk", "level", "n", "fee", "square")), strict=True)
    return auxiliary_of(((*head, int(square)) for *head, square in rows), plan)


def auxiliary_of(sums: Iterable[Sums], plan: Plan) -> pa.Table:
    """Columns of SCHEMA from sums by group, kind of level and level, in any order; several of one level add up."""
    parts: dict[tuple[str, str], dict[str | None, _Part]] = defaultdict(lambda: defaultdict(_Part))
    for group, kind, level, *numbers in sums:
        parts[group, kind][level].add(*numbers)
    rows = []
    for (group, kind), levels in sorted(parts.items()):
        rows += _rows(group, kind, levels, plan)
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def opened(table: pa.Table) -> dict[tuple[str, str, str], Fraction]:
    """The coefficients of the opened levels, by group, kind and level."""
    rows = table.filter(table["opened"]).to_pylist()
    return {(row["group"], row["kind"], row["level"]): fraction(row["coefficient"]) for row in rows}


def highest(group: str, levels: Mapping[str, str], coefficients: Coefficients) -> tuple[Fraction, str | None]:
    """The coefficient of a case and the level it comes from, such as age:newborn; 1 where none is opened for it."""
    hit = [(coefficients[found], f"{kind}:{level}") for kind, level in levels.items()
           if (found := (group, kind, level)) in coefficients]  # fmt: skip
    return max(hit, key=lambda each: (each[0], each[1]), default=(Fraction(1), None))


def read_auxiliary(path: Path) -> pa.Table:
    """An auxiliary catalogue's file; one that is none is refused."""
    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        raise Refusal("there is no such file", file=str(path)) from None
    except (pa.ArrowInvalid, OSError):
        raise Refusal("is not an auxiliary catalogue", file=path.name, cure="yiheng dip auxiliary build") from None
    if table.schema.names != SCHEMA.names:
        raise Refusal("is not an auxiliary catalogue", file=path.name, cure="yiheng dip auxiliary build")
    return table


def _rows(group: str, kind: str, levels: Mapping[str | None, _Part], plan: Plan) -> list[dict[str, object]]:
    rule, whole = plan.value("auxiliary_open"), _Part()
    for its in levels.values():
        whole.add(its.n, its.fee, its.square)
    within = sum((its.around() for its in levels.values()), Fraction(0))
    before, after = _cv(whole.around(), whole, 1), _cv(within, whole, len(levels))
    falls = before is not None and after is not None and after <= before * (1 - fraction(rule["cv_falls"]))
    found = []
    for level, its in sorted(levels.items(), key=lambda each: str(each[0])):
        if level is None or whole.fee <= 0:
            continue
        why = FEW_CASES if whole.n < rule["group_cases"] else FEW_IN_LEVEL if its.n < rule["level_cases"] else None
        why = why or (None if falls else CV_STAYS)
        own = Fraction(its.fee, its.n)
        found.append({
            "group": group, "kind": kind, "level": level, "group_n": whole.n, "n": its.n,
            "mean_cost": rounded(own / 100), "coefficient": rounded(own / Fraction(whole.fee, whole.n)),
            "opened": why is None, "why": why, "cv_before": _digits(before), "cv_after": _digits(after),
        })  # fmt: skip
    return found


def _cv(around: Fraction, whole: _Part, parts: int) -> float | None:
    if whole.n <= parts or whole.fee <= 0:
        return None
    return sqrt(around / (whole.n - parts)) / float(Fraction(whole.fee, whole.n))


def _digits(value: float | None) -> float | None:
    return None if value is None else rounded(value)
