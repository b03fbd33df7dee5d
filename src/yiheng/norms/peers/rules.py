"""Rules of comparison (比较口径): the values of `policy/norms/peers` on a day."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.policy.loader import Scheme, scheme

POLICY = "norms/peers"
# What each kind of chart rule is told by.
KINDS = {"beyond": (), "side": ("length",), "trend": ("length",), "zone": ("length", "at_least", "sigmas")}


@dataclass(frozen=True)
class Signal:
    """A rule that marks points of a chart; what its kind does not ask for is 0."""

    id: str
    kind: str
    length: int = 0
    at_least: int = 0
    sigmas: float = 0


@dataclass(frozen=True)
class Comparing:
    """What is in force on a day; `digest` is that of the text."""

    alike: tuple[tuple[str, ...], ...]
    covered_least: Fraction
    peers_least: int
    pair_cases_least: int
    confidence: float
    shown_cases_least: int
    chart_months_least: int
    chart_sigmas: float
    signals: tuple[Signal, ...]
    digest: str = ""


def comparing(day: date) -> Comparing:
    """How units are compared on `day`."""
    return comparing_of(scheme(POLICY), day)


def comparing_of(its: Scheme, day: date) -> Comparing:
    """What a policy file says on `day`; what it does not set, or a rule of no known kind, is refused by name."""
    alike = tuple(tuple(step) for step in its.value("alike", day) or ())
    if not alike:
        raise Refusal("alike: names no step", file=its.id, cure="[] is a step: any hospital of the region")
    return Comparing(
        alike=alike,
        covered_least=Fraction(str(its.value("covered_least", day))),
        peers_least=its.value("peers_least", day),
        pair_cases_least=its.value("pair_cases_least", day),
        confidence=its.value("confidence", day),
        shown_cases_least=its.value("shown_cases_least", day),
        chart_months_least=its.value("chart_months_least", day),
        chart_sigmas=its.value("chart_sigmas", day),
        signals=tuple(_signal(its, row) for row in its.value("chart_rules", day)),
        digest=its.digest,
    )


def _signal(its: Scheme, row: dict[str, Any]) -> Signal:
    kind = row.get("kind")
    if kind not in KINDS or set(row) != {"id", "kind", *KINDS[kind]}:
        raise Refusal("chart_rules: is no rule of a chart", file=its.id, value=str(row), cure=_KNOWN)
    return Signal(**row)


_KNOWN = "; ".join(f"{kind}: {', '.join(('id', 'kind', *names))}" for kind, names in KINDS.items())
