"""Generated pages say what the code says."""

import duckdb
import pytest

import make_docs
from yiheng.cli.main import COMMANDS
from yiheng.tables.contract import contract


def test_a_cell_cannot_break_its_table() -> None:
    assert make_docs.table(("a", "b"), [("x|y", "1\n2")]) == "| a | b |\n| --- | --- |\n| x\\|y | 1 2 |\n"


def test_every_column_of_every_table_has_a_row() -> None:
    page = make_docs.tables_page()
    for table in make_docs.TABLES:
        assert f"\n## {table}\n" in page
    assert "| `case_id` | string | key | 病例号 | case id |" in page


def test_the_glossary_has_terms_and_no_sentences() -> None:
    page = make_docs.glossary_page()
    assert "| 医衡 | Yiheng |" in page
    assert "。" not in page


def test_every_policy_value_shows_its_source_and_whether_it_was_checked() -> None:
    page = make_docs.policy_page()
    for scheme_id in make_docs.scheme_ids():
        assert f"\n## {scheme_id}\n" in page
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows
    for row in rows:
        cells = [cell.strip() for cell in row.split(" | ")]
        assert len(cells) == 7
        assert all(cells[:6]), row


def test_every_command_is_on_its_page() -> None:
    page = make_docs.commands_page()
    assert page.startswith("# `yiheng`")
    assert "## `yiheng demo`" in page
    # A command is loaded when it is asked for: the program knows all of them only once it is asked for each.
    assert list(make_docs.program().commands) == list(COMMANDS)
    assert all(f"\n## `yiheng {name}`\n" in page for name in COMMANDS)


def test_every_quality_rule_has_its_section() -> None:
    page = make_docs.quality_page()
    for rule in make_docs.book().rules.values():
        section = page.split(f"\n## {rule.id}\n")[1].split("\n## ")[0]
        assert all(text in section for text in (rule.why.zh, rule.cure.en, f"rule = '{rule.id}'"))


def test_every_table_that_rules_are_asked_of_has_rules_on_the_page() -> None:
    asked = {rule.table for rule in make_docs.book().rules.values()}
    assert asked == set(make_docs.ASKED_OF)


@pytest.mark.parametrize("rule", make_docs.book().rules.values(), ids=lambda rule: rule.id)
def test_the_query_of_every_rule_can_be_asked(rule: make_docs.Rule) -> None:
    connection = duckdb.connect()
    for name in ("findings", "quarantine", "lines", "icu"):
        connection.register(name, contract(name).schema.empty_table())
    assert connection.sql(make_docs.rows_query(rule)).fetchall() == []


def test_every_form_has_its_section_and_its_columns_what_they_become() -> None:
    page = make_docs.forms_page()
    for form_id in make_docs.KNOWN:
        assert f"\n## {form_id}\n" in page
    assert "It has 346 columns; " in page
    assert "| `P321` | 出院主要诊断编码 | `dx`, `names` (dx) |" in page
    assert "| `P3` | 病案号 | `case_id` |" in page
    assert "\n```csv\nP900,P6891,P686," in page
