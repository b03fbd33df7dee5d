"""DIP for the report (DIP 入组与核算): cases in the groups of their own catalogue, and all that stands beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.cases.input import Cases
from yiheng.cases.summary import open_findings
from yiheng.dip.assignment.assign import assign
from yiheng.dip.catalogue.build import Catalogue
from yiheng.dip.plan import Plan, plan
from yiheng.dip.pricing.assigned import joined, levelled_of
from yiheng.dip.pricing.auxiliary import ALL, build_from_table, opened
from yiheng.dip.pricing.coefficients import cells_of, classes_table, hospitals_table, prices_table
from yiheng.dip.pricing.members import Members, members_of
from yiheng.dip.pricing.points import OUT, priced_batches
from yiheng.dip.pricing.pricer import pricer_of
from yiheng.dip.pricing.tcm import with_tcm
from yiheng.dip.supervision.flags import by_hospital
from yiheng.dip.supervision.risks import base_risks
from yiheng.dip.supervision.supervise import supervise
from yiheng.norms.rules import INDICES
from yiheng.policy.loader import scheme
from yiheng.tables.engine import scratch
from yiheng.tables.runs import Run
from yiheng.tables.snapshot import Snapshot

# Sums of points are added as decimals, so that no order of adding changes them.
_POINTS = "decimal(28, 8)"
# Keeps a run of a kind: the policy beside the scheme by its digest, the runs that it is made from, its tables.
Keep = Callable[[str, dict[str, str], dict[str, str], dict[str, pa.Table | ir.Table]], Run]


@dataclass(frozen=True)
class DipResults:
    """What a year's DIP pages show, from the runs that were kept.

    - levels: `auxiliary.SCHEMA`; hospitals, classes, prices: as `coefficients` has them
    - flags, flagged: `supervision.flags.FLAGS` and `HOSPITALS`, of the year; risks: `norms.indices.risk.SCHEMA`
    - pairs: hospital, group, n, priced, fee (fen), group_points, case_points, of the year; bands: hospital, band, n,
      group_points, case_points; bases: hospital, base, n
    - years: hospital, group, year, n, fee (fen), los_cases, los; deaths are in `risks`
    """

    catalogue: Catalogue
    plan: Plan
    year: int
    levels: pa.Table
    hospitals: pa.Table
    classes: pa.Table
    prices: pa.Table
    flags: pa.Table
    flagged: pa.Table
    risks: pa.Table
    pairs: pa.Table
    bands: pa.Table
    bases: pa.Table
    years: pa.Table
    runs: Mapping[str, str]


def assign_cases(backend: Backend, cases: Cases, catalogue: Catalogue) -> ir.Table:
    """Each case with hospital, case_id and the columns of `dip.assign.OUT`."""
    ids, made = cases.id_columns, plan(catalogue.scheme, catalogue.day)
    found = assign(backend, cases.table, catalogue.groups, catalogue.scheme, catalogue.day, [*ids, "dx", "tcm_dx"])
    return with_tcm(found, catalogue.groups, made).drop("dx", "tcm_dx")


def dip_results(backend: Backend, snapshot: Snapshot, catalogue: Catalogue, grouping: Run, keep: Keep) -> DipResults:
    """Levels, coefficients, points and flags of the catalogue's newest year, each kept as a run."""
    made, year = plan(catalogue.scheme, catalogue.day), catalogue.day.year
    found = backend.read_parquet(str(grouping.path("cases")))
    cases = snapshot.table("cases")
    placed = joined(backend, cases, found, made)
    asked = placed if made.value("auxiliary_years") == ALL else placed.filter(placed.year == year)
    levelled = levelled_of(backend, asked, cases, made)
    of_year = levelled.filter(levelled.year == year)
    levels = build_from_table(levelled, made)
    runs = {"auxiliary": keep("auxiliary", {}, {"grouping": grouping.id}, {"levels": levels}).id}
    institutions = snapshot.table("institution").to_pyarrow()
    members = members_of(institutions)
    own = _coefficients(placed, institutions, members, catalogue, made)
    runs["coefficients"] = keep("coefficients", {}, {"grouping": grouping.id}, dict(own)).id
    pricer = pricer_of(placed, catalogue.groups, made, members, own["hospitals"], own["prices"], opened(levels))
    path = scratch(backend) / "dip-points.parquet"
    _write(priced_batches(backend, of_year, pricer, members, ["hospital", "case_id"]), path)
    points = backend.read_parquet(str(path))
    runs["points"] = keep("points", {}, {"grouping": grouping.id, **runs}, {"cases": points}).id
    findings = open_findings(snapshot)
    risks = base_risks(placed, made)
    flags = supervise(backend, placed, catalogue.groups, made, year, risks, findings, own["hospitals"])
    tables = {"flags": flags, "hospitals": by_hospital(of_year, flags), "risks": risks}
    policy = {INDICES: scheme(INDICES).digest}
    runs["supervision"] = keep("supervision", policy, {"grouping": grouping.id, **runs}, tables).id
    return DipResults(
        catalogue, made, year, levels, own["hospitals"], own["classes"], own["prices"],
        flags.to_pyarrow(), tables["hospitals"], risks, _pairs(points, of_year), _bands(points), _bases(points),
        _years(placed, list(catalogue.years)), runs,
    )  # fmt: skip


