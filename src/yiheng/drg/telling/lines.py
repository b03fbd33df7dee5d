"""An explanation in words (入组说明): Chinese or English lines, made late from the data of a trace."""

from collections.abc import Iterable, Iterator, Mapping

from yiheng.base.words import Word
from yiheng.drg.bycode import known_codes
from yiheng.drg.case import PROBLEMS
from yiheng.drg.condition import Condition, Severity
from yiheng.drg.packs.pack import Pack
from yiheng.drg.packs.standing import Standing
from yiheng.drg.result import AMBIGUOUS, GROUPED, INVALID, UNGROUPABLE, Result
from yiheng.drg.telling.explanation import Explanation
from yiheng.drg.telling.near import Near, NearMiss, Unsaid
from yiheng.drg.telling.reconcile import SEVERITY, Difference
from yiheng.drg.telling.whatif import Changes, WhatIf
from yiheng.drg.telling.wording import in_words_with_owners
from yiheng.drg.trace import Asked, Step

_STATUS = {
    GROUPED: Word("已入组", "grouped"),
    AMBIGUOUS: Word("歧义组", "ambiguous"),
    UNGROUPABLE: Word("未入组", "ungroupable"),
    INVALID: Word("校验未通过", "invalid"),
}
_KIND = {"mdc": Word("MDC", "MDC"), "rule": Word("ADRG规则", "ADRG rule"), "drg": Word("DRG", "DRG")}
_PROBLEMS = ("无诊断", "性别不是 1 或 2", "年龄缺失", "不足一岁而日龄缺失", "新生儿缺体重")
_YES, _NO = Word("符合", "yes"), Word("不符合", "no")
_WORDS = {
    "pack": Word("方案", "pack"),
    "result": Word("结果", "result"),
    "reason": Word("原因", "reason"),
    "steps": Word("依次判断", "tried in order"),
    "severity": Word("并发症与合并症", "complications and comorbidities"),
    "counted": Word("计入", "counted"),
    "excluded": Word("排除(主要诊断的排除表亦为 {table})", "excluded (the principal diagnosis has table {table} too)"),
    "missing": Word("缺少的项目及其影响", "what was missing, and what asked for it"),
    "unsaid": Word("未填", "not given"),
    "dx": Word("诊断", "diagnoses"),
    "proc": Word("手术操作", "procedures"),
    "near": Word("临近病组", "near misses"),
    "lacks": Word("缺", "lacks:"),
    "spare": Word("不应", "should not be:"),
    "example": Word("例如", "for example"),
    "would_be": Word("则为", "it would be"),
    "unsaid_effect": Word("未填项目可能改变的结果", "what numbers that are not given could change"),
    "met": Word("符合", "matches"),
    "earlier": Word("已由更前的 {rule} 收入", "{rule} stands before it and took the case"),
    "more": Word("其余 {count} 项", "and {count} more"),
    "simulation": Word("模拟结果, 不得回写病案", "A simulation: never to be written back to the record"),
    "before": Word("改动前", "before"),
    "after": Word("改动后", "after"),
    "changes": Word("改动", "changes"),
}
_CHANGES = {
    "principal": Word("主要诊断", "principal diagnosis"),
    "add_dx": Word("增加诊断", "add the diagnosis"),
    "drop_dx": Word("去掉诊断", "drop the diagnosis"),
    "principal_proc": Word("主要手术操作", "principal procedure"),
    "add_proc": Word("增加手术操作", "add the procedure"),
    "drop_proc": Word("去掉手术操作", "drop the procedure"),
}
# The kinds of differences between groups, as `reconcile.CLASSES` names them.
KINDS = {
    "same": Word("一致", "the same"),
    "absent": Word("未给出", "not given"),
    INVALID: Word("校验未通过", "our own is invalid"),
    AMBIGUOUS: Word("歧义组", "our own is ambiguous"),
    UNGROUPABLE: Word("未入组", "our own is ungroupable"),
    "unknown_group": Word("方案中无此病组(版本不同)", "the pack has no such group (another version)"),
    "unknown_code": Word("有方案编码库之外的编码", "there are codes that the pack does not know"),
    "missing_input": Word("缺少项目", "a number is missing"),
    SEVERITY: Word("并发症与合并症计入或排除不同", "complications counted or excluded otherwise"),
    "split": Word("细分条件不同", "split otherwise"),
    "rule": Word("不符合其ADRG规则", "its ADRG rule does not match"),
    "earlier_rule": Word("更前的规则已收入", "an earlier rule took it"),
    "category": Word("主要诊断大类不同", "another major category"),
}
# Near misses that are told; the data have all.
_TOLD = 10


