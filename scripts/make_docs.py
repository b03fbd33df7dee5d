"""Write docs/reference (生成的参考页): what the code already says is never said a second time by hand."""

import csv
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from pathlib import Path

import typer
from typer.cli import get_docs_for_click
from typer.core import TyperGroup
from typer.main import get_command

from permissions_page import permissions_page
from services_page import services_page
from yiheng.base.words import glossary
from yiheng.cases.forms import KNOWN, Form, known_form
from yiheng.cases.layout import Layout
from yiheng.cases.quality.book import Book, Rule, book
from yiheng.cases.quality.compile import VOCABULARY
from yiheng.cli.main import app
from yiheng.drg.packs.schema import forms, keys
from yiheng.drg.packs.severities import checks
from yiheng.drg.packs.switches import DEFAULTS, choices
from yiheng.policy.loader import Dated, Parameter, scheme, scheme_ids
from yiheng.tables.contract import TABLES

REFERENCE = Path("docs/reference")
NOTICE = "<!-- Written by `make docs`; do not edit. -->\n\n"


def program() -> TyperGroup:
    """The whole command line: every command is loaded, which the program itself does only for the one asked for."""
    command = get_command(app)
    assert isinstance(command, TyperGroup), "yiheng has more than one command"
    _load(command)
    return command


def _load(group: TyperGroup) -> None:
    """Load every command of a group, and of the groups in it."""
    context = typer.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, f"{group.name} has no command {name}"
        if isinstance(command, TyperGroup):
            _load(command)


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
        "a column that the rule needs, its codes are of no ICD edition, or the place gives no code list for that day.\n"
    )
    words = "\n## Words of an expression 表达式用语\n\n" + table(
        ("word", "means"), [(f"`{name}`", said) for name, said in VOCABULARY.items()]
    )
    return start + _quality_index(book()) + words + "".join(map(_quality_rule, book().rules.values()))


def forms_page() -> str:
    """Every form that a load knows by its header: its columns that are read, and what they become."""
    start = (
        "# Forms 表样\n\n"
        "What a load knows by its header, from `src/yiheng/cases/forms` and `src/yiheng/policy/forms`. A column is\n"
        "known by its code or by its Chinese name, in any order; a file may have fewer columns, but those that are\n"
        "needed, and more, which are named and not read. `yiheng cases forms ID` prints a header.\n\n"
    )
    known = [known_form(form_id) for form_id in KNOWN]
    head = ("form", "中文", "English", "`--format`", "columns", "into the table")
    index = table(
        head,
        (
            (f"[`{its.id}`](#{its.id})", its.word.zh, its.word.en, its.format, len(its.columns), its.table)
            for its in known
        ),
    )
    return start + index + "".join(map(_form, known))


def _form(its: Form) -> str:
    said = f"\n## {its.id}\n\n{its.word.zh} · {its.word.en}. Needed: {', '.join(f'`{code}`' for code in its.needed)}.\n"
    if its.layout is None:
        return f"{said}Its columns are those of the table [{its.table}](tables.md#{its.table}).\n"
    read = _read_into(its.layout)
    rows = [(f"`{code}`", name, ", ".join(read[code])) for code, name in its.columns.items() if code in read]
    told = f"It has {len(its.columns)} columns; {len(rows)} are read.\n\n"
    return f"{said}{told}{table(('column', '中文', 'becomes'), rows)}\n```csv\n{','.join(its.columns)}\n```\n"


def _read_into(layout: Layout) -> dict[str, list[str]]:
    """For each column of a form that is read: the table's columns that it goes into."""
    recipes = [(f"`{name}`", recipe) for name, recipe in layout.columns.items()]
    recipes += [(f"`icu.{name}`", recipe) for name, recipe in layout.stays.items()]
    recipes += [(f"`names` ({its.kind})", recipe) for its in layout.names for recipe in (its.code, its.zh, its.en)]
    read: dict[str, list[str]] = {}
    for name, recipe in recipes:
        for code in dict.fromkeys(recipe.reads):
            read.setdefault(code, []).append(name)
    return {code: list(dict.fromkeys(names)) for code, names in read.items()}


def packs_page() -> str:
    """The form of a rule pack: tables, diffs, pack.toml, switches, checks."""
    start = (
        "# Rule packs 分组方案\n\n"
        "What a DRG rule pack is made of, from `src/yiheng/drg/packs/pack-format.yaml` and `src/yiheng/policy/drg`.\n"
        "A pack is a folder, a zip of it (at the top or in one folder), an Excel workbook, or the id of a pack\n"
        "that comes with Yiheng. Tables are CSV in UTF-8 with a header; further columns are left out. A folder\n"
        "without pack.toml is a bare directory: accepted for every case, and what the checks find is only a warning.\n"
    )
    return start + _pack_tables() + _PACK_FORMS + _pack_keys() + _pack_checks()


