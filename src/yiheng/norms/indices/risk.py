"""Mortality risk (死亡风险分级): groups classed by the logarithm of their death rate in a base period, then frozen.

z = (ln p - mean) / standard deviation over the groups with a death; below the first limit low, below the second
middle_low, below the third middle_high, else high. Weighting and deviation are policy, and so is the class of groups
without a death, which leave mean and deviation.
"""

from collections.abc import Mapping, Sequence
from math import log, sqrt

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.base.refusal import Refusal
from yiheng.norms.rules import RiskRules
from yiheng.norms.statistic import quotient, rounded
from yiheng.norms.sums import merged

BY_Z = ("low", "middle_low", "middle_high", "high")
CLASSES = (*BY_Z, "zero")
OF_Z, NO_DEATH, FEW = "z", "no_death", "few_cases"
SCHEMA = pa.schema(
    [("group", pa.string()), ("cases", pa.int64()), ("deaths", pa.int64()), ("rate", pa.float64()),
     ("log_rate", pa.float64()), ("z", pa.float64()), ("risk", pa.string()), ("basis", pa.string())]
)  # fmt: skip


def risk_of_sums(table: ir.Table, rules: RiskRules) -> pa.Table:
    """The classes by the sums of a base period (`monthly`, or any with group, death_cases and deaths)."""
    found = merged(table.filter(table.group.notnull()).select("group", "death_cases", "deaths"), ["group"])
    counts = {row["group"]: (row["deaths"], row["death_cases"]) for row in found.to_pyarrow().to_pylist()}
    return risk(counts, rules)


def risk(counts: Mapping[str, tuple[int, int]], rules: RiskRules) -> pa.Table:
    """Columns of SCHEMA, one row a group in order; `counts` has deaths and cases (with a known way of leaving).

    `basis` says how the class came about: z; no_death: the class that policy declares; few_cases: no class. Where all
    death rates are equal, every z is 0.
    """
    large = {name: its for name, its in counts.items() if its[1] >= max(rules.cases_least, 1)}
    logs = {name: log(deaths / cases) for name, (deaths, cases) in sorted(large.items()) if deaths}
    weights = [large[name][1] if rules.weighting == "cases" else 1 for name in logs]
    mean, deviation = spread(list(logs.values()), weights, rules.deviation == "sample")
    rows = []
    for name, (deaths, cases) in sorted(counts.items()):
        row = {"group": name, "cases": cases, "deaths": deaths, "rate": quotient(deaths, cases)}
        if name not in large:
            row |= {"risk": None, "basis": FEW}
        elif not deaths:
            row |= {"risk": rules.zero_class, "basis": NO_DEATH}
        else:
            z = (logs[name] - mean) / deviation if deviation else 0.0
            row |= {"log_rate": rounded(logs[name]), "z": rounded(z), "basis": OF_Z}
            row["risk"] = class_of(rounded(z), rules.limits)
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def spread(values: Sequence[float], weights: Sequence[int], sample: bool) -> tuple[float, float]:
    """Weighted mean and standard deviation, of a sample (one less below) or a population; 0 where there is none."""
    whole = sum(weights)
    below = whole - 1 if sample else whole
    if not whole:
        return 0.0, 0.0
    mean = sum(weight * value for weight, value in zip(weights, values, strict=True)) / whole
    squares = sum(weight * (value - mean) ** 2 for weight, value in zip(weights, values, strict=True))
    return mean, sqrt(squares / below) if below > 0 else 0.0


def class_of(z: float, limits: Sequence[float]) -> str:
    """The class of a z; each limit belongs to the class above it."""
    return BY_Z[sum(z >= limit for limit in limits)]


def check_risks(risks: pa.Table) -> None:
    """Refuse frozen classes that name a group twice, or a class that there is not."""
    check_once(risks)
    for name in sorted({its for its in risks["risk"].to_pylist() if its is not None} - set(CLASSES)):
        raise Refusal("is no class of mortality risk", column="risk", value=name, cure=f"one of: {', '.join(CLASSES)}")


def check_once(table: pa.Table) -> None:
    """Refuse a table in which a group stands twice."""
    counted = pc.value_counts(table["group"].combine_chunks()).to_pylist()
    for name in sorted(str(row["values"]) for row in counted if row["counts"] > 1):
        raise Refusal("a group stands here twice", column="group", value=name)
