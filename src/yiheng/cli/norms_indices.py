"""`yiheng norms monthly`, `risk`, `indices`, `cases-of` and `outflow`: figures of units, and the cases behind them."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import typer
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.cases.input import open_file
from yiheng.cli.norms_groups import check_unit, grouping_sha256
from yiheng.cli.norms_opened import (
    Grouped,
    Opened,
    counted,
    keep_and_write,
    open_diagnosed,
    open_grouped,
    open_groups,
)
from yiheng.cli.norms_options import CasesFrom, Commit, Group, Grouping, Out
from yiheng.cli.where import LOCAL, EngineOption, check_engine
from yiheng.norms.indices import outflow as flowing
from yiheng.norms.indices.behind import behind, condition, numbers
from yiheng.norms.indices.cluster import monthly_on_cluster
from yiheng.norms.indices.counts import with_marks
from yiheng.norms.indices.diagnosis import DIAGNOSIS
from yiheng.norms.indices.figures import UNITS, figures, weights
from yiheng.norms.indices.marks import marks
from yiheng.norms.indices.monthly import monthly as monthly_sums
from yiheng.norms.indices.risk import SCHEMA, risk_of_sums
from yiheng.norms.rules import INDICES
from yiheng.tables.delta import version_files
from yiheng.tables.digest import file_sha256
from yiheng.tables.engine import engine
from yiheng.tables.out import about_json, write_out
from yiheng.tables.place import check_out
from yiheng.tables.version import code_version

Risk = Annotated[
    Path | None,
    typer.Option(help="Frozen classes that `yiheng norms risk` made; else those of these cases."),
]
Month = Annotated[str | None, typer.Option(metavar="YYYY-MM", help="A month of discharge.")]


def monthly(
    cases: CasesFrom,
    out: Out,
    group: Group = "group",
    grouping: Grouping = None,
    commit: Commit = None,
    where: EngineOption = LOCAL,
) -> None:
    """Counts and sums by hospital, department, physician, group, payer and month, of which every unit is a sum."""
    check_out(out)
    check_engine(where)
    with engine() as backend:
        opened = open_groups(backend, cases, group, grouping, commit)
        result = _held_monthly(backend, counted(backend, opened).facts) if where == LOCAL else _on(where, opened)
        keep_and_write(backend, opened, "monthly", _about(opened, group, grouping), {"sums": result}, out)
        count = result.count().to_pyarrow().as_py()
    typer.echo(f"{count} sums in {out}")


def _on(cluster: str, opened: Grouped) -> ir.Table:
    """The sums of DATA's cases by a cluster, which reads their files."""
    snapshot = opened.found.snapshot
    if snapshot is None:
        raise Refusal("is no DATA folder: a cluster reads no other cases", file=opened.found.shown)
    files = version_files(snapshot.data.table_folder("cases"), snapshot.commit.tables["cases"])
    named = opened.table.select("hospital", "case_id", "row", group=opened.table[opened.group].cast("string"))
    institution = snapshot.table("institution").to_pyarrow()
    return monthly_on_cluster(cluster, snapshot.backend, files, named, institution, opened.rules)


def risk(
    cases: CasesFrom,
    out: Out,
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM", help="First month of the base.")] = None,
    until: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="Its last month.")] = None,
    group: Group = "group",
    grouping: Grouping = None,
    commit: Commit = None,
) -> None:
    """The class of mortality risk of each group over a base period, to be kept for the periods after it."""
    check_out(out)
    for month in (first, until):
        _check_month(month)
    with engine() as backend:
        opened = open_grouped(backend, cases, group, grouping, commit)
        base = _between(_held_monthly(backend, opened.facts), first, until)
        result = risk_of_sums(base, opened.rules.risk)
        if not result.num_rows:
            raise Refusal("there is no grouped case in the base period", file=opened.found.shown)
        about = _about(opened, group, grouping) | {"from": first, "until": until}
        keep_and_write(backend, opened, "risk", about, {"risk": result}, out)
    counted = pc.value_counts(result["risk"].fill_null("none").combine_chunks()).to_pylist()
    typer.echo(", ".join(sorted(f"{row['values']} {row['counts']}" for row in counted)) + f" in {out}")


def indices(
    cases: CasesFrom,
    by: Annotated[str, typer.Option(help=f"The unit: {', '.join(UNITS)}.")],
    out: Out,
    risk: Risk = None,
    group: Group = "group",
    grouping: Grouping = None,
    commit: Commit = None,
) -> None:
    """Every figure of each unit with its counts: CMI, indices, high weights, mortality by risk, drugs, returns."""
    check_out(out)
    with engine() as backend:
        opened = open_grouped(backend, cases, group, grouping, commit)
        check_unit(opened, by, UNITS)
        sums = _held_monthly(backend, opened.facts)
        result = figures(backend, sums, by, _risks(backend, sums, risk, opened), opened.rules)
        about = _about(opened, group, grouping) | {"by": by, "risk": file_sha256(risk) if risk else ""}
        keep_and_write(backend, opened, "indices", about, {"units": result}, out)
    own = "" if risk else "; classes of mortality risk from these very cases, not frozen"
    typer.echo(f"{result.num_rows} units in {out}{own}")


