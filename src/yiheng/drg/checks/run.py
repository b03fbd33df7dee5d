"""Running the checks (执行核查): every check of `policy/drg/checks.yaml` with its count, examples and severity."""

from dataclasses import dataclass

from yiheng.base.words import Word
from yiheng.drg.checks import bands, codes, groups, rules
from yiheng.drg.checks.checkup import Check, Checkup
from yiheng.drg.packs.content import Content
from yiheng.drg.packs.load import check_digests
from yiheng.drg.packs.pack import Finding
from yiheng.drg.packs.severities import ERROR, WARNING, checks, severity_of

_SHOWN = 10 // 2
# The other checks are made while a pack is loaded.
CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        rules.dx_outside_mdc, rules.procedure_outside_gate, rules.rule_never_reached, rules.shadowed_rule,
        groups.unreachable_group, groups.no_catch_all, bands.gap_in_bands, bands.overlap_in_bands, bands.weight_of_zero,
        codes.code_not_in_book, codes.prefix_without_code, groups.group_without_name, groups.group_never_produced,
        groups.weight_without_group, groups.group_without_weight,
    )
}  # fmt: skip


@dataclass(frozen=True)
class Checked:
    """What a check found: how many rows, some of them as lines, and how grave it is for this pack."""

    name: str
    word: Word
    severity: str
    count: int
    examples: tuple[str, ...]


def checked(content: Content) -> list[Checked]:
    """The findings of all checks about a pack, those without any left out.

    What cannot be read, or has another digest than it declares, is refused.
    """
    checkup = Checkup(content)
    check_digests(content, checkup.pack)
    loaded = checkup.pack.findings
    found = []
    for name in checks():
        its = checkup.found(CHECKS[name]) if name in CHECKS else [each for each in loaded if each.kind == name]
        if its:
            severity = WARNING if checkup.pack.identity.bare else severity_of(name)
            found.append(Checked(name, checks()[name].word, severity, len(its), _examples(its)))
    return found


def has_errors(found: list[Checked]) -> bool:
    return any(each.severity == ERROR for each in found)


def _examples(findings: list[Finding] | tuple[Finding, ...]) -> tuple[str, ...]:
    return tuple(f"{each.file}{'' if each.row is None else f' {each.row}'}: {each.what}" for each in findings[:_SHOWN])
