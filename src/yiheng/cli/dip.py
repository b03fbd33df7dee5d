"""`yiheng dip`: build a catalogue from cases, assign cases to it, explain, compare, take over and give out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import ibis
import typer

from yiheng.base.refusal import Refusal
from yiheng.cases.input import Cases, open_cases
from yiheng.cli import dip_catalogues
from yiheng.dip import assign as assigning
from yiheng.dip.caseset import CHOSEN_BY, COLUMNS, not_applicable
from yiheng.dip.catalogue import Catalogue
from yiheng.dip.catalogue import build as build_catalogue
from yiheng.dip.file import about_scheme, open_scheme, read_catalogue
from yiheng.dip.plan import plan
from yiheng.tables.digest import file_sha256
from yiheng.tables.engine import engine
from yiheng.tables.out import about_json, write_out
from yiheng.tables.place import check_out
from yiheng.tables.runs import Inputs, keep
from yiheng.tables.version import code_version

app = typer.Typer(help="按病种分值付费 DIP: a catalogue from the region's own history.", no_args_is_help=True)

CatalogueFile = Annotated[Path, typer.Option("--catalogue", help="A catalogue that `yiheng dip build` made.")]
app.command("diff")(dip_catalogues.diff)
app.command("explain")(dip_catalogues.explain)
app.command("export")(dip_catalogues.export)
app.command("import")(dip_catalogues.take_over)

_BUILDS = (*COLUMNS, *CHOSEN_BY.values())


@app.command()
def build(
    cases: Annotated[list[Path], typer.Option(help="DATA, or Parquet or CSV files of cases; may be given again.")],
    out: Annotated[Path, typer.Option(help="The catalogue: a .parquet file.")],
    scheme_id: Annotated[
        str, typer.Option("--scheme", help="The policy file that says how: its id, or a .yaml file.")
    ] = "dip/national-1.0",
    levels: Annotated[Path | None, typer.Option(help="The second and first level: .parquet or .csv.")] = None,
    commit: Annotated[int | None, typer.Option(min=1, help="Another commit of DATA than the last.")] = None,
) -> None:
    """Which combinations occur often enough to be groups, what they weigh and their points."""
    _parquet(out)
    if levels is not None:
        check_out(levels)
    with engine() as backend:
        opened = [open_cases(backend, path, commit, {*_BUILDS, "discharge_date"}) for path in cases]
        for each in opened:
            each.need("dx", "total_fee")
        table = ibis.union(*(each.table.select(_BUILDS) for each in opened)) if len(opened) > 1 else opened[0].table
        built = build_catalogue(backend, table, open_scheme(scheme_id))
        about: dict[str, object] = {
            "code_version": code_version(),
            **about_scheme(built.scheme, built.day),
            "year_weights": built.years,
            "mean_cost": built.mean_cost,
        }
        if len(opened) == 1 and (snapshot := opened[0].snapshot):
            inputs = Inputs(snapshot.commit.number, {built.scheme.id: built.scheme.digest})
            keep(backend, snapshot.data, "catalogues", inputs, {"groups": built.groups})
            about["commit"] = snapshot.commit.number
        write_out(backend, built.groups, out, about_json(about))
        if levels is not None:
            write_out(backend, built.levels, levels, about_json(about))
    typer.echo("\n".join(_built(built, opened, out)))


def _built(built: Catalogue, opened: list[Cases], out: Path) -> Iterator[str]:
    """What a build says: how many groups of each kind, how its sums hold, what was left out."""
    kinds = built.groups["kind"].to_pylist()
    others = [f", {kinds.count(kind)} {kind}" for kind in sorted(set(kinds) - {"core", "comprehensive"})]
    main = f"{kinds.count('core')} core and {kinds.count('comprehensive')} comprehensive"
    yield f"{main}{''.join(others)} groups in {out}"
    yield f"sum of RW x n / n = {float(built.check):.12g} over the weighted cases that the means are made of"
    if built.check_placed != built.check:
        yield f"sum of RW x n / n = {float(built.check_placed):.12g} over all weighted cases placed"
    if built.check_points not in (None, built.check):
        yield f"sum of points x n / (points of weight 1 x n) = {float(built.check_points or 0):.12g}, rounded"
    if built.trimmed:
        yield f"{built.trimmed} cases trimmed from the means"
    if built.left_out:
        yield "left out: " + ", ".join(f"{name} {count}" for name, count in built.left_out.items())
    given = frozenset[str]().union(*(each.given for each in opened))
    for name in not_applicable(given, plan(built.scheme, built.day)):
        yield f"{name}: not applicable, the cases have no column {CHOSEN_BY[name]}"


@app.command()
def assign(
    catalogue: CatalogueFile,
    cases: Annotated[Path, typer.Option(help="DATA, or a Parquet or CSV file of cases.")],
    out: Annotated[Path, typer.Option(help="Where the result goes: .parquet or .csv.")],
    commit: Annotated[int | None, typer.Option(min=1, help="Another commit of DATA than the last.")] = None,
) -> None:
    """Give each case its group, or the reason why it has none; rows and order are those of the input."""
    check_out(out)
    held = read_catalogue(catalogue)
    with engine() as backend:
        found = open_cases(backend, cases, commit, ("hospital", "case_id", *assigning.NEEDED))
        found.need("case_id", "dx")
        ordered = found.table.order_by("row")
        result = assigning.assign(backend, ordered, held.groups, held.scheme, held.day, found.id_columns)
        its_digest = file_sha256(catalogue)
        about = {"code_version": code_version(), "catalogue": catalogue.name, "catalogue_sha256": its_digest}
        if found.snapshot is not None:
            number = found.snapshot.commit.number
            inputs = Inputs(number, {held.scheme.id: held.scheme.digest}, parameters={"catalogue": its_digest})
            keep(backend, found.snapshot.data, "groupings", inputs, {"cases": result})
            about["commit"] = str(number)
        write_out(backend, result, out, about_json(about))
        counted = result.group_by("status").agg(n=result.count()).order_by("status").to_pyarrow().to_pylist()
    typer.echo(", ".join(f"{row['status']} {row['n']}" for row in counted) + f" in {out}")


def _parquet(path: Path) -> None:
    check_out(path)
    if path.suffix != ".parquet":
        raise Refusal("a catalogue must end in .parquet", file=str(path))
