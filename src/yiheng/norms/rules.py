"""Rules of counting (统计口径): the values of `policy/norms` that cases are counted by on a day."""

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from yiheng.base.refusal import Refusal
from yiheng.policy.loader import Scheme, scheme

INDICES, EXPECTED = "norms/indices", "norms/expected"
# What a stratum of a group may be made of; see `groups.severity`.
STRATUM = ("severity", "charlson", "age_band")
_CHOICES = {
    "risk_deviation": ("sample", "population"),
    "risk_weighting": ("groups", "cases"),
    "risk_zero_class": ("low", "zero"),
    "home_column": ("residence", "insured_area"),
    "charlson_weights": ("charlson1987", "quan2011"),
}


@dataclass(frozen=True)
class RiskRules:
    """How groups are classed by their mortality, see `norms.indices.risk`.

    - limits: of z, each of the class above it; deviation: sample or population; weighting: groups or cases
    - zero_class: low or zero, of groups without a death; cases_least: of a group for it to have a class
    """

    limits: tuple[float, float, float]
    deviation: str
    weighting: str
    zero_class: str
    cases_least: int


@dataclass(frozen=True)
class Rules:
    """What `norms/indices` says on a day; `digest` is that of its text."""

    high_weight: float
    risk: RiskRules
    readmission_days: int
    readmission_leaves_out: tuple[int, ...]
    home_column: str
    diagnosis_chars: int
    digest: str = ""


@dataclass(frozen=True)
class Expecting:
    """What `norms/expected` says on a day; `digest` is that of its text."""

    chain: tuple[tuple[str, ...], ...]
    stratum_cases_least: int
    ages: tuple[int, ...]
    charlson_weights: str
    charlson_bands: tuple[int, ...]
    categories_shown: int
    digest: str = ""


def rules(day: date) -> Rules:
    """How indices are counted on `day`."""
    return rules_of(scheme(INDICES), day)


def expecting(day: date) -> Expecting:
    """How expected fees and stays are made on `day`."""
    return expecting_of(scheme(EXPECTED), day)


def rules_of(its: Scheme, day: date) -> Rules:
    """What a policy file says; a choice that there is not is refused by name."""
    return Rules(
        high_weight=its.value("high_weight", day),
        risk=_risk_rules(its, day),
        readmission_days=its.value("readmission_days", day),
        readmission_leaves_out=tuple(its.value("readmission_leaves_out", day)),
        home_column=_chosen(its, "home_column", day),
        diagnosis_chars=its.value("diagnosis_chars", day),
        digest=its.digest,
    )


def _risk_rules(its: Scheme, day: date) -> RiskRules:
    low, middle, high = its.value("risk_limits", day)
    return RiskRules(
        limits=(low, middle, high),
        deviation=_chosen(its, "risk_deviation", day),
        weighting=_chosen(its, "risk_weighting", day),
        zero_class=_chosen(its, "risk_zero_class", day),
        cases_least=its.value("risk_cases_least", day),
    )


def expecting_of(its: Scheme, day: date) -> Expecting:
    """What a policy file says; a chain that does not end with the group itself is refused."""
    chain = tuple(tuple(step) for step in its.value("chain", day))
    if not chain or chain[-1]:
        raise Refusal("chain: does not end with the group itself", file=its.id)
    for name in (name for step in chain for name in step if name not in STRATUM):
        raise Refusal("chain: there is no such column", file=its.id, value=name, cure=f"of: {', '.join(STRATUM)}")
    return Expecting(
        chain=chain,
        stratum_cases_least=its.value("stratum_cases_least", day),
        ages=tuple(its.value("ages", day)),
        charlson_weights=_chosen(its, "charlson_weights", day),
        charlson_bands=tuple(its.value("charlson_bands", day)),
        categories_shown=its.value("categories_shown", day),
        digest=its.digest,
    )


def last_day(cases: ir.Table) -> date:
    """The day whose policy holds for all of them: the last discharge, or the end of the last year; else refused."""
    ends = ibis.coalesce(cases.discharge_date, ibis.date(cases.year.cast("string").concat("-12-31")))
    found: date | None = ends.max().to_pyarrow().as_py()
    if found is None:
        raise Refusal("no case has a discharge date or a year: the policy of which day holds?", column="year")
    return found


def _chosen(its: Scheme, name: str, day: date) -> str:
    value, known = its.value(name, day), _CHOICES[name]
    if value not in known:
        raise Refusal(
            f"{name}: there is no such way", file=its.id, value=str(value), cure=f"one of: {', '.join(known)}"
        )
    return str(value)
