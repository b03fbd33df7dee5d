"""`yiheng drg`: group cases by a rule pack, and explain a case."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from yiheng.base.kept import cache_folder
from yiheng.base.progress import Progress, shown_progress
from yiheng.base.refusal import Refusal
from yiheng.cli.drg_place import check_place
from yiheng.cli.where import LOCAL, EngineOption, check_engine
from yiheng.drg.case import ID_COLUMNS, USED
from yiheng.drg.kernel.arrays import Compiled
from yiheng.drg.kernel.chosen import Chosen, by_one
from yiheng.drg.kernel.store import stored
from yiheng.drg.kernel.stream import GROUPING
from yiheng.drg.packs.standing import metadata, warnings
from yiheng.tables.arrow import forgo_pandas
from yiheng.tables.contract import contract
from yiheng.tables.limits import threads
from yiheng.tables.place import check_out
from yiheng.tables.version import code_version

app = typer.Typer(help="按疾病诊断相关分组 DRG: groups by a rule pack that anyone can read.", no_args_is_help=True)

AutoOption = Annotated[
    str,
    typer.Option(
        help="A rule pack for every case: a folder, FILE.zip, FILE.xlsx, or the id of a built-in one; "
        "or auto: the one in force on each discharge date, with --place."
    ),
]
PlaceOption = Annotated[
    str | None, typer.Option(help="The place whose packs --pack auto takes, from DATA/policy/drg/places.yaml.")
]
CommitOption = Annotated[int | None, typer.Option(min=1, help="Another commit of DATA than the last.")]
_SHOWN = 5


@app.command()
def group(
    pack: AutoOption,
    cases: Annotated[Path, typer.Option(help="DATA, or a Parquet or CSV file of cases.")],
    out: Annotated[Path, typer.Option(help="Where the result goes: .parquet or .csv.")],
    commit: CommitOption = None,
    engine: EngineOption = LOCAL,
    place: PlaceOption = None,
) -> None:
    """Give each case its DRG, or the reason why it has none; rows and order are those of the input."""
    check_out(out)
    _check_ways(pack, place, engine)
    forgo_pandas()
    version = code_version()
    if place is not None:
        from yiheng.cli.drg_by_day import group_by_day

        with shown_progress() as progress:
            about, cluster = {"code_version": version}, None if engine == LOCAL else engine
            chosen, counted = group_by_day(place, cases, commit, out, about, cluster, progress)
    else:
        rules = stored(pack, cache_folder(), version)
        _tell_findings(rules.findings)
        chosen = by_one(rules)
        with shown_progress() as progress:
            counted = _group(rules, cases, commit, out, {"code_version": version}, engine, progress)
    counts = ", ".join(f"{status} {count}" for status, count in sorted(counted.items()))
    typer.echo("; ".join((f"{counts} in {out}", *warnings(chosen.packs, _today()))))


def _check_ways(pack: str, place: str | None, engine: str) -> None:
    check_engine(engine)
    check_place((pack,), place)


def _group(
    rules: Compiled, cases: Path, commit: int | None, out: Path, about: dict[str, str], engine: str, progress: Progress
) -> dict[str, int]:
    """Group by one pack in the lightest way that does; how many cases have each status."""
    chosen = by_one(rules)
    if engine != LOCAL:
        from yiheng.cli.drg_engine import group_by_cluster

        return group_by_cluster(engine, rules, cases, commit, out, about, progress)
    if commit is None and out.suffix == ".parquet" and GROUPING.is_plain(cases, USED):
        return _group_file(chosen, cases, out, about, progress)
    from yiheng.cli.drg_engine import group_by_engine

    return group_by_engine(chosen, cases, commit, out, about, progress)


def _group_file(chosen: Chosen, cases: Path, out: Path, about: dict[str, str], progress: Progress) -> dict[str, int]:
    """Group a Parquet file that is as the case table; no query engine is needed, nor loaded."""
    names = pq.read_schema(cases).names
    ids = [name for name in ID_COLUMNS if name in names]
    columns = [*ids, *(name for name in chosen.columns if name in names)]
    progress.step("grouping", pq.read_metadata(cases).num_rows)
    results = GROUPING.answers(GROUPING.pieces(cases, columns), chosen.make, ids, threads())
    return GROUPING.write(results, out, ids, about | metadata(chosen.packs), progress)


def _today() -> date:
    return datetime.now().astimezone().date()


def _tell_findings(findings: Sequence[str]) -> None:
    for finding in findings[:_SHOWN]:
        typer.echo(f"warning: {finding}", err=True)
    if len(findings) > _SHOWN:
        typer.echo(f"warning: and {len(findings) - _SHOWN} more of this pack", err=True)


CodesOption = Annotated[list[str] | None, typer.Option(help="A simulation: may be given several times.")]


@app.command()
def explain(
    pack: AutoOption,
    case: Annotated[Path | None, typer.Option(help="A JSON file with the columns of one case.")] = None,
    cases: Annotated[Path | None, typer.Option(help="DATA, or a Parquet or CSV file of cases.")] = None,
    hospital: Annotated[str | None, typer.Option(help="The hospital of the case.")] = None,
    case_id: Annotated[str | None, typer.Option(help="The case.")] = None,
    commit: CommitOption = None,
    place: PlaceOption = None,
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    as_json: Annotated[bool, typer.Option("--json", help="The explanation as data.")] = False,
    near: Annotated[bool, typer.Option("--near", help="Also the groups that it nearly reached.")] = False,
    principal: Annotated[str | None, typer.Option(help="A simulation with this principal diagnosis.")] = None,
    add_dx: CodesOption = None,
    drop_dx: CodesOption = None,
    principal_proc: Annotated[str | None, typer.Option(help="A simulation with this principal procedure.")] = None,
    add_proc: CodesOption = None,
    drop_proc: CodesOption = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="A simulation with another number: age=70, los=3, weight_g=.")
    ] = None,
) -> None:
    """Why a case is in its group: what was tried, by which code and row, which MCC and CC counted, what was missing.

    With other codes or numbers it is a simulation, shown before and after, and never written anywhere.
    """
    if lang not in ("zh", "en"):
        raise Refusal("is neither zh nor en", column="--lang", value=lang)
    if (case is None) == (cases is None) or (cases is not None and case_id is None):
        raise Refusal("give either --case FILE.json, or --cases IN with --case-id ID")
    check_place((pack,), place)
    from yiheng.cli.drg_explain import Asked, explained_lines, pack_for
    from yiheng.drg.telling.whatif import Changes

    dx, no_dx, proc, no_proc = (tuple(its or ()) for its in (add_dx, drop_dx, add_proc, drop_proc))
    changes = Changes(principal, dx, no_dx, principal_proc, proc, no_proc, _numbers(given or []))
    row = _read_json(case) if case is not None else _find(Path(str(cases)), hospital, str(case_id), commit)
    found = pack_for(pack, place, cases, row)
    typer.echo("\n".join(explained_lines(found, row, changes, Asked(lang, as_json, near))))


def _numbers(given: list[str]) -> dict[str, Any]:
    """`age=70` as a column and its value; nothing behind the sign is unknown."""
    found: dict[str, Any] = {}
    for each in given:
        name, sign, text = each.partition("=")
        if not sign or name not in contract("cases").schema.names:
            raise Refusal("is not COLUMN=VALUE", column="--set", value=each)
        found[name] = _from_text(name, text) if text else None
    return found


def _from_text(name: str, text: str) -> Any:
    try:
        return pa.array([text], pa.string()).cast(contract("cases").column(name).type)[0].as_py()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise Refusal(f"does not fit {contract('cases').column(name).type}", column=name, value=text) from None


@app.command("reconcile")
def reconcile_groups(
    pack: AutoOption,
    cases: Annotated[Path, typer.Option(help="DATA, or a Parquet or CSV file; `group` is the hospital's own group.")],
    out: Annotated[Path, typer.Option(help="Every case with its groups: .parquet or .csv.")],
    payer: Annotated[Path | None, typer.Option(help="What the payer returned: hospital,case_id,drg as CSV.")] = None,
    commit: CommitOption = None,
    place: PlaceOption = None,
    lang: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Our own group, the hospital's and the payer's of each case side by side, with each difference explained."""
    check_out(out)
    if lang not in ("zh", "en"):
        raise Refusal("is neither zh nor en", column="--lang", value=lang)
    check_place((pack,), place)
    from yiheng.cli.drg_reconcile import Sources, reconcile

    found = reconcile(Sources(pack, place, cases, payer, commit), out, lang)
    typer.echo("\n".join((*found.lines(lang), *warnings(found.packs, _today()))))


def _find(path: Path, hospital: str | None, case_id: str, commit: int | None) -> dict[str, Any]:
    from yiheng.cli.drg_engine import find_cases

    rows = find_cases(path, hospital, case_id, commit)
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
        if pa.types.is_date(kind) and isinstance(value, str):
            return pa.array([value]).cast(kind)[0].as_py()
        if pa.types.is_list(kind) and not isinstance(value, list | None):
            raise TypeError(value)
        return pa.array([value], kind)[0].as_py()
    except (pa.ArrowInvalid, TypeError, OverflowError):
        raise Refusal(f"does not fit {kind}", file=path.name, column=name, value=str(value)) from None
