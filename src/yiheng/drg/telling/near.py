"""Near misses (临近病组): groups that a case would have reached with one or two conditions more, and how."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import product
from typing import Any

from yiheng.drg.case import Case
from yiheng.drg.condition import Compared, Condition, Listed, OneOf, atoms
from yiheng.drg.facts import Facts
from yiheng.drg.packs.pack import Group, Mdc, Pack, Rule
from yiheng.drg.reference import group
from yiheng.drg.result import Result
from yiheng.drg.telling.remedy import remedy
from yiheng.drg.telling.repair import Lack, repair
from yiheng.drg.telling.whatif import Changes, changed

# Conditions that may be lacking.
_FEW = len(("one", "two"))
PRE_MDC = "pre_mdc"
# Numbers whose absence is looked into.
_NUMBERS = ("age", "age_days", "weight_g", "los", "icu_hours", "sex", "discharge")


@dataclass(frozen=True)
class NearMiss:
    """A rule (`rule`) or group (`drg`) that was tried before the one given out and lacked few conditions.

    - code, name: its ADRG or DRG; file, row: where it stands
    - lacks: what was lacking; changes: an example that makes up for it, None where none can be given
    - would_be: what the case would then be, found by grouping it so; None without an example
    """

    kind: str
    mdc: str
    id: str
    code: str
    name: str
    lacks: tuple[Lack, ...]
    changes: Changes | None
    would_be: Result | None
    file: str
    row: int


@dataclass(frozen=True)
class Unsaid:
    """A number that the case does not say, and the other results that it could have with it: a value and a result."""

    field: str
    results: tuple[tuple[float, Result], ...]


@dataclass(frozen=True)
class Near:
    """What a case nearly was; near misses with an example and fewer lacks first."""

    result: Result
    misses: tuple[NearMiss, ...]
    unsaid: tuple[Unsaid, ...]


def near(pack: Pack, case: Case) -> Near:
    """What is lacking for other groups, and what numbers that are not given could change."""
    result = group(pack, case)
    facts = Facts(pack, case)
    found = [] if result.status == "invalid" else list(_misses(pack, case, facts, result))
    found.sort(key=lambda miss: (miss.would_be is None, len(miss.lacks), miss.kind == "rule"))
    return Near(result, tuple(found), tuple(_unsaid(pack, case, result)))


def near_data(found: Near) -> dict[str, Any]:
    """Near misses as plain data, for JSON."""
    data = asdict(found)
    for miss, its in zip(data["misses"], found.misses, strict=True):
        miss["lacks"] = [{"condition": lack.atom.text, "wanted": lack.wanted} for lack in its.lacks]
    return data


def _misses(pack: Pack, case: Case, facts: Facts, result: Result) -> Iterator[NearMiss]:
    for mdc in pack.mdcs:
        gate = repair(mdc.gate, facts)
        if gate is None or len(gate) > _FEW or (mdc.kind != PRE_MDC and _by_code(gate)):
            continue
        for rule in pack.rules.get(mdc.code, ()):
            lacks = _together(gate, repair(rule.when, facts))
            if lacks == ():
                yield from _split(case, facts, mdc, rule)
                if _ends(rule, facts):
                    return
            elif lacks is not None and len(lacks) <= _FEW:
                miss = _miss(case, facts, mdc, rule, None, lacks)
                if miss.would_be is None or miss.would_be.drg != result.drg:
                    yield miss


def _split(case: Case, facts: Facts, mdc: Mdc, rule: Rule) -> Iterator[NearMiss]:
    """The groups of a rule that matches, before the one that is given out."""
    for its in rule.groups:
        lacks = repair(its.when, facts)
        if lacks == ():
            return
        if lacks is not None and len(lacks) <= _FEW:
            yield _miss(case, facts, mdc, rule, its, lacks)


def _ends(rule: Rule, facts: Facts) -> bool:
    return bool(rule.otherwise) or any(its.when.holds(facts) for its in rule.groups)


def _miss(case: Case, facts: Facts, mdc: Mdc, rule: Rule, its: Group | None, lacks: tuple[Lack, ...]) -> NearMiss:
    changes = remedy(lacks, facts)
    would_be = None if changes is None else group(facts.pack, changed(case, changes))
    if its is not None:
        return NearMiss("drg", mdc.code, rule.id, its.drg, its.name, lacks, changes, would_be, "drg.csv", its.row)
    return NearMiss("rule", mdc.code, rule.id, rule.adrg, rule.adrg, lacks, changes, would_be, "adrg.csv", rule.row)


def _by_code(gate: tuple[Lack, ...]) -> bool:
    """Whether a gate lacks a code: then the case belongs to another category altogether."""
    return any(isinstance(lack.atom, Listed) for lack in gate)


def _together(gate: tuple[Lack, ...], own: tuple[Lack, ...] | None) -> tuple[Lack, ...] | None:
    return None if own is None else tuple(dict.fromkeys((*gate, *own)))


def _unsaid(pack: Pack, case: Case, result: Result) -> Iterator[Unsaid]:
    """For each number that is not given: the results beyond the present one that its borders lead to."""
    for field in _NUMBERS:
        if getattr(case, field) is not None or (field == "age_days" and case.age != 0):
            continue
        found: dict[Result, float] = {}
        for value in _borders(pack).get(field, ()):
            its = group(pack, changed(case, Changes(numbers={field: value})))
            if its != result:
                found.setdefault(its, value)
        if found:
            yield Unsaid(field, tuple((value, its) for its, value in found.items()))


@lru_cache(maxsize=10)
def _borders(pack: Pack) -> dict[str, list[float]]:
    """Values around those that a pack compares each number with."""
    asked: dict[str, set[float]] = {"age": {0}, "age_days": {pack.switches.newborn_days}, "weight_g": {0}}
    for when in _conditions(pack):
        for atom in atoms(when):
            match atom:
                case Compared(field, _, value) if field in _NUMBERS:
                    asked.setdefault(field, set()).add(value)
                case OneOf(field, values):
                    asked.setdefault(field, set()).update(values)
    around = {field: {max(v + step, 0) for v, step in product(its, (-1, 0, 1))} for field, its in asked.items()}
    return {field: sorted(its) for field, its in (around | {"sex": {1, 2}}).items()}


def _conditions(pack: Pack) -> Iterator[Condition]:
    for mdc in pack.mdcs:
        yield mdc.gate
        for rule in pack.rules.get(mdc.code, ()):
            yield rule.when
            yield from (its.when for its in rule.groups)
