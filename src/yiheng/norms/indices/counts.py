"""What is counted (计数口径): each count of an index as a condition on a case and, the same, as sums of monthly sums.

Both need the group's marks beside them (`with_marks`). A test holds the two equal.
"""

from collections.abc import Callable
from dataclasses import dataclass

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.norms.indices.risk import CLASSES
from yiheng.norms.sums import total
from yiheng.tables.engine import held


@dataclass(frozen=True)
class Count:
    """One count: `case` says whether a case with its marks counts, `sum` adds it up from monthly sums with theirs."""

    case: Callable[[ir.Table], ir.BooleanValue]
    sum: Callable[[ir.Table], ir.Value]


def with_marks(backend: Backend, table: ir.Table, marks: pa.Table) -> ir.Table:
    """Cases or monthly sums with rw, high and risk of their group; null for those that have none."""
    its = held(backend, marks).rename(its_group="group")
    return table.left_join(its, [table.group == its.its_group]).drop("its_group")


def _known(column: str, added: str) -> Count:
    return Count(lambda t: t[column].notnull(), lambda t: total(t[added]))


def _true(column: str, added: str) -> Count:
    return Count(lambda t: t[column].fill_null(False), lambda t: total(t[added]))


def _part(part: str) -> Count:
    return Count(lambda t: t[part].notnull() & t.fee.notnull(), lambda t: total(t[f"{part}_cases"]))


def _risk_cases(name: str) -> Count:
    return Count(
        lambda t: (t.risk == name).fill_null(False) & t.died.notnull(), lambda t: total(t.death_cases, t.risk == name)
    )


def _risk_deaths(name: str) -> Count:
    return Count(
        lambda t: (t.risk == name).fill_null(False) & t.died.fill_null(False),
        lambda t: total(t.deaths, t.risk == name),
    )


COUNTS: dict[str, Count] = {
    "n": Count(lambda t: t.hospital.isnull() | t.hospital.notnull(), lambda t: total(t.n)),
    "grouped": Count(lambda t: t.group.notnull(), lambda t: total(t.n, t.group.notnull())),
    "fee_cases": _known("fee", "fee_cases"),
    "los_cases": _known("los", "los_cases"),
    "weight_cases": Count(lambda t: t.rw.notnull(), lambda t: total(t.n, t.rw.notnull())),
    "cost_cases": Count(
        lambda t: t.fee.notnull() & (t.rw > 0).fill_null(False), lambda t: total(t.fee_cases, t.rw > 0)
    ),
    "time_cases": Count(lambda t: t.los.notnull() & t.stays.fill_null(False), lambda t: total(t.los_cases, t.stays)),
    "high_weight_cases": Count(lambda t: t.high.fill_null(False), lambda t: total(t.n, t.high)),
    "drug_cases": _part("drug"),
    "material_cases": _part("material"),
    "death_cases": _known("died", "death_cases"),
    "deaths": _true("died", "deaths"),
    "classed_cases": Count(
        lambda t: t.risk.notnull() & t.died.notnull(), lambda t: total(t.death_cases, t.risk.notnull())
    ),
    **{f"{name}_risk_cases": _risk_cases(name) for name in CLASSES},
    **{f"{name}_risk_deaths": _risk_deaths(name) for name in CLASSES},
    "return_cases": _known("returned_any", "return_cases"),
    "returned_same": _true("returned_same", "returned_same"),
    "returned_any": _true("returned_any", "returned_any"),
    "away_cases": _known("away", "away_cases"),
    "away": _true("away", "away"),
    "home_cases": _known("outside", "home_cases"),
    "outside": _true("outside", "outside"),
}