_PACK_FORMS = """
## Diffs 增改删

A pack whose pack.toml names a `base` holds only what differs: the same tables with a first column `op`. `add` brings a
row whose key is not there, `remove` takes one away (other cells may stay empty), `replace` puts the row in the place
of the one with its key. The rows are carried out in their order; one that cannot be is refused, and nothing is loaded.
Its digest is that of the whole that it makes.

## Workbooks 工作簿

One sheet a table, named as the table; the sheet `pack` has the columns `key` and `value`, a row for each key of
pack.toml, `switches.` before the name of a switch, several rows for a list; the sheet `documents` has `title` and
`article`. Refused: formulas, error values, merged cells, hidden sheets, macros, sheets that are no table, numbers and
dates where text must stand. `yiheng policy export` writes such a workbook.
"""


def _pack_tables() -> str:
    parts = []
    for form in forms().values():
        rows = [
            (f"`{column.name}`", "key" if column.name in form.key else "", column.word.zh, column.word.en)
            for column in form.columns
        ]
        optional = " (optional)" if form.optional else ""
        parts.append(f"\n### {form.file}\n\n{form.word.zh} · {form.word.en}{optional}\n\n")
        parts.append(table(("column", "", "中文", "what it holds"), rows))
    return "\n## Tables 规则表\n" + "".join(parts)


def _pack_keys() -> str:
    rows = [
        (f"`{key.name}`", key.kind, "yes" if key.inherited else "", key.word.zh, key.word.en) for key in keys().values()
    ]
    toml = "\n## pack.toml\n\n" + table(("key", "kind", "taken over from the base", "中文", "what it says"), rows)
    switches = [
        (f"`{name}`", its.values[-1].value, ", ".join(choices(name)), its.word.zh, its.word.en, its.unit)
        for name, its in scheme(DEFAULTS).parameters.items()
    ]
    head = ("switch", "without it", "choices", "中文", "what it is about", "values")
    return toml + "\n## Switches 政策开关\n\n" + table(head, switches)


def _pack_checks() -> str:
    rows = [
        (f"`{name}`", its.values[-1].value, its.word.zh, its.word.en, its.values[-1].note)
        for name, its in checks().items()
    ]
    start = (
        "\n## Checks 核查\n\n`yiheng policy check PACK` makes all of them. Those that need only one table are made\n"
        "whenever a pack is opened: one with pack.toml that has an error is refused, a bare directory never.\n\n"
    )
    return start + table(("check", "severity", "中文", "what it finds", "why"), rows)


def _quality_index(its: Book) -> str:
    rows = [
        (f"[`{rule.id}`](#{rule.id})", its.families[rule.family].zh, rule.severity, rule.word.zh, rule.word.en)
        for rule in its.rules.values()
    ]
    return "\n" + table(("rule", "family", "severity", "中文", "what it counts"), rows)


def _quality_rule(rule: Rule) -> str:
    source = f"{rule.document}, {rule.article}" if rule.document else f"practice: {rule.practice}"
    said = (
        ("what it counts", f"{rule.word.zh} · {rule.word.en}"),
        ("why", f"{rule.why.zh} · {rule.why.en}"),
        ("what to do", f"{rule.cure.zh} · {rule.cure.en}"),
        ("severity", rule.severity),
        ("for sources", ", ".join(rule.profiles)),
        ("asked of", ASKED_OF[rule.table]),
        ("expression", f"`{rule.when}`"),
        ("value shown", f"`{rule.column}`"),
        ("its rows", f"`{rows_query(rule)}`"),
        ("source", source),
        ("checked until", rule.checked_until or "unchecked"),
    )
    return f"\n## {rule.id}\n\n" + table(("", ""), said)


ASKED_OF = {
    "cases": "a case",
    "lines": "a charge line, beside its case",
    "icu": "an ICU stay, beside its case",
    "line_sums": "a case's lines, summed by category, beside its fees",
    "line_items": "the lines of one item of a case of which something was refunded",
}
# Where the table has the rows themselves: how a finding leads to them.
_LEADS_TO = {
    "lines": ("lines", "file = source_file AND row = source_row"),
    "icu": ("icu", "file = source_file AND row = source_row"),
    "line_sums": ("lines", "true"),
    "line_items": ("lines", "value = item_code"),
}


def rows_query(rule: Rule) -> str:
    """The query over DATA's tables that lists the rows of a rule: with cells for those in DATA that are no cases."""
    if rule.rejects:
        return f"SELECT file, row, hospital, case_id, value FROM quarantine WHERE rule = '{rule.id}'"
    found = f"SELECT hospital, case_id, file, row, value FROM findings WHERE rule = '{rule.id}'"
    if rule.table not in _LEADS_TO:
        return found
    its, leads = _LEADS_TO[rule.table]
    return f"SELECT {its}.* FROM {its} JOIN ({found}) USING (hospital, case_id) WHERE {leads}"


PAGES: dict[Path, Callable[[], str]] = {
    REFERENCE / "commands.md": commands_page,
    REFERENCE / "forms.md": forms_page,
    REFERENCE / "glossary.md": glossary_page,
    REFERENCE / "packs.md": packs_page,
    REFERENCE / "permissions.md": lambda: permissions_page(table),
    REFERENCE / "policy.md": policy_page,
    REFERENCE / "quality.md": quality_page,
    REFERENCE / "services.md": lambda: services_page(table),
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


def _by_english(term: Sequence[object]) -> tuple[str, ...]:
    zh, en, note = map(str, term)
    return en.casefold(), zh, en, note


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
