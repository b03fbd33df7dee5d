"""Supervision (违规行为监管): cases that somebody should look at, with the evidence. Nothing is ever cut here."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import log
from statistics import fmean, stdev

from yiheng.dip.figures import rounded
from yiheng.dip.plan import Plan, fraction

LOW_STANDARD, OVERLONG, READMITTED, RECORD = "low_standard", "overlong", "readmitted", "record_quality"
LOW, MIDDLE_LOW, MIDDLE_HIGH, HIGH = "low", "middle_low", "middle_high", "high"


@dataclass(frozen=True)
class Stay:
    """A case as supervision sees it; fees in fen, what is not known is None."""

    hospital: str
    case_id: str
    group: str | None
    patient: str | None = None
    admitted: date | None = None
    discharged: date | None = None
    fee: int | None = None
    los: int | None = None
    died: bool = False
    planned: bool = False


@dataclass(frozen=True)
class Flag:
    """What is odd about a case, how much by the scheme's scores, and what was compared."""

    hospital: str
    case_id: str
    name: str
    score: float
    evidence: Mapping[str, object] = field(default_factory=dict)


def low_standard(stays: Iterable[Stay], standards: Mapping[str, Fraction], plan: Plan) -> list[Flag]:
    """Cases that cost little beside their group's standard (fen): could they have been treated outside?"""
    rule = plan.value("supervision")
    steps = list(zip(map(fraction, rule["low_ratio"]), rule["low_score"], strict=True))
    found = []
    for stay in stays:
        standard = standards.get(stay.group or "")
        if stay.fee is not None and standard:
            ratio = stay.fee / standard
            score = next((score for limit, score in steps if ratio < limit), None)
            if score is not None:
                said = {"ratio": rounded(ratio), "fee": stay.fee, "standard": rounded(standard)}
                found.append(Flag(stay.hospital, stay.case_id, LOW_STANDARD, score, said))
    return found


def overlong(stays: Iterable[Stay], mean_los: Mapping[str, Fraction], plan: Plan) -> list[Flag]:
    """Cases that stay long beside their group's mean (days)."""
    rule = plan.value("supervision")
    steps = list(zip(map(fraction, rule["stay_ratio"]), rule["stay_score"], strict=True))
    found = []
    for stay in stays:
        mean = mean_los.get(stay.group or "")
        if stay.los is not None and mean:
            ratio = stay.los / mean
            score = next((score for limit, score in steps if ratio > limit), None)
            if score is not None:
                said = {"ratio": rounded(ratio), "los": stay.los, "mean": rounded(mean)}
                found.append(Flag(stay.hospital, stay.case_id, OVERLONG, score, said))
    return found


def readmitted(stays: Iterable[Stay], plan: Plan) -> list[Flag]:
    """Second admissions of a patient within the days that the scheme says, in any hospital; planned ones are none.

    The flag is on the later stay and names the earlier; the same group scores otherwise than another.
    """
    rule, found = plan.value("supervision"), []
    by_patient: dict[str, list[Stay]] = defaultdict(list)
    for stay in stays:
        if stay.patient is not None and stay.admitted is not None and stay.discharged is not None:
            by_patient[stay.patient].append(stay)
    for own in by_patient.values():
        own.sort(key=lambda each: (each.admitted or date.min, each.discharged or date.min, each.hospital, each.case_id))
        for before, after in zip(own, own[1:], strict=False):
            days = ((after.admitted or date.min) - (before.discharged or date.min)).days
            if 0 <= days <= rule["readmission_days"] and not before.planned:
                same = before.group is not None and before.group == after.group
                said = {"days": days, "before": f"{before.hospital}/{before.case_id}", "same_group": same}
                score = rule["same_score"] if same else rule["other_score"]
                found.append(Flag(after.hospital, after.case_id, READMITTED, score, said))
    return sorted(found, key=lambda each: (each.hospital, each.case_id))


def record_quality(
    cases: Mapping[str, int], with_findings: Mapping[str, int]
) -> dict[str, tuple[int, int, float | None]]:
    """By hospital: cases with a finding, cases, and the share without one; None where a hospital has no case."""
    found = {}
    for hospital in sorted(set(cases) | set(with_findings)):
        n, bad = cases.get(hospital, 0), with_findings.get(hospital, 0)
        found[hospital] = (bad, n, rounded(1 - Fraction(bad, n)) if n else None)
    return found


@dataclass(frozen=True)
class Risk:
    """A group's class of mortality risk; z is None for a group without a death, whose class the scheme declares."""

    name: str
    deaths: int
    n: int
    z: float | None


def mortality_risk(counts: Mapping[str, tuple[int, int]], plan: Plan) -> dict[str, Risk]:
    """The classes of groups (deaths, cases) by z of the logarithm of their death rate, with the sample deviation.

    z < -1 low, below 0 middle low, below 1 middle high, else high. Groups without a death leave mean and deviation and
    have the class that the scheme names; groups under its least number of cases are left out.
    """
    rule = plan.value("supervision")
    large = {name: each for name, each in counts.items() if each[1] >= rule["death_cases"]}
    logs = {name: log(deaths / n) for name, (deaths, n) in large.items() if deaths}
    spread = stdev(logs.values()) if len(logs) > 1 else 0.0
    mean = fmean(logs.values()) if logs else 0.0
    found = {}
    for name, (deaths, n) in sorted(large.items()):
        if not deaths:
            found[name] = Risk(rule["zero_death_class"], 0, n, None)
        else:
            z = (logs[name] - mean) / spread if spread else 0.0
            found[name] = Risk(_class_of(z), deaths, n, rounded(z))
    return found


def _class_of(z: float) -> str:
    if z < -1:
        return LOW
    return MIDDLE_LOW if z < 0 else MIDDLE_HIGH if z < 1 else HIGH
