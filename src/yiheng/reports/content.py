"""What the report says (报告内容): an analysis turned into sections, words, tables and charts. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from yiheng.base.words import Word, word
from yiheng.reports.analysis import Analysis, Grouping
from yiheng.reports.balance import balance
from yiheng.reports.entry import entry
from yiheng.reports.groups import groups
from yiheng.reports.hospitals import hospitals
from yiheng.reports.loaded import loaded
from yiheng.reports.overview import overview
from yiheng.reports.quality import quality
from yiheng.reports.shape import Report, Section, noticed
from yiheng.reports.watch import watch
from yiheng.reports.weights import two_weights


def content(analysis: Analysis) -> Report:
    """The whole report; the page and the workbook both draw from it, so that they show the same figures."""
    return Report(analysis.title, analysis.year, analysis.made_up, tuple(_sections(analysis)), analysis.about)


def _sections(analysis: Analysis) -> Iterator[Section]:
    yield overview(analysis)
    for grouping in analysis.groupings:
        yield from (_with_notice(section, grouping.notice) for section in _of_grouping(analysis, grouping))
    yield quality(analysis)
    yield loaded(analysis)


def _of_grouping(analysis: Analysis, grouping: Grouping) -> Iterator[Section]:
    """The same sections for every grouping, as far as it has what they show."""
    yield hospitals(analysis, grouping)
    if grouping.outcomes is not None:
        yield entry(analysis, grouping)
    if grouping.published is not None:
        yield two_weights(analysis, grouping)
    yield groups(analysis, grouping)
    yield balance(analysis, grouping)
    if grouping.severity is not None:
        yield watch(analysis, grouping)


def _with_notice(section: Section, notice: Word | None) -> Section:
    """The section and each of its tables with what they must say."""
    if notice is None:
        return section
    return replace(noticed(section, notice), lead=(word("unofficial_note"), *section.lead))
