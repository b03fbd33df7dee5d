"""Supervision (违规行为监管): cases that somebody should look at, with the evidence. Nothing is ever cut here.

Limits and scores are the scheme's. Each function takes cases in their groups (`patients.prepared`, assigned) and gives
flags with the columns of FLAGS; `flags` puts them together.
"""

from fractions import Fraction
from math import ceil, floor
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import Plan, fraction
from yiheng.norms.indices.risk import CLASSES, check_risks
from yiheng.norms.readmission import is_returnable
from yiheng.norms.statistic import rounded
from yiheng.tables.engine import held

LOW_STANDARD, OVERLONG, READMITTED = "low_standard", "overlong", "readmitted"
RECORD, DEATH = "record_quality", "low_risk_death"
KINDS = (LOW_STANDARD, OVERLONG, READMITTED, RECORD, DEATH)
# A value is held against a standard: yuan, days, days since the earlier stay, rules broken, the group's death rate.
FLAGS = pa.schema(
    [("hospital", pa.string()), ("case_id", pa.string()), ("flag", pa.string()), ("score", pa.float64()),
     ("group", pa.string()), ("value", pa.float64()), ("standard", pa.float64()), ("ratio", pa.float64()),
     ("evidence", pa.string())]
)  # fmt: skip
HOSPITALS = pa.schema(
    [("hospital", pa.string()), ("cases", pa.int64()), ("flag", pa.string()), ("flagged", pa.int64()),
     ("share", pa.float64()), ("score", pa.float64())]
)  # fmt: skip


def low_standard(placed: ir.Table, catalogue: pa.Table, plan: Plan, hospitals: pa.Table | None = None) -> ir.Table:
    """Cases that cost little beside their standard: could they have been treated outside?

    The standard is the group's mean, times the hospital's coefficient where `hospitals` gives it (the smallest, where
    it has had several): a small hospital is not odd for costing less.
    """
    rule = plan.value("supervision")
    steps = list(zip(map(fraction, rule["low_ratio"]), rule["low_score"], strict=True))
    placed, coefficients = _with_coefficient(placed, hospitals)
    rows = [
        (group, h, rounded(standard), *(ceil(limit * standard * 100) for limit, _ in steps))
        for group, mean in _figures(catalogue, "mean_cost")
        for h in coefficients
        if (standard := fraction(mean) * fraction(h)) > 0
    ]
    own = _with_limits(placed, rows, len(steps))
    score = ibis.cases(*((own.fen < own[f"limit{at}"], score) for at, (_, score) in enumerate(steps)), else_=None)
    return _flags(own, LOW_STANDARD, score, own.fen / 100.0)


def overlong(placed: ir.Table, catalogue: pa.Table, plan: Plan) -> ir.Table:
    """Cases that stay long beside their group's mean."""
    rule = plan.value("supervision")
    steps = list(zip(map(fraction, rule["stay_ratio"]), rule["stay_score"], strict=True))
    rows = [
        (group, 1.0, mean, *(floor(limit * fraction(mean)) for limit, _ in steps))
        for group, mean in _figures(catalogue, "mean_los")
    ]
    own = _with_limits(placed.mutate(h=ibis.literal(1.0)), rows, len(steps))
    score = ibis.cases(*((own.los > own[f"limit{at}"], score) for at, (_, score) in enumerate(steps)), else_=None)
    return _flags(own, OVERLONG, score, own.los.cast("float64"))


def readmitted(placed: ir.Table, plan: Plan) -> ir.Table:
    """Second admissions of a patient within the days that the scheme says, in any hospital.

    The flag is on the later stay and names the one before; the same group scores otherwise than another. What is no
    readmission to `norms.readmission` is none here: planned ones, further settlements of one stay, and those after a
    way of leaving in `readmission_leaves_out`. Unlike there, the stay just before alone is looked at: whoever came as
    planned, or was moved, is not suspected for an earlier stay.
    """
    rule = plan.value("supervision")
    known = placed.filter(placed.patient.notnull(), placed.admit_date.notnull(), placed.discharge_date.notnull())
    order = [known.admit_date, known.discharge_date, known.hospital, known.case_id]
    window = ibis.window(group_by=known.patient, order_by=order)
    names = ("discharge_date", "hospital", "case_id", "group", "stay_id")
    before = {name: known[name].lag().over(window) for name in names}
    returnable = is_returnable(known, rule["readmission_leaves_out"]).lag().over(window)
    pairs = known.mutate(**{f"before_{name}": its for name, its in before.items()}, returnable=returnable)
    pairs = pairs.mutate(days=pairs.admit_date.delta(pairs.before_discharge_date, unit="day"))
    same_stay = (pairs.stay_id == pairs.before_stay_id) & pairs.hospital.identical_to(pairs.before_hospital)
    pairs = pairs.filter(pairs.days.between(0, rule["readmission_days"]), pairs.returnable, ~same_stay.fill_null(False))
    same = (pairs.group == pairs.before_group).fill_null(False)
    earlier = pairs.before_hospital.fill_null("").concat("/", pairs.before_case_id)
    return _said(
        pairs, READMITTED, same.ifelse(float(rule["same_score"]), float(rule["other_score"])),
        pairs.days.cast("float64"), ibis.literal(float(rule["readmission_days"])),
        earlier.concat(same.ifelse(" same group", " another group")),
    )  # fmt: skip


def record_quality(placed: ir.Table, findings: ir.Table, plan: Plan) -> ir.Table:
    """Cases with findings of the quality rules that are still open: how many rules, and which."""
    score = float(plan.value("supervision")["record_score"])
    own = findings.select("hospital", "case_id", "rule").distinct()
    told = own.group_by(["hospital", "case_id"]).agg(
        rules=own.count(), evidence=own.rule.group_concat(sep=" ", order_by=own.rule)
    )
    found = placed.inner_join(told, ["hospital", "case_id"])
    nothing = ibis.null("float64")
    return _said(found, RECORD, ibis.literal(score), found.rules.cast("float64"), nothing, found.evidence)


