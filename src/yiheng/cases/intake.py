"""The intake of one load (入库过程): rows judged and staged file by file, then what can only be said of all of them."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.base.progress import Progress
from yiheng.base.refusal import Refusal
from yiheng.cases.ahead import fetched
from yiheng.cases.belonging import Belonging, know_cases, lines_of
from yiheng.cases.build import Built
from yiheng.cases.corrections import (
    first_version,
    held_versions,
    keys_of,
    next_version,
    once,
    only_held,
    only_rows,
    row_numbers,
    stays_brought,
)
from yiheng.cases.duplicates import duplicates
from yiheng.cases.finding import Finding, as_table
from yiheng.cases.identity import Key
from yiheng.cases.incoming import Incoming
from yiheng.cases.linesums import judge_sums
from yiheng.cases.links import links
from yiheng.cases.names import Names, as_rows, gather
from yiheng.cases.places import Places, dated_key, withdrawn_rows
from yiheng.cases.quality.examine import Check
from yiheng.cases.quality.gate import Gate, RowsOf, among
from yiheng.cases.quality.placelists import place_book
from yiheng.cases.returns import closings, judged_again
from yiheng.tables.contract import contract
from yiheng.tables.data import Load
from yiheng.tables.delta import Staged

FIRST_SHOWN = 20
# So many duplicates are put into words at a time.
_AT_ONCE = 20_000
_DUPLICATE = {"cases": "duplicate", "lines": "line_duplicate", "icu": "icu_duplicate"}
_BELONGING = ("icu", "lines")
LOAD, CORRECT, WITHDRAW = "load", "correct", "withdraw"

Keys = Mapping[int, tuple[str | None, str | None]]


@dataclass
class Intake:
    """One load in the making. `correcting`: cases take the place of those with their keys that DATA holds."""

    new: Load
    backend: Backend
    staging: ExitStack
    key: Key | None
    action: str
    progress: Progress
    lines: list[str] = field(default_factory=list)
    checks: Mapping[str, Check] = field(default_factory=dict)
    closed: int = 0
    _names: Names = field(default_factory=dict)
    _files: list[Incoming] = field(default_factory=list)
    _belonging: list[tuple[Incoming, Belonging]] = field(default_factory=list)
    _gone: dict[str, RowsOf] = field(default_factory=dict)
    _seen: dict[str, set[tuple[object, ...]]] = field(default_factory=dict)
    _lines: list[Path] = field(default_factory=list)
    _withdrawn: list[pa.Table] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._places = Places(self.new)
        self._cases = self._staged("cases")
        self._withdrawals = self._staged("withdrawn")
        self._withdrawn_places = self._staged("withdrawn_places")
        self._quarantine = self._staged("quarantine")
        self.book = place_book(self.new.data.root)
        self._gate = Gate(self.backend, self.book, self.new.number, self._staged("findings"), self._staged("checks"))

    @property
    def correcting(self) -> bool:
        """Whether cases take the place of held ones."""
        return self.action == CORRECT

    def take(self, its: Incoming) -> None:
        """Read one file to its end."""
        self._files.append(its)
        if its.sender:
            self._places.check_institution(its.sender)
        self.progress.step(f"读取 reading {its.name} ({its.word.zh} {its.word.en})")
        match its.table:
            case "cases":
                self._take_cases(its)
            case "withdrawn":
                self._take_withdrawals(its)
            case "lines" | "icu":
                self._take_belonging(its)
            case _ if self.action == WITHDRAW:
                self._take_out_places(its)
            case _:
                self._take_places(its)
        if not its.rows:
            raise Refusal("the file has a header and no rows", file=its.name)

    def finish(self, places: dict[str, pa.Table]) -> None:
        """What needs all files: duplicates, lines beside their cases, places, links, what came back."""
        self.progress.step("查重 looking for duplicates")
        self._cases.close()
        self._gone["cases"] = self._take_out_duplicates(self._cases, "cases")
        if self.correcting:
            self._take_place()
        if self._belonging or (self.correcting and self.new.held_files("lines")):
            know_cases(self.backend, self._cases.paths, self.new.held_files("cases"), self.correcting)
            self._judge_belonging()
        for table, rows in self._gone.items():
            self._gate.forget(rows, table)
        self.checks = self._gate.close()
        self._stage_places(places)
        held = self.new.held_files("cases")
        found = links(self.backend, self._cases.paths, held, self._gone_keys())
        if found.num_rows or self.new.held_files("links"):
            self._staged("links", replace=True).write(found)
        done = closings(self.backend, self.new, self._files, self._cases.paths)
        self.closed = done.num_rows
        self._stage("closed", pa.concat_tables([done, judged_again(self.backend, self.new, self._lines)]))

    def _take_cases(self, its: Incoming) -> None:
        stays = Belonging.new(self.backend, "icu", str(len(self._files)))
        for rows, read in its.built(self.key):
            if rows is not None:
                gather(its.layout, rows, self._names)
            if self.correcting:
                read = next_version(read, self.backend, self.new.held_files("cases"))
            else:
                read = first_version(read)
            built = self._gate.judge(read, its.name, its.sheet, its.format)
            self._cases.write(built.table)
            stays.write(_stays(built, its.name))
            self._note(its, built)
        if not stays.is_empty:
            self._belonging.append((its, stays))

    def _take_belonging(self, its: Incoming) -> None:
        """Lines and ICU stays wait for their cases."""
        waiting = Belonging.new(self.backend, its.table, str(len(self._files)))
        for _, built in its.built(self.key):
            waiting.write(built.table)
            self._note(its, built)
        if not waiting.is_empty:
            self._belonging.append((its, waiting))

    def _take_places(self, its: Incoming) -> None:
        seen = self._seen.setdefault(its.table, set())
        for _, built in its.built(self.key):
            first = once(built, dated_key(its.table), seen)
            self._places.write(its.table, first.table)
            self._note(its, first)

    def _take_out_places(self, its: Incoming) -> None:
        """Rows about places that should never have come in; which, and why, stays on record."""
        key, seen = dated_key(its.table), self._seen.setdefault(its.table, set())
        held = set(keys_of(self._places.held(its.table), key))
        for _, built in its.built(self.key):
            known = once(only_rows(built, key, held), key, seen)
            gone = keys_of(known.table, key)
            self._places.take_out(its.table, gone)
            record = withdrawn_rows(its.table, gone, row_numbers(known), its.reasons, its.name, self.new.number)
            self._withdrawn_places.write(record)
            self._note(its, known)

    def _take_withdrawals(self, its: Incoming) -> None:
        """Cases go out with their lines and ICU stays; which, and why, stays on record."""
        staged, seen = self._withdrawals, self._seen.setdefault("withdrawn", set())
        for _, built in its.built(self.key):
            versions = held_versions(self.backend, built.table, self.new.held_files("cases"))
            held = once(only_held(built, versions), contract("withdrawn").key, seen)
            keys = _distinct_keys(held.table)
            for table in ("cases", *_BELONGING):
                self.new.without(table, keys)
            self._withdrawn.append(keys)
            staged.write(_with_commit(held.table, self.new.number))
            self._note(its, held)

    def _judge_belonging(self) -> None:
        staged = {table: self._staged(table) for table in {waiting.table for _, waiting in self._belonging}}
        if self.correcting and self._cases.paths and self.new.held_files("lines"):
            # A table is staged once: a second time would take the place of the first, with all its rows.
            if "lines" not in staged:
                staged["lines"] = self._staged("lines")
            self._bring_lines_along(staged["lines"])
        for its, waiting in self._belonging:
            self.progress.step(f"核对 {its.name}: {waiting.table} beside their cases")
            given = {name: its.layout.columns[name].shown for name in its.layout.columns}
            for table, notes in fetched(waiting.beside_cases(self.backend)):
                table, notes = self._without_gone(table, notes)
                built = Built(table, [], 0, {name: given.get(name, name) for name in table.column_names}, notes)
                judged = self._gate.judge(built, its.name, its.sheet, its.format, waiting.table)
                staged[waiting.table].write(judged.table)
                self._quarantined(its, judged.findings, self._rows_out(its, waiting.table, judged.bad), judged.keys)
        for table, rows in staged.items():
            rows.close()
            if self.correcting:
                self._replace_of_cases(rows, table)
            self._gone[table] = self._take_out_duplicates(rows, table)
        if "lines" in staged:
            held = [] if self.correcting else self.new.held_files("lines")
            self._lines = staged["lines"].paths
            judge_sums(self.backend, self._lines, held, self._gate)

    def _bring_lines_along(self, staged: Staged) -> None:
        """The lines of corrected cases that no new ones replace go with their case, also where its month moved."""
        instead = [waiting for its, waiting in self._belonging if its.table == "lines"]
        for waiting in instead:
            waiting.close()
        own = [path for waiting in instead for path in waiting.paths]
        cases, lines = self.new.held_files("cases"), self.new.held_files("lines")
        along = Belonging.new(self.backend, "lines", "along")
        for table in lines_of(self.backend, self._cases.paths, own, cases, lines):
            along.write(table)
        for table, _ in along.beside_cases(self.backend):
            staged.write(table)

    def _without_gone(self, table: pa.Table, notes: pa.Table) -> tuple[pa.Table, pa.Table]:
        """ICU stays of cases that did not go in after all are left out."""
        if not self._gone["cases"]:
            return table, notes
        keep = pc.invert(among(self._gone["cases"], table["source_file"], table["source_row"]))
        return table.filter(keep), notes.filter(keep)

    def _take_place(self) -> None:
        """Held cases with the keys of those that correct them go out, and the stays that they had brought.

        A source that cannot speak of stays leaves them; those of a file of their own stay beside the corrected case.
        """
        cases, icu = self.new.held_files("cases"), self.new.held_files("icu")
        speak = [its.name for its in self._files if its.layout.stays]
        if speak and cases and icu and self._cases.paths:
            self.new.without("icu", stays_brought(self.backend, self._cases.paths, speak, cases, icu))
        for path in self._cases.paths:
            for keys in _keys_of(path):
                self.new.without("cases", keys)

    def _replace_of_cases(self, staged: Staged, table: str) -> None:
        """Corrected lines or stays take the place of all that their cases have; stays of a case, of their numbers."""
        cases = pa.array([its.name for its in self._files if its.table == "cases"], pa.string())
        for path in staged.paths:
            for batch in pq.ParquetFile(path).iter_batches(columns=[*contract(table).key, "source_file"]):
                rows = pa.Table.from_batches([batch])
                along = pc.is_in(rows["source_file"], value_set=cases)
                self.new.without(table, _distinct_keys(rows.filter(pc.invert(along))))
                if pc.any(along).as_py():
                    self.new.without(table, rows.filter(along).select(list(contract(table).key)))

    def _gone_keys(self) -> pa.Table:
        """Held cases that go out."""
        keys = list(self._withdrawn)
        if self.correcting:
            keys += [its for path in self._cases.paths for its in _keys_of(path)]
        return _distinct_keys(pa.concat_tables(keys) if keys else contract("cases").schema.empty_table())

    def _take_out_duplicates(self, staged: Staged, table: str) -> RowsOf:
        """A key that stands twice, or that DATA already holds: the first row stays, the others are quarantined.

        What a case brings comes first, as if it had been loaded before. The file and row of those that go out.
        """
        if not staged.paths:
            return {}
        key = contract(table).key
        held = [] if self.correcting else self.new.held_files(table)
        found = duplicates(staged.paths, held, key, [its.name for its in self._files if its.table == "cases"])
        for path in staged.paths:
            places = np.asarray(found.filter(pc.equal(found["path"], str(path)))["place"])
            if len(places):
                staged.rewrite(path, places)
        staged.close()
        gone = {}
        for its in self._files:
            repeated = found.filter(pc.equal(found["source_file"], its.name))
            if repeated.num_rows:
                gone[its.name] = repeated["source_row"].combine_chunks()
            for start in range(0, repeated.num_rows, _AT_ONCE):
                self._note_repeated(its, table, repeated.slice(start, _AT_ONCE).to_pylist())
        return gone

    def _note_repeated(self, its: Incoming, table: str, rows: list[dict[str, Any]]) -> None:
        last = contract(table).key[-1]
        findings = [Finding(row["source_row"], last, str(row[last]), _DUPLICATE[table]) for row in rows]
        keys = {row["source_row"]: (row["hospital"], row["case_id"]) for row in rows}
        self._quarantined(its, findings, self._rows_out(its, table, len(findings)), keys)

    @staticmethod
    def _rows_out(its: Incoming, table: str, rows: int) -> int:
        """How many rows of a file are out with rows of this table: none where its cases went in without them."""
        return rows if its.table == table else 0

    def _note(self, its: Incoming, built: Built) -> None:
        """Count what was read and keep what does not fit."""
        its.rows += built.table.num_rows + built.bad
        self.progress.advance(built.table.num_rows + built.bad)
        self._quarantined(its, built.findings, built.bad, built.keys)

    def _quarantined(self, its: Incoming, findings: list[Finding], bad: int, keys: Keys) -> None:
        if findings:
            its.bad += bad
            its.out |= {found.row for found in findings} if its.has_returns else set()
            self._quarantine.write(as_table(self.new.number, its.name, its.sheet, findings, keys))
            room = max(0, FIRST_SHOWN - len(self.lines))
            first = sorted(findings, key=lambda found: found.row)[:room]
            self.lines.extend(found.line(its.name) for found in first)

    def _stage_places(self, places: dict[str, pa.Table]) -> None:
        """Stage what replaces the tables about places and names; names already held stay unless said anew.

        What a file of names says counts more than what a case calls its codes.
        """
        if self._names:
            self._places.write_first("names", as_rows(self._names))
        for table, content in (self._places.contents() | places).items():
            self._staged(table, replace=True).write(content.cast(contract(table).schema))

    def _stage(self, table: str, content: pa.Table) -> None:
        if content.num_rows:
            self._staged(table).write(content)

    def _staged(self, table: str, replace: bool = False) -> Staged:
        return self.staging.enter_context(self.new.stage(table, replace=replace))


def _stays(built: Built, file: str) -> pa.Table:
    """The ICU stays of the rows that went in."""
    stays = built.stays.filter(
        pc.is_in(built.stays["source_row"], value_set=built.table["source_row"].combine_chunks())
    )
    place = stays.schema.get_field_index("source_file")
    return stays.set_column(place, stays.schema.field(place), pa.repeat(pa.scalar(file), stays.num_rows))


def _keys_of(path: Path) -> Iterator[pa.Table]:
    """The cases that a staged file is about, batch by batch."""
    for batch in pq.ParquetFile(path).iter_batches(columns=["hospital", "case_id"]):
        yield _distinct_keys(pa.Table.from_batches([batch]))


def _distinct_keys(rows: pa.Table) -> pa.Table:
    return rows.group_by(["hospital", "case_id"], use_threads=False).aggregate([]).select(["hospital", "case_id"])


def _with_commit(rows: pa.Table, commit: int) -> pa.Table:
    place = rows.schema.get_field_index("commit")
    return rows.set_column(place, rows.schema.field(place), pa.repeat(pa.scalar(commit, pa.int32()), rows.num_rows))
