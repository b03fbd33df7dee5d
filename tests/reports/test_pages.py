"""reports.pages: linked pages that share their assets, work from a disk and ask no network for anything."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.reports import html
from yiheng.reports.figures import Kind
from yiheng.reports.html import ASSETS, CHART_LIBRARY, body
from yiheng.reports.pages import Page, linked, slug, up, write_pages
from yiheng.reports.shape import Chart, Column, Drawing, Section, Table, noticed

CODES = ("I21.9:36.06+88.55", "I21*:*", "I21*:surgery", "I21.9", "I21.9:36.06", "a/b", "..", "I21.9_36.06", "丙")
EVIL = "</script><img src=x onerror=alert(1)>"


def table(**more: object) -> Table:
    columns = (
        Column("group", Word("病种", "Group"), Kind.TEXT), Column("n", Word("例", "n"), Kind.COUNT),
        Column("difference", Word("差", "difference"), Kind.POINTS),
    )  # fmt: skip
    rows = (("I21.9", 1200, -3.456), (EVIL, 5, None))
    chart = Chart(Drawing.BARS, Word("图", "chart"), ("group",), ("n",))
    return Table("t", Word("表", "table"), columns, rows, Word("无", "none"), charts=(chart,), **more)  # type: ignore[arg-type]


def page(name: str = "dip/group-x.html") -> Page:
    made = linked(table(), "group", "group", {"I21.9": "dip/group-I21.9.html"}, name)
    section = Section("one", Word("一", "one"), (Word("话", "word"),), (made,))
    return Page(name, Word("页", "Page"), 2025, True, (section,), ((Word("总览", "Overview"), "dip/index.html"),))


class Seen(HTMLParser):
    """Everything that a page refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, value or "") for name, value in attrs if name in ("href", "src")]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The assets with a short chart library."""
    folder = tmp_path / "its-assets"
    folder.mkdir()
    for name in ("report.css", "report.js"):
        (folder / name).write_text((ASSETS / name).read_text(encoding="utf-8"), encoding="utf-8")
    (folder / CHART_LIBRARY).write_text("var echarts = {};", encoding="utf-8")
    monkeypatch.setattr(html, "ASSETS", folder)


@pytest.mark.usefixtures("library")
def test_pages_share_what_they_need_and_refer_to_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert write_pages([page(), page("index.html")], out) == 2
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == [
        "assets/echarts.min.js", "assets/report.css", "assets/report.js", "dip/group-x.html", "index.html",
    ]  # fmt: skip
    text = (out / "dip" / "group-x.html").read_text(encoding="utf-8")
    assert Seen(text).found == [
        ("link", "../assets/report.css"), ("a", "#main"), ("a", "../dip/index.html"), ("a", "#one"),
        ("a", "../dip/index.html"), ("a", "../dip/group-I21.9.html"), ("script", "../assets/echarts.min.js"),
        ("script", "../assets/report.js"),
    ]  # fmt: skip
    assert not re.search(r"https?:|//[a-z]", text)
    assert "default-src 'none'; script-src 'self' file:" in text
    assert ("link", "assets/report.css") in Seen((out / "index.html").read_text(encoding="utf-8")).found


@pytest.mark.usefixtures("library")
def test_a_page_says_that_it_is_made_up_and_draws_its_charts(tmp_path: Path) -> None:
    write_pages([page()], tmp_path)
    text = (tmp_path / "dip" / "group-x.html").read_text(encoding="utf-8")
    assert 'data-made-up="yes"' in text
    assert text.count("made-up") >= 2
    charts = json.loads(re.search(r'id="charts">(.*?)</script>', text, re.DOTALL).group(1))  # type: ignore[union-attr]
    assert charts["chart-t-0"]["series"][0]["shown"] == ["1,200", "5"]
    assert EVIL not in text
    assert ("img", "x") not in Seen(text).found


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(("every", "rule"), [(True, "@page { @top-left {"), (False, "@page noticed { @top-left {")])
def test_what_a_part_must_say_stands_on_paper_too(tmp_path: Path, every: bool, rule: str) -> None:
    """Where all parts must say it, every sheet does, the first among them."""
    made, notice = page(), Word("草案", "Draft")
    (section,) = made.sections
    parts = (noticed(section, notice), replace(section, id="two", notice=notice if every else None))
    write_pages([replace(made, sections=parts)], tmp_path)
    text = (tmp_path / "dip" / "group-x.html").read_text(encoding="utf-8")
    assert f'{rule} content: "草案 · Draft"' in text
    assert (".noticed { page: noticed; }" in text) is not every
    assert text.count('<p class="notice" role="note">') == 1 + every
    assert "\np.notice {" in (tmp_path / "assets" / "report.css").read_text(encoding="utf-8")
    write_pages([made], tmp_path)
    assert "@top-left" not in (tmp_path / "dip" / "group-x.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("library")
def test_the_same_pages_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_pages([page()], tmp_path / folder)
    one, other = ((tmp_path / folder / "dip" / "group-x.html").read_bytes() for folder in ("a", "b"))
    assert one == other


def test_without_the_chart_library_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "ASSETS", tmp_path)
    with pytest.raises(Refusal, match="the chart library is missing"):
        write_pages([page()], tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.html"))


def test_cells_with_links_signs_and_gaps() -> None:
    made = linked(table(), "group", "group", {"I21.9": "dip/g.html"}, "dip/x.html")
    lines = str(body(made)).splitlines()
    assert lines[1:4] == [
        '<td class="text short" data-key="I21.9"><a href="../dip/g.html">I21.9</a></td>',
        '<td class="count short" data-key="1200">1,200</td>',
        '<td class="points short below" data-key="-3.46">-3.46</td>',
    ]
    assert lines[8] == '<td class="points gap short" data-key="">—</td>'
    assert str(body(table(shown=1))).count("<tr>") == 1


def test_the_way_up() -> None:
    assert [up(name) for name in ("report.html", "dip/index.html", "a/b/c.html")] == ["", "../", "../../"]


def test_codes_that_differ_have_files_that_differ() -> None:
    assert [slug(code) for code in CODES[:4]] == ["I21.9_36.06-88.55", "I21~_~", "I21~_surgery", "I21.9"]
    assert len({slug(code) for code in CODES}) == len(CODES)
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]+", slug(code)) for code in CODES)


@pytest.mark.property
@given(st.text(max_size=6), st.text(max_size=6))
def test_no_two_codes_share_a_file(one: str, other: str) -> None:
    assert (slug(one) == slug(other)) == (one == other)
