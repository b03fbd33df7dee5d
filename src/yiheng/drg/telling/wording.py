"""Conditions in words (条件用语): what a rule asks, for a reader who does not read expressions."""

from yiheng.base.words import Word
from yiheng.drg import condition as c

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
_LISTS = {c.OF_MDC: Word("本大类诊断表", "the category's list"), c.SS_VALID: Word("有效手术表", "the valid operations")}


def in_words(condition: c.Condition, lang: str) -> str:
    """A condition in Chinese (zh) or English (en), where it is known whose it is; parts of another kind in brackets."""
    return _Wording(lang).of(condition)


def in_words_with_owners(condition: c.Condition, lang: str) -> str:
    """A condition by itself: of each list it is said whose it is, a category's (MDC B) or that of a rule or group."""
    return _Owned(lang).of(condition)


class _Wording:
    def __init__(self, lang: str) -> None:
        self.lang = lang

    def say(self, word: Word) -> str:
        return word.zh if self.lang == "zh" else word.en

    def both(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def of(self, condition: c.Condition) -> str:
        match condition:
            case c.All(parts):
                return self.both(" 且 ", " and ").join(self._part(part) for part in parts)
            case c.Some(parts):
                return self.both(" 或 ", " or ").join(self._part(part) for part in parts)
            case c.Negated(part):
                return f"{self.both('并非', 'not')} ({self.of(part)})"
            case c.Listed(role, key):
                return f"{self.say(_ROLES[role])}{self.both('属于', ' is in ')}{self.say(self.list(key))}"
            case c.Severe(level):
                return self.both(f"有计入的 {level}", f"a {level} counts")
            case c.Always(value):
                return self.both("任何病例", "any case") if value else self.both("从不", "never")
        return self._number(condition)

    def list(self, key: c.ListKey) -> Word:
        """What a list is called."""
        return _LISTS.get(key.name, Word(f"表 {key.name}", f"list {key.name}"))

    def _part(self, part: c.Condition) -> str:
        return f"({self.of(part)})" if isinstance(part, c.All | c.Some) else self.of(part)

    def _number(self, condition: c.Compared | c.OneOf | c.InDept | c.Known | c.Present) -> str:
        match condition:
            case c.Compared(field, op, value):
                return f"{self.say(_FIELDS[field])} {_SIGNS[op]} {value:g}"
            case c.OneOf(field, values):
                return f"{self.say(_FIELDS[field])} ∈ {{{', '.join(f'{value:g}' for value in values)}}}"
            case c.InDept(names, wanted):
                return f"{self.say(_FIELDS['dept'])} {'∈' if wanted else '∉'} {{{', '.join(names)}}}"
            case c.Known(field):
                return self.say(_FIELDS[field]) + self.both("已填", " is given")
        return (
            self.say(_FIELDS[condition.field]) + self.both("已填且不为 0", " is given and not 0")
            if (condition.field != "proc")
            else self.both("有手术操作", "there is a procedure")
        )


class _Owned(_Wording):
    def list(self, key: c.ListKey) -> Word:
        if key.name == c.OF_MDC:
            mdc = key.owner.removeprefix(c.OF_MDC)
            return Word(f" MDC {mdc} 的诊断表", f"the list of MDC {mdc}")
        its = super().list(key)
        return Word(f" {key.owner} 的{its.zh}", f"{its.en} of {key.owner}") if key.name not in _LISTS else its
