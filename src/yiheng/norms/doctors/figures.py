"""Figures of physicians (医师指标): fee, stay and deaths beside what is expected of such cases, by group and in all.

Expected by indirect standardisation: each case is expected to be as the mean of its base, the cases of the region in
its group and stratum (`norms.groups.expected`; the physician's own are among them, which draws a ratio towards 1). Of a
physician's n cases with values y and expected values e:

- index = sum y / sum e; its interval is normal: (sum y +- z sqrt(n) s) / sum e, s the sample deviation of y - e. The
  expected is taken as given
- deaths: Wilson's interval of deaths / n, divided by expected / n; only where enough deaths are expected
- a case left out of a figure (accepted objection) counts neither in y nor in e; the region's means keep it
- a figure that is known of fewer cases than a physician needs to be shown is not shown at all
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from statistics import NormalDist
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.norms.doctors.objections import ACCEPTED, FIGURES, RAISED, covers
from yiheng.norms.doctors.rules import Attributed
from yiheng.norms.groups.expected import Bases, find_bases
from yiheng.norms.rules import STRATUM, Expecting
from yiheng.norms.standardised import wilson
from yiheng.norms.statistic import quotient, rounded
from yiheng.norms.sums import ordered, sums
from yiheng.tables.engine import held
from yiheng.tables.hiding import TOTAL

DOCTOR = ("hospital", "physician")
_CELL = (*DOCTOR, "group", *STRATUM)
# Of each figure the columns of `norms.sums`: cases, sum, sum of squares (deaths need none).
_SUMS = {
    "fee": ("fee_cases", "fee", "fee_square"),
    "los": ("los_cases", "los", "los_square"),
    "death": ("death_cases", "deaths", ""),
}
# The column of facts that is unknown of a case left out of a figure.
_FACT = {"fee": "fee", "los": "los", "death": "died"}
_PER = {"fee": 100, "los": 1}
_COUNTS = ("n", *(cases for cases, _, _ in _SUMS.values()))
_WHOLE, _FLOAT = pa.int64(), pa.float64()
SCHEMA = pa.schema(
    [
        ("hospital", pa.string()), ("physician", pa.string()), ("group", pa.string()), ("n", _WHOLE),
        ("fee_cases", _WHOLE), ("mean_fee", _FLOAT), ("expected_mean_fee", _FLOAT),
        ("fee_index", _FLOAT), ("fee_low", _FLOAT), ("fee_high", _FLOAT),
        ("los_cases", _WHOLE), ("mean_los", _FLOAT), ("expected_mean_los", _FLOAT),
        ("los_index", _FLOAT), ("los_low", _FLOAT), ("los_high", _FLOAT),
        ("death_cases", _WHOLE), ("deaths", _WHOLE), ("expected_deaths", _FLOAT),
        ("death_index", _FLOAT), ("death_low", _FLOAT), ("death_high", _FLOAT),
        *((f"{figure}_{what}", _WHOLE) for figure in FIGURES for what in ("objected", "left_out")),
    ]
)  # fmt: skip
# The columns of each figure but those about objections.
_COLUMNS = {
    figure: [name for name in SCHEMA.names if figure in name and not name.endswith(("_objected", "_left_out"))]
    for figure in FIGURES
}
Row = dict[str, Any]
Doctor = tuple[str | None, str]


@dataclass(frozen=True)
class Doctors:
    """The figures, and who is not in them.

    - figures: columns of SCHEMA; of each physician shown a row of group TOTAL, then one for each group with enough
      cases; where the others together would be few, the smallest of these is not shown either
    - few: physicians with too few cases; unattributed, ungrouped: cases without a physician, and those of physicians
      that are in no group
    """

    figures: pa.Table
    few: int
    unattributed: int
    ungrouped: int


def doctors(
    backend: Backend,
    facts: ir.Table,
    strata: ir.Table,
    objections: pa.Table,
    expecting: Expecting,
    rules: Attributed,
    hospital: str | None = None,
) -> Doctors:
    """The figures of every physician, or of one hospital's, with enough grouped cases, in order of both codes.

    `facts` as of `norms.facts`, `strata` as of `norms.groups.severity`, `objections` by their contract. Statistics have
    12 significant digits, fees are yuan; null where there is nothing, or too little, to tell.
    """
    cases = facts.left_join(strata, "row").drop("row_right")
    bases = find_bases(backend, cases, expecting)
    own = _left_out(backend, cases if hospital is None else cases.filter(cases.hospital == hospital), objections)
    cells = ordered(sums(own, _CELL), _CELL).to_pyarrow().to_pylist()
    by_doctor = _by_doctor(cells)
    base_of = _places(bases)
    marks = _marks(own, objections)
    rows: list[Row] = []
    few = 0
    for doctor, its in by_doctor.items():
        if sum(cell["n"] for cell in its) < rules.doctor_cases_least:
            few += 1
            continue
        rows += _of_doctor(doctor, its, base_of, bases, marks, rules)
    return Doctors(
        figures=pa.Table.from_pylist(rows, schema=SCHEMA),
        few=few,
        unattributed=sum(cell["n"] for cell in cells if cell["physician"] is None),
        ungrouped=sum(cell["n"] for cell in cells if cell["physician"] is not None and cell["group"] is None),
    )


# Cases


def _left_out(backend: Backend, cases: ir.Table, objections: pa.Table) -> ir.Table:
    """The cases with what is left out of a physician's figures unknown."""
    rows = [row for row in objections.to_pylist() if row["state"] == ACCEPTED]
    for figure in FIGURES:
        keys = [{name: row[name] for name in (*DOCTOR, "case_id")} for row in rows if figure in covers(row["figure"])]
        if keys:
            given = held(backend, pa.Table.from_pylist(_once(keys), schema=_KEYS))
            given = given.mutate(left_out=True).rename({f"its_{name}": name for name in _KEYS.names})
            same = [cases[name] == given[f"its_{name}"] for name in _KEYS.names]
            joined = cases.left_join(given, same).drop(*(f"its_{name}" for name in _KEYS.names))
            fact = _FACT[figure]
            cases = joined.mutate(**{fact: ibis.ifelse(joined.left_out.isnull(), joined[fact], None)}).drop("left_out")
    return cases


