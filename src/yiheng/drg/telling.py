"""An explanation in words (入组说明): Chinese or English lines, made late from the data of a trace."""

from collections.abc import Iterable, Iterator, Mapping

from yiheng.base.words import Word
from yiheng.drg.case import PROBLEMS
from yiheng.drg.explanation import Explanation
from yiheng.drg.facts import Severity
from yiheng.drg.pack import Pack
from yiheng.drg.reference import AMBIGUOUS, GROUPED, INVALID, UNGROUPABLE
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
}


def told(explanation: Explanation, pack: Pack, lang: str) -> Iterator[str]:
    """The lines of an explanation; `lang` is zh or en."""
    say = _Words(lang)
    result = explanation.result
    codes = [code for code in (result.mdc, result.adrg, result.drg) if code]
    yield f"{say('pack')}: {explanation.pack} ({explanation.pack_digest[:10]})"
    yield f"{say('dx')}: {_named(explanation.case.dx, pack.dx_names)}"
    yield f"{say('proc')}: {_named(explanation.case.proc, pack.proc_names)}"
    yield f"{say('result')}: {say.word(_STATUS[result.status])} {' > '.join(codes)}".rstrip()
    if result.reason:
        yield f"{say('reason')}: {say.reason(explanation, pack)}"
    yield from _titled(say("steps"), (line for step in explanation.steps for line in _step(step, say)))
    yield from _titled(say("severity"), (_severity(found, pack, say) for found in explanation.severity))
    yield from _titled(say("missing"), (f"{gap.field} <- {'; '.join(gap.asked_by)}" for gap in explanation.missing))


class _Words:
    """Words in one language."""

    def __init__(self, lang: str) -> None:
        self._lang = lang

    def __call__(self, name: str) -> str:
        return self.word(_WORDS[name])

    def reason(self, explanation: Explanation, pack: Pack) -> str:
        """The reason as an output has it; in Chinese made anew from the trace."""
        return str(explanation.result.reason) if self._lang != "zh" else "; ".join(_in_chinese(explanation, pack))

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
    if lacking := sorted({code for code in codes if code is not None and code not in names}):
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
