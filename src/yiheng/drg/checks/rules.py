"""Checks of rules (规则核查): codes that cannot match, rules that nothing reaches."""

from collections.abc import Iterator

from yiheng.drg.bycode import PREFIX
from yiheng.drg.checks.checkup import Checkup, Tried
from yiheng.drg.checks.reach import Reach, positive
from yiheng.drg.condition import Always, Listed
from yiheng.drg.packs.pack import Finding, Rule

_LISTS = "adrg_list.csv"


def dx_outside_mdc(checkup: Checkup) -> Iterator[Finding]:
    """Principal diagnoses of a rule that the gate of its category does not admit; one finding a code."""
    return _outside(checkup, "pdx", "dx_outside_mdc", "diagnoses")


def procedure_outside_gate(checkup: Checkup) -> Iterator[Finding]:
    """Principal procedures of a rule that the gate of its category does not admit; one finding a code."""
    return _outside(checkup, "pproc", "procedure_outside_gate", "procedures")


def rule_never_reached(checkup: Checkup) -> Iterator[Finding]:
    for tried in checkup.tried():
        if checkup.reach.never(tried.whole):
            what = f"{tried.rule.id} can never hold within the gate of {tried.mdc.code}"
            yield Finding("rule_never_reached", "adrg.csv", tried.rule.row, what)


def shadowed_rule(checkup: Checkup) -> Iterator[Finding]:
    """Rules that an earlier one of their category, which always gives something out, takes all cases of."""
    before: dict[str, list[Rule]] = {}
    for tried in checkup.tried():
        earlier = before.setdefault(tried.mdc.code, [])
        hider = next((rule for rule in earlier if checkup.reach.implies(tried.whole, rule.when)), None)
        if hider is not None and not checkup.reach.never(tried.whole):
            what = f"{tried.rule.id} is hidden by {hider.id} (row {hider.row}), which takes all its cases"
            yield Finding("shadowed_rule", "adrg.csv", tried.rule.row, what)
        if always_answers(tried.rule):
            earlier.append(tried.rule)


def always_answers(rule: Rule) -> bool:
    """Whether a rule that holds gives something out whatever the case."""
    return bool(rule.otherwise) or any(group.when == Always(True) for group in rule.groups)


def _outside(checkup: Checkup, role: str, kind: str, what: str) -> Iterator[Finding]:
    for tried in checkup.tried():
        admitted = checkup.reach.admitted(tried.mdc.gate, role)
        if admitted is not None:
            for listed, code, row in _codes(checkup, tried, role):
                if not _matches(checkup.reach, code, admitted):
                    said = f"{code} of {listed.key} is not among the {what} that the gate of {tried.mdc.code} admits"
                    yield Finding(kind, _LISTS, row, said)


def _codes(checkup: Checkup, tried: Tried, role: str) -> Iterator[tuple[Listed, str, int]]:
    wanted = (atom for atom in positive(tried.rule.when) if isinstance(atom, Listed) and atom.role == role)
    own = {atom.key: atom for atom in wanted if atom.key.owner == tried.rule.id}
    for key, atom in own.items():
        for code, row in checkup.pack.list(key).items():
            yield atom, code, row


def _matches(reach: Reach, code: str, admitted: frozenset[str]) -> bool:
    return code in admitted or (code.endswith(PREFIX) and bool(reach.beginning(code[:-1]) & admitted))