_KEYS = pa.schema([(name, pa.string()) for name in (*DOCTOR, "case_id")])


def _once(keys: list[Row]) -> list[Row]:
    return [dict(key) for key in sorted({tuple(key.items()) for key in keys})]


def _by_doctor(cells: Iterable[Row]) -> dict[Doctor, list[Row]]:
    """The cells of grouped cases of each physician."""
    found: dict[Doctor, list[Row]] = {}
    for cell in cells:
        if cell["physician"] is not None and cell["group"] is not None:
            found.setdefault((cell["hospital"], cell["physician"]), []).append(cell)
    return found


def _places(bases: Bases) -> dict[tuple[str | None, ...], int]:
    """The place of the base of each group and stratum."""
    return {tuple(row[name] for name in ("group", *STRATUM)): row["base"] for row in bases.chosen.to_pylist()}


def _marks(cases: ir.Table, objections: pa.Table) -> dict[tuple[Doctor, str | None], Row]:
    """By physician and group, and by physician and TOTAL: cases objected to and cases left out, of each figure."""
    rows = [row for row in objections.to_pylist() if row["state"] in (RAISED, ACCEPTED)]
    wanted = sorted({row["case_id"] for row in rows})
    known = cases.filter(cases.case_id.isin(wanted)) if wanted else cases.limit(0)
    groups = {
        (row["hospital"], row["physician"], row["case_id"]): row["group"]
        for row in known.select(*_KEYS.names, "group").to_pyarrow().to_pylist()
    }
    seen: dict[tuple[Doctor, str | None], dict[str, set[str]]] = {}
    for row in rows:
        key = (row["hospital"], row["physician"], row["case_id"])
        if groups.get(key) is None:
            continue
        for figure in covers(row["figure"]):
            name = f"{figure}_{'objected' if row['state'] == RAISED else 'left_out'}"
            for group in (groups[key], TOTAL):
                seen.setdefault((key[:2], group), {}).setdefault(name, set()).add(row["case_id"])
    return {key: {name: len(ids) for name, ids in its.items()} for key, its in seen.items()}


# Figures


