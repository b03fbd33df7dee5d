"""The reference evaluator (参考分组器): the readable definition of what a pack says about a case.

MDCs in their order; a gate that is open tries its rules in order; the first rule that matches tries its groups in
order, the first group that matches is given out. A rule without a matching group gives its ADRG out or lets the next
rule try; an MDC without a matching rule lets the next MDC try.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from yiheng.drg import reason
from yiheng.drg.case import Case, problems
from yiheng.drg.condition import Condition
from yiheng.drg.facts import Facts
from yiheng.drg.packs.pack import QY, Group, Mdc, Pack, Rule
from yiheng.drg.result import AMBIGUOUS, GROUPED, INVALID, UNGROUPABLE, Result
from yiheng.drg.trace import Step, step

# The part of a code that is its ADRG.
_ADRG = len("AA1")


@dataclass(frozen=True)
class Found:
    """The code that a rule gives out, and what is to be said about it."""

    rule: Rule
    code: str
    why: str

    @property
    def status(self) -> str:
        return AMBIGUOUS if self.rule.ambiguous else GROUPED

    @property
    def mdc(self) -> str:
        return self.rule.mdc if self.rule.ambiguous else self.code[:1]

    @property
    def adrg(self) -> str:
        return QY if self.rule.ambiguous else self.code[:_ADRG]


def matched(rule: Rule, its: Group) -> Found:
    """What a rule gives out when this group of it matches."""
    return Found(rule, its.drg, reason.ambiguous(rule.id) if rule.ambiguous else "")


def unmatched(rule: Rule) -> Found | None:
    """What a rule gives out when none of its groups matches; None lets the next rule try."""
    if not rule.otherwise:
        return None
    return Found(rule, rule.otherwise, reason.ambiguous(rule.id) if rule.ambiguous else reason.no_group(rule.id))


def group(pack: Pack, case: Case, steps: list[Step] | None = None) -> Result:
    """Group one case; `steps` takes down what is tried on the way.

    A code that the pack's books do not have changes nothing but the reason, which names it.
    """
    named = unknown_codes(pack, case)
    wrong = problems(case, pack.switches.newborn_days)
    if any(wrong):
        return Result(INVALID, None, None, None, reason.together([reason.invalid(wrong), *named]))
    facts = Facts(pack, case)
    for tried, said in _attempts(pack, facts):
        if found := _first(pack, tried, steps):
            why = reason.together([found.why, said, *named])
            return Result(found.status, found.mdc, found.adrg, found.code, why, facts.gravest)
    opened = reason.no_rule(mdc.code for mdc in pack.mdcs if mdc.gate.holds(facts))
    return Result(UNGROUPABLE, None, None, None, reason.together([opened, *named]))


def unknown_codes(pack: Pack, case: Case) -> list[str]:
    """What a reason says of the codes that are not in the pack's books; of an empty book, nothing."""
    return [
        reason.unknown("dx", _lacked(case.dx, pack.dx_names)),
        reason.unknown("proc", _lacked(case.proc, pack.proc_names)),
    ]


def _lacked(codes: tuple[str | None, ...], book: Mapping[str, str]) -> list[str]:
    return [code for code in codes if code is not None and book and code not in book]


def _attempts(pack: Pack, facts: Facts) -> Iterator[tuple[Facts, str]]:
    """The case as it is; where the pack retries, then with each other procedure alone, and what is said of that."""
    yield facts, ""
    if pack.switches.retry_each_other_procedure:
        for procedure in facts.case.proc[1:]:
            if procedure is not None:
                yield facts.alone(procedure), reason.retried(procedure)


def _first(pack: Pack, facts: Facts, steps: list[Step] | None) -> Found | None:
    """The first code that a rule of an open MDC gives out."""
    for mdc in pack.mdcs:
        if _holds(mdc, mdc.gate, facts, steps):
            for rule in pack.rules.get(mdc.code, ()):
                if found := _given_out(rule, facts, steps):
                    return found
    return None


def _given_out(rule: Rule, facts: Facts, steps: list[Step] | None) -> Found | None:
    """What a rule gives out for a case, None where it lets the next one try."""
    if not _holds(rule, rule.when, facts, steps):
        return None
    for its in rule.groups:
        if _holds(its, its.when, facts, steps):
            return matched(rule, its)
    return unmatched(rule)


def _holds(tried: Mdc | Rule | Group, when: Condition, facts: Facts, steps: list[Step] | None) -> bool:
    held = when.holds(facts)
    if steps is not None:
        steps.append(step(tried, when, held, facts))
    return held
