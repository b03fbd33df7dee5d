"""What stands around a load: known forms, rows given back, the summary of findings, a case's history."""

from pathlib import Path
from typing import Annotated

import typer

from yiheng.base.refusal import shown
from yiheng.base.words import word
from yiheng.cases.forms import KNOWN, known_form
from yiheng.cases.giveback import give_back
from yiheng.cases.history import history as history_of
from yiheng.cases.summary import summary as summary_of
from yiheng.tables.contract import contract
from yiheng.tables.data import Data
from yiheng.tables.engine import engine
from yiheng.tables.out import about_json, write_out
from yiheng.tables.place import check_out
from yiheng.tables.snapshot import Snapshot

_MOST_LINES = 40
Cases = Annotated[Path, typer.Option(help="The DATA folder.")]


def forms(form: Annotated[str | None, typer.Argument(help="One form: its header as a line of CSV.")] = None) -> None:
    """List the forms that a load knows by their headers, or print the header of one."""
    if form is not None:
        typer.echo(",".join(known_form(form).columns))
        return
    for each in KNOWN:
        its = known_form(each)
        typer.echo(f"{each}: {its.word.zh} / {its.word.en} (--format {its.format}, {len(its.columns)} 列 columns)")


def back(
    file: Annotated[Path, typer.Argument(help="A file that was loaded.")],
    cases: Cases,
    out: Annotated[Path, typer.Option(help="The folder for the returned file.")],
    mapping: Annotated[Path | None, typer.Option(help="The mapping file that it was loaded with.")] = None,
) -> None:
    """Give back a file's quarantined rows in its own form, with reason and cure, to be mended and loaded again."""
    typer.echo(f"问题行已退回 rows that do not fit are in {give_back(cases, file, out, mapping)}")


def summary(
    cases: Cases,
    out: Annotated[Path | None, typer.Option(help="A CSV or Parquet file for all of it.")] = None,
    commit: Annotated[int | None, typer.Option(help="Another commit than the last.")] = None,
) -> None:
    """Summarise open findings by hospital, month and rule: counts, then shares."""
    if out is not None:
        check_out(out)
    with engine() as backend:
        snapshot = Snapshot(backend, Data.open(cases), commit)
        found = summary_of(snapshot)
        if out is not None:
            write_out(backend, found, out, about_json({"commit": snapshot.commit.number}))
    for row in found.slice(0, _MOST_LINES).to_pylist():
        share = f"{100 * row['share']:.2f} %"
        typer.echo(
            f"{row['hospital']} {row['month'] or '-'} {row['rule']} {row['zh']} / {row['en']}: "
            f"{row['failed']} of {row['cases']} cases ({share})"
        )
    if found.num_rows > _MOST_LINES:
        typer.echo(f"… 共 {found.num_rows} 行 rows; --out FILE")
    if not found.num_rows:
        typer.echo(f"{word('no_broken_rules').zh} {word('no_broken_rules').en}")


def history(
    cases: Cases,
    hospital: Annotated[str, typer.Option(help="Institution code.")],
    case_id: Annotated[str, typer.Option(help="The case.")],
) -> None:
    """Show every version that DATA has had of a case, and what each changed."""
    for version in history_of(cases, hospital, case_id):
        if version.case is None:
            typer.echo(f"commit {version.commit}: 撤回 withdrawn")
            continue
        origin = f"{version.case['source_file']} {version.case['source_row']}"
        typer.echo(f"commit {version.commit}: 第{version.case['list_version']}版 version ({origin})")
        for name, (before, after) in version.changed.items():
            typer.echo(f"  {name} {contract('cases').column(name).zh}: {_text(before)} → {_text(after)}")


def _text(value: object) -> str:
    if isinstance(value, list):
        return shown("|".join("" if item is None else str(item) for item in value))
    return "-" if value is None else shown(str(value))
