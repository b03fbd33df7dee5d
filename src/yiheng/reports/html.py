"""The page (网页报告): one HTML file that opens without a network, with the chart library inside it."""

import re
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from yiheng.base.refusal import Refusal
from yiheng.base.whole import whole
from yiheng.base.words import Word, word
from yiheng.reports.charts import chart_data, chart_id
from yiheng.reports.figures import GAP, TEXTS, Kind, Value, rounded, shown
from yiheng.reports.shape import Report, Table

ASSETS = files("yiheng.reports") / "assets"
CHART_LIBRARY = "echarts.min.js"


def write_html(report: Report, path: Path) -> None:
    """Write the report to `path`, whole or not at all. A missing chart library is a Refusal."""
    page = rendered(report)
    with whole(path) as draft:
        draft.write_text(page, encoding="utf-8", newline="\n")


def rendered(report: Report) -> str:
    """The page as one text; the same report gives the same text."""
    return (
        environment()
        .get_template("report.html.jinja")
        .render(
            report=report,
            charts=chart_data(report),
            style=Markup(asset("report.css")),
            script=_script("report.js"),
            echarts=_script(CHART_LIBRARY),
        )
    )


def environment() -> Environment:
    """The templates with what they may call."""
    made = Environment(
        loader=PackageLoader("yiheng.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["figure"] = figure
    made.filters["key"] = sort_key
    made.globals.update(word=word, both=both, chart_id=chart_id, body=body, TEXTS=TEXTS)
    return made


def both(text: Word) -> Markup:
    """A text in both languages, of which the page shows one; the style sheet chooses by the page's `lang`."""
    if text.zh == text.en:
        return Markup("<span>{}</span>").format(text.zh)
    return Markup('<span lang="zh-CN">{}</span><span lang="en">{}</span>').format(text.zh, text.en)


def body(table: Table) -> Markup:
    """The rows of a table that the page shows; made here because a template is slow with thousands of cells."""
    columns = [(each.kind, table.links.get(each.id)) for each in table.columns]
    lines = []
    for number, row in enumerate(table.rows[: table.shown]):
        lines.append("<tr>")
        for value, (kind, links) in zip(row, columns, strict=True):
            lines.append(_cell(value, kind, links[number] if links else ""))
        lines.append("</tr>")
    return Markup("\n".join(lines))


# A text with no more signs than this stays on one line.
_SHORT = 14


def _cell(value: Value, kind: Kind, href: str) -> str:
    key = sort_key(value, kind)
    classes = str(kind) + (" gap" if value is None else "") + (" short" if len(key) <= _SHORT else "")
    if kind not in TEXTS and value is not None and not isinstance(value, str | Word) and value < 0:
        classes += " below"
    shown = escape(figure(value, kind))
    inner = Markup('<a href="{}">{}</a>').format(href, shown) if href else shown
    return f'<td class="{classes}" data-key="{escape(key)}">{inner}</td>'


def figure(value: Value, kind: Kind) -> str | Markup:
    """A cell as it is shown."""
    if isinstance(value, Word):
        return both(value)
    if value is None:
        return GAP
    return value if isinstance(value, str) else shown(value, kind)


def sort_key(value: Value, kind: Kind) -> str:
    """What a column sorts by: the rounded number, the Chinese text; empty where not available."""
    if value is None:
        return ""
    if isinstance(value, Word):
        return value.zh
    return value if isinstance(value, str) else str(rounded(value, kind))


def _script(name: str) -> Markup:
    """A script that can stand inside the page: nothing in it ends the element or points to a file beside it."""
    text = re.sub(r"(?m)^//# sourceMappingURL=.*$", "", asset(name))
    return Markup(re.sub(r"</(?=script)", r"<\\/", text, flags=re.IGNORECASE))


def asset(name: str) -> str:
    """A file that comes with the reports; a missing one is a Refusal."""
    path = ASSETS / name
    if not path.is_file():
        raise Refusal("the chart library is missing", file=str(path), cure="run `make assets`")
    return path.read_text(encoding="utf-8")
