import dataclasses
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.reports import html
from yiheng.reports.content import content
from yiheng.reports.figures import GAP, shown
from yiheng.reports.html import rendered, write_html

pytestmark = pytest.mark.usefixtures("asset")

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


class Page(HTMLParser):
    """The tables of a page as rows of texts (Chinese only), and what elements it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._table: list[list[str]] | None = None
        self._inside = self._english = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag == "table":
            self._table = self.tables.setdefault(attributes["data-table"], [])
        elif tag == "tr" and self._table is not None:
            self._table.append([])
        elif tag in ("td", "th") and self._table is not None:
            self._table[-1].append("")
            self._inside = True
        elif tag == "span":
            self._english = attributes.get("lang") == "en"

    def handle_endtag(self, tag):
        if tag == "table":
            self._table = None
        elif tag in ("td", "th"):
            self._inside = False
        elif tag == "span":
            self._english = False

    def handle_data(self, data):
        if self._inside and self._table is not None and not self._english:
            self._table[-1][-1] += data


def text(value, kind) -> str:
    if value is None:
        return GAP
    if isinstance(value, Word):
        return value.zh
    return value if isinstance(value, str) else shown(value, kind)


def test_every_table_shows_exactly_the_figures_of_the_content(analysis):
    report = content(analysis)
    page = Page(rendered(report))
    for table in report.tables:
        kinds = [each.kind for each in table.columns]
        expected = [[text(v, k) for v, k in zip(row, kinds, strict=True)] for row in table.rows[: table.shown]]
        assert page.tables.get(table.id, [[]])[1:] == expected, table.id


def test_a_long_table_shows_its_first_rows_and_says_how_many_there_are(make_region):
    report = content(make_region(hospitals=3, groups=3000))
    groups = next(table for table in report.tables if table.id == "dip-groups")
    page = rendered(report)
    assert len(Page(page).tables["dip-groups"]) == 51
    assert f"50 / {len(groups.rows):,}" in page
    assert len(groups.rows) > 1500
    assert len(page) < 2_000_000


def test_two_writes_give_equal_bytes(analysis, tmp_path):
    write_html(content(analysis), tmp_path / "a.html")
    write_html(content(analysis), tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_hospital_name_with_a_script_is_inert(small):
    names = [EVIL, "演示乙医院"]
    hospitals = small.hospitals.set_column(1, "name", [names])
    report = content(dataclasses.replace(small, hospitals=hospitals, title=Word(EVIL, EVIL)))
    page = rendered(report)
    before = Page(rendered(content(small)))
    after = Page(page)
    tags = [[tag for tag, _ in each.elements] for each in (before, after)]
    assert tags[0].count("script") == tags[1].count("script") == 3
    assert "img" not in tags[1]
    assert after.tables["dip-hospitals"][1][0] == EVIL
    assert EVIL not in page


def test_the_data_of_the_charts_are_those_of_the_tables(small):
    page = rendered(content(small))
    data = json.loads(re.search(r'<script type="application/json" id="charts">(.*?)</script>', page, re.S)[1])
    chart = data["chart-dip-hospitals-0"]
    assert [label["zh"] for label in chart["labels"]] == ["演示甲医院", "演示乙医院"]
    assert chart["series"][0]["values"] == [1.1, 0.8]
    assert chart["series"][0]["shown"] == ["1.100", "0.800"]
    assert chart["size"]["values"] == [200, 100]


def test_the_page_asks_no_network_for_anything(analysis):
    page = rendered(content(analysis))
    outside = [a for _, a in Page(page).elements if (a.get("src") or "") or (a.get("href") or "#")[0] != "#"]
    assert outside == []
    assert "sourceMappingURL" not in page
    assert "default-src 'none'" in page
    assert not re.search(r"@import|url\(", (html.ASSETS / "report.css").read_text(encoding="utf-8"))


def test_no_element_carries_a_handler(analysis):
    attributes = {name for _, each in Page(rendered(content(analysis))).elements for name in each}
    assert not [name for name in attributes if name.startswith("on")]


def test_made_up_data_say_so_on_screen_and_paper(analysis, bare):
    said, silent = rendered(content(analysis)), rendered(content(bare))
    assert '<div class="made-up" role="note">' in said
    assert '<div class="watermark"' in said
    assert '@top-center { content: "演示数据：虚构 · Made-up data"' in said
    assert "演示数据" not in silent
    assert 'class="watermark"' not in silent


def test_an_unofficial_pack_is_named_in_every_section_table_and_tile_of_it(outlined):
    page = rendered(content(outlined))
    sections = re.findall(r'<section( class="noticed")? id="([^"]+)".*?</section>', page, re.S)
    assert [id_ for noticed, id_ in sections if noticed] == [
        "drg-hospitals", "drg-entering", "drg-groups", "drg-balance", "drg-watch",
    ]  # fmt: skip
    for part in re.findall(r'<section class="noticed".*?</section>', page, re.S):
        titles = re.findall(r"<h[23].*?</h[23]>", part, re.S)
        assert all("提纲版，非官方" in title for title in titles[1:])
        assert part.count('<p class="notice" role="note">') == 1
    tile = next(each for each in re.findall(r'<li class="tile">.*?</li>', page, re.S) if "DRG 病组入组率" in each)
    assert "提纲版，非官方" in tile
    assert '@page noticed { @top-left { content: "提纲版，非官方 · Outline, unofficial"' in page


def test_without_an_unofficial_pack_no_page_says_so(small):
    assert "提纲版" not in rendered(content(small))


def test_every_chart_is_named_and_stands_with_its_table(analysis):
    page = Page(rendered(content(analysis)))
    charts = [each for tag, each in page.elements if tag == "figure"]
    assert len(charts) == 21
    for chart in charts:
        assert chart["role"] == "img"
        assert chart["aria-label"]
        assert chart["data-en"]
        assert re.fullmatch(r"chart-(.+)-\d", chart["id"])[1] in page.tables


def test_a_missing_chart_library_is_refused_with_its_cure(small, tmp_path, monkeypatch):
    shutil.copytree(str(html.ASSETS), tmp_path / "assets")
    monkeypatch.setattr(html, "ASSETS", tmp_path / "assets")
    (tmp_path / "assets" / html.CHART_LIBRARY).unlink()
    with pytest.raises(Refusal, match="make assets"):
        write_html(content(small), tmp_path / "report.html")
    assert list(tmp_path.glob("*.html")) == []


def test_a_write_that_fails_leaves_what_was_there(small, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("before")
    monkeypatch.setattr("pathlib.Path.replace", _fails)
    with pytest.raises(OSError, match="no space"):
        write_html(content(small), path)
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def _fails(*_):
    raise OSError("no space")


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium")
@pytest.mark.parametrize(
    ("address", "language", "title"), [("", "zh-CN", "演示区"), ("#en/loaded", "en", "Demo region")]
)
def test_a_browser_draws_every_chart_in_the_language_of_the_address(small, tmp_path, address, language, title):
    path = tmp_path / "report.html"
    write_html(content(small), path)
    dom = opened(path.as_uri() + address, tmp_path)
    page = Page(dom)
    charts = [each for tag, each in page.elements if tag == "figure"]
    assert next(each for tag, each in page.elements if tag == "html")["lang"] == language
    assert re.search(r"<title[^>]*>([^<]*)", dom)[1] == f"{title} 2025"
    assert dom.count("<svg") == len(charts) == 9


def opened(address, folder) -> str:
    """The page as it stands after its script has run."""
    quiet = ("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", *quiet, "--disable-sync"]
    command += [f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=4000", "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