def cases_of(
    cases: CasesFrom,
    figure: Annotated[str, typer.Option(help="A figure or count, such as low_risk_deaths.")],
    out: Out,
    hospital: Annotated[str | None, typer.Option(help="Only of this hospital.")] = None,
    dept: Annotated[str | None, typer.Option(help="Only of this department.")] = None,
    physician: Annotated[str | None, typer.Option(help="Only of this physician.")] = None,
    county: Annotated[str | None, typer.Option(help="Only of hospitals of this county.")] = None,
    hospital_class: Annotated[str | None, typer.Option("--class", help="Only of hospitals of this class.")] = None,
    payer: Annotated[str | None, typer.Option(help="Only of this payer.")] = None,
    month: Month = None,
    home: Annotated[str | None, typer.Option(help="Only of patients from this area.")] = None,
    of_group: Annotated[str | None, typer.Option("--of", help="Only of this group.")] = None,
    risk: Risk = None,
    group: Group = "group",
    grouping: Grouping = None,
    commit: Commit = None,
) -> None:
    """The cases that a figure of a unit counts, and which of them its numerator: hospital, case_id, in_numerator."""
    check_out(out)
    _check_month(month)
    asked = {
        "hospital": hospital, "dept": dept, "physician": physician, "county": county, "payer": payer, "month": month,
        "hospital_class": hospital_class, "home": home, "group": of_group,
    }  # fmt: skip
    unit = {name: value for name, value in asked.items() if value is not None}
    with engine() as backend:
        opened = open_grouped(backend, cases, group, grouping, commit)
        marked = _marked(backend, opened, risk)
        condition(marked, figure)
        found = behind(marked, figure, unit).select(*opened.found.id_columns, "in_numerator")
        result = found.to_pyarrow()
        about = {"code_version": code_version(), "day": opened.day.isoformat(), "figure": figure, **unit}
        write_out(backend, result, out, about_json(about))
    above = pc.sum(result["in_numerator"].cast(pa.int64())).as_py() or 0
    typer.echo(f"{above} of {result.num_rows} cases in {out}")


cases_of.__doc__ = f"{cases_of.__doc__}\n\nFigures and counts: {', '.join(numbers())}."


def outflow(
    cases: CasesFrom,
    by: Annotated[str, typer.Option(help=f"The unit: {', '.join((*flowing.UNITS, *flowing.PLACES))}.")],
    out: Out,
    home: Annotated[
        list[str] | None, typer.Option(help="An area of the region; else those with insured people, else any.")
    ] = None,
    group: Group = "group",
    grouping: Grouping = None,
    commit: Commit = None,
) -> None:
    """How many of the residents' cases were treated in another area, by home, group or disease, and place.

    A disease is the beginning of the principal diagnosis; by diseases, no groups are needed.
    """
    check_out(out)
    units = flowing.UNITS | flowing.PLACES
    of = DIAGNOSIS if DIAGNOSIS in units.get(by, ()) else flowing.GROUP
    if of == DIAGNOSIS and grouping is not None:
        raise Refusal("--grouping does not go with diseases", column="--by", value=by)
    with engine() as backend:
        opened = _opened_for_flows(backend, cases, group, grouping, commit, of)
        check_unit(opened, by, dict.fromkeys(units, ("area",)))
        region = sorted(set(home)) if home else _insured_areas(opened)
        result = flowing.outflow(flowing.flows(opened.facts.rename({of: "group"}), region, of), by, region)
        about = _about(opened, opened.group if of == DIAGNOSIS else group, grouping) | {"by": by, "region": region}
        keep_and_write(backend, opened, "outflow", about, {"flows": result}, out)
    typer.echo(f"{result.num_rows} rows in {out}")


def _opened_for_flows(
    backend: Backend, cases: Path, group: str, grouping: Path | None, commit: int | None, of: str
) -> Opened:
    if of == DIAGNOSIS:
        return open_diagnosed(backend, cases, commit)
    return open_grouped(backend, cases, group, grouping, commit)


def _about(opened: Grouped, group: str, grouping: Path | None) -> dict[str, Any]:
    return {"policy": {INDICES: opened.rules.digest}, "group": group, "grouping": grouping_sha256(grouping)}


def _held_monthly(backend: Backend, facts: ir.Table) -> ir.Table:
    return backend.create_table(ibis.util.gen_name("monthly"), monthly_sums(facts), temp=True)


def _risks(backend: Backend, sums: ir.Table, risk: Path | None, opened: Opened) -> pa.Table:
    """The classes frozen in a file, or those of the very cases."""
    if risk is None:
        return risk_of_sums(sums, opened.rules.risk)
    given = open_file(backend, risk, SCHEMA.names)
    given.need("group", "risk")
    return given.table.select("group", risk=given.table.risk.cast("string")).to_pyarrow()


def _marked(backend: Backend, opened: Opened, risk: Path | None) -> ir.Table:
    sums = _held_monthly(backend, opened.facts)
    its = marks(weights(sums), _risks(backend, sums, risk, opened), opened.rules)
    return with_marks(backend, opened.facts, its)


def _between(sums: ir.Table, first: str | None, until: str | None) -> ir.Table:
    kept = sums if first is None else sums.filter(sums.month >= first)
    return kept if until is None else kept.filter(kept.month <= until)


def _check_month(month: str | None) -> None:
    if month is not None and not _is_month(month):
        raise Refusal("is no month", value=month, cure="YYYY-MM, such as 2024-05")


def _is_month(text: str) -> bool:
    try:
        return date.fromisoformat(f"{text}-01").strftime("%Y-%m") == text
    except ValueError:
        return False


def _insured_areas(opened: Opened) -> list[str]:
    """The areas whose people are insured in the region; none where DATA does not say, or there is no DATA."""
    if opened.found.snapshot is None:
        return []
    areas = opened.found.snapshot.table("population").select("area").distinct().to_pyarrow()["area"].to_pylist()
    return sorted(area for area in areas if area is not None)
