"""The examination of a source (逐条核查): every rule against every row, batch by batch, in one query a batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend
from numpy.typing import NDArray

from yiheng.cases.quality.book import Book, Rule
from yiheng.cases.quality.compile import BATCH, Compiled
from yiheng.cases.quality.facts import facts
from yiheng.cases.quality.questions import questions
from yiheng.tables.engine import fetch

PASSED, FAILED, NOT_APPLICABLE, ERROR = "passed", "failed", "not_applicable", "error"
STATES = (PASSED, FAILED, NOT_APPLICABLE, ERROR)

Mask = NDArray[np.bool_]


@dataclass
class Check:
    """What became of one rule over the rows of a source; `rows` = failed + unknown + not_applicable + passed ones.

    `error`: the engine could not answer, and the rule says nothing of these rows. `lacks`: the columns and code lists
    for want of which it is not applicable to any row.
    """

    rule: Rule
    lacks: tuple[str, ...] = ()
    rows: int = 0
    failed: int = 0
    unknown: int = 0
    not_applicable: int = 0
    error: int = 0

    @property
    def state(self) -> str:
        """One of the four states."""
        if self.error:
            return ERROR
        if self.failed:
            return FAILED
        return NOT_APPLICABLE if self.rows == self.not_applicable else PASSED


@dataclass
class Examination:
    """The rules of one kind of source, held against its rows of a table. `given`: the columns and notes that it has."""

    backend: Backend
    book: Book
    profile: str
    given: frozenset[str]
    table: str = "cases"
    checks: dict[str, Check] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._questions = questions(self.book, self.profile, self.given, self.table)
        self.checks = {each.rule.id: Check(each.rule, each.lacks) for each in self._questions.rules}

    def examine(self, cases: pa.Table) -> dict[str, Mask]:
        """Which rows, notes beside them, break a rule, by the ids of the rules that some row breaks."""
        if not cases.num_rows:
            return {}
        answers = self._answers(cases)
        broken = {}
        for each in self._questions.rules:
            mask = self._count(each, cases.num_rows, answers)
            if mask.any():
                broken[each.rule.id] = mask
        return broken

    def _count(self, each: Compiled, rows: int, answers: Mapping[str, pa.Array]) -> Mask:
        """Add the rows of a batch to a rule's counts; those that break it."""
        check = self.checks[each.rule.id]
        check.rows += rows
        none = np.zeros(rows, bool)
        if each.condition is None:
            check.not_applicable += rows
            return none
        if each.rule.id not in answers:
            check.error += rows
            return none
        outside = rows - int(np.logical_and.reduce([~none, *(np.asarray(answers[its]) for its in each.scopes)]).sum())
        answer = answers[each.rule.id]
        broken = np.asarray(pc.fill_null(answer, False))
        check.failed += int(broken.sum())
        check.not_applicable += outside
        check.unknown += answer.null_count - outside
        return broken

    def _answers(self, cases: pa.Table) -> dict[str, pa.Array]:
        """The query's columns; where the engine cannot answer it whole, rule by rule, without those that fail."""
        asked = self._questions
        columns = {name: cases[name].combine_chunks() for name in asked.columns}
        columns |= facts(columns, asked.facts, asked.marks)
        self.backend.con.register(BATCH, pa.table(columns))
        try:
            return _as_columns(fetch(self.backend, asked.all_at_once))
        except duckdb.Error:
            return self._one_by_one()
        finally:
            self.backend.con.unregister(BATCH)

    def _one_by_one(self) -> dict[str, pa.Array]:
        asked = self._questions
        answers = _as_columns(fetch(self.backend, asked.of(())))
        for each in asked.applied:
            try:
                answers |= _as_columns(fetch(self.backend, asked.of((each,))))
            except duckdb.Error:
                continue
        return answers


def _as_columns(table: pa.Table) -> dict[str, pa.Array]:
    return {name: table[name].combine_chunks() for name in table.column_names}