def low_risk_deaths(backend: Backend, placed: ir.Table, risks: pa.Table, plan: Plan) -> ir.Table:
    """Deaths in groups whose class of mortality risk the scheme gives a score (`death_scores`).

    `risks` has group, rate and risk, as `norms.indices.risk` makes them, and is refused as `check_risks` says; so is a
    score for a class that there is not.
    """
    check_risks(risks)
    scores = plan.value("supervision")["death_scores"]
    for name in sorted(set(scores) - set(CLASSES)):
        what = "supervision: death_scores: is no class of mortality risk"
        raise Refusal(what, plan.scheme.id, value=name, cure=f"one of: {', '.join(CLASSES)}")
    scored = [row for row in risks.to_pylist() if row["risk"] in scores]
    rows = [(row["group"], row["rate"], scores[row["risk"]], row["risk"]) for row in scored]
    names = ("its_group", "rate", "score", "risk")
    types = (pa.string(), pa.float64(), pa.float64(), pa.string())
    table = pa.table({name: pa.array([row[at] for row in rows], types[at]) for at, name in enumerate(names)})
    its = held(backend, table)
    found = placed.filter(placed.died).inner_join(its, placed.filter(placed.died).group == its.its_group)
    return _said(found, DEATH, found.score, ibis.literal(1.0), found.rate, found.risk)


def flags(backend: Backend, parts: list[ir.Table]) -> ir.Table:
    """All flags as one table, in order of hospital, case and flag."""
    whole = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return backend.create_table(
        ibis.util.gen_name("flags"), whole.order_by(["hospital", "case_id", "flag", "evidence"]), temp=True
    )


def by_hospital(placed: ir.Table, found: ir.Table) -> pa.Table:
    """Columns of HOSPITALS: for each hospital and flag the cases flagged, of all, and the sum of their scores.

    Scores are added in thousandths, so that no order of adding changes the sum.
    """
    every = placed.group_by("hospital").agg(cases=placed.count()).order_by("hospital").to_pyarrow().to_pylist()
    added = found.group_by(["hospital", "flag"]).agg(
        flagged=found.case_id.nunique(), score=(found.score * 1000).round().cast("int64").sum()
    )
    met = {(row["hospital"], row["flag"]): row for row in added.to_pyarrow().to_pylist()}
    rows = []
    for its in every:
        for flag in KINDS:
            row = met.get((its["hospital"], flag), {"flagged": 0, "score": 0})
            share = rounded(Fraction(row["flagged"], its["cases"]))
            rows.append({**its, "flag": flag, "flagged": row["flagged"], "share": share, "score": row["score"] / 1000})
    return pa.Table.from_pylist(rows, schema=HOSPITALS)


def _figures(catalogue: pa.Table, name: str) -> list[tuple[str, float]]:
    rows = zip(catalogue["group"].to_pylist(), catalogue[name].to_pylist(), strict=True)
    return [(group, value) for group, value in rows if value]


def _with_limits(placed: ir.Table, rows: list[tuple[Any, ...]], limits: int) -> ir.Table:
    """The cases whose group has a standard, with it and the whole numbers that the limits come to."""
    kinds = {"its_group": pa.string(), "its_h": pa.float64(), "standard": pa.float64()}
    kinds |= {f"limit{at}": pa.int64() for at in range(limits)}
    columns = {name: pa.array([row[at] for row in rows], kind) for at, (name, kind) in enumerate(kinds.items())}
    its = ibis.memtable(pa.table(columns))
    return placed.inner_join(its, [placed.group == its.its_group, placed.h == its.its_h])


def _with_coefficient(placed: ir.Table, hospitals: pa.Table | None) -> tuple[ir.Table, list[float]]:
    """The cases with `h`, their hospital's coefficient or 1, and all the values that it has."""
    if hospitals is None or not hospitals.num_rows:
        return placed.mutate(h=ibis.literal(1.0)), [1.0]
    least: dict[str, float] = {}
    for row in hospitals.to_pylist():
        least[row["hospital"]] = min(row["coefficient"], least.get(row["hospital"], row["coefficient"]))
    columns = {"of": pa.array(list(least), pa.string()), "its": pa.array(list(least.values()), pa.float64())}
    its = ibis.memtable(pa.table(columns))
    found = placed.left_join(its, placed.hospital == its.of)
    return found.mutate(h=found.its.fill_null(1.0)).drop("of", "its"), sorted({1.0, *least.values()})


def _flags(own: ir.Table, flag: str, score: ir.FloatingValue, value: ir.FloatingValue) -> ir.Table:
    scored = own.mutate(its_score=score, value=value)
    scored = scored.filter(scored.its_score.notnull())
    return _said(scored, flag, scored.its_score, scored.value, scored.standard, ibis.null("string"))


def _said(
    found: ir.Table, flag: str, score: ir.Value, value: ir.Value, standard: ir.Value, evidence: ir.Value
) -> ir.Table:
    """Columns of FLAGS, in ten decimals: a number that a query names comes as a decimal, and is not quite a float's."""
    numbers = {"score": score, "value": value, "standard": standard}
    rounded_to = {name: its.cast("float64").round(10) for name, its in numbers.items()}
    ratio = (value.cast("float64") / standard.cast("float64").nullif(0)).round(10)
    told = found.select(
        "hospital", "case_id", flag=ibis.literal(flag), group=found.group, ratio=ratio,
        evidence=evidence.cast("string"), **rounded_to,
    )  # fmt: skip
    return told.select(FLAGS.names)
