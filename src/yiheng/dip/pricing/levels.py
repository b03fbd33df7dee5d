"""Levels of the auxiliary catalogue (辅助目录分级): which a case hits, by the scheme's lists and limits.

Other diagnoses only: the principal one has made the group. What is not known hits no level.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.codes.charlson import score
from yiheng.dip.plan import Plan, begins

CCI, SEVERITY, TUMOUR, AGE = "cci", "severity", "tumour", "age"


def level_column(kind: str) -> str:
    """The column in which tables of cases have the level of a kind."""
    return f"level_{kind}"


@dataclass(frozen=True)
class Facts:
    """What levels ask of a case; `los` and `age_days` in days, `age` in years, None where it is not known."""

    dx: Sequence[str]
    proc: Sequence[str] = field(default_factory=tuple)
    los: int | None = None
    died: bool = False
    age: int | None = None
    age_days: int | None = None


def level_of(kind: str, facts: Facts, plan: Plan) -> str | None:
    """The level of one kind that a case hits, None where it hits none; an unknown kind is refused."""
    if kind not in _KINDS:
        what = "auxiliary_kinds: is no kind of level"
        raise Refusal(what, plan.scheme.id, value=kind, cure=f"one of: {', '.join(_KINDS)}")
    return _KINDS[kind](facts, plan)


def _cci(facts: Facts, plan: Plan) -> str | None:
    """CCI-1 and up by the least score of each level; none for a score below the first."""
    found = score(facts.dx[1:], plan.value("cci_weights"))
    reached = sum(found >= least for least in plan.value("cci_levels"))
    return f"CCI-{reached}" if reached else None


def _severity(facts: Facts, plan: Plan) -> str | None:
    rule = plan.value("severity_levels")
    return _graded(facts, rule["short_stay"], rule, ("IV-A", "IV-B"))


def _tumour(facts: Facts, plan: Plan) -> str | None:
    """The levels of a case whose principal diagnosis is a tumour, the gravest."""
    rule, lists = plan.value("tumour_levels"), plan.value("severity_levels")
    if not (facts.dx and begins(facts.dx[0], rule["tumour"])):
        return None
    if facts.died:
        return _graded(facts, rule["short_stay"], lists, ("VI-A", "VI-B"))
    for level, treatment in (("V-B", "chemotherapy"), ("V-A", "radiotherapy")):
        if any(begins(code, rule[treatment]) for code in facts.proc):
            return level
    if any(begins(code, rule["metastasis"]) for code in facts.dx[1:]):
        return "IV"
    return _graded(facts, rule["short_stay"], lists, ("VI-A", "VI-B"))


def _graded(facts: Facts, short: int, lists: dict[str, Any], dead: tuple[str, str]) -> str | None:
    """Death early or late, else a grave complication, else another, else a short stay or a longer one."""
    if facts.los is not None and facts.died:
        return dead[0] if facts.los <= short else dead[1]
    if facts.died:
        return None
    for level, name in (("III", "mcc"), ("II", "cc")):
        if any(begins(code, lists[name]) for code in facts.dx[1:]):
            return level
    if facts.los is None:
        return None
    return "I-A" if facts.los <= short else "I-B"


def _age(facts: Facts, plan: Plan) -> str | None:
    for name, unit, first, last in plan.value("age_levels"):
        known = facts.age_days if unit == "days" else facts.age
        if known is not None and first <= known <= last and not (unit == "years" and facts.age == 0):
            return str(name)
    return None


_KINDS = {CCI: _cci, SEVERITY: _severity, TUMOUR: _tumour, AGE: _age}
