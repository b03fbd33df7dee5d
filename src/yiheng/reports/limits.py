"""Report limits (报告限值): the values of `policy/reports/limits.yaml` that a report is made with."""

from dataclasses import dataclass
from datetime import date

from yiheng.policy.loader import Dated, Parameter, Scheme, scheme

LIMITS = "reports/limits"


@dataclass(frozen=True)
class Limits:
    """What is in force on the report's day.

    - pair_cases, watch_cases: from how many cases on a hospital's group, or its complications, are shown
    - confidence: of an interval, as a part of 1; ages: first year of each age band but the first, ascending
    - principal_chars: how much of the principal diagnosis makes cases alike
    - unofficial: ids of packs that nobody issued
    - digest: of the policy file; unchecked: what of it nobody has held against a source
    """

    pair_cases: int
    watch_cases: int
    confidence: float
    ages: tuple[int, ...]
    principal_chars: int
    unofficial: tuple[str, ...]
    digest: str = ""
    unchecked: tuple[tuple[Parameter, Dated], ...] = ()


def limits(day: date) -> Limits:
    """The limits in force on `day`."""
    return limits_of(scheme(LIMITS), day)


def limits_of(its: Scheme, day: date) -> Limits:
    """The limits that a policy file sets on `day`; one that it does not set is refused by name."""
    return Limits(
        pair_cases=its.value("pair_cases_least", day),
        watch_cases=its.value("watch_cases_least", day),
        confidence=its.value("watch_confidence", day),
        ages=tuple(its.value("watch_ages", day)),
        principal_chars=its.value("watch_principal_chars", day),
        unofficial=tuple(its.value("unofficial_packs", day)),
        digest=its.digest,
        unchecked=tuple(its.unchecked(day)),
    )
