"""What the report says (报告内容): an analysis turned into sections, words, tables and charts. Pure."""

from collections.abc import Iterator

from yiheng.reports.analysis import Analysis
from yiheng.reports.balance import balance
from yiheng.reports.groups import groups
from yiheng.reports.hospitals import hospitals
from yiheng.reports.loaded import loaded
from yiheng.reports.overview import overview
from yiheng.reports.shape import Report, Section


def content(analysis: Analysis) -> Report:
    """The whole report; the page and the workbook both draw from it, so that they show the same figures."""
    return Report(analysis.title, analysis.year, analysis.made_up, tuple(_sections(analysis)), analysis.about)


def _sections(analysis: Analysis) -> Iterator[Section]:
    yield overview(analysis)
    for grouping in analysis.groupings:
        yield hospitals(analysis, grouping)
        yield groups(analysis, grouping)
        yield balance(analysis, grouping)
    yield loaded(analysis)
