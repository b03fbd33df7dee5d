"""The page (网页报告): one HTML file that opens without a network, with the chart library inside it."""

import re
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from yiheng.base.refusal import Refusal
from yiheng.base.whole import whole
from yiheng.base.words import Word, word
from yiheng.reports.charts import chart_data, chart_id
from yiheng.reports.figures import GAP, TEXTS, Kind, Value, rounded, shown
from yiheng.reports.shape import Report

ASSETS = files("yiheng.reports") / "assets"
CHART_LIBRARY = "echarts.min.js"


def write_html(report: Report, path: Path) -> None:
    """Write the report to `path`, whole or not at all. A missing chart library is a Refusal."""
    page = rendered(report)
    with whole(path) as draft:
        draft.write_text(page, encoding="utf-8", newline="\n")


def rendered(report: Report) -> str:
    """The page as one text; the same report gives the same text."""
    environment = Environment(
        loader=PackageLoader("yiheng.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = figure
    environment.filters["key"] = sort_key
    environment.globals.update(word=word, both=both, chart_id=chart_id, TEXTS=TEXTS)
    return environment.get_template("report.html.jinja").render(
        report=report,
        charts=chart_data(report),
        style=Markup(_asset("report.css")),
        script=_script("report.js"),
        echarts=_script(CHART_LIBRARY),
    )


def both(text: Word) -> Markup:
    """A text in both languages, of which the page shows one; the style sheet chooses by the page's `lang`."""
    if text.zh == text.en:
        return Markup("<span>{}</span>").format(text.zh)
    return Markup('<span lang="zh-CN">{}</span><span lang="en">{}</span>').format(text.zh, text.en)


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
    text = re.sub(r"(?m)^//# sourceMappingURL=.*$", "", _asset(name))
    return Markup(re.sub(r"</(?=script)", r"<\\/", text, flags=re.IGNORECASE))


def _asset(name: str) -> str:
    asset = ASSETS / name
    if not asset.is_file():
        raise Refusal("the chart library is missing", file=str(asset), cure="run `make assets`")
    return asset.read_text(encoding="utf-8")
