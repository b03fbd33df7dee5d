"""`yiheng dip build`: a catalogue from cases."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq
import typer
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.cases.input import Cases, open_cases
from yiheng.cli.where import LOCAL, EngineOption, check_engine
from yiheng.dip.assignment.stream import ASSIGNMENT
from yiheng.dip.catalogue.build import Catalogue
from yiheng.dip.catalogue.build import build as build_catalogue
from yiheng.dip.catalogue.caseset import CHOSEN_BY, COLUMNS, not_applicable
from yiheng.dip.file import about_scheme, open_scheme
from yiheng.dip.plan import plan
from yiheng.policy.loader import Scheme
from yiheng.tables.arrow import forgo_pandas
from yiheng.tables.engine import engine, scratch
from yiheng.tables.out import about_json, write_out
from yiheng.tables.place import check_out
from yiheng.tables.runs import Inputs, keep
from yiheng.tables.stream import Piece, is_plain, parquet_pieces
from yiheng.tables.version import code_version

_BUILDS = (*COLUMNS, *CHOSEN_BY.values())
# What a case's year is taken from where it is not given.
_DAY = "discharge_date"
_USED = frozenset({*_BUILDS, _DAY})


def build(
    cases: Annotated[list[Path], typer.Option(help="DATA, or Parquet or CSV files of cases; may be given again.")],
    out: Annotated[Path, typer.Option(help="The catalogue: a .parquet file.")],
    scheme_id: Annotated[
        str, typer.Option("--scheme", help="The policy file that says how: its id, or a .yaml file.")
    ] = "dip/national-1.0",
    levels: Annotated[Path | None, typer.Option(help="The second and first level: .parquet or .csv.")] = None,
    commit: Annotated[int | None, typer.Option(min=1, help="Another commit of DATA than the last.")] = None,
    where: EngineOption = LOCAL,
) -> None:
    """Which combinations occur often enough to be groups, what they weigh and their points."""
    _parquet(out)
    check_engine(where)
    forgo_pandas()
    if levels is not None:
        check_out(levels)
    with engine() as backend:
        opened = [open_cases(backend, path, commit, _USED) for path in cases]
        for each in opened:
            each.need("dx", "total_fee")
        table = ibis.union(*(each.table.select(_BUILDS) for each in opened)) if len(opened) > 1 else opened[0].table
        snapshot = opened[0].snapshot if len(opened) == 1 else None
        if where != LOCAL:
            built = _on_cluster(backend, where, table, open_scheme(scheme_id), opened, cases)
        else:
            pieces = _pieces(cases) if commit is None and all(map(_is_plain, cases)) else None
            lines = snapshot.table("lines") if snapshot else None
            built = build_catalogue(backend, table, open_scheme(scheme_id), pieces, lines)
        about: dict[str, object] = {
            "code_version": code_version(),
            **about_scheme(built.scheme, built.day),
            "year_weights": built.years,
            "mean_cost": built.mean_cost,
        }
        if snapshot:
            inputs = Inputs(snapshot.commit.number, {built.scheme.id: built.scheme.digest})
            keep(backend, snapshot.data, "catalogues", inputs, {"groups": built.groups})
            about["commit"] = snapshot.commit.number
        write_out(backend, built.groups, out, about_json(about))
        if levels is not None:
            write_out(backend, built.levels, levels, about_json(about))
    typer.echo("\n".join(_built(built, opened, out)))


def _on_cluster(
    backend: Backend, master: str, table: ir.Table, scheme: Scheme, opened: list[Cases], paths: list[Path]
) -> Catalogue:
    """A catalogue whose cases a Spark cluster counts."""
    # Slow to load, and for a cluster alone.
    from yiheng.cli.dip_engine import files_of
    from yiheng.dip.cluster import build_on_cluster

    for each in opened:
        each.need("year")
    files = [file for its, path in zip(opened, paths, strict=True) for file in files_of(its, path, _is_plain(path))]
    return build_on_cluster(backend, master, table, scheme, files, scratch(backend) / "parts")


def _is_plain(path: Path) -> bool:
    """Whether it is a Parquet file that can be read as it is."""
    return path.is_file() and is_plain(path, ("dx", "total_fee"), _USED)


def _pieces(paths: list[Path]) -> Callable[[Sequence[str]], Iterator[Piece]]:
    """The row groups of files, of the columns asked for and the day that a year may have to be taken from."""

    def read(columns: Sequence[str]) -> Iterator[Piece]:
        for path in paths:
            names = pq.read_schema(path).names
            yield from parquet_pieces(path, [name for name in (*columns, _DAY) if name in names], ASSIGNMENT.coded)

    return read


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


def _parquet(path: Path) -> None:
    check_out(path)
    if path.suffix != ".parquet":
        raise Refusal("a catalogue must end in .parquet", file=str(path))
