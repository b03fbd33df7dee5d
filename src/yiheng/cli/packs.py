"""`yiheng policy`: look at rule packs before they are used: check, show, compare, and what another one would do."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from yiheng.base.progress import shown_progress
from yiheng.base.refusal import Refusal
from yiheng.base.whole import whole
from yiheng.cases.input import open_cases
from yiheng.cli import dip_catalogues
from yiheng.cli.dip_show import shown
from yiheng.cli.drg_by_day import applied
from yiheng.cli.drg_place import AUTO, check_place
from yiheng.drg.case import COLUMNS, NEEDED, WEIGHTS
from yiheng.drg.checks.run import Checked, checked, has_errors
from yiheng.drg.compare.difference import COLUMNS as COMPARED
from yiheng.drg.compare.difference import Change, Difference, difference, edits_of
from yiheng.drg.compare.impact import FEE, Impact, columns_needed, impact, moved_schema
from yiheng.drg.kernel.dated import DAY
from yiheng.drg.opendrg.write import import_opendrg
from yiheng.drg.packs.opening import open_content, open_pack
from yiheng.drg.packs.standing import metadata, warnings
from yiheng.drg.packs.workbook import export_workbook
from yiheng.drg.telling.page import page
from yiheng.tables.engine import batches, engine, scratch
from yiheng.tables.out import write_out
from yiheng.tables.place import check_out
from yiheng.tables.stream import BATCH
from yiheng.tables.version import code_version

app = typer.Typer(help="政策数据 Policy: rule packs checked, shown and compared.", no_args_is_help=True)

PackArgument = Annotated[str, typer.Argument(help="A folder, FILE.zip, FILE.xlsx, or the id of a built-in pack.")]
LangOption = Annotated[str, typer.Option(help="zh or en.")]
_SHOWN = 20
_LISTS = ("adrg_list", "mdc_dx")


@app.command()
def check(pack: PackArgument, lang: LangOption = "zh") -> None:
    """What in a pack can never hold, hides something else, leaves a gap or is not said; exit code 2 if errors."""
    chinese = _chinese(lang)
    content = open_content(pack)
    found = checked(content)
    typer.echo("\n".join(_told(found, chinese)))
    if has_errors(found):
        raise typer.Exit(2)


@app.command()
def show(
    pack: PackArgument,
    group: Annotated[str, typer.Argument(help="A DRG or ADRG of the pack, or a group of a DIP catalogue.")] = "",
    lang: LangOption = "zh",
    all_codes: Annotated[bool, typer.Option("--all-codes", help="Name every code of every list.")] = False,
) -> None:
    """A group as a page: category, conditions in words, lists, splits, weight, source; a DIP catalogue (.parquet)."""
    if _is_catalogue(pack):
        typer.echo("\n".join(shown(Path(pack), group)))
        return
    if not group:
        raise Refusal("a rule pack is shown group by group", file=pack, cure=f"yiheng policy show {pack} GROUP")
    code_lang = "zh" if _chinese(lang) else "en"
    typer.echo("\n".join(page(open_pack(pack), group, code_lang, all_codes)))


@app.command()
def diff(
    before: PackArgument,
    after: PackArgument,
    lang: LangOption = "zh",
    out: Annotated[Path | None, typer.Option(help="Every difference as a row: .csv or .json.")] = None,
    edits: Annotated[Path | None, typer.Option(help="A new folder for the tables of a diff over the first.")] = None,
) -> None:
    """What differs between two packs, or two DIP catalogues: what was added, removed and changed."""
    if _is_catalogue(before, after):
        if edits is not None:
            raise Refusal("a catalogue is no pack: a diff over it has no tables", column="--edits")
        dip_catalogues.diff(Path(before), Path(after), out=out)
        return
    chinese = _chinese(lang)
    found = difference(open_content(before), open_content(after))
    if out is not None:
        _write_rows(out, found)
    if edits is not None:
        _write_edits(edits, found)
    typer.echo("\n".join(_compared(found, chinese)))


@app.command("impact")
def impact_of(
    before: PackArgument,
    after: PackArgument,
    cases: Annotated[Path, typer.Option(help="DATA, or a Parquet or CSV file of cases.")],
    lang: LangOption = "zh",
    out: Annotated[Path | None, typer.Option(help="The cases that move: .parquet or .csv.")] = None,
    hospitals: Annotated[Path | None, typer.Option(help="Each hospital before and after: .parquet or .csv.")] = None,
    commit: Annotated[int | None, typer.Option(min=1, help="Another commit of DATA than the last.")] = None,
    place: Annotated[
        str | None,
        typer.Option(help="The place whose packs stand for a pack that is auto: that of each case's discharge date."),
    ] = None,
) -> None:
    """Which cases would move between which groups, and each hospital before and after; also of two DIP catalogues."""
    if _is_catalogue(before, after):
        dip_catalogues.diff(Path(before), Path(after), cases, None, hospitals, commit)
        return
    chinese = _chinese(lang)
    check_place((before, after), place)
    for path in (out, hospitals):
        if path is not None:
            check_out(path)
    with engine() as backend, shown_progress() as progress:
        found = open_cases(backend, cases, commit, ("hospital", "case_id", FEE, *COLUMNS, *WEIGHTS, DAY))
        found.need(*NEEDED)
        one, other = (applied(pack, place if pack == AUTO else None, cases, found) for pack in (before, after))
        about = {"code_version": code_version()}
        about |= {f"before_{name}": text for name, text in metadata(one.chosen.packs).items()}
        about |= {f"after_{name}": text for name, text in metadata(other.chosen.packs).items()}
        columns = [name for name in columns_needed(one, other) if name in found.given]
        table = found.table.order_by("row").select([*found.id_columns, *columns])
        moved = scratch(backend) / "moved.parquet"
        moved.parent.mkdir(parents=True, exist_ok=True)
        progress.step("grouping", None)
        with pq.ParquetWriter(moved, moved_schema(found.id_columns)) as writer:
            result = impact(batches(backend, table), one, other, found.id_columns, writer.write_batch)
        if out is not None:
            write_out(backend, backend.read_parquet(str(_weighed(moved, result))), out, about)
        if hospitals is not None:
            write_out(backend, result.hospitals, hospitals, about)
    known = warnings(dict.fromkeys((*one.chosen.packs, *other.chosen.packs)), datetime.now().astimezone().date())
    typer.echo("\n".join((*_effects(result, chinese), *known)))


@app.command()
def export(
    pack: PackArgument,
    out: Annotated[Path, typer.Option(help="Where the workbook goes: .xlsx.")],
) -> None:
    """A pack as an Excel workbook, one sheet a table; a diff stands there as the whole that it makes."""
    if out.suffix != ".xlsx" or not out.parent.is_dir():
        raise Refusal("must be a .xlsx in a folder that exists", file=str(out))
    content = open_content(pack)
    export_workbook(content, out)
    typer.echo(f"{open_pack(str(out)).digest} {out}")


@app.command("import")
def import_(
    version: Annotated[Path, typer.Argument(help="A version folder of your checkout of OpenDRG/DRG_Python.")],
    out: Annotated[Path, typer.Option(help="A new folder for the tables.")],
) -> None:
    """The rules of a checkout of OpenDRG/DRG_Python as tables; its Python is parsed, never run."""
    import_opendrg(version, out)
    pack = open_pack(str(out))
    typer.echo(f"{pack.digest} {out}, {len(pack.findings)} findings: yiheng policy check {out}")


def _is_catalogue(*given: str) -> bool:
    """Whether DIP catalogues are meant, which are Parquet files and no packs."""
    return all(each.endswith(".parquet") for each in given)


def _chinese(lang: str) -> bool:
    if lang not in ("zh", "en"):
        raise Refusal("is neither zh nor en", column="--lang", value=lang)
    return lang == "zh"


def _told(found: list[Checked], chinese: bool) -> Iterator[str]:
    grave = {"error": "错误", "warning": "警告"}
    for each in found:
        said = each.word.zh if chinese else each.word.en
        yield f"{grave[each.severity] if chinese else each.severity}: {said} ({each.name}): {each.count}"
        yield from (f"  {line}" for line in each.examples)
    errors = sum(each.count for each in found if each.severity == "error")
    warnings = sum(each.count for each in found if each.severity != "error")
    yield f"{errors} 处错误, {warnings} 处警告" if chinese else f"{errors} errors, {warnings} warnings"


def _compared(found: Difference, chinese: bool) -> Iterator[str]:
    """A line for each value of pack.toml, then for each table its counts and, list by list, its first codes."""
    names = ("增", "删", "改") if chinese else ("added", "removed", "changed")
    for name, (one, other) in found.about.items():
        yield f"pack.toml {name}: {one} -> {other}"
    for table, changes in found.tables.items():
        counts = [sum(each.operation == kind for each in changes) for kind in ("added", "removed", "changed")]
        yield f"{table}.csv: " + ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True))
        rows = list(_by_list(changes) if table in _LISTS else map(_line, Difference({}, {table: changes}).rows()))
        yield from (f"  {row}" for row in rows[:_SHOWN])
        if len(rows) > _SHOWN:
            yield f"  ... {len(rows) - _SHOWN}"
    if not found.about and not found.tables:
        yield "没有差别" if chinese else "no difference"


def _by_list(changes: Sequence[Change]) -> Iterator[str]:
    """A line for each list: how many codes more and fewer, and the first of them."""
    lists: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        lists.setdefault(change.key[:-1], []).append(change)
    for name, its in lists.items():
        parts = []
        for sign, kind in (("+", "added"), ("-", "removed"), ("*", "changed")):
            codes = [change.key[-1] for change in its if change.operation == kind]
            more = f" ... {len(codes) - _SHOWN}" if len(codes) > _SHOWN else ""
            parts += [f"{sign}{len(codes)} ({', '.join(codes[:_SHOWN])}{more})"] if codes else []
        yield f"{' '.join(name)}: {' '.join(parts)}"


def _line(row: tuple[str, str, str, str, str, str]) -> str:
    _, operation, key, column, before, after = row
    if operation == "changed":
        return f"* {key} {column}: {before} -> {after}"
    return f"{'+' if operation == 'added' else '-'} {before or after}"


def _write_rows(out: Path, found: Difference) -> None:
    if out.suffix not in (".csv", ".json") or not out.parent.is_dir():
        raise Refusal("must end in .csv or .json, in a folder that exists", file=str(out))
    with whole(out) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        if out.suffix == ".json":
            rows = [dict(zip(COMPARED, row, strict=True)) for row in found.rows()]
            json.dump(rows, file, ensure_ascii=False, indent=1)
        else:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COMPARED)
            writer.writerows(found.rows())


def _write_edits(folder: Path, found: Difference) -> None:
    if folder.exists():
        raise Refusal("is there already", file=str(folder))
    folder.mkdir(parents=True)
    for name, content in edits_of(found).items():
        (folder / name).write_bytes(content)


def _weighed(moved: Path, result: Impact) -> Path:
    """The moved cases with the weights of their groups, batch by batch."""
    target = moved.with_name("weighed.parquet")
    with pq.ParquetFile(moved) as file:
        empty = pa.RecordBatch.from_pylist([], schema=file.schema_arrow)
        with pq.ParquetWriter(target, result.weighed(empty).schema) as writer:
            for batch in file.iter_batches(BATCH):
                writer.write_batch(result.weighed(batch))
    return target


def _effects(found: Impact, chinese: bool) -> Iterator[str]:
    yield f"{found.cases} 例中 {found.moved} 例变动" if chinese else f"{found.moved} of {found.cases} cases move"
    head = ("原分组", "新分组", "例数", "原权重", "新权重") if chinese else ("before", "after", "n", "weight", "weight")
    yield from _table(head, found.moves.slice(0, _SHOWN))
    if found.moves.num_rows > _SHOWN:
        yield f"... {found.moves.num_rows - _SHOWN}"
    zh = ("医院", "例数", "变动", "原计权例数", "原CMI", "新计权例数", "新CMI")
    en = ("hospital", "n", "moved", "weighed before", "CMI before", "weighed after", "CMI after")
    yield from _table(zh if chinese else en, found.hospitals.slice(0, _SHOWN))
    if found.hospitals.num_rows > _SHOWN:
        yield f"... {found.hospitals.num_rows - _SHOWN}"


def _table(head: Sequence[str], rows: pa.Table) -> Iterator[str]:
    """Lines with tabs between cells; nothing of an empty table."""
    if rows.num_rows:
        yield "\t".join(head)
        yield from ("\t".join(_cells(row.values())) for row in rows.to_pylist())


def _cells(values: Iterable[object]) -> Iterator[str]:
    return ("-" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value) for value in values)
