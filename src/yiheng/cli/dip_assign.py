"""`yiheng dip assign`: the groups of a catalogue given to cases."""

from pathlib import Path
from typing import Annotated

import pyarrow.parquet as pq
import typer

from yiheng.base.kept import cache_folder
from yiheng.base.progress import Progress, shown_progress
from yiheng.cli.where import LOCAL, EngineOption, check_engine
from yiheng.dip.assignment.stream import ASSIGNMENT, ID_COLUMNS, USED, assigner_of
from yiheng.dip.file import Held, read_catalogue
from yiheng.tables.arrow import forgo_pandas
from yiheng.tables.filedigest import file_sha256
from yiheng.tables.limits import threads
from yiheng.tables.place import check_out
from yiheng.tables.version import code_version

CatalogueFile = Annotated[Path, typer.Option("--catalogue", help="A catalogue that `yiheng dip build` made.")]


def assign(
    catalogue: CatalogueFile,
    cases: Annotated[Path, typer.Option(help="DATA, or a Parquet or CSV file of cases.")],
    out: Annotated[Path, typer.Option(help="Where the result goes: .parquet or .csv.")],
    commit: Annotated[int | None, typer.Option(min=1, help="Another commit of DATA than the last.")] = None,
    engine: EngineOption = LOCAL,
) -> None:
    """Give each case its group, or the reason why it has none; rows and order are those of the input."""
    check_out(out)
    check_engine(engine)
    forgo_pandas()
    held = read_catalogue(catalogue)
    about = {"code_version": code_version(), "catalogue": catalogue.name, "catalogue_sha256": file_sha256(catalogue)}
    by_tcm = bool(held.scheme.value("tcm_groups", held.day))
    if engine != LOCAL:
        from yiheng.cli.dip_engine import assign_by_cluster

        counted = assign_by_cluster(engine, held, cases, commit, out, about)
    elif commit is None and out.suffix == ".parquet" and ASSIGNMENT.is_plain(cases, USED) and not by_tcm:
        with shown_progress() as progress:
            counted = _assign_file(held, cases, out, about, progress)
    else:
        from yiheng.cli.dip_engine import assign_by_engine

        counted = assign_by_engine(held, cases, commit, out, about)
    counts = ", ".join(f"{status} {count}" for status, count in sorted(counted.items()))
    typer.echo(f"{counts} in {out}")


def _assign_file(held: Held, cases: Path, out: Path, about: dict[str, str], progress: Progress) -> dict[str, int]:
    """Assign a Parquet file that is as the case table; no query engine is needed, nor loaded."""
    names = pq.read_schema(cases).names
    ids = [name for name in ID_COLUMNS if name in names]
    progress.step("assigning", pq.read_metadata(cases).num_rows)
    pieces = ASSIGNMENT.pieces(cases, [name for name in USED if name in names])
    digest, version = about["catalogue_sha256"], about["code_version"]
    results = ASSIGNMENT.answers(pieces, lambda: assigner_of(held, digest, cache_folder(), version), ids, threads())
    return ASSIGNMENT.write(results, out, ids, about, progress)
