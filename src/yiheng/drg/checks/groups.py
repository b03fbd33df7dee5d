"""Checks of groups (细分组核查): rows that nothing reaches, cases that no row takes, names and weights."""

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod

from yiheng.drg.checks.checkup import Checkup
from yiheng.drg.checks.reach import fields, holds_at, points
from yiheng.drg.checks.rules import rule_never_reached, shadowed_rule
from yiheng.drg.condition import All, Always, Atom, Compared, Condition, Listed, Negated, OneOf, Some, atoms
from yiheng.drg.packs.pack import Finding, Group, Rule

_FILE = "drg.csv"
# Combinations of answers that are tried at most.
_MOST = 100 * 1000


def unreachable_group(checkup: Checkup) -> Iterator[Finding]:
    """Rows that an earlier one of their rule goes before whenever they hold, or that never hold."""
    for tried in checkup.tried():
        for place, group in enumerate(tried.rule.groups):
            whole = All((tried.rule.when, group.when))
            earlier = tried.rule.groups[:place]
            hider = next((each for each in earlier if checkup.reach.implies(whole, each.when)), None)
            if hider is not None:
                what = f"{group.drg} of {tried.rule.id} stands after {hider.drg} ({hider.logic}), which takes its cases"
                yield Finding("unreachable_group", _FILE, group.row, what)
            elif checkup.reach.never(whole):
                yield Finding("unreachable_group", _FILE, group.row, f"{group.drg} of {tried.rule.id} can never hold")


def no_catch_all(checkup: Checkup) -> Iterator[Finding]:
    """Rules with cases, all their numbers known, that none of their rows takes; one such case is named."""
    for tried in checkup.tried():
        rule = tried.rule
        if rule.groups and not rule.ambiguous and (left := _left_over(rule)) is not None:
            what = f"no row of {rule.id} takes {left or 'what is left'}: {rule.otherwise or 'the next rule'}"
            yield Finding("no_catch_all", "adrg.csv", rule.row, what)


def group_without_name(checkup: Checkup) -> Iterator[Finding]:
    for row in checkup.content.table("drg").rows():
        if not row["name"]:
            yield Finding("group_without_name", _FILE, row.number, f"{row['drg']} has no name")


def group_never_produced(checkup: Checkup) -> Iterator[Finding]:
    """DRGs that have a name and no row that can be reached."""
    dead = {finding.row for check in (rule_never_reached, shadowed_rule) for finding in checkup.found(check)}
    gone = {finding.row for finding in checkup.found(unreachable_group)}
    reached = [(tried.rule, group) for tried in checkup.tried() for group in tried.rule.groups]
    alive = {group.drg for rule, group in reached if rule.row not in dead and group.row not in gone}
    told = set(alive)
    for row in checkup.content.table("drg").rows():
        if row["name"] and row["drg"] not in told:
            told.add(row["drg"])
            what = f"{row['drg']} {row['name']} is never given out"
            yield Finding("group_never_produced", _FILE, row.number, what)


def weight_without_group(checkup: Checkup) -> Iterator[Finding]:
    """Weights of codes that no row gives out; the code of a rule without a matching DRG is given out too."""
    rules = [rule for its in checkup.pack.rules.values() for rule in its]
    known = {group.drg for rule in rules for group in rule.groups} | {rule.otherwise for rule in rules}
    for row in checkup.content.table("weights").rows():
        if row["drg"] not in known:
            yield Finding("weight_without_group", "weights.csv", row.number, f"there is no DRG {row['drg']}")


def group_without_weight(checkup: Checkup) -> Iterator[Finding]:
    if checkup.pack.weights:
        for drg, group in {group.drg: group for group in _groups(checkup)}.items():
            if drg not in checkup.pack.weights:
                yield Finding("group_without_weight", _FILE, group.row, f"{drg} has no weight")


def _groups(checkup: Checkup) -> Iterator[Group]:
    return (group for rules in checkup.pack.rules.values() for rule in rules for group in rule.groups)


def _left_over(rule: Rule) -> str | None:
    """A case that no row takes, in words; None where every case is taken, or there are too many kinds to try."""
    conditions = [group.when for group in rule.groups]
    if Always(True) in conditions:
        return None
    every: list[Atom] = [atom for each in conditions for atom in atoms(each)]
    words: dict[Atom, str] = {atom: _word(atom) for atom in every if not isinstance(atom, Compared | OneOf)}
    numbers = {field: points(conditions, field) for field in fields(conditions)}
    if prod([len(at) for at in numbers.values()]) << len(words) > _MOST:
        return None
    for yes in product((False, True), repeat=len(words)):
        for values in product(*numbers.values()):
            said: dict[Atom, bool] = dict(zip(words, yes, strict=True))
            at = dict(zip(numbers, values, strict=True))
            if not any(_holds(each, said, at) for each in conditions):
                no = [f"{'' if its else 'not '}{words[atom]}" for atom, its in said.items()]
                return ", ".join([*no, *(f"{field} {value:g}" for field, value in at.items())])
    return None


def _word(atom: Atom) -> str:
    return f"{atom.text} of {atom.key.owner}" if isinstance(atom, Listed) and atom.key.owner else atom.text


def _holds(condition: Condition, said: Mapping[Atom, bool], at: Mapping[str, float]) -> bool:
    match condition:
        case All(parts):
            return all(_holds(part, said, at) for part in parts)
        case Some(parts):
            return any(_holds(part, said, at) for part in parts)
        case Negated(part):
            return not _holds(part, said, at)
        case Compared(field) | OneOf(field):
            return holds_at(condition, field, at[field])
    return said[condition]