def told(explanation: Explanation, pack: Pack, lang: str) -> Iterator[str]:
    """The lines of an explanation; `lang` is zh or en."""
    say = _Words(lang)
    result = explanation.result
    codes = [code for code in (result.mdc, result.adrg, result.drg) if code]
    yield f"{say('pack')}: {'; '.join(_standing(explanation.pack))}"
    yield f"{say('dx')}: {_named(explanation.case.dx, pack.dx_names)}"
    yield f"{say('proc')}: {_named(explanation.case.proc, pack.proc_names)}"
    yield f"{say('result')}: {say.word(_STATUS[result.status])} {' > '.join(codes)}".rstrip()
    if result.reason:
        yield f"{say('reason')}: {say.reason(explanation, pack)}"
    yield from _titled(say("steps"), (line for step in explanation.steps for line in _step(step, say)))
    yield from _titled(say("severity"), (_severity(found, pack, say) for found in explanation.severity))
    yield from _titled(say("missing"), (f"{gap.field} <- {'; '.join(gap.asked_by)}" for gap in explanation.missing))


def _standing(pack: Standing) -> Iterator[str]:
    """The pack in short, and what it says of itself."""
    yield f"{pack.id} ({pack.digest[:10]})"
    yield from (text for text in (pack.issuer, pack.note) if text)


def told_near(found: Near, pack: Pack, lang: str) -> Iterator[str]:
    """The lines of near misses, and of what numbers that are not given could change."""
    say = _Words(lang)
    lines = [_miss(miss, pack, say) for miss in found.misses]
    more = [say("more").format(count=len(lines) - _TOLD)] if len(lines) > _TOLD else []
    yield from _titled(say("near"), [*lines[:_TOLD], *more])
    yield from _titled(say("unsaid_effect"), (_effects(gap, pack, say) for gap in found.unsaid))


def told_what_if(found: WhatIf, pack: Pack, lang: str) -> Iterator[str]:
    """The lines of a simulation: what was changed, the result before, the explanation after."""
    say = _Words(lang)
    yield f"*** {say('simulation')} ***"
    yield f"{say('changes')}: {_changes(found.changes, pack, say)}"
    yield f"{say('before')}: {_result(found.before.result, pack, say)}"
    yield f"{say('after')}: {_result(found.after.result, pack, say)}"
    yield from told(found.after, pack, lang)


def told_difference(found: Difference, pack: Pack, lang: str) -> str:
    """Why another's group differs, on one line; nothing where it does not."""
    if found.same:
        return ""
    say = _Words(lang)
    parts = [f"{say('lacks' if lack.wanted else 'spare')} {say.condition(lack.atom)}" for lack in found.lacks]
    if found.rule:
        parts = [f"{found.other} ({found.rule}, adrg.csv {found.row}): {', '.join(parts) or say('met')}"]
    parts += [say("earlier").format(rule=found.taken_by)] if found.taken_by else []
    parts += [_severity(its, pack, say) for its in found.severity] if found.kind == SEVERITY else []
    return f"{say.word(KINDS[found.kind])}: {'; '.join([*parts, *found.unknown])}".removesuffix(": ")


class _Words:
    """Words in one language."""

    def __init__(self, lang: str) -> None:
        self._lang = lang

    def __call__(self, name: str) -> str:
        return self.word(_WORDS[name])

    def reason(self, explanation: Explanation, pack: Pack) -> str:
        """The reason as an output has it; in Chinese made anew from the trace."""
        return str(explanation.result.reason) if self._lang != "zh" else "; ".join(_in_chinese(explanation, pack))

    def condition(self, condition: Condition) -> str:
        return in_words_with_owners(condition, self._lang)

    def word(self, word: Word) -> str:
        return word.zh if self._lang == "zh" else word.en


def _in_chinese(explanation: Explanation, pack: Pack) -> Iterator[str]:
    chinese = dict(zip(PROBLEMS, _PROBLEMS, strict=True))
    yield from (chinese[problem] for problem in explanation.problems)
    if explanation.steps:
        yield from _outcome_in_chinese(explanation.result.status, explanation.steps)
    yield from _unknown_in_chinese("诊断", explanation.case.dx, pack.dx_names)
    yield from _unknown_in_chinese("手术操作", explanation.case.proc, pack.proc_names)


