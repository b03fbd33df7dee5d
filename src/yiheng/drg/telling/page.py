"""A group as a page (病组说明页): its category, conditions in words, lists, splits, weight and source, as Markdown."""

from collections.abc import Iterator
from itertools import islice

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.drg.condition import OF_MDC, SS_VALID, Condition, Listed, ListKey, atoms
from yiheng.drg.packs.nearest import near
from yiheng.drg.packs.pack import Group, Mdc, Pack, Rule
from yiheng.drg.packs.standing import CHECKED, UNCHECKED
from yiheng.drg.telling.wording import in_words

# Codes of a list that a page names; `all_codes` names every one.
_NAMED = 10
_WORDS = {
    "category": Word("主要诊断大类", "Major category"),
    "gate": Word("入口条件", "Gate"),
    "rule": Word("规则", "Rule"),
    "condition": Word("入组条件", "Condition"),
    "lists": Word("编码表", "Lists"),
    "codes": Word("个编码", "codes"),
    "splits": Word("细分组(依次判断)", "Splits, tried in order"),
    "weight": Word("权重", "weight"),
    "otherwise": Word("均不满足时", "If none matches"),
    "next": Word("判断下一条规则", "the next rule is tried"),
    "given": Word("给出", "given out:"),
    "source": Word("来源", "Source"),
    "unchecked": UNCHECKED,
    "checked": CHECKED,
    "more": Word("其余", "and more:"),
}


def page(pack: Pack, code: str, lang: str, all_codes: bool = False) -> Iterator[str]:
    """The lines of the page of a DRG or an ADRG; `lang` is zh or en. A code that the pack has not is refused."""
    rules = [(mdc, rule) for mdc in pack.mdcs for rule in pack.rules.get(mdc.code, ()) if _of(rule, code)]
    if not rules:
        raise Refusal(f"{pack.id} has no such group", value=code, cure=near(code, group_codes(pack)))
    return _Page(pack, code, lang, all_codes).lines(rules)


def group_codes(pack: Pack) -> list[str]:
    """Every DRG and ADRG of a pack."""
    rules = [rule for its in pack.rules.values() for rule in its]
    return sorted({group.drg for rule in rules for group in rule.groups} | {rule.adrg for rule in rules})


def _of(rule: Rule, code: str) -> bool:
    return rule.adrg == code or any(group.drg == code for group in rule.groups)


class _Page:
    def __init__(self, pack: Pack, code: str, lang: str, all_codes: bool) -> None:
        self.pack, self.code, self.lang, self.all_codes = pack, code, lang, all_codes

    def say(self, name: str) -> str:
        return _WORDS[name].zh if self.lang == "zh" else _WORDS[name].en

    def lines(self, rules: list[tuple[Mdc, Rule]]) -> Iterator[str]:
        names = [group.name for _, rule in rules for group in rule.groups if group.drg == self.code]
        yield f"# {self.code} {next(iter(names), '')}".rstrip()
        if self.pack.about.note:
            yield from ("", f"**{self.pack.about.note}**")
        for mdc in dict.fromkeys(mdc for mdc, _ in rules):
            yield ""
            yield f"{self.say('category')}: {mdc.code} {mdc.name}"
            yield f"{self.say('gate')}: {self.condition(mdc.gate, mdc.logic)} ({self.place('mdc.csv', mdc.row)})"
            yield from self.lists([mdc.gate])
        for _, rule in rules:
            yield from self.rule(rule)
        yield from self.source()

    def condition(self, when: Condition, logic: str) -> str:
        return f"{in_words(when, self.lang)} `{logic}`"

    def place(self, file: str, row: int) -> str:
        return f"{file} row {row}" if self.lang == "en" else f"{file} 第 {row} 行"

    def rule(self, rule: Rule) -> Iterator[str]:
        yield from ("", f"## {self.say('rule')} {rule.id} ({self.place('adrg.csv', rule.row)})", "")
        yield f"{self.say('condition')}: {self.condition(rule.when, rule.logic)}"
        yield from self.lists([rule.when, *(group.when for group in rule.groups)])
        yield from ("", f"{self.say('splits')}:", "")
        yield from (self.split(group) for group in rule.groups)
        then = f"{self.say('given')} {rule.otherwise}" if rule.otherwise else self.say("next")
        yield f"- {self.say('otherwise')}: {then}"

    def split(self, group: Group) -> str:
        mark = "**" if group.drg == self.code else ""
        weight = self.pack.weights.get(group.drg)
        said = f", {self.say('weight')} {weight}" if weight is not None else ""
        place = self.place("drg.csv", group.row)
        return f"- {mark}{group.drg} {group.name}{mark}: {self.condition(group.when, group.logic)}{said} ({place})"

    def lists(self, conditions: list[Condition]) -> Iterator[str]:
        asked = (atom.key for each in conditions for atom in atoms(each) if isinstance(atom, Listed))
        found = list(dict.fromkeys(asked))
        if found:
            yield from ("", f"{self.say('lists')}:", "")
        yield from (self.list_line(key) for key in found)

    def list_line(self, key: ListKey) -> str:
        members, most = self.pack.list(key), None if self.all_codes else _NAMED
        codes = [code for code, _ in islice(members.items(), most)]
        if key.name in (OF_MDC, SS_VALID) and not self.all_codes:
            codes = []
        named = [f"{code} {self.name(code)}".rstrip() for code in codes]
        left = [f"{self.say('more')} {len(members) - len(codes)}"] if codes and len(codes) < len(members) else []
        said = f": {'; '.join([*named, *left])}" if codes else ""
        return f"- {key} ({len(members)} {self.say('codes')}){said}"

    def name(self, code: str) -> str:
        return self.pack.dx_names.get(code) or self.pack.proc_names.get(code, "")

    def source(self) -> Iterator[str]:
        identity, about = self.pack.identity, self.pack.about
        yield from ("", f"## {self.say('source')}", "")
        yield " ".join(text for text in (identity.id, identity.edition, identity.issuer) if text)
        yield from (f"- {document.title}, {document.article}" for document in about.documents)
        if about.start or about.end:
            yield f"- {about.start or ''} .. {about.end or ''}"
        checked = f"{self.say('checked')} {about.checked_until}" if about.checked_until else self.say("unchecked")
        yield from (f"- {checked}", f"- {self.pack.digest}")