def _of_doctor(
    doctor: Doctor,
    cells: Sequence[Row],
    base_of: dict[tuple[str | None, ...], int],
    bases: Bases,
    marks: dict[tuple[Doctor, str | None], Row],
    rules: Attributed,
) -> list[Row]:
    """All cases of a physician, then each group that may be shown."""
    groups: dict[str, list[Row]] = {TOTAL: list(cells)}
    for cell in cells:
        groups.setdefault(cell["group"], []).append(cell)
    rows = []
    for group, its in groups.items():
        row = dict(zip(DOCTOR, doctor, strict=True)) | {"group": group, "n": sum(cell["n"] for cell in its)}
        placed = [(cell, base_of.get(tuple(cell[name] for name in ("group", *STRATUM)))) for cell in its]
        for figure in FIGURES:
            row |= _figure(figure, [(cell, base) for cell, base in placed if base is not None], bases, rules)
            row |= {f"{figure}_{what}": 0 for what in ("objected", "left_out")}
        rows.append(row | marks.get((doctor, group), {}))
    return _shown(rows, rules)


def _shown(rows: list[Row], rules: Attributed) -> list[Row]:
    """All cases, then the groups that may be shown: what all cases have over them is nothing, or not small either."""
    for figure in FIGURES:
        if rows[0][_SUMS[figure][0]] < rules.doctor_cases_least:
            rows = [row | dict.fromkeys(_COLUMNS[figure]) for row in rows]
    whole, *groups = rows
    counts, least = [name for name in _COUNTS if whole[name] is not None], rules.pair_cases_least
    shown = [row for row in groups if all(row[name] >= least for name in counts)]
    while shown and any(0 < whole[name] - sum(row[name] for row in shown) < least for name in counts):
        shown.remove(min(shown, key=lambda row: (row["n"], row["group"])))
    return [whole, *shown]


def _figure(figure: str, cells: Sequence[tuple[Row, int]], bases: Bases, rules: Attributed) -> Row:
    """The columns of one figure over these cells; `cells` are with the places of their bases."""
    cases_of, total_of, _ = _SUMS[figure]
    base_cases, base_total = getattr(bases, cases_of), getattr(bases, total_of)
    known = [(cell, int(base_cases[base]), int(base_total[base])) for cell, base in cells if cell[cases_of]]
    cases = sum(cell[cases_of] for cell, _, _ in known)
    total = sum(cell[total_of] for cell, _, _ in known)
    # Each term is a correctly rounded quotient of whole numbers, so that the sum depends on no order.
    expected = fsum(cell[cases_of] * of / among for cell, among, of in known)
    if figure == "death":
        return _deaths(cases, total, expected, rules)
    per, spread = _PER[figure], _spread(figure, known, total - expected)
    row: Row = {f"{figure}_cases": cases, f"mean_{figure}": quotient(total, cases * per)}
    row[f"expected_mean_{figure}"] = rounded(expected / cases / per) if cases else None
    if expected > 0:
        row[f"{figure}_index"] = rounded(total / expected)
        if spread is not None:
            half = NormalDist().inv_cdf((1 + rules.confidence) / 2) * spread
            row[f"{figure}_low"] = rounded((total - half) / expected)
            row[f"{figure}_high"] = rounded((total + half) / expected)
    return row


def _spread(figure: str, known: Sequence[tuple[Row, int, int]], difference: float) -> float | None:
    """The standard deviation of the sum: sqrt(n) s; None of fewer than two cases."""
    cases_of, total_of, square_of = _SUMS[figure]
    n = sum(cell[cases_of] for cell, _, _ in known)
    if n <= 1:
        return None
    parts = []
    for cell, among, of in known:
        cases, total, square = cell[cases_of], cell[total_of], int(cell[square_of])
        gap = (total * among - cases * of) / (cases * among)
        parts.append((cases * square - total * total) / cases + cases * gap * gap)
    return sqrt(max(0.0, fsum(parts) - difference * difference / n) / (n - 1) * n)


def _deaths(cases: int, deaths: int, expected: float, rules: Attributed) -> Row:
    row: Row = {"death_cases": cases, "deaths": deaths, "expected_deaths": rounded(expected)}
    if expected > 0 and expected >= rules.expected_deaths_least:
        low, high = wilson(deaths, cases, rules.confidence)
        row["death_index"] = rounded(deaths / expected)
        row |= {"death_low": rounded(low * cases / expected), "death_high": rounded(high * cases / expected)}
    return row
