"""Conditions in words (条件用语): what a rule asks, for a reader who does not read expressions."""

from yiheng.base.words import Word
from yiheng.drg.condition import (
    OF_MDC,
    SS_VALID,
    All,
    Always,
    Compared,
    Condition,
    InDept,
    Known,
    Listed,
    Negated,
    OneOf,
    Present,
    Severe,
    Some,
)

_ROLES = {
    "pdx": Word("主要诊断", "the principal diagnosis"),
    "sdx": Word("任一其他诊断", "any other diagnosis"),
    "dx": Word("任一诊断", "any diagnosis"),
    "pproc": Word("主要手术操作", "the principal procedure"),
    "sproc": Word("任一其他手术操作", "any other procedure"),
    "proc": Word("任一手术操作", "any procedure"),
}
_FIELDS = {
    "age": Word("年龄(岁)", "age in years"),
    "age_days": Word("日龄(天)", "age in days"),
    "weight_g": Word("体重(克)", "weight in grams"),
    "los": Word("住院天数", "days of stay"),
    "icu_hours": Word("重症监护小时", "hours in intensive care"),
    "sex": Word("性别(1男2女)", "sex (1 male, 2 female)"),
    "discharge": Word("离院方式", "way of leaving"),
    "sites": Word("创伤部位数", "number of injured regions"),
    "dept": Word("出院科室", "department"),
    "proc": Word("手术操作", "a procedure"),
}
_SIGNS = {"==": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}
_LISTS = {OF_MDC: Word("本大类诊断表", "the category's list"), SS_VALID: Word("有效手术表", "the valid operations")}


def in_words(condition: Condition, lang: str) -> str:
    """A condition in Chinese (zh) or English (en); parts of another kind stand in brackets."""
    return _Wording(lang).of(condition)


class _Wording:
    def __init__(self, lang: str) -> None:
        self.lang = lang

    def say(self, word: Word) -> str:
        return word.zh if self.lang == "zh" else word.en

    def both(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def of(self, condition: Condition) -> str:
        match condition:
            case All(parts):
                return self.both(" 且 ", " and ").join(self._part(part) for part in parts)
            case Some(parts):
                return self.both(" 或 ", " or ").join(self._part(part) for part in parts)
            case Negated(part):
                return f"{self.both('并非', 'not')} ({self.of(part)})"
            case Listed(role, key):
                its = self.say(_LISTS.get(key.name, Word(f"表 {key.name}", f"list {key.name}")))
                return f"{self.say(_ROLES[role])}{self.both('属于', ' is in ')}{its}"
            case Severe(level):
                return self.both(f"有计入的 {level}", f"a {level} counts")
            case Always(value):
                return self.both("任何病例", "any case") if value else self.both("从不", "never")
        return self._number(condition)

    def _part(self, part: Condition) -> str:
        return f"({self.of(part)})" if isinstance(part, All | Some) else self.of(part)

    def _number(self, condition: Compared | OneOf | InDept | Known | Present) -> str:
        match condition:
            case Compared(field, op, value):
                return f"{self.say(_FIELDS[field])} {_SIGNS[op]} {value:g}"
            case OneOf(field, values):
                return f"{self.say(_FIELDS[field])} ∈ {{{', '.join(f'{value:g}' for value in values)}}}"
            case InDept(names, wanted):
                return f"{self.say(_FIELDS['dept'])} {'∈' if wanted else '∉'} {{{', '.join(names)}}}"
            case Known(field):
                return self.say(_FIELDS[field]) + self.both("已填", " is given")
        return (
            self.say(_FIELDS[condition.field]) + self.both("已填且不为 0", " is given and not 0")
            if (condition.field != "proc")
            else self.both("有手术操作", "there is a procedure")
        )
