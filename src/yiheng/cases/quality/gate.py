"""The gate of a load (入库核查): every batch of cases goes through the rules, and what they say is staged beside it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.cases.build import Built
from yiheng.cases.quality.book import book
from yiheng.cases.quality.examine import Check, Examination
from yiheng.cases.quality.verdict import Origin, checks_table, verdict
from yiheng.tables.delta import Staged

Row = tuple[str, int]


@dataclass
class Gate:
    """The rules of one load; `findings` and `checks` are where its rows of these tables go."""

    backend: Backend
    commit: int
    findings: Staged
    checks: Staged
    _open: dict[str, tuple[Examination, Origin]] = field(default_factory=dict)

    def judge(self, built: Built, file: str, sheet: str, profile: str) -> Built:
        """Take out the rows that a rule rejects, and stage findings on those that only break others."""
        examination, origin = self._examination(file, sheet, profile, built.given)
        broken = examination.examine(built.cases)
        judged = verdict(built.cases, broken, examination.book, origin)
        if judged.findings.num_rows:
            self.findings.write(judged.findings)
        return Built(judged.accepted, built.findings + judged.rejected, built.bad + judged.bad, built.given)

    def _examination(self, file: str, sheet: str, profile: str, given: Mapping[str, str]) -> tuple[Examination, Origin]:
        if file not in self._open:
            examination = Examination(self.backend, book(), profile, frozenset(given))
            self._open[file] = examination, Origin(file, sheet, self.commit, given)
        return self._open[file]

    def forget(self, rows: Iterable[Row]) -> None:
        """Take out the findings on these rows, by file and row: they did not go in after all."""
        self.findings.close()
        gone = set(rows)
        for path in self.findings.paths if gone else []:
            held = pq.read_table(path, columns=["file", "row"])
            places = [place for place, row in enumerate(zip(*_lists(held), strict=True)) if row in gone]
            if places:
                self.findings.rewrite(path, np.array(places))

    def close(self) -> dict[str, Check]:
        """Stage the counts of every file; those of the whole load."""
        total: dict[str, Check] = {}
        for examination, origin in self._open.values():
            self.checks.write(checks_table(examination.checks, origin))
            for name, check in examination.checks.items():
                total[name] = _added(total.get(name, Check(check.rule)), check)
        return total


def _lists(held: pa.Table) -> tuple[list[str], list[int]]:
    return held["file"].to_pylist(), held["row"].to_pylist()


def _added(one: Check, other: Check) -> Check:
    counts = [each.name for each in fields(Check) if each.name != "rule"]
    return Check(one.rule, **{name: getattr(one, name) + getattr(other, name) for name in counts})
