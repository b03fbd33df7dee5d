"""`yiheng cases`: bring files of discharges into DATA."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from yiheng.base.progress import shown_progress
from yiheng.base.refusal import Refusal
from yiheng.cases.input import cases_digest
from yiheng.cases.load import load as load_files

app = typer.Typer(help="病例 Discharges: load files into DATA.", no_args_is_help=True)


@app.command()
def load(
    files: Annotated[list[Path], typer.Argument(help="Case files: CSV (also gzipped), Excel or Parquet.")],
    to: Annotated[Path, typer.Option(help="The DATA folder; it is made if need be.")],
    format: Annotated[
        Literal["canonical", "mapped"] | None,
        typer.Option(help="canonical: the case table's own columns; mapped: what --mapping says."),
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="YAML that says how the columns become cases.")] = None,
) -> None:
    """Load case files as one commit: rows that fit go in, the others are quarantined with the reason."""
    if format is not None and (format == "mapped") != (mapping is not None):
        raise Refusal("--format mapped and --mapping FILE go together")
    with shown_progress() as progress:
        loaded = load_files(to, files, mapping, progress=progress)
    for line in loaded.lines:
        typer.echo(line)
    if loaded.quarantined:
        typer.echo("以上及其余问题行均存入隔离表 quarantine / every row left out is in the table quarantine")
    typer.echo(f"commit {loaded.commit.number} in {to}")
    total = loaded.accepted + loaded.quarantined
    typer.echo(f"accepted {loaded.accepted}, quarantined {loaded.quarantined}, of {total} rows")


@app.command()
def digest(
    cases: Annotated[Path, typer.Option(help="The DATA folder.")],
    commit: Annotated[int | None, typer.Option(help="Another commit than the last.")] = None,
) -> None:
    """Print the digest of the cases: equal content has an equal digest, in whatever order it was loaded."""
    typer.echo(cases_digest(cases, commit))
