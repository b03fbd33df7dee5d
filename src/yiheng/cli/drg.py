"""`yiheng drg`: group cases by a rule pack, and explain a case."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import typer
from ibis.backends.duckdb import Backend

from yiheng.base.progress import Progress, shown_progress
from yiheng.base.refusal import Refusal
from yiheng.cases.input import Cases, open_cases
from yiheng.cases.source import kind_of
from yiheng.drg.batch import Grouper
from yiheng.drg.case import COLUMNS, NEEDED, WEIGHTS, case_of
from yiheng.drg.compile import compiled
from yiheng.drg.explanation import as_data
from yiheng.drg.explanation import explain as explained
from yiheng.drg.load import read_pack
from yiheng.drg.pack import Pack
from yiheng.drg.stream import BATCH, Piece, grouped, is_plain, parquet_pieces, write_parquet
from yiheng.drg.telling import told
from yiheng.tables.contract import contract
from yiheng.tables.data import code_version
from yiheng.tables.engine import engine, scratch, threads
from yiheng.tables.out import check_out, write_out
from yiheng.tables.runs import Inputs, keep

app = typer.Typer(help="按疾病诊断相关分组 DRG: groups by a rule pack that anyone can read.", no_args_is_help=True)

PackOption = Annotated[Path, typer.Option(help="A folder with the tables of a rule pack.")]
CommitOption = Annotated[int | None, typer.Option(min=1, help="Another commit of DATA than the last.")]
_SHOWN = 5
_USED = ("hospital", "case_id", *COLUMNS, *WEIGHTS)


@app.command()
def group(
    pack: PackOption,
    cases: Annotated[Path, typer.Option(help="DATA, or a Parquet or CSV file of cases.")],
    out: Annotated[Path, typer.Option(help="Where the result goes: .parquet or .csv.")],
    commit: CommitOption = None,
) -> None:
    """Give each case its DRG, or the reason why it has none; rows and order are those of the input."""
    check_out(out)
    rules = read_pack(pack)
    _tell_findings(rules)
    with engine() as backend:
        found = open_cases(backend, cases, commit, _USED)
        found.need(*NEEDED)
        about = {"code_version": code_version(), "pack": rules.id, "pack_digest": rules.digest}
        if found.snapshot is not None:
            about["commit"] = str(found.snapshot.commit.number)
        made = out if out.suffix == ".parquet" else scratch(backend) / "grouped.parquet"
        made.parent.mkdir(parents=True, exist_ok=True)
        with shown_progress() as progress:
            _write(backend, rules, cases, found, made, about, progress)
        result = backend.read_parquet(str(made))
        if made != out:
            write_out(backend, result, out, about)
        if found.snapshot is not None:
            inputs = Inputs(found.snapshot.commit.number, {rules.id: rules.digest})
            keep(backend, found.snapshot.data, "groupings", inputs, {"cases": result})
        counted = result.group_by("status").agg(n=result.count()).order_by("status").to_pyarrow().to_pylist()
    typer.echo(", ".join(f"{row['status']} {row['n']}" for row in counted) + f" in {out}")


def _write(
    backend: Backend, rules: Pack, path: Path, found: Cases, out: Path, about: dict[str, str], progress: Progress
) -> None:
    grouper = Grouper(compiled(rules))
    columns = [*found.id_columns, *(name for name in grouper.columns if name in found.given)]
    plain = path.is_file() and kind_of(path) == "parquet" and is_plain(path, columns)
    pieces = parquet_pieces(path, columns) if plain else _pieces(backend, found, columns)
    progress.step("grouping", pq.read_metadata(path).num_rows if plain else None)
    results = grouped(pieces, grouper, found.id_columns, threads())
    write_parquet(results, out, found.id_columns, about, progress)


def _pieces(backend: Backend, found: Cases, columns: list[str]) -> Iterator[Piece]:
    """Cases through the engine, which puts them in order and in the case table's types."""
    table = found.table.order_by("row").select(columns)
    for batch in backend.con.sql(backend.compile(table)).to_arrow_reader(BATCH):
        yield partial(list, [batch])


def _tell_findings(rules: Pack) -> None:
    for finding in rules.findings[:_SHOWN]:
        typer.echo(f"warning: {finding.line()}", err=True)
    if len(rules.findings) > _SHOWN:
        typer.echo(f"warning: and {len(rules.findings) - _SHOWN} more of this pack", err=True)


@app.command()
def explain(
    pack: PackOption,
    case: Annotated[Path | None, typer.Option(help="A JSON file with the columns of one case.")] = None,
    cases: Annotated[Path | None, typer.Option(help="DATA, or a Parquet or CSV file of cases.")] = None,
    hospital: Annotated[str | None, typer.Option(help="The hospital of the case.")] = None,
    case_id: Annotated[str | None, typer.Option(help="The case.")] = None,
    commit: CommitOption = None,
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    as_json: Annotated[bool, typer.Option("--json", help="The explanation as data.")] = False,
) -> None:
    """Why a case is in its group: what was tried, by which code and row, which MCC and CC counted, what was missing."""
    if lang not in ("zh", "en"):
        raise Refusal("is neither zh nor en", column="--lang", value=lang)
    if (case is None) == (cases is None) or (cases is not None and case_id is None):
        raise Refusal("give either --case FILE.json, or --cases IN with --case-id ID")
    rules = read_pack(pack)
    if case is not None:
        row = _read_json(case)
    else:
        with engine() as backend:
            row = _find(backend, Path(str(cases)), hospital, str(case_id), commit)
    found = explained(rules, case_of(row, rules.switches.weight_column))
    typer.echo(
        json.dumps(as_data(found), ensure_ascii=False, indent=1) if as_json else "\n".join(told(found, rules, lang))
    )


def _find(backend: Backend, path: Path, hospital: str | None, case_id: str, commit: int | None) -> dict[str, Any]:
    found = open_cases(backend, path, commit, _USED)
    found.need(*NEEDED)
    chosen = found.table.filter(found.table.case_id == case_id)
    if hospital is not None:
        chosen = chosen.filter(chosen.hospital == hospital)
    rows = chosen.limit(2).to_pyarrow().to_pylist()
    if len(rows) != 1:
        what = "there are several such cases" if rows else "there is no such case"
        raise Refusal(what, file=str(path), value=case_id, cure="--hospital" if rows and hospital is None else "")
    return dict(rows[0])


def _read_json(path: Path) -> dict[str, Any]:
    """A case from a JSON object; what does not fit the case table is refused, columns it does not have are left out."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise Refusal("there is no such file", file=str(path)) from None
    except (OSError, ValueError, RecursionError) as error:
        raise Refusal(f"cannot be read: {error}", file=path.name) from None
    if not isinstance(content, dict):
        raise Refusal("is not a JSON object with the columns of a case", file=path.name)
    return {
        name: _fitting(path, name, value) for name, value in content.items() if name in contract("cases").schema.names
    }


def _fitting(path: Path, name: str, value: Any) -> Any:
    kind = contract("cases").column(name).type
    try:
        if pa.types.is_list(kind) and not isinstance(value, list | None):
            raise TypeError(value)
        return pa.array([value], kind)[0].as_py()
    except (pa.ArrowInvalid, TypeError, OverflowError):
        raise Refusal(f"does not fit {kind}", file=path.name, column=name, value=str(value)) from None
