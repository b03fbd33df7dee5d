"""One pass over loaded data (分析): catalogue, groups, norms, report; each result kept as a run."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.base.progress import Progress, Silent
from yiheng.base.refusal import Refusal
from yiheng.cases.input import Cases, open_cases
from yiheng.dip import assign as dip
from yiheng.dip.catalogue import Catalogue, build
from yiheng.norms.build import norms
from yiheng.norms.cells import cell_table, cells
from yiheng.norms.units import UNITS, with_units
from yiheng.policy.loader import scheme
from yiheng.reports.analysis import Analysis, Grouping
from yiheng.reports.content import content
from yiheng.reports.gather import Sources, gather
from yiheng.reports.html import write_html
from yiheng.reports.xlsx import write_xlsx
from yiheng.tables.engine import engine
from yiheng.tables.runs import Inputs, Run, keep
from yiheng.tables.snapshot import Snapshot

SCHEME = "dip/national-1.0"
# The finest units that every other is a sum of.
_FINEST = ("hospital", "dept", "physician", "month")


@dataclass(frozen=True)
class Analysed:
    """What was made: the files of the report, the runs, and what the report shows."""

    html: Path
    xlsx: Path
    runs: tuple[Run, ...]
    analysis: Analysis


def analyse(root: Path, out: Path, commit: int | None = None, progress: Progress | None = None) -> Analysed:
    """Group, weigh and compare the cases of DATA at `root`, and write `report.html` and `report.xlsx` into `out`."""
    progress = progress or Silent()
    with engine() as backend:
        cases = open_cases(backend, root, commit)
        if cases.snapshot is None:
            raise Refusal("is not a DATA folder", file=str(root))
        _make(out)
        work = _Work(backend, cases.snapshot, cases, progress)
        catalogue, catalogue_run = work.catalogue()
        grouping_run = work.assignment(catalogue, catalogue_run)
        year = catalogue.day.year
        groupings = [work.grouping("dip", grouping_run, catalogue, year)]
        if work.has_given(year):
            groupings.insert(0, work.grouping("given", None, None, year))
        progress.step("汇总 gathering what the report shows")
        sources = Sources(cases.snapshot, catalogue, year, tuple(work.runs))
        analysis = gather(sources, tuple(groupings))
    progress.step("写报告 writing the report")
    html, xlsx = out / "report.html", out / "report.xlsx"
    report = content(analysis)
    write_html(report, html)
    write_xlsx(report, xlsx)
    return Analysed(html, xlsx, tuple(work.runs), analysis)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise Refusal("is not a folder", file=str(folder)) from None


class _Work:
    """The steps of one analysis, which share an engine, a snapshot and the list of runs made."""

    def __init__(self, backend: Backend, snapshot: Snapshot, cases: Cases, progress: Progress) -> None:
        self.backend = backend
        self.snapshot = snapshot
        self.cases = cases
        self.progress = progress
        self.runs: list[Run] = []

    def catalogue(self) -> tuple[Catalogue, Run]:
        self.progress.step("病种目录 building the DIP catalogue")
        built = build(self.backend, self.cases.table, scheme(SCHEME))
        policy = {built.scheme.id: built.scheme.digest}
        return built, self._keep("catalogues", Inputs(self.snapshot.commit.number, policy), {"groups": built.groups})

    def assignment(self, catalogue: Catalogue, catalogue_run: Run) -> Run:
        self.progress.step("DIP 入组 assigning the cases")
        groups = ibis.memtable(catalogue.groups)
        assigned = dip.assign(self.cases.table, groups, catalogue.scheme, catalogue.day)
        inputs = Inputs(self.snapshot.commit.number, runs={"catalogue": catalogue_run.id})
        return self._keep("groupings", inputs, {"cases": assigned.select("hospital", "case_id", *dip.OUT)})

    def has_given(self, year: int) -> bool:
        table = self.cases.table
        return bool(table.filter(table.year == year, table.group.notnull()).limit(1).count().to_pyarrow().as_py())

    def grouping(self, name: str, run: Run | None, catalogue: Catalogue | None, year: int) -> Grouping:
        """Every unit of the year against the region, for the groups of a run or those the source gave."""
        self.progress.step(f"区域标准 norms for {name}")
        grouped = self._grouped(run).filter(ibis._.year == year)
        finest = self._materialised(with_units(grouped, "month"))
        institution = self.snapshot.table("institution")
        by = {unit: norms(cells(with_units(finest, unit, institution), UNITS[unit])) for unit in UNITS}
        inputs = Inputs(
            self.snapshot.commit.number,
            runs={} if run is None else {"grouping": run.id},
            parameters={"grouping": name, "year": year},
        )
        kept = self._keep("norms", inputs, by)
        count = grouped.count().to_pyarrow().as_py()
        return Grouping(
            name, kept.id, count, by, _statuses(grouped), catalogue.groups if catalogue is not None else None
        )

    def _grouped(self, run: Run | None) -> ir.Table:
        table = self.cases.table
        if run is None:
            status = table.group.notnull().ifelse("grouped", "ungroupable")
            return table.mutate(status=status, kind=ibis.null("string"))
        found = self.backend.read_parquet(str(run.path("cases"))).select(
            "hospital", "case_id", "status", "group", "kind"
        )
        return table.drop("group").inner_join(found, ["hospital", "case_id"])

    def _materialised(self, grouped: ir.Table) -> ir.Table:
        table = cell_table(grouped, _FINEST, "group")
        return self.backend.create_table(ibis.util.gen_name("cells"), table, temp=True)

    def _keep(self, kind: str, inputs: Inputs, tables: dict[str, pa.Table | ir.Table]) -> Run:
        run = keep(self.backend, self.snapshot.data, kind, inputs, tables)
        self.runs.append(run)
        return run


def _statuses(grouped: ir.Table) -> pa.Table:
    counted = grouped.group_by(["status", "kind"]).agg(n=grouped.count())
    return counted.order_by(ibis.desc("n"), "status", "kind").to_pyarrow()


def digests(runs: Iterable[Run]) -> list[tuple[str, str, str]]:
    """(kind/run, table, digest) of every table of these runs, in order."""
    return [(f"{run.kind}/{run.id}", name, value) for run in runs for name, value in sorted(run.digests.items())]
