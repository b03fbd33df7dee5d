"""Loading (入库): files become one commit, or nothing does."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from yiheng.base.progress import Progress, Silent
from yiheng.base.refusal import Refusal
from yiheng.cases import source
from yiheng.cases.build import Built, build, text_of, typed
from yiheng.cases.duplicates import duplicates
from yiheng.cases.finding import Finding, as_table
from yiheng.cases.layout import Layout, canonical, check_year
from yiheng.cases.mapping import read_mapping
from yiheng.cases.quality.examine import Check
from yiheng.cases.quality.gate import Gate
from yiheng.tables.commit import Commit, Source
from yiheng.tables.contract import contract
from yiheng.tables.data import Data, Load, loading
from yiheng.tables.delta import Staged
from yiheng.tables.digest import file_sha256
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import read_files

FORMATS = ("canonical", "mapped")
FIRST_SHOWN = 20

Names = dict[tuple[str, str, str], tuple[str | None, str | None]]


@dataclass(frozen=True)
class Loaded:
    """A load that exists, the first lines about rows that were left out, and what became of each quality rule."""

    commit: Commit
    lines: list[str]
    checks: Mapping[str, Check]

    @property
    def accepted(self) -> int:
        return sum(each.accepted for each in self.commit.sources)

    @property
    def quarantined(self) -> int:
        return sum(each.quarantined for each in self.commit.sources)


@dataclass
class Tally:
    """One file as far as it has been read."""

    path: Path
    sha256: str
    sheet: str = ""
    rows: int = 0
    bad: int = 0


def load(
    root: Path,
    paths: Sequence[Path],
    mapping: Path | None = None,
    places: Mapping[str, pa.Table] | None = None,
    made_up: bool = False,
    progress: Progress | None = None,
) -> Loaded:
    """Read case files into DATA at `root` as one commit; a file that cannot be read loads nothing (Refusal).

    `mapping` says how other CSV and Excel files become cases; without it they have the case table's own columns.
    `places` replaces tables about institutions, departments and the like.
    """
    progress = progress or Silent()
    layout = read_mapping(mapping) if mapping else None
    for path in paths:
        source.kind_of(path)
    with loading(root) as new, engine() as backend, ExitStack() as staging:
        tallies = [_new(path, new, paths, progress) for path in paths]
        _all_different(tallies)
        cases = staging.enter_context(new.stage("cases"))
        quarantine = staging.enter_context(new.stage("quarantine"))
        findings = staging.enter_context(new.stage("findings"))
        gate = Gate(backend, new.number, findings, staging.enter_context(new.stage("checks")))
        names: Names = {}
        lines: list[str] = []
        for tally in tallies:
            progress.step(f"读取 reading {tally.path.name}")
            for read in _read(tally, layout, names):
                built = gate.judge(read, tally.path.name, tally.sheet, _format(layout))
                cases.write(built.cases)
                _note(tally, built, quarantine, lines)
                progress.advance(built.cases.num_rows + built.bad)
            if not tally.rows:
                raise Refusal("the file has a header and no rows", file=tally.path.name)
        progress.step("查重 looking for duplicates")
        gate.forget(_take_out_duplicates(new, cases, quarantine, tallies, lines))
        checks = gate.close()
        _stage_places(new, dict(places or {}), names)
        sources = tuple(_source(tally, layout) for tally in tallies)
        progress.step("提交 committing")
        return Loaded(new.commit(sources, made_up), lines, checks)


def _new(path: Path, new: Load, paths: Sequence[Path], progress: Progress) -> Tally:
    """A file about to be read; one that was loaded before, also under another name, is refused."""
    progress.step(f"校验 hashing {path.name}")
    sha256 = file_sha256(path)
    for commit in Data(new.data.root).commits():
        for old in commit.sources:
            if old.sha256 == sha256:
                raise Refusal(f"already loaded as {old.file} in commit {commit.number}", file=path.name)
    if sum(other.name == path.name for other in paths) > 1:
        raise Refusal("two files of one load have this name", file=path.name)
    return Tally(path, sha256)


def _all_different(tallies: Sequence[Tally]) -> None:
    """The same bytes twice in one load are refused, whatever the files are called."""
    first: dict[str, Tally] = {}
    for tally in tallies:
        other = first.setdefault(tally.sha256, tally)
        if other is not tally:
            raise Refusal(f"has the same content as {other.path.name}", file=tally.path.name)


def _read(tally: Tally, layout: Layout | None, names: Names) -> Iterator[Built]:
    """A file's rows as cases, batch by batch."""
    if source.kind_of(tally.path) == "parquet":
        yield from _typed(tally, layout)
        return
    layout, batches = _text_rows(tally, layout)
    for rows in batches:
        _gather(layout, rows, names)
        yield build(layout, rows, tally.path.name)


