"""The gate of a load (入库核查): every batch of cases goes through the rules, and what they say is staged beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.cases.build import Built
from yiheng.cases.finding import Finding
from yiheng.cases.quality.book import Book
from yiheng.cases.quality.examine import Check, Examination
from yiheng.cases.quality.verdict import Origin, checks_table, verdict
from yiheng.tables.delta import Staged

# The numbers of rows by their file.
RowsOf = Mapping[str, pa.Array]


@dataclass
class Gate:
    """The rules of one load; `findings` and `checks` are where its rows of these tables go."""

    backend: Backend
    book: Book
    commit: int
    findings: Staged
    checks: Staged
    _open: dict[tuple[str, str], tuple[Examination, Origin]] = field(default_factory=dict)

    def judge(self, built: Built, file: str, sheet: str, profile: str, table: str = "cases") -> Built:
        """Take out the rows that a rule rejects, and stage findings on those that only break others."""
        notes = {name: built.notes[name] for name in built.notes.column_names}
        noted = built.table
        for name, values in notes.items():
            noted = noted.append_column(name, values)
        given = {**built.given, **{name: name for name in notes}}
        examination, origin = self._examination(file, sheet, profile, table, given)
        judged = verdict(noted, examination.examine(noted), examination.book, origin)
        if judged.findings.num_rows:
            self.findings.write(judged.findings)
        return replace(
            built,
            table=judged.accepted.drop_columns(list(notes)) if notes else judged.accepted,
            findings=built.findings + judged.rejected,
            bad=built.bad + judged.bad,
            keys={**built.keys, **_keys_of(judged.rejected, noted)},
        )

    def _examination(
        self, file: str, sheet: str, profile: str, table: str, given: Mapping[str, str]
    ) -> tuple[Examination, Origin]:
        if (file, table) not in self._open:
            examination = Examination(self.backend, self.book, profile, frozenset(given), table)
            self._open[file, table] = examination, Origin(file, sheet, self.commit, given)
        return self._open[file, table]

    def forget(self, gone: RowsOf, table: str) -> None:
        """Take out what rules over this table found on these rows: they did not go in after all.

        Nothing is judged afterwards.
        """
        self.findings.close()
        about = pa.array([rule.id for rule in self.book.rules.values() if rule.table == table], pa.string())
        for path in self.findings.paths if gone else []:
            its = pq.read_table(path, columns=["file", "row", "rule"], read_dictionary=["file", "rule"])
            out = pc.and_(pc.is_in(its["rule"], value_set=about), among(gone, its["file"], its["row"]))
            places = np.flatnonzero(np.asarray(out))
            if len(places):
                self.findings.rewrite(path, places)

    def close(self) -> dict[str, Check]:
        """Stage the counts of every file; those of the whole load."""
        total: dict[str, Check] = {}
        for examination, origin in self._open.values():
            self.checks.write(checks_table(examination.checks, origin))
            for name, check in examination.checks.items():
                total[name] = _added(total.get(name, Check(check.rule, check.lacks)), check)
        return total


def among(rows: RowsOf, files: pa.ChunkedArray, numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    """Which of these files and numbers of rows are among the rows, of which there is at least one."""
    found = [pc.and_(pc.equal(files, file), pc.is_in(numbers, value_set=its)) for file, its in rows.items()]
    return reduce(pc.or_, found)


def _keys_of(rejected: list[Finding], rows: pa.Table) -> dict[int, tuple[str | None, str | None]]:
    """Hospital and case id of rejected rows by row number."""
    if not rejected:
        return {}
    its = rows.filter(pc.is_in(rows["source_row"], value_set=pa.array([found.row for found in rejected], pa.int64())))
    numbers, hospitals, case_ids = (its[name].to_pylist() for name in ("source_row", "hospital", "case_id"))
    return {row: (hospital, case_id) for row, hospital, case_id in zip(numbers, hospitals, case_ids, strict=True)}


def _added(one: Check, other: Check) -> Check:
    counts = [each.name for each in fields(Check) if each.name not in ("rule", "lacks")]
    lacks = tuple(dict.fromkeys((*one.lacks, *other.lacks)))
    return Check(one.rule, lacks, **{name: getattr(one, name) + getattr(other, name) for name in counts})
