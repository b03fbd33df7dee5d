"""The policy check (政策数据检查): every value file is whole and sourced, and no engine holds a policy value.

What a machine cannot tell apart is asked of a person: a number in an engine is either one of PLAIN, which carry no
policy, or it is in ALLOWED with the reason why it is not a policy value.
"""

import ast
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.cases.quality.book import Book, Rule, book
from yiheng.cases.quality.compile import compile_rule
from yiheng.cases.quality.facts import Marks
from yiheng.policy.loader import Dated, Parameter, Scheme, scheme, scheme_ids
from yiheng.tables.contract import contract

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "yiheng"

# The rooms whose arithmetic policy governs.
GOVERNED = ("norms", "drg", "dip", "payment", "costing", "indicators")
# Identities, signs, halves, squares, and the powers of ten that change a unit.
PLAIN = {-2, -1, 0, 1, 2, 10, 100, 1000}
# (file, number) -> why it is not a policy value.
ALLOWED: dict[tuple[str, float], str] = {
    ("dip/catalogue/build.py", 12): "31 December, the last day of a year",
    ("dip/catalogue/build.py", 31): "31 December, the last day of a year",
    ("norms/facts.py", 5): "the code of the way of leaving that is death, of the contract of cases",
    ("norms/groups/quartiles.py", 3): "quarters below the third quartile",
    ("norms/groups/quartiles.py", 4): "quarters of a whole",
    ("norms/standardised.py", 4): "a constant of Wilson's interval",
    ("norms/items/spread.py", 4): "quarters, whose ends are the quartiles",
    ("norms/significant.py", 22): "the last power of ten that a float has exactly",
    ("norms/statistic.py", 12): "significant digits of a float, so that every engine gives the same",
}


def main() -> int:
    """Print everything that is wrong, then what nobody has checked against its source; 1 if anything is wrong."""
    wrong = [line for scheme_id in scheme_ids() for line in problems_of(scheme_id)] + quality_problems()
    modules = [path for room in GOVERNED for path in sorted((SOURCE / room).rglob("*.py"))]
    for path in modules:
        wrong += numbers_in(path.relative_to(SOURCE).as_posix(), path.read_text(encoding="utf-8"))
    wrong += [f"{path}: {number} is allowed in scripts/check_policy.py but not there" for path, number in idle(modules)]
    for line in wrong:
        print(line)
    unchecked = sum(dated.checked_until is None for each in _readable() for dated in _values(each))
    total = sum(1 for each in _readable() for _ in _values(each))
    print(
        f"policy: {len(scheme_ids())} files, {total} values ({unchecked} not checked against the original text),",
        end=" ",
    )
    print(f"{len(book().rules)} quality rules, {len(modules)} modules, {len(wrong)} findings")
    return 1 if wrong else 0


def problems_of(scheme_id: str) -> list[str]:
    """What is wrong with one policy file; one that the loader refuses has that as its only problem."""
    try:
        content = scheme(scheme_id)
    except Refusal as refusal:
        return [str(refusal)]
    return list(problems_in(content))


def problems_in(content: Scheme) -> Iterator[str]:
    """What a policy file that the loader accepts still fails to say."""
    if not (content.word.zh and content.word.en):
        yield f"{content.id}: about: needs zh and en"
    for parameter in content.parameters.values():
        here = f"{content.id}: {parameter.name}"
        if not (_said(parameter.word.zh) and _said(parameter.word.en) and _said(parameter.unit)):
            yield f"{here}: needs zh, en and unit"
        for dated in parameter.values:
            yield from (f"{here} from {dated.start}: {what}" for what in _problems_with(dated))


def quality_problems() -> list[str]:
    """What is wrong with the quality rules; a book that cannot be read has that as its only problem."""
    try:
        its = book()
    except Refusal as refusal:
        return [str(refusal)]
    columns = set(contract("cases").schema.names)
    taken = [*its.limits, *its.lists, *its.groups]
    wrong = [f"quality: {name} is the name of two things" for name in taken if name in columns or taken.count(name) > 1]
    wrong += [f"quality/columns: {name}: there is no {each}" for name, each in _unknown(its, columns)]
    return wrong + [line for rule in its.rules.values() for line in rule_problems(rule, its)]


def rule_problems(rule: Rule, its: Book) -> list[str]:
    """A rule whose expression does not compile over the whole case table, or that says its check wrongly."""
    wrong = []
    if rule.checked_until is not None and not isinstance(rule.checked_until, date):
        wrong.append(f"quality/rules/{rule.family}: {rule.id}: `checked_until` is neither a date nor null")
    try:
        compile_rule(rule, its, frozenset(contract("cases").schema.names), Marks(list(its.lists.values())))
    except Refusal as refusal:
        wrong.append(str(refusal))
    return wrong


def _unknown(its: Book, columns: set[str]) -> Iterator[tuple[str, str]]:
    return ((name, each) for name, group in its.groups.items() for each in group if each not in columns)


def _problems_with(dated: Dated) -> Iterator[str]:
    if not isinstance(dated.start, date):
        yield "`from` is not a date"
    if dated.value is None:
        yield "has no value; leave out what is not set"
    if dated.checked_until is not None and not isinstance(dated.checked_until, date):
        yield "`checked_until` is neither a date nor null"
    if bool(dated.document) != bool(dated.article):
        yield "a document needs its article, an article its document"


def numbers_in(path: str, text: str) -> list[str]:
    """The numbers of a module that are neither PLAIN nor ALLOWED; `path` is relative to src/yiheng."""
    return [
        f"{path}:{line}: {number} looks like a policy value: it belongs in src/yiheng/policy, dated and sourced"
        for line, number in _numbers(ast.parse(text))
        if number not in PLAIN and (path, number) not in ALLOWED
    ]


def idle(modules: list[Path]) -> list[tuple[str, float]]:
    """Allowances that no module needs any more."""
    found = {
        (path.relative_to(SOURCE).as_posix(), number)
        for path in modules
        for _, number in _numbers(ast.parse(path.read_text(encoding="utf-8")))
    }
    return [allowed for allowed in ALLOWED if allowed not in found]


def _numbers(tree: ast.Module) -> Iterator[tuple[int, float]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            yield node.lineno, node.value


def _readable() -> Iterator[Scheme]:
    for scheme_id in scheme_ids():
        try:
            yield scheme(scheme_id)
        except Refusal:
            continue


def _values(content: Scheme) -> Iterator[Dated]:
    parameters: Iterator[Parameter] = iter(content.parameters.values())
    return (dated for parameter in parameters for dated in parameter.values)


def _said(text: Any) -> bool:
    return isinstance(text, str) and bool(text.strip())


if __name__ == "__main__":
    sys.exit(main())