def _typed(tally: Tally, layout: Layout | None) -> Iterator[Built]:
    if layout is not None:
        raise Refusal("a mapping is for CSV and Excel files", file=tally.path.name)
    _check_types(source.parquet_schema(tally.path), tally.path)
    done = 0
    for batch in source.parquet_batches(tally.path):
        yield typed(batch, done + 1, tally.path.name)
        done += batch.num_rows


def _text_rows(tally: Tally, layout: Layout | None) -> tuple[Layout, Iterator[source.Rows]]:
    path = tally.path
    if source.kind_of(path) == "xlsx":
        book = source.Workbook(path, layout.sheet if layout else "")
        tally.sheet = book.sheet
        layout = layout or canonical(book.header(), path)
        return layout, book.rows(layout.sources())
    if layout is None:
        layout = canonical(source.csv_header(path), path)
    return layout, source.csv_rows(path, layout.sources(), layout.encoding, layout.delimiter)


def _check_types(schema: pa.Schema, path: Path) -> None:
    """A canonical Parquet file has the declared types exactly, but for how Arrow writes text and lists."""
    canonical(schema.names, path)
    check_year(schema.names, path)
    for name in schema.names:
        declared = contract("cases").column(name).type
        if _plain(schema.field(name).type) != _plain(declared):
            raise Refusal(f"has type {schema.field(name).type}, not {declared}", file=path.name, column=name)


def _plain(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"list of {_plain(kind.value_type)}"
    return str(kind).removeprefix("large_").removesuffix("_view")


def _note(tally: Tally, built: Built, quarantine: Staged, lines: list[str]) -> None:
    """Count what was read and keep what does not fit."""
    tally.rows += built.cases.num_rows + built.bad
    _quarantine(tally, built.findings, built.bad, quarantine, lines)


def _quarantine(tally: Tally, findings: list[Finding], bad: int, quarantine: Staged, lines: list[str]) -> None:
    if findings:
        tally.bad += bad
        quarantine.write(as_table(tally.path.name, tally.sheet, findings))
        room = max(0, FIRST_SHOWN - len(lines))
        first = sorted(findings, key=lambda found: found.row)[:room]
        lines.extend(found.line(tally.path.name) for found in first)


def _take_out_duplicates(
    new: Load, cases: Staged, quarantine: Staged, tallies: list[Tally], lines: list[str]
) -> list[tuple[str, int]]:
    """A key that stands twice, or that DATA already holds: the first row stays, the others are quarantined.

    The file and row of those.
    """
    cases.close()
    found = duplicates(cases.paths, new.held_files("cases"))
    for path in cases.paths:
        places = [row["place"] for row in found if row["path"] == str(path)]
        if places:
            cases.rewrite(path, np.array(places))
    for tally in tallies:
        its = [row for row in found if row["source_file"] == tally.path.name]
        repeated = [Finding(row["source_row"], "case_id", row["case_id"], "duplicate") for row in its]
        _quarantine(tally, repeated, len(repeated), quarantine, lines)
    return [(row["source_file"], row["source_row"]) for row in found]


def _gather(layout: Layout, rows: source.Rows, names: Names) -> None:
    """Note what this source calls its codes; the first name stays."""
    for naming in layout.names:
        parts = [text_of(recipe, rows, layout.missing) for recipe in (naming.code, naming.zh, naming.en)]
        seen = (
            pa.table(dict(zip(("code", "zh", "en"), parts, strict=True))).group_by(["code", "zh", "en"]).aggregate([])
        )
        for row in seen.to_pylist():
            if row["code"] is not None:
                names.setdefault((naming.kind, naming.edition, row["code"]), (row["zh"], row["en"]))


def _stage_places(new: Load, places: dict[str, pa.Table], names: Names) -> None:
    """Stage what replaces the tables about places and names; names already held stay unless said anew."""
    if names:
        places["names"] = _merged(new, names)
    for table, content in places.items():
        with new.stage(table, replace=True) as staged:
            staged.write(content.cast(contract(table).schema))


def _merged(new: Load, names: Names) -> pa.Table:
    with engine() as backend:
        held = read_files(backend, new.held_files("names"), contract("names")).to_pyarrow()
    merged = {(row["kind"], row["edition"], row["code"]): (row["zh"], row["en"]) for row in held.to_pylist()} | names
    rows = [(*key, *texts) for key, texts in sorted(merged.items())]
    return pa.table(list(map(list, zip(*rows, strict=True))), schema=contract("names").schema)


def _source(tally: Tally, layout: Layout | None) -> Source:
    about = {"zh": layout.about.zh, "en": layout.about.en} if layout and layout.about else {}
    return Source(tally.path.name, _format(layout), tally.sha256, tally.rows, tally.rows - tally.bad, tally.bad, about)


def _format(layout: Layout | None) -> str:
    """The kind of file, which is also the profile of the rules for it."""
    return "mapped" if layout else "canonical"
