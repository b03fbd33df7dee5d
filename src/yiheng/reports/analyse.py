"""One pass over loaded data (分析): catalogue, groups, norms, report; each result kept as a run."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.base.progress import Progress, Silent
from yiheng.base.refusal import Refusal
from yiheng.base.words import word
from yiheng.cases.input import Cases, open_cases
from yiheng.dip.catalogue.build import Catalogue, build
from yiheng.norms.build import norms
from yiheng.norms.cells import cell_table, cells
from yiheng.norms.standardised import standardised
from yiheng.norms.units import UNITS, with_units
from yiheng.policy.loader import scheme
from yiheng.reports.analysis import Analysis, Grouping
from yiheng.reports.casebook.book import Book, Names
from yiheng.reports.casebook.gather import Asked
from yiheng.reports.casebook.gather import gather as gather_book
from yiheng.reports.casebook.pages import casebook_pages, with_casebook_link, workbook
from yiheng.reports.content import content
from yiheng.reports.dip.pages import dip_facts, dip_pages, with_dip_links
from yiheng.reports.dip.results import DipResults, assign_cases, dip_results
from yiheng.reports.drg import PACK, Chosen, choose, group_cases, group_words, pack_weights
from yiheng.reports.gather import Sources, gather
from yiheng.reports.html import write_html
from yiheng.reports.limits import LIMITS, Limits, limits
from yiheng.reports.method import Method, grouped_cases, statuses
from yiheng.reports.naming import places
from yiheng.reports.pages import make_folder, without_old, write_pages
from yiheng.reports.reasons import outcomes
from yiheng.reports.severity import strata
from yiheng.reports.xlsx import write_xlsx
from yiheng.tables.engine import engine
from yiheng.tables.runs import Inputs, Run, keep
from yiheng.tables.snapshot import Snapshot

SCHEME = "dip/national-1.0"
# The finest units that every other is a sum of.
_FINEST = ("hospital", "dept", "physician", "month", "county")


@dataclass(frozen=True)
class Analysed:
    """What was made: the files of the report, the runs, and what the report shows."""

    html: Path
    xlsx: Path
    runs: tuple[Run, ...]
    analysis: Analysis


def analyse(
    root: Path, out: Path, commit: int | None = None, progress: Progress | None = None, pack: str = PACK
) -> Analysed:
    """Group, weigh and compare the cases of DATA at `root`, and write `report.html` and `report.xlsx` into `out`.

    `pack` is the DRG pack: a folder, FILE.zip, FILE.xlsx, or the id of a built-in one.
    """
    progress = progress or Silent()
    with engine() as backend:
        cases = open_cases(backend, root, commit)
        if cases.snapshot is None:
            raise Refusal("is not a DATA folder", file=str(root))
        work = _Work(backend, cases.snapshot, cases, progress)
        chosen = choose(pack)
        make_folder(out)
        analysis = work.analysis(chosen)
        book = work.casebook(analysis)
    progress.step("写报告 writing the report")
    html, xlsx = out / "report.html", out / "report.xlsx"
    facts = dip_facts(analysis, work.dip_results)
    without_old(out, "dip", f"casebook/{book.grouping}")
    write_pages(chain(dip_pages(facts), casebook_pages(book)), out)
    write_xlsx(workbook(book), out / "casebook" / f"{book.grouping}.xlsx")
    report = with_casebook_link(with_dip_links(content(analysis), facts), book)
    write_html(report, html)
    write_xlsx(report, xlsx)
    return Analysed(html, xlsx, tuple(work.runs), analysis)


class _Work:
    """The steps of one analysis, which share an engine, a snapshot and the list of runs made."""

    def __init__(self, backend: Backend, snapshot: Snapshot, cases: Cases, progress: Progress) -> None:
        self.backend = backend
        self.snapshot = snapshot
        self.cases = cases
        self.progress = progress
        self.runs: list[Run] = []
        self.dip_results: DipResults
        self.of_casebook: Method

    def analysis(self, chosen: Chosen) -> Analysis:
        catalogue, catalogue_run = self.catalogue()
        year, its = catalogue.day.year, limits(catalogue.day)
        methods = [*self.given(year), self.dip(catalogue, catalogue_run), self.drg(chosen, its)]
        groupings = tuple(self.grouping(method, year, its) for method in methods)
        self.progress.step("汇总 gathering what the report shows")
        return gather(Sources(self.snapshot, catalogue, catalogue_run, chosen, its), groupings)

    def catalogue(self) -> tuple[Catalogue, Run]:
        self.progress.step("病种目录 building the DIP catalogue")
        built = build(self.backend, self.cases.table, scheme(SCHEME))
        policy = {built.scheme.id: built.scheme.digest}
        return built, self._keep("catalogues", Inputs(self.commit, policy), {"groups": built.groups})

    def casebook(self, analysis: Analysis) -> Book:
        """Standards, comparisons and what they rest on, of the year's DIP groups."""
        cases = grouped_cases(self.backend, self.cases, self.of_casebook).filter(ibis._.year == analysis.year)
        groups = {code: name for (kind, code), name in analysis.names.items() if kind == "group"}
        names = Names(groups, places(analysis), analysis.names)
        day = date(analysis.year, 12, 31)
        above = ((analysis.title, "report.html"),)
        asked = Asked(self.snapshot, cases, "dip", day, names, analysis.limits.pair_cases, above=above)
        return gather_book(asked, self.progress)

    @property
    def commit(self) -> int:
        return self.snapshot.commit.number

    def given(self, year: int) -> list[Method]:
        """The source's own groups, where a case of the year has one."""
        table = self.cases.table
        has_one = table.filter(table.year == year, table.group.notnull()).limit(1).count().to_pyarrow().as_py()
        return [Method("given")] if has_one else []

    def dip(self, catalogue: Catalogue, catalogue_run: Run) -> Method:
        self.progress.step("DIP 入组 assigning the cases")
        inputs = Inputs(self.commit, runs={"catalogue": catalogue_run.id})
        run = self._keep("groupings", inputs, {"cases": assign_cases(self.backend, self.cases, catalogue)})
        self.progress.step("DIP 核算 levels, coefficients, points and flags")
        self.dip_results = dip_results(self.backend, self.snapshot, catalogue, run, self._keep_for_dip)
        self.of_casebook = Method("dip", run, "group", "kind", catalogue=catalogue.groups)
        return self.of_casebook

    def drg(self, chosen: Chosen, its: Limits) -> Method:
        """The run is the one that `yiheng drg group --cases DATA` keeps."""
        self.progress.step("DRG 入组 grouping the cases")
        pack = chosen.pack
        inputs = Inputs(self.commit, {pack.id: pack.digest})
        run = self._keep("groupings", inputs, {"cases": group_cases(self.backend, self.cases, pack, self.progress)})
        notice = word("unofficial") if chosen.is_unofficial(its.unofficial) else None
        return Method("drg", run, "drg", names=group_words(pack), notice=notice, pack=pack)

    def grouping(self, method: Method, year: int, its: Limits) -> Grouping:
        """Every unit of the year against the region, for the groups of a method."""
        self.progress.step(f"区域标准 norms for {method.id}")
        grouped = grouped_cases(self.backend, self.cases, method).filter(ibis._.year == year)
        placed = with_units(with_units(grouped, "month"), "county", self.snapshot.table("institution"))
        finest = self._materialised(cell_table(placed, _FINEST, "group"))
        by = {unit: norms(cells(with_units(finest, unit), UNITS[unit])) for unit in UNITS}
        runs = {} if method.run is None else {"grouping": method.run.id}
        inputs = Inputs(self.commit, runs=runs, parameters={"grouping": method.id, "year": year})
        return Grouping(
            id=method.id,
            run=self._keep("norms", inputs, by).id,
            cases=grouped.count().to_pyarrow().as_py(),
            by=by,
            statuses=statuses(grouped),
            catalogue=method.catalogue,
            cases_run="" if method.run is None else method.run.id,
            names=method.names,
            notice=method.notice,
            outcomes=None if method.run is None else outcomes(grouped),
            severity=None if method.pack is None else self._severity(grouped, method, year, its),
            published=pack_weights(method.pack, by["hospital_group"]),
        )

    def _materialised(self, table: ir.Table) -> ir.Table:
        return self.backend.create_table(ibis.util.gen_name("cells"), table, temp=True)

    def _severity(self, grouped: ir.Table, method: Method, year: int, its: Limits) -> pa.Table:
        """Complications of each hospital against the region, kept as a run."""
        self.progress.step("并发症合并症 comparing complications")
        assert method.pack is not None
        assert method.run is not None
        counted = strata(self.backend, grouped, method.pack, its.ages, its.principal_chars)
        tables: dict[str, pa.Table] = {"strata": counted, "hospitals": standardised(counted, its.confidence)}
        inputs = Inputs(self.commit, {LIMITS: its.digest}, {"grouping": method.run.id}, {"year": year})
        self._keep("severity", inputs, tables)
        return tables["hospitals"]

    def _keep_for_dip(
        self, kind: str, policy: dict[str, str], runs: dict[str, str], tables: dict[str, pa.Table | ir.Table]
    ) -> Run:
        return self._keep(kind, Inputs(self.commit, policy, runs), tables)

    def _keep(self, kind: str, inputs: Inputs, tables: dict[str, pa.Table | ir.Table]) -> Run:
        run = keep(self.backend, self.snapshot.data, kind, inputs, tables)
        self.runs.append(run)
        return run


def digests(runs: Iterable[Run]) -> list[tuple[str, str, str]]:
    """(kind/run, table, digest) of every table of these runs, in order."""
    return [(f"{run.kind}/{run.id}", name, value) for run in runs for name, value in sorted(run.digests.items())]
