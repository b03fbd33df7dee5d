"""Rules of physicians' figures (医师指标口径): the values of `policy/norms/doctors` on a day."""

from dataclasses import dataclass
from datetime import date

from yiheng.base.refusal import Refusal
from yiheng.policy.loader import Scheme, scheme

POLICY = "norms/doctors"
# What cases carry to tell whose they are.
_ATTRIBUTIONS = ("physician",)


@dataclass(frozen=True)
class Attributed:
    """What is in force on a day; `digest` is that of the text."""

    attribution: str
    doctor_cases_least: int
    pair_cases_least: int
    expected_deaths_least: float
    confidence: float
    digest: str = ""


def attributed(day: date) -> Attributed:
    """How figures of physicians are made on `day`."""
    return attributed_of(scheme(POLICY), day)


def attributed_of(its: Scheme, day: date) -> Attributed:
    """What a policy file says on `day`; an attribution by what cases do not carry is refused."""
    attribution = its.value("attribution", day)
    if attribution not in _ATTRIBUTIONS:
        cure = f"one of: {', '.join(_ATTRIBUTIONS)}"
        raise Refusal("attribution: cases carry no such thing", file=its.id, value=str(attribution), cure=cure)
    return Attributed(
        attribution=attribution,
        doctor_cases_least=its.value("doctor_cases_least", day),
        pair_cases_least=its.value("pair_cases_least", day),
        expected_deaths_least=its.value("expected_deaths_least", day),
        confidence=its.value("confidence", day),
        digest=its.digest,
    )
