"""The rule book (质量规则库): rules, limits, code lists and groups of columns as `policy/quality` has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from yiheng.base.expr import Expr, ExprError, parse
from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.base.yamltext import read_yaml
from yiheng.cases.quality.codelist import CodeList, PairList
from yiheng.cases.quality.frames import TABLES
from yiheng.policy.loader import Parameter, scheme

PROFILES = ("canonical", "frontpage", "settlement", "mapped", "lines", "icu")
SEVERITIES = ("reject", "flag")
CODES = "quality/codes"

_FILE = {"about", "table", "profiles", "rules"}
_RULE = {"zh", "en", "why", "severity", "when", "column", "cure", "checked_until"}
_SOURCE = {"document", "article", "practice"}


@dataclass(frozen=True)
class Rule:
    """One rule: `tree` is true of a row that breaks it, and then `column` holds the value to look at.

    `reject` keeps the row out, `flag` lets it in with a finding. Its source is a document's article, or `practice`.
    """

    id: str
    family: str
    word: Word
    why: Word
    cure: Word
    table: str
    profiles: tuple[str, ...]
    severity: str
    when: str
    tree: Expr
    column: str
    document: str
    article: str
    practice: str
    checked_until: Any

    @property
    def rejects(self) -> bool:
        return self.severity == "reject"


@dataclass(frozen=True)
class Version:
    """A list as a place has it from a day of discharge on; for codes of one edition, where it names one."""

    start: date
    edition: str
    content: CodeList | PairList


@dataclass(frozen=True, eq=False)
class Book:
    """All rules by id, and what their expressions may name beside columns. A book is itself, not its like.

    `dated`: the lists that a place gives, in order of their days; `unset`: those that it must give, and has not.
    `digest` is that of what the place gives.
    """

    rules: Mapping[str, Rule]
    families: Mapping[str, Word]
    limits: Mapping[str, int | str]
    lists: Mapping[str, CodeList]
    groups: Mapping[str, tuple[str, ...]]
    unset: frozenset[str] = frozenset()
    dated: Mapping[str, tuple[Version, ...]] = field(default_factory=dict)
    digest: str = ""

    def of(self, profile: str, table: str = "cases") -> list[Rule]:
        """The rules over one table for one kind of source."""
        return [rule for rule in self.rules.values() if profile in rule.profiles and rule.table == table]


@cache
def book() -> Book:
    """The rule book that comes with this version."""
    found = {name.removesuffix(".yaml"): text for name, text in sorted(_texts().items())}
    read = {family: read_rules(family, text) for family, text in found.items()}
    rules = [rule for _, its in read.values() for rule in its]
    _all_different([rule.id for rule in rules])
    return Book(
        rules={rule.id: rule for rule in rules},
        families={family: about for family, (about, _) in read.items()},
        limits={name: _only(parameter) for name, parameter in _parameters("limits").items()},
        lists={name: CodeList.of(name, _only(parameter)) for name, parameter in _parameters("codes").items()},
        groups={name: tuple(_only(parameter)) for name, parameter in _parameters("columns").items()},
        unset=scheme(CODES).unset,
    )


def read_rules(family: str, text: str) -> tuple[Word, list[Rule]]:
    """A rule file's title and rules; anything it does not say, or says otherwise, is refused by name."""
    content = read_yaml(text)
    _exactly(family, "the file", content, _FILE, _FILE)
    profiles = tuple(content["profiles"])
    if unknown := set(profiles) - set(PROFILES):
        raise Refusal(f"there is no profile {', '.join(sorted(unknown))}", file=_shown(family))
    if content["table"] not in TABLES:
        raise Refusal(f"there is no table {content['table']}", file=_shown(family))
    return _word(family, "about", content["about"]), [
        _rule(family, content["table"], profiles, rule_id, its) for rule_id, its in content["rules"].items()
    ]


def _rule(family: str, table: str, profiles: tuple[str, ...], rule_id: str, its: Any) -> Rule:
    _exactly(family, rule_id, its, _RULE, _RULE | _SOURCE)
    if its["severity"] not in SEVERITIES:
        raise Refusal(f"{rule_id}: severity is one of {', '.join(SEVERITIES)}", file=_shown(family))
    if bool(its.get("document") and its.get("article")) == bool(its.get("practice")):
        raise Refusal(f"{rule_id}: its source is a document with its article, or a practice", file=_shown(family))
    try:
        tree = parse(str(its["when"]))
    except ExprError as error:
        raise Refusal(f"{rule_id}: {error}", file=_shown(family)) from None
    return Rule(
        id=rule_id,
        family=family,
        word=_word(family, rule_id, {key: its[key] for key in ("zh", "en")}),
        why=_word(family, f"{rule_id}: why", its["why"]),
        cure=_word(family, f"{rule_id}: cure", its["cure"]),
        table=table,
        profiles=profiles,
        severity=its["severity"],
        when=str(its["when"]),
        tree=tree,
        column=its["column"],
        document=its.get("document", ""),
        article=its.get("article", ""),
        practice=its.get("practice", ""),
        checked_until=its["checked_until"],
    )


def _word(family: str, name: str, said: Any) -> Word:
    _exactly(family, name, said, {"zh", "en"}, {"zh", "en"})
    if not all(isinstance(text, str) and text.strip() for text in said.values()):
        raise Refusal(f"{name}: needs zh and en", file=_shown(family))
    return Word(said["zh"], said["en"])


def _texts() -> dict[str, str]:
    folder = files("yiheng.policy") / "quality" / "rules"
    return {entry.name: entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".yaml")}


def _parameters(name: str) -> dict[str, Parameter]:
    return scheme(f"quality/{name}").parameters


def _only(parameter: Parameter) -> Any:
    """The one value of a parameter: rules hold it against all rows, and a second one would need a choice by row."""
    if len(parameter.values) != 1:
        raise Refusal(f"{parameter.name}: quality rules know one value, not one for each date", file="quality")
    return parameter.values[0].value


def _all_different(ids: list[str]) -> None:
    for rule_id in ids:
        if ids.count(rule_id) > 1:
            raise Refusal(f"{rule_id}: two rules have this id", file="quality")


def _exactly(family: str, name: str, given: Any, needed: set[str], allowed: set[str]) -> None:
    if not isinstance(given, dict):
        raise Refusal(f"{name}: is not a table of names and values", file=_shown(family))
    wrong = sorted((needed - set(given)) | (set(given) - allowed))
    if wrong:
        raise Refusal(f"{name}: missing or unknown {', '.join(wrong)}", file=_shown(family))


def _shown(family: str) -> str:
    return f"quality/rules/{family}.yaml"