def _outcome_in_chinese(status: str, steps: tuple[Step, ...]) -> Iterator[str]:
    opened = dict.fromkeys(step.id for step in steps if step.kind == "mdc" and step.holds)
    matched = [step.id for step in steps if step.kind == "rule" and step.holds]
    if status == UNGROUPABLE:
        yield f"MDC {', '.join(opened)} 中没有符合的规则" if opened else "没有 MDC 收入此病例"
    elif status == AMBIGUOUS:
        yield f"符合歧义规则 {matched[-1]}"
    elif steps[-1].kind == "rule" or not steps[-1].holds:
        yield f"规则 {matched[-1]} 之下无 DRG 符合, 给出其 ADRG"


def _unknown_in_chinese(kind: str, codes: Iterable[str | None], names: Mapping[str, str]) -> Iterator[str]:
    if lacking := sorted({code for code in codes if code is not None and names and code not in names}):
        yield f"未知{kind}编码 {', '.join(lacking)}"


def _titled(title: str, lines: Iterable[str]) -> Iterator[str]:
    for place, line in enumerate(lines):
        if place == 0:
            yield f"{title}:"
        yield f"  {line}"


def _step(step: Step, say: _Words) -> Iterator[str]:
    mark = say.word(_YES if step.holds else _NO)
    name = f" {step.name}" if step.name != step.id else ""
    yield f"[{mark}] {say.word(_KIND[step.kind])} {step.id}{name}: {step.logic} ({step.file} {step.row})"
    if step.holds:
        yield from (f"    {text}" for asked in step.asked if (text := _by(asked, say)))


def _by(asked: Asked, say: _Words) -> str:
    """By which code, list and row, or for which value, a condition held or not; nothing where it says so itself."""
    if asked.hits:
        return "; ".join(f"{hit.code} @ {hit.list} ({hit.file} {hit.row})" for hit in asked.hits)
    if asked.field:
        return f"{asked.field} = {say('unsaid') if asked.value is None else asked.value}"
    return ""


def _severity(found: Severity, pack: Pack, say: _Words) -> str:
    verdict = say("counted") if found.counted else say("excluded").format(table=found.table)
    return f"{found.level} {_named([found.code], pack.dx_names)}: {verdict} (cc.csv {found.row})"


def _named(codes: Iterable[str | None], names: Mapping[str, str]) -> str:
    return ", ".join("-" if code is None else f"{code} {names.get(code, '')}".rstrip() for code in codes) or "-"


def _miss(miss: NearMiss, pack: Pack, say: _Words) -> str:
    """A near miss on one line: what is lacking, where that is written, and what an example would make of the case."""
    lacks = "; ".join(f"{say('lacks' if lack.wanted else 'spare')} {say.condition(lack.atom)}" for lack in miss.lacks)
    name = f" {miss.name}" if miss.name != miss.code else ""
    line = f"{miss.code}{name}: {lacks} ({miss.file} {miss.row})"
    if miss.changes is None or miss.would_be is None:
        return line
    change = _changes(miss.changes, pack, say)
    return f"{line}; {say('example')} {change}, {say('would_be')} {_result(miss.would_be, pack, say)}"


def _changes(changes: Changes, pack: Pack, say: _Words) -> str:
    parts = []
    for field, word in _CHANGES.items():
        given = getattr(changes, field)
        codes = (given,) if isinstance(given, str) else given or ()
        names = pack.proc_names if field.endswith("proc") else pack.dx_names
        parts += [f"{say.word(word)} {_named(known_codes([code]), names)}" for code in codes]
    parts += [f"{name} = {say('unsaid') if value is None else value}" for name, value in changes.numbers.items()]
    return "; ".join(parts)


def _effects(gap: Unsaid, pack: Pack, say: _Words) -> str:
    shown = [f"{value:g}: {_result(result, pack, say)}" for value, result in gap.results[:_TOLD]]
    more = [say("more").format(count=len(gap.results) - _TOLD)] if len(gap.results) > _TOLD else []
    return f"{gap.field} = {'; '.join([*shown, *more])}"


def _result(result: Result, pack: Pack, say: _Words) -> str:
    """A result in short: its group with the name, or the status."""
    if result.drg is None:
        return say.word(_STATUS[result.status])
    return f"{result.drg} {_group_name(pack, result.drg)}".rstrip()


def _group_name(pack: Pack, drg: str) -> str:
    groups = (its for rules in pack.rules.values() for rule in rules for its in rule.groups)
    return next((its.name for its in groups if its.drg == drg), "")
