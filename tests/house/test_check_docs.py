"""The docs check finds links, commands and pages that are not so."""

import pytest

from check_docs import (
    Command,
    Page,
    broken_links,
    make_targets,
    twin_differences,
    unknown_commands,
    unreachable,
)

PROGRAM = Command(
    frozenset({"--help"}),
    {
        "demo": Command(frozenset({"--help", "--cases", "--no-serve"})),
        "cases": Command(frozenset({"--help"}), {"load": Command(frozenset({"--help", "--to", "--format"}))}),
    },
)
TARGETS = {"setup", "test", "test-all"}


def pages(**texts: str) -> dict[str, Page]:
    """Pages of docs/ by name."""
    return {f"docs/{name}.md": Page.of(f"docs/{name}.md", text) for name, text in texts.items()}


def complaints(text: str) -> list[str]:
    return [line.split(": ", 1)[1] for line in unknown_commands(Page.of("docs/a.md", text), PROGRAM, TARGETS)]


@pytest.mark.parametrize(
    "text",
    [
        "`yiheng demo --cases 1000`",
        "```sh\nyiheng cases load FILE... --to DATA  # yiheng nonsense in a comment\n```",
        "```sh\n.venv/bin/yiheng cases load a.csv \\\n    --to DATA\n```",
        "`yiheng cases load FILE --format canonical|frontpage`",
        "`make setup test`",
        "`make test && yiheng demo --no-serve`",
        "yiheng nonsense in prose, where we make mistakes",
        "`src/yiheng nonsense`",
        "<!-- `yiheng nonsense` -->",
        "`yiheng`",
    ],
)
def test_commands_that_exist_may_be_quoted(text: str) -> None:
    assert complaints(text) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("`yiheng dmo`", "`yiheng dmo`: there is no command dmo"),
        ("`yiheng cases drop x`", "`yiheng cases drop x`: there is no command drop"),
        ("`yiheng demo --case 5`", "`yiheng demo --case 5`: there is no option --case"),
        ("```sh\nyiheng demo \\\n  --serve\n```", "`yiheng demo    --serve`: there is no option --serve"),
        ("`yiheng demo [--fast]`", "`yiheng demo [--fast]`: there is no option --fast"),
        ("`make`d by `make tests`", "`make tests`: there is no such target"),
    ],
)
def test_a_command_that_does_not_exist_is_found(text: str, complaint: str) -> None:
    assert complaints(text) == [complaint]


def test_the_makefile_has_the_targets_that_the_design_names() -> None:
    assert {"setup", "demo", "test", "check", "test-all", "bench", "lock", "assets", "clean"} <= make_targets()


@pytest.mark.parametrize(
    ("link", "complaint"),
    [
        ("[a](b.md)", None),
        ("[a](../LICENSE)", None),
        ("[a](https://example.org/gone.md)", None),
        ("[a](#two-words)", None),
        ("[a](b.md#标题-title)", None),
        ("`[a](gone.md)`", None),
        ("[a](gone.md)", "docs/a.md: link to gone.md: there is no docs/gone.md"),
        ('<img src="gone.png">', "docs/a.md: link to gone.png: there is no docs/gone.png"),
        ("[a](../../LICENSE)", "docs/a.md: link to ../../LICENSE: there is no outside/../../LICENSE"),
        ("[a](#three)", "docs/a.md: link to #three: docs/a.md has no such heading"),
    ],
)
def test_links_lead_somewhere(link: str, complaint: str | None) -> None:
    text = pages(a=f"# Two words\n\n{link}\n", b="## 标题 title\n")
    found = [line for line in broken_links(text["docs/a.md"], text) if "docs/b.md" not in line]
    assert found == ([complaint] if complaint else [])


def test_a_page_that_no_link_reaches_is_found() -> None:
    texts = pages(index="[a](a.md)", a="[back](index.md) [b](b.md#x)", b="", c="[a](a.md)")
    assert unreachable(texts) == ["docs/c.md: no link leads here from docs/index.md"]


def test_twins_differ_in_words_and_comments_only() -> None:
    english = Page.of("README.md", "# Yiheng\n\n```sh\nmake demo  # a region\n```\n\n## Next\n")
    chinese = Page.of("README.zh-CN.md", "# 医衡\n\n```sh\nmake demo  # 示例\n```\n\n## 下一步\n")
    assert twin_differences(english, chinese) == []
    other = Page.of("README.zh-CN.md", "# 医衡\n\n```sh\nmake test\n```\n\n### 下一步\n")
    assert [line.split(" are not")[0] for line in twin_differences(english, other)] == [
        "README.zh-CN.md: headings",
        "README.zh-CN.md: code blocks",
    ]


def test_headings_in_code_are_no_headings() -> None:
    page = Page.of("README.md", "```sh\n# a comment\n```\n")
    assert page.anchors == set()
