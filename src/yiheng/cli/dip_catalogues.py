"""`yiheng dip diff | explain | export | import`: what is done with catalogues that are there."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from yiheng.base.refusal import Refusal
from yiheng.cases.input import open_cases
from yiheng.dip.assignment import assign as assigning
from yiheng.dip.assignment.alternatives import alternatives
from yiheng.dip.assignment.batch import patient_of
from yiheng.dip.assignment.book import open_book
from yiheng.dip.assignment.reference import assign_case
from yiheng.dip.catalogue.exchange import export_catalogue, import_catalogue
from yiheng.dip.compare import compare, effect
from yiheng.dip.file import about_scheme, open_scheme, read_catalogue
from yiheng.dip.plan import plan
from yiheng.tables.engine import batches, engine
from yiheng.tables.out import write_out
from yiheng.tables.place import check_out
from yiheng.tables.version import code_version

_SHOWN = 20


def diff(
    before: Annotated[Path, typer.Argument(help="A catalogue.")],
    after: Annotated[Path, typer.Argument(help="Another.")],
    cases: Annotated[Path | None, typer.Option(help="DATA or a file of cases: what it does to them.")] = None,
    out: Annotated[Path | None, typer.Option(help="The groups that differ: .parquet or .csv.")] = None,
    hospitals: Annotated[Path | None, typer.Option(help="The effect by hospital: .parquet or .csv.")] = None,
    commit: Annotated[int | None, typer.Option(min=1, help="Another commit of DATA than the last.")] = None,
) -> None:
    """Groups born, gone and changed between two catalogues; with cases, who moves and the effect by hospital."""
    for path in (out, hospitals):
        if path is not None:
            check_out(path)
    if hospitals is not None and cases is None:
        raise Refusal("the effect by hospital needs cases", column="--hospitals", cure="--cases")
    one, other = read_catalogue(before), read_catalogue(after)
    found = compare(one, other)
    operations = found["operation"].to_pylist()
    counts = ", ".join(f"{name} {operations.count(name)}" for name in ("born", "gone", "changed"))
    lines = [counts, *_rows(found.select(["operation", "group", "points_before", "points_after", "difference"]))]
    with engine() as backend:
        if cases is not None:
            opened = open_cases(backend, cases, commit, ("hospital", *assigning.NEEDED))
            opened.need("dx")
            table = opened.table.order_by("row").select("hospital", *assigning.NEEDED)
            two = [assigning.assigner(each.groups, each.scheme, each.day) for each in (one, other)]
            result = effect(batches(backend, table), *two)
            lines += [f"{result.moved} of {result.cases} cases move", *_rows(result.moves), *_rows(result.hospitals)]
            if hospitals is not None:
                write_out(backend, result.hospitals, hospitals, {"code_version": code_version()})
        if out is not None:
            write_out(backend, found, out, {"code_version": code_version()})
    typer.echo("\n".join(lines))


def explain(
    catalogue: Annotated[Path, typer.Option(help="A catalogue.")],
    cases: Annotated[Path, typer.Option(help="DATA, or a file of cases.")],
    case_id: Annotated[str, typer.Option(help="The case.")],
    hospital: Annotated[str | None, typer.Option(help="Its hospital, where ids are not unique.")] = None,
    commit: Annotated[int | None, typer.Option(min=1, help="Another commit of DATA than the last.")] = None,
) -> None:
    """Why a case is in its group, why every other candidate lost, and what other codes would give (a simulation)."""
    held = read_catalogue(catalogue)
    with engine() as backend:
        opened = open_cases(backend, cases, commit, ("hospital", "case_id", *assigning.NEEDED))
        opened.need("case_id", "dx")
        table = opened.table.filter(opened.table.case_id == case_id)
        if hospital is not None:
            table = table.filter(table.hospital == hospital)
        rows = table.order_by("row").select("hospital", *assigning.NEEDED).to_pyarrow().to_pylist()
    if len(rows) != 1:
        what = "there is no such case" if not rows else f"{len(rows)} cases have this id"
        raise Refusal(what, file=opened.shown, column="case_id", value=case_id, cure="--hospital" if rows else "")
    book = open_book(held.groups, plan(held.scheme, held.day))
    patient = patient_of(rows[0])
    answer = assign_case(patient, book)
    typer.echo(f"{answer.status} {answer.group.id if answer.group else answer.reason}")
    for candidate in answer.candidates:
        said = "won" if candidate.lost is None else candidate.lost
        typer.echo(f"  {candidate.step}: {candidate.group.id}: {said}")
    for each in alternatives(patient, book):
        typer.echo(f"  模拟 simulation: {each.change}: {each.group.id}, points {_number(each.difference)}")


def export(
    catalogue: Annotated[Path, typer.Option(help="A catalogue.")],
    out: Annotated[Path, typer.Option(help="Where the workbook goes: .xlsx.")],
) -> None:
    """A catalogue as an Excel workbook."""
    if out.suffix != ".xlsx" or not out.parent.is_dir():
        raise Refusal("must be a .xlsx in a folder that exists", file=str(out))
    held = read_catalogue(catalogue)
    export_catalogue(held.groups, out)
    typer.echo(f"{held.groups.num_rows} groups in {out}")


def take_over(
    workbook: Annotated[Path, typer.Argument(help="An authority's catalogue: .xlsx.")],
    out: Annotated[Path, typer.Option(help="The catalogue: a .parquet file.")],
    day: Annotated[str, typer.Option(help="The day by which it is read, such as 2024-12-31.")],
    scheme_id: Annotated[str, typer.Option("--scheme", help="How cases are matched: a policy id or a .yaml file.")],
) -> None:
    """Take over an authority's own catalogue; its points are taken as given, rw stays empty."""
    check_out(out)
    if out.suffix != ".parquet":
        raise Refusal("a catalogue must end in .parquet", file=str(out))
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise Refusal("is no day", column="--day", value=day, cure="such as 2024-12-31") from None
    scheme, groups = open_scheme(scheme_id), import_catalogue(workbook)
    open_book(groups, plan(scheme, on))
    with engine() as backend:
        write_out(backend, groups, out, {"code_version": code_version(), **about_scheme(scheme, on)})
    typer.echo(f"{groups.num_rows} groups in {out}")


def _rows(table: pa.Table) -> Iterator[str]:
    """Lines with tabs between cells, the first of many; nothing of an empty table."""
    if table.num_rows:
        yield "\t".join(table.column_names)
        for row in table.slice(0, _SHOWN).to_pylist():
            yield "\t".join(_number(value) if isinstance(value, float) else str(value or "-") for value in row.values())
    if table.num_rows > _SHOWN:
        yield f"... {table.num_rows - _SHOWN}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
