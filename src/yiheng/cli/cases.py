"""`yiheng cases`: bring what hospitals have into DATA, correct it, see what is wrong with it."""

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer

from yiheng.base.progress import shown_progress
from yiheng.base.refusal import Refusal
from yiheng.base.words import word
from yiheng.cases.giveback import check_back, give_back
from yiheng.cases.incoming import Incoming
from yiheng.cases.input import cases_digest
from yiheng.cases.intake import CORRECT, LOAD, WITHDRAW
from yiheng.cases.load import Loaded
from yiheng.cases.load import load as load_files
from yiheng.cases.quality.book import book
from yiheng.cases.quality.examine import STATES, Check
from yiheng.cli.intake import back, forms, history, summary
from yiheng.cli.key import key
from yiheng.tables.arrow import forgo_pandas

app = typer.Typer(help="病例 Discharges: load, correct and check what hospitals send.", no_args_is_help=True)
for command in (key, forms, back, summary, history):
    app.command()(command)

_SHOWN_COLUMNS = 5

Files = Annotated[
    list[Path], typer.Argument(help="CSV (also gzipped), Excel, JSON or Parquet; what each is follows from its header.")
]
To = Annotated[Path, typer.Option(help="The DATA folder; it is made if need be.")]
Mapping = Annotated[Path | None, typer.Option(help="YAML that says how the columns become cases.")]
Format = Annotated[
    Literal["canonical", "frontpage", "settlement", "lines", "icu", "places", "mapped"] | None,
    typer.Option(help="Take the files for this, instead of finding out; mapped: what --mapping says."),
]
Back = Annotated[
    Path | None, typer.Option("--back", help="Rows that do not fit come back into this folder, in the files' own form.")
]

Hospital = Annotated[
    str, typer.Option(help="The institution code of the sender, for files that do not say it (4101A alone).")
]


@app.command()
def load(
    files: Files, to: To, format: Format = None, mapping: Mapping = None, bad: Back = None, hospital: Hospital = ""
) -> None:
    """Load files as one commit: rows that fit go in, the others are quarantined with the reason."""
    _run(files, to, format, mapping, bad, LOAD, hospital)


@app.command()
def correct(
    files: Files, to: To, format: Format = None, mapping: Mapping = None, bad: Back = None, hospital: Hospital = ""
) -> None:
    """Load corrected files: each case takes the place of the one with its hospital and case id; history is kept."""
    _run(files, to, format, mapping, bad, CORRECT, hospital)


@app.command()
def withdraw(files: Files, to: To, hospital: Hospital = "") -> None:
    """Take out cases, with their lines (hospital, case_id, reason; 医疗机构代码, 病例号, 原因), or rows about places.

    These are named by their table's own columns, as in the file that brought them; a reason may stand beside them.
    """
    _run(files, to, "withdrawn", None, None, WITHDRAW, hospital)


def _run(
    files: list[Path],
    to: Path,
    format: str | None,
    mapping: Path | None,
    bad: Path | None,
    action: str,
    hospital: str,
) -> None:
    if format is not None and (format == "mapped") != (mapping is not None):
        raise Refusal("--format mapped and --mapping FILE go together")
    if bad is not None:
        check_back(files, bad)
    forgo_pandas()
    with shown_progress() as progress:
        loaded = load_files(
            to, files, mapping, None if mapping else format, progress=progress, action=action, hospital=hospital
        )
    for its in loaded.files:
        for line in _recognised(its):
            typer.echo(line)
    for line in loaded.lines:
        typer.echo(line)
    for line in _told(loaded, to, mapping, bad):
        typer.echo(line)


def _recognised(its: Incoming) -> Iterator[str]:
    """What a file was, and what of it was not read."""
    sheet = f" [{its.sheet}]" if its.sheet else ""
    sender = f" ({word('sender').zh} {word('sender').en} {its.sender})" if its.sender else ""
    yield f"{its.name}{sheet}: {its.word.zh} / {its.word.en}{sender}"
    if its.strange:
        more = ", ..." if len(its.strange) > _SHOWN_COLUMNS else ""
        shown = ", ".join(its.strange[:_SHOWN_COLUMNS])
        yield f"{its.name}: {len(its.strange)} 列未读 columns not read: {shown}{more}"
    yield from (f"{its.name}: {line}" for line in its.said)


def _told(loaded: Loaded, to: Path, mapping: Path | None, bad: Path | None) -> Iterator[str]:
    if loaded.quarantined:
        yield "以上及其余问题行均存入隔离表 quarantine / every row left out is in the table quarantine"
        for its in loaded.files:
            if its.bad and bad is not None:
                yield f"问题行已退回 rows that do not fit are in {give_back(to, its.path, bad, mapping)}"
            elif its.bad:
                yield f"取回问题行 to have them back: yiheng cases back {its.path} --cases {to} --out FOLDER"
    if loaded.closed:
        yield f"已关闭原隔离行 quarantined rows closed: {loaded.closed}"
    yield from _checked(loaded.checks.values())
    for name, sha256 in loaded.commit.policy.items():
        yield f"本地编码表 code lists of the place: {to / 'policy' / f'{name}.yaml'} {sha256[:16]}"
    yield f"commit {loaded.commit.number} in {to}"
    total = loaded.accepted + loaded.quarantined
    yield f"accepted {loaded.accepted}, quarantined {loaded.quarantined}, of {total} rows"


def _checked(checks: Collection[Check]) -> Iterator[str]:
    """What the quality rules found: counts, then shares of the rows that could be judged."""
    for check in sorted(checks, key=lambda each: -each.failed):
        if check.failed or check.error:
            told, judged = check.rule.word, check.rows - check.not_applicable
            error = f", {check.error} rows in error" if check.error else ""
            share = f"{100 * check.failed / judged:.2f} %" if judged else ""
            name = f"{check.rule.severity} {check.rule.id} {told.zh} / {told.en}"
            yield f"{name}: {check.failed} of {judged} rows ({share}){error}"
    yield from _lacking(checks)
    states = Counter(check.state for check in checks)
    said = ", ".join(f"{states[state]} {word(f'check_{state}').zh} {word(f'check_{state}').en}" for state in STATES)
    yield f"质量规则 quality rules {states.total()}: {said}"


def _lacking(checks: Collection[Check]) -> Iterator[str]:
    """Rules that say nothing because the place gives no code list."""
    rules = [(name, check.rule.id) for check in checks for name in check.lacks if name in book().unset]
    if rules:
        told = ", ".join(f"{rule} ({name})" for name, rule in sorted(rules))
        yield f"{word('no_code_list').zh} {word('no_code_list').en}: {told}"


@app.command()
def digest(
    cases: Annotated[Path, typer.Option(help="The DATA folder.")],
    commit: Annotated[int | None, typer.Option(help="Another commit than the last.")] = None,
) -> None:
    """Print the digest of the cases: equal content has an equal digest, in whatever order it was loaded."""
    typer.echo(cases_digest(cases, commit))
