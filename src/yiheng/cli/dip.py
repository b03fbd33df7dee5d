"""`yiheng dip`: build a catalogue from cases and assign cases to it."""

from datetime import date
from pathlib import Path
from typing import Annotated

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import typer

from yiheng.base.refusal import Refusal
from yiheng.cases.input import open_cases
from yiheng.dip import assign as assigning
from yiheng.dip.catalogue import SCHEMA
from yiheng.dip.catalogue import build as build_catalogue
from yiheng.policy.loader import Scheme, scheme
from yiheng.tables.data import code_version
from yiheng.tables.digest import file_sha256
from yiheng.tables.engine import engine, held
from yiheng.tables.out import about_json, check_out, write_out
from yiheng.tables.runs import Inputs, keep

app = typer.Typer(help="按病种分值付费 DIP: a catalogue from the region's own history.", no_args_is_help=True)


_CODES = ("dx", "proc", "dx_edition", "proc_edition")
_BUILDS = (*_CODES, "total_fee", "los", "year")


@app.command()
def build(
    cases: Annotated[list[Path], typer.Option(help="DATA, or Parquet or CSV files of cases; may be given again.")],
    out: Annotated[Path, typer.Option(help="The catalogue: a .parquet file.")],
    scheme_id: Annotated[str, typer.Option("--scheme", help="The policy file that says how.")] = "dip/national-1.0",
    commit: Annotated[int | None, typer.Option(min=1, help="Another commit of DATA than the last.")] = None,
) -> None:
    """Which combinations occur often enough to be groups, what they weigh and their points."""
    _parquet(out)
    with engine() as backend:
        opened = [open_cases(backend, path, commit, {*_BUILDS, "discharge_date"}) for path in cases]
        for each in opened:
            each.need("dx", "total_fee")
        table = ibis.union(*(each.table.select(_BUILDS) for each in opened)) if len(opened) > 1 else opened[0].table
        built = build_catalogue(backend, table, scheme(scheme_id))
        about = {
            "code_version": code_version(),
            "scheme": built.scheme.id,
            "scheme_digest": built.scheme.digest,
            "day": built.day.isoformat(),
            "year_weights": built.years,
            "mean_cost": built.mean_cost,
        }
        if len(opened) == 1 and (snapshot := opened[0].snapshot):
            inputs = Inputs(snapshot.commit.number, {built.scheme.id: built.scheme.digest})
            keep(backend, snapshot.data, "catalogues", inputs, {"groups": built.groups})
            about["commit"] = snapshot.commit.number
        write_out(backend, built.groups, out, about_json(about))
    kinds = built.groups["kind"].to_pylist()
    typer.echo(f"{kinds.count('core')} core and {kinds.count('comprehensive')} comprehensive groups in {out}")
    typer.echo(f"sum of RW x n / n = {float(built.check):.12g} over the weighted cases that the means are made of")


@app.command()
def assign(
    catalogue: Annotated[Path, typer.Option(help="A catalogue that `yiheng dip build` made.")],
    cases: Annotated[Path, typer.Option(help="DATA, or a Parquet or CSV file of cases.")],
    out: Annotated[Path, typer.Option(help="Where the result goes: .parquet or .csv.")],
    commit: Annotated[int | None, typer.Option(min=1, help="Another commit of DATA than the last.")] = None,
) -> None:
    """Give each case its group, or the reason why it has none; rows and order are those of the input."""
    check_out(out)
    groups, made_with, day = _read(catalogue)
    with engine() as backend:
        found = open_cases(backend, cases, commit, ("hospital", "case_id", *_CODES))
        found.need("case_id", "dx")
        assigned = assigning.assign(found.table, held(backend, groups), made_with, day)
        result = assigned.order_by("row").select(*found.id_columns, *assigning.OUT)
        its_digest = file_sha256(catalogue)
        about = {"code_version": code_version(), "catalogue": catalogue.name, "catalogue_sha256": its_digest}
        if found.snapshot is not None:
            number = found.snapshot.commit.number
            inputs = Inputs(number, {made_with.id: made_with.digest}, parameters={"catalogue": its_digest})
            keep(backend, found.snapshot.data, "groupings", inputs, {"cases": result})
            about["commit"] = str(number)
        write_out(backend, result, out, about_json(about))
        counted = assigned.group_by("status").agg(n=assigned.count()).order_by("status").to_pyarrow().to_pylist()
    typer.echo(", ".join(f"{row['status']} {row['n']}" for row in counted) + f" in {out}")


def _parquet(path: Path) -> None:
    check_out(path)
    if path.suffix != ".parquet":
        raise Refusal("a catalogue must end in .parquet", file=str(path))


def _read(path: Path) -> tuple[pa.Table, Scheme, date]:
    """A catalogue file, with the scheme and the day it was built with, which it carries in its metadata."""
    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        raise Refusal("there is no such file", file=str(path)) from None
    except (pa.ArrowInvalid, OSError):
        raise Refusal("is not a catalogue", file=path.name, cure="yiheng dip build") from None
    about = table.schema.metadata or {}
    if b"scheme" not in about or table.schema.names != SCHEMA.names:
        raise Refusal("is not a catalogue", file=path.name, cure="yiheng dip build")
    made_with = scheme(about[b"scheme"].decode())
    if made_with.digest != about[b"scheme_digest"].decode():
        raise Refusal(f"was built with another edition of {made_with.id}", file=path.name, cure="build it again")
    return table, made_with, date.fromisoformat(about[b"day"].decode())
