"""The catalogue (病种目录库): which combinations occur often enough to be groups, what they weigh and their points."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.dip.keys import codes_of, key_lengths, with_keys
from yiheng.policy.loader import Scheme
from yiheng.tables.amounts import fen_column

SCHEMA = pa.schema(
    [
        ("group", pa.string()),
        ("kind", pa.string()),
        ("dx", pa.string()),
        ("proc", pa.string()),
        ("n", pa.int64()),
        ("fee_cases", pa.int64()),
        ("los_cases", pa.int64()),
        ("mean_cost", pa.float64()),
        ("mean_los", pa.float64()),
        ("rw", pa.float64()),
        ("points", pa.float64()),
    ]
)
_STATISTICS = ("n", "fee_cases", "fee", "los_cases", "los")


@dataclass(frozen=True)
class Catalogue:
    """A catalogue as built.

    - groups: columns of SCHEMA, in order of `group`; mean_cost in yuan and weighted by year, like rw and points
    - mean_cost: M, the weighted mean fee over exactly the cases that the groups' means are made of (yuan)
    - check: sum of RW x weighted cases / weighted cases; 1 when the sums hold
    """

    groups: pa.Table
    mean_cost: float
    check: Fraction
    scheme: Scheme
    day: date
    years: dict[int, int]


def build(backend: Backend, cases: ir.Table, scheme: Scheme) -> Catalogue:
    """Write a catalogue from cases with a principal diagnosis and a fee, of the scheme's last years.

    The scheme's values are those in force on the last day of the newest year. No such case is a refusal.
    """
    usable = cases.filter(cases.dx[0].notnull(), cases.total_fee.notnull(), cases.year.notnull())
    newest = usable.year.max().to_pyarrow().as_py()
    if newest is None:
        raise Refusal("no case with a principal diagnosis, a fee and a year")
    day = date(newest, 12, 31)
    years = year_weights(scheme.value("year_weights", day), _years(usable))
    combinations = _combinations(usable.filter(usable.year.isin(list(years))), scheme, day)
    groups = _groups(backend, combinations, scheme.value("core_cases", day), years)
    return _catalogue(groups, scheme, day, years)


def year_weights(weights: list[int], years: list[int]) -> dict[int, int]:
    """Each year's weight, the newest year the last; older years than there are weights are left out."""
    last = sorted(years)[-len(weights) :]
    return dict(zip(last, weights[-len(last) :], strict=True))


def _years(cases: ir.Table) -> list[int]:
    return [int(year) for year in cases.select("year").distinct().to_pyarrow()["year"].to_pylist()]


def _combinations(cases: ir.Table, scheme: Scheme, day: date) -> ir.Table:
    """Counts and sums by combination and year: all that a catalogue is made of."""
    keyed = with_keys(cases, key_lengths(scheme, day))
    keyed = keyed.mutate(fen=fen_column(keyed.total_fee), days=keyed.los.cast("int64"))
    return keyed.group_by(["core_key", "comprehensive_key", "year"]).agg(
        n=keyed.count(),
        fee_cases=keyed.fen.count(),
        fee=keyed.fen.sum().cast("int64"),
        los_cases=keyed.days.count(),
        los=keyed.days.sum().cast("int64").fill_null(0),
    )


def _groups(backend: Backend, combinations: ir.Table, core_cases: int, years: dict[int, int]) -> list[dict[str, Any]]:
    """Combinations with enough cases stand for themselves, the others are pooled; sums as they are and weighted."""
    kept = backend.create_table(ibis.util.gen_name("combinations"), combinations, temp=True)
    core = kept.group_by("core_key").agg(cases=kept.n.sum()).filter(ibis._.cases >= core_cases).drop("cases")
    marked = kept.left_join(core, "core_key")
    is_core = marked.core_key_right.notnull()
    placed = marked.mutate(
        group=is_core.ifelse(marked.core_key, marked.comprehensive_key),
        kind=is_core.ifelse("core", "comprehensive"),
        weight=marked.year.cases(*((year, weight) for year, weight in years.items())).cast("int64"),
    )
    grouped = placed.group_by(["group", "kind"]).agg(
        **{name: placed[name].sum().cast("int64") for name in _STATISTICS},
        **{f"weighted_{name}": (placed[name] * placed.weight).sum().cast("int64") for name in _STATISTICS},
    )
    return list(grouped.order_by("group").to_pyarrow().to_pylist())


def _catalogue(groups: list[dict[str, Any]], scheme: Scheme, day: date, years: dict[int, int]) -> Catalogue:
    """Means, weights and points; exact until the last step, then float64 rounded to 12 significant digits."""
    fee = sum(group["weighted_fee"] for group in groups)
    cases = sum(group["weighted_fee_cases"] for group in groups)
    if fee <= 0:
        raise Refusal("all fees together come to nothing: no weights can be made")
    base = Fraction(fee, cases)
    points = scheme.value("points_per_weight", day)
    weights = [Fraction(group["weighted_fee"], group["weighted_fee_cases"]) / base for group in groups]
    rows = [_row(group, weight, points) for group, weight in zip(groups, weights, strict=True)]
    total = sum(weight * group["weighted_fee_cases"] for group, weight in zip(groups, weights, strict=True))
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    return Catalogue(table, _rounded(base / 100), total / cases, scheme, day, years)


def _row(group: dict[str, Any], weight: Fraction, points: int) -> dict[str, Any]:
    dx, proc = codes_of(group["group"]) if group["kind"] == "core" else (None, None)
    named = {name: group[name] for name in ("group", "kind", "n", "fee_cases", "los_cases")} | {"dx": dx, "proc": proc}
    mean_los = Fraction(group["weighted_los"], group["weighted_los_cases"]) if group["weighted_los_cases"] else None
    return named | {
        "mean_cost": _rounded(Fraction(group["weighted_fee"], group["weighted_fee_cases"] * 100)),
        "mean_los": None if mean_los is None else _rounded(mean_los),
        "rw": _rounded(weight),
        "points": _rounded(weight * points),
    }


def _rounded(exact: Fraction) -> float:
    return float(f"{float(exact):.12g}")
