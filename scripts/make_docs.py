"""Write docs/reference (生成的参考页): what the code already says is never said a second time by hand."""

import csv
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from pathlib import Path

import typer
from typer.cli import get_docs_for_click
from typer.core import TyperGroup
from typer.main import get_command

from yiheng.base.words import glossary
from yiheng.cases.quality.book import Book, Rule, book
from yiheng.cases.quality.compile import VOCABULARY
from yiheng.cli.main import app
from yiheng.policy.loader import Dated, Parameter, scheme, scheme_ids
from yiheng.tables.contract import TABLES

REFERENCE = Path("docs/reference")
NOTICE = "<!-- Written by `make docs`; do not edit. -->\n\n"


def program() -> TyperGroup:
    """The whole command line."""
    command = get_command(app)
    assert isinstance(command, TyperGroup), "yiheng has more than one command"
    return command


def commands_page() -> str:
    """Every command with its options, as `--help` says them."""
    command = program()
    return get_docs_for_click(obj=command, ctx=typer.Context(command, info_name="yiheng"), name="yiheng")


def glossary_page() -> str:
    """The terms of base/words.csv that are terms: the file also holds the sentences of the pages."""
    terms = {(word.zh, word.en, word.note) for word in glossary().values() if not set(word.zh) & set("。，：；！？")}
    return (
        "# Glossary 词汇\n\n"
        "Every term that Yiheng shows, in both languages, from `src/yiheng/base/words.csv`.\n\n"
        + table(("中文", "English", "what it means"), sorted(terms, key=_by_english))
    )


def tables_page() -> str:
    """The contract of every table in DATA."""
    start = (
        "# Tables 数据表\n\n"
        "The columns of every table in DATA, from `src/yiheng/tables/contract`. Unknown is null, never 0 or empty.\n"
    )
    return start + "".join(f"\n## {name}\n\n{_columns(name)}" for name in TABLES)


def policy_page() -> str:
    """Every value that policy sets, with its source."""
    start = (
        "# Policy values 政策参数\n\n"
        "Every value in `src/yiheng/policy`, by the day it holds from, with its source and the day on which somebody\n"
        "last held it against that source. Unchecked: nobody has; it is marked so wherever it is shown.\n"
    )
    return start + "".join(_scheme(scheme_id) for scheme_id in scheme_ids())


def quality_page() -> str:
    """Every quality rule: what it counts, why, its source, its expression, the query that lists its rows, the cure."""
    start = (
        "# Quality rules 数据质量规则\n\n"
        "What is asked of every row that is loaded, from `src/yiheng/policy/quality/rules`. A rule's\n"
        "expression is true of a row that breaks it. `reject` keeps the row out (table `quarantine`), `flag`\n"
        "lets it in with a finding (table `findings`). A comparison with an unknown value is unknown, and the\n"
        "rule is not broken. For each load the table `checks` counts for every rule the rows that failed,\n"
        "those where it could not be said (`unknown`), and those that it does not apply to: the source lacks\n"
        "a column that the rule needs, or its codes are of no ICD edition.\n"
    )
    words = "\n## Words of an expression 表达式用语\n\n" + table(
        ("word", "means"), [(f"`{name}`", said) for name, said in VOCABULARY.items()]
    )
    return start + _quality_index(book()) + words + "".join(map(_quality_rule, book().rules.values()))


def _quality_index(its: Book) -> str:
    rows = [
        (f"[`{rule.id}`](#{rule.id})", its.families[rule.family].zh, rule.severity, rule.word.zh, rule.word.en)
        for rule in its.rules.values()
    ]
    return "\n" + table(("rule", "family", "severity", "中文", "what it counts"), rows)


def _quality_rule(rule: Rule) -> str:
    source = f"{rule.document}, {rule.article}" if rule.document else f"practice: {rule.practice}"
    where = "quarantine" if rule.rejects else "findings"
    columns = "file, row" if rule.rejects else "hospital, case_id, file, row"
    said = (
        ("what it counts", f"{rule.word.zh} · {rule.word.en}"),
        ("why", f"{rule.why.zh} · {rule.why.en}"),
        ("what to do", f"{rule.cure.zh} · {rule.cure.en}"),
        ("severity", rule.severity),
        ("for sources", ", ".join(rule.profiles)),
        ("expression", f"`{rule.when}`"),
        ("value shown", f"`{rule.column}`"),
        ("its rows", f"`SELECT {columns}, value FROM {where} WHERE rule = '{rule.id}'`"),
        ("source", source),
        ("checked until", rule.checked_until or "unchecked"),
    )
    return f"\n## {rule.id}\n\n" + table(("", ""), said)


PAGES: dict[Path, Callable[[], str]] = {
    REFERENCE / "commands.md": commands_page,
    REFERENCE / "glossary.md": glossary_page,
    REFERENCE / "policy.md": policy_page,
    REFERENCE / "quality.md": quality_page,
    REFERENCE / "tables.md": tables_page,
}


def pages() -> dict[Path, str]:
    """The text of every generated page by its path in the repository."""
    return {path: NOTICE + page().strip() + "\n" for path, page in PAGES.items()}


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [_row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _by_english(term: Sequence[object]) -> tuple[str, str]:
    return str(term[1]).casefold(), str(term[0])


def _columns(name: str) -> str:
    text = (files("yiheng.tables") / "contract" / f"{name}.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    head = ("name", "type", "role", "中文", "English", "note")
    return table(
        head, ([f"`{row['name']}`", *(row[key] for key in ("type", "role", "zh", "en", "note"))] for row in rows)
    )


def _scheme(scheme_id: str) -> str:
    its = scheme(scheme_id)
    head = ("parameter", "from", "value", "unit", "source", "checked until", "note")
    rows = [_value(parameter, dated) for parameter in its.parameters.values() for dated in parameter.values]
    return f"\n## {scheme_id}\n\n{its.word.zh} · {its.word.en}\n\n{table(head, rows)}"


def _value(parameter: Parameter, dated: Dated) -> tuple[object, ...]:
    name = f"`{parameter.name}` {parameter.word.zh}: {parameter.word.en}"
    source = f"{dated.document}, {dated.article}" if dated.document else f"choice of: {dated.choice}"
    checked = dated.checked_until or "unchecked"
    value = f"`{dated.value}`" if isinstance(dated.value, dict) else dated.value
    return name, dated.start, value, parameter.unit, source, checked, dated.note


def main() -> None:
    root = Path(__file__).resolve().parent.parent
    for path, text in pages().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
