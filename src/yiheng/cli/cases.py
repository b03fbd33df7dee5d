"""`yiheng cases`: bring files of discharges into DATA."""

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer

from yiheng.base.progress import shown_progress
from yiheng.base.refusal import Refusal
from yiheng.base.words import word
from yiheng.cases.input import cases_digest
from yiheng.cases.load import load as load_files
from yiheng.cases.quality.examine import STATES, Check

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
    for line in _checked(loaded.checks.values()):
        typer.echo(line)
    typer.echo(f"commit {loaded.commit.number} in {to}")
    total = loaded.accepted + loaded.quarantined
    typer.echo(f"accepted {loaded.accepted}, quarantined {loaded.quarantined}, of {total} rows")


def _checked(checks: Collection[Check]) -> Iterator[str]:
    """What the quality rules found: counts, then shares of the rows that could be judged."""
    for check in sorted(checks, key=lambda each: -each.failed):
        if check.failed or check.error:
            told, judged = check.rule.word, check.rows - check.not_applicable
            error = f", {check.error} rows in error" if check.error else ""
            share = f"{100 * check.failed / judged:.2f} %" if judged else ""
            name = f"{check.rule.severity} {check.rule.id} {told.zh} / {told.en}"
            yield f"{name}: {check.failed} of {judged} rows ({share}){error}"
    states = Counter(check.state for check in checks)
    said = ", ".join(f"{states[state]} {word(f'check_{state}').zh} {word(f'check_{state}').en}" for state in STATES)
    yield f"质量规则 quality rules {states.total()}: {said}"


@app.command()
def digest(
    cases: Annotated[Path, typer.Option(help="The DATA folder.")],
    commit: Annotated[int | None, typer.Option(help="Another commit than the last.")] = None,
) -> None:
    """Print the digest of the cases: equal content has an equal digest, in whatever order it was loaded."""
    typer.echo(cases_digest(cases, commit))
