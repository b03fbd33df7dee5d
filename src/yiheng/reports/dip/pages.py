"""All DIP pages (DIP 页面): the overview, a page for each hospital and for the groups that matter most."""

from collections.abc import Iterator
from dataclasses import replace

from yiheng.base.words import word
from yiheng.policy.loader import scheme
from yiheng.reports.analysis import Analysis
from yiheng.reports.dip.facts import INDEX, DipFacts
from yiheng.reports.dip.group import group_page_of
from yiheng.reports.dip.hospital import hospital_page_of
from yiheng.reports.dip.overview import overview_page
from yiheng.reports.dip.results import DipResults
from yiheng.reports.limits import LIMITS
from yiheng.reports.pages import Page, linked
from yiheng.reports.shape import Report, Table


def dip_facts(analysis: Analysis, results: DipResults) -> DipFacts:
    """The facts, with the groups that have a page: the largest by fee, and by difference of points in any hospital."""
    most = scheme(LIMITS).value("dip_group_pages", results.catalogue.day)
    facts = DipFacts(analysis, results)
    fees = sorted(facts.groups, key=lambda group: (-sum(p["fee"] for p in facts.pairs_of_group.get(group, [])), group))
    apart = sorted(
        facts.groups,
        key=lambda group: (-sum(abs(facts.difference(p)) for p in facts.pairs_of_group.get(group, [])), group),
    )
    return DipFacts(analysis, results, frozenset([*fees[:most], *apart[:most]]))


def dip_pages(facts: DipFacts) -> Iterator[Page]:
    """The pages, the overview first."""
    flagged = scheme(LIMITS).value("dip_flagged_cases", facts.results.catalogue.day)
    yield overview_page(facts)
    yield from (hospital_page_of(facts, code, flagged) for code in facts.hospitals)
    yield from (group_page_of(facts, group) for group in sorted(facts.paged))


def with_dip_links(report: Report, facts: DipFacts) -> Report:
    """The report with a way to the DIP pages: in its contents, and from its tables of DIP groups and hospitals."""
    sections = tuple(
        replace(section, tables=tuple(_linked(table, facts) for table in section.tables)) for section in report.sections
    )
    return replace(report, sections=sections, links=(*report.links, (word("dip_pages"), INDEX)))


def _linked(table: Table, facts: DipFacts) -> Table:
    if table.id in ("dip-groups", "dip-compared"):
        return linked(table, "group", "group", facts.group_pages)
    if table.id == "dip-hospitals" and "code_of_hospital" in [each.id for each in table.columns]:
        return linked(table, "hospital", "code_of_hospital", facts.hospital_pages)
    return table
