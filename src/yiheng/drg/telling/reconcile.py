"""Reconciliation (分组核对): why another's group differs from our own, case by case, as data."""

from collections.abc import Iterator
from dataclasses import dataclass

from yiheng.codes.normal import normal
from yiheng.drg.case import Case
from yiheng.drg.condition import Compared, InDept, Known, OneOf, Present, Severe, Severity, atoms
from yiheng.drg.facts import Facts
from yiheng.drg.packs.pack import QY, Group, Mdc, Pack, Rule
from yiheng.drg.reference import unknown_codes
from yiheng.drg.result import AMBIGUOUS, GROUPED, INVALID, UNGROUPABLE, Result
from yiheng.drg.telling.repair import Lack, repair

# How two groups of a case can differ, in the order in which it is looked for.
SAME, ABSENT = "same", "absent"
UNKNOWN_GROUP, UNKNOWN_CODE, MISSING = "unknown_group", "unknown_code", "missing_input"
SEVERITY, SPLIT, RULE, HIDDEN, CATEGORY = "severity", "split", "rule", "earlier_rule", "category"
CLASSES = (
    SAME, ABSENT, INVALID, AMBIGUOUS, UNGROUPABLE, UNKNOWN_GROUP, UNKNOWN_CODE, MISSING, SEVERITY, SPLIT, RULE, HIDDEN,
    CATEGORY,
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """Another's group of a case held against our own.

    - kind: one of CLASSES; other: the other group, None where none was given
    - lacks: what the case lacks for the other group; rule, row: the rule (row of adrg.csv) that this is said of
    - taken_by: what stands before the other group and took the case: a rule, or a group of the same rule
    - severity: the MCC and CC of the case, counted or excluded; unknown: codes that the pack's books lack
    """

    kind: str
    other: str | None
    lacks: tuple[Lack, ...] = ()
    rule: str = ""
    row: int | None = None
    taken_by: str = ""
    severity: tuple[Severity, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        return self.kind in (SAME, ABSENT)


def compared(pack: Pack, case: Case, own: Result, other: str | None) -> Difference:
    """Why `other` is not the group that the pack gives the case; `own` is what it gives."""
    code = normal(other or "")
    if not code:
        return Difference(ABSENT, None)
    if code == own.drg:
        return Difference(SAME, code)
    facts = Facts(pack, case)
    unknown = tuple(text for text in unknown_codes(pack, case) if text)
    ways = list(_ways(pack, code))
    if not ways:
        kind = own.status if own.status == INVALID else UNKNOWN_GROUP
        return Difference(kind, code, severity=facts.severity, unknown=unknown)
    lacks, mdc, rule = _nearest(ways, facts)
    kind = _kind(own, case, lacks, (mdc, rule), facts, bool(unknown))
    if kind == SPLIT and _severe(rule, (own.drg, code)):
        kind = SEVERITY
    taken = "" if lacks else str(own.drg) if kind in (SPLIT, SEVERITY) else _taken_by(pack, facts)
    return Difference(kind, code, lacks, rule.id, rule.row, taken, facts.severity, unknown)


def _ways(pack: Pack, code: str) -> Iterator[tuple[Mdc, Rule, Group | None]]:
    """The rules, and their groups, that give out a code."""
    for mdc in pack.mdcs:
        for rule in pack.rules.get(mdc.code, ()):
            yield from ((mdc, rule, its) for its in rule.groups if its.drg == code)
            if code in (rule.otherwise, mdc.code + QY if rule.ambiguous else ""):
                yield mdc, rule, None


def _nearest(ways: list[tuple[Mdc, Rule, Group | None]], facts: Facts) -> tuple[tuple[Lack, ...], Mdc, Rule]:
    """The way with the fewest lacks, and what it lacks."""
    found = [(_lacks(mdc, rule, its, facts), mdc, rule) for mdc, rule, its in ways]
    return min(found, key=lambda way: len(way[0]))


def _lacks(mdc: Mdc, rule: Rule, its: Group | None, facts: Facts) -> tuple[Lack, ...]:
    conditions = [mdc.gate, rule.when, *([its.when] if its is not None else [])]
    return tuple(dict.fromkeys(lack for when in conditions for lack in repair(when, facts) or ()))


def _taken_by(pack: Pack, facts: Facts) -> str:
    """The rule that gives the case its group."""
    rules = (
        rule
        for mdc in pack.mdcs
        if mdc.gate.holds(facts)
        for rule in pack.rules.get(mdc.code, ())
        if rule.when.holds(facts) and (rule.otherwise or any(its.when.holds(facts) for its in rule.groups))
    )
    return next((rule.id for rule in rules), "")


def _kind(
    own: Result, case: Case, lacks: tuple[Lack, ...], where: tuple[Mdc, Rule], facts: Facts, unknown: bool
) -> str:
    mdc, rule = where
    if own.status != GROUPED:
        return own.status
    if any(_not_said(lack, case) for lack in lacks):
        return MISSING
    if unknown and lacks:
        return UNKNOWN_CODE
    if not mdc.gate.holds(facts):
        return CATEGORY
    if not rule.when.holds(facts):
        return RULE
    return SPLIT if lacks or rule.adrg == own.adrg else HIDDEN


def _severe(rule: Rule, drgs: tuple[str | None, ...]) -> bool:
    """Whether severity tells two groups of a rule apart."""
    conditions = (its.when for its in rule.groups if its.drg in drgs)
    return any(isinstance(atom, Severe) for when in conditions for atom in atoms(when))


def _not_said(lack: Lack, case: Case) -> bool:
    """Whether a condition lacks a number or word that the case does not say."""
    match lack.atom:
        case Compared(field) | OneOf(field) | Known(field) | Present("weight_g" as field) if hasattr(case, field):
            return getattr(case, field) is None
        case InDept():
            return case.dept is None
    return False