def _coefficients(
    placed: ir.Table, institutions: pa.Table, members: Members, catalogue: Catalogue, made: Plan
) -> dict[str, pa.Table]:
    cells = cells_of(placed.filter(placed.year == made.day.year), members)
    levels = members_of(institutions, made.value("same_price")["by"])
    groups = catalogue.groups
    cvs = dict(zip(groups["group"].to_pylist(), groups["cv"].to_pylist(), strict=True))
    return {
        "hospitals": hospitals_table(cells, members, made),
        "classes": classes_table(cells, members, made),
        "prices": prices_table(cells, levels, cvs, made),
    }


def _write(batches: object, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([("hospital", pa.string()), ("case_id", pa.string()), *OUT])
    with pq.ParquetWriter(path, schema) as writer:
        for batch in batches:  # type: ignore[attr-defined]
            writer.write_batch(batch.cast(schema))


def _points(table: ir.Table) -> dict[str, ir.Value]:
    """Sums of group points, and of the points that the cases count."""
    return {
        "group_points": table.points.cast(_POINTS).sum().cast("float64").fill_null(0.0),
        "case_points": table.case_points.cast(_POINTS).sum().cast("float64").fill_null(0.0),
    }


def _pairs(points: ir.Table, of_year: ir.Table) -> pa.Table:
    fees = of_year.select("hospital", "case_id", "fen")
    with_fee = points.filter(points.group.notnull()).inner_join(fees, ["hospital", "case_id"])
    keys = ["hospital", "group"]
    counted = with_fee.group_by(keys).agg(
        n=with_fee.count(),
        priced=with_fee.case_points.count(),
        fee=with_fee.fen.sum().cast("int64").fill_null(0),
        **_points(with_fee),
    )
    return counted.order_by(keys).to_pyarrow()


def _bands(points: ir.Table) -> pa.Table:
    known = points.filter(points.band.notnull())
    return known.group_by(["hospital", "band"]).agg(n=known.count(), **_points(known)).order_by("hospital").to_pyarrow()


def _bases(points: ir.Table) -> pa.Table:
    known = points.filter(points.band.notnull())
    counted = known.group_by(["hospital", "base"]).agg(n=known.count())
    return counted.order_by("hospital", ibis.asc("base", nulls_first=True)).to_pyarrow()


def _years(placed: ir.Table, years: list[int]) -> pa.Table:
    kept = placed.filter(placed.group.notnull(), placed.year.isin(years))
    keys = ["hospital", "group", "year"]
    counted = kept.group_by(keys).agg(
        n=kept.count(), fee_cases=kept.fen.count(), fee=kept.fen.sum().cast("int64").fill_null(0),
        los_cases=kept.los.count(), los=kept.los.sum().cast("int64").fill_null(0),
    )  # fmt: skip
    return counted.order_by(keys).to_pyarrow()
