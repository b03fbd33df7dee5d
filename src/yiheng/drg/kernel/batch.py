"""Batches of cases (病例批): Arrow columns in, Arrow columns of results out, the kernel in between."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.codes.normal import normal
from yiheng.drg import reason
from yiheng.drg.case import PROBLEMS
from yiheng.drg.kernel import machine as a
from yiheng.drg.kernel.arrays import Compiled
from yiheng.drg.kernel.codecolumn import CodeColumn, Speller, code_column
from yiheng.drg.kernel.machine import NO_GROUP, Grouped, Rows, Work, group_rows, room_for, work_for
from yiheng.drg.result import CC, INVALID, MCC, NONE, OUT, RESULT, SEVERITIES, STATUSES, UNGROUPABLE, Result
from yiheng.tables.codelists import given

# The words that an outcome of the pack brings along.
_WORDS = OUT[: OUT.index("reason")]
# The severity that the bits MCC and CC stand for; a MCC is graver.
_SEVERITY = np.array([SEVERITIES.index(name) for name in (NONE, MCC, CC, MCC)], np.int32)


class Grouper:
    """Groups batches under one pack; several threads may share it."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.columns = compiled.columns
        self._whys = [result.reason for result in compiled.outcomes]
        self._worded = {
            name: _Worded([getattr(its, name) for its in compiled.outcomes], STATUSES if name == "status" else ())
            for name in _WORDS
        }
        self._has_levels = _has_levels(compiled)
        self._dx = Speller(compiled.dx)
        self._proc = Speller(compiled.proc)
        # Sheets that no thread writes on now; what a thread remembers goes to who takes them next.
        self._sheets: list[Work] = []

    def group(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The results of a batch's cases, in its order: columns OUT. Columns that the batch lacks are unknown."""
        count = batch.num_rows
        dx = code_column(given(batch, "dx"), count, self._dx)
        proc = code_column(given(batch, "proc"), count, self._proc)
        rows = Rows(
            dx.starts, dx.ends, dx.places, dx.spellings.numbers,
            proc.starts, proc.ends, proc.places, proc.spellings.numbers, self._numbers(batch),
        )  # fmt: skip
        found = room_for(count)
        work = self._sheet()
        group_rows(self.compiled.pool, rows, work, found)
        self._sheets.append(work)
        return self._in_words(found, dx, proc)

    def _sheet(self) -> Work:
        try:
            return self._sheets.pop()
        except IndexError:
            return work_for(self.compiled.pool)

    def _numbers(self, batch: pa.RecordBatch) -> np.ndarray:
        """The fields that the pack asks for, up to the last; rows between them are never looked at."""
        made = np.empty((1 + a.GIVEN.index(self.compiled.fields[-1]), batch.num_rows))
        for name in self.compiled.fields:
            column = given(batch, self.compiled.column(name))
            if column is None:
                made[a.GIVEN.index(name)] = np.nan
            else:
                its = self._depts(column) if name == "dept" else column.cast(pa.float64())
                made[a.GIVEN.index(name)] = its.to_numpy(zero_copy_only=False)
        return made

    def _depts(self, column: pa.Array) -> pa.Array:
        """Departments as the numbers of those that the pack names, 0 for the others."""
        coded = column if pa.types.is_dictionary(column.type) else column.cast(pa.string()).dictionary_encode()
        names = [normal(name or "") for name in coded.dictionary.to_pylist()]
        numbers = pa.array([self.compiled.depts.get(name, 0) if name else None for name in names], pa.float64())
        return numbers.take(coded.indices)

    def _in_words(self, found: Grouped, dx: CodeColumn, proc: CodeColumn) -> pa.RecordBatch:
        which, extra = self._results(found)
        columns = [self._worded[name].column(which, [getattr(result, name) for result in extra]) for name in _WORDS]
        more = [self._reasons(which, extra, found, dx, proc), self._severities(found)]
        return pa.RecordBatch.from_arrays([*columns, *more], schema=RESULT)

    def _severities(self, found: Grouped) -> pa.DictionaryArray:
        """The column of severities."""
        without = found.outcome < 0 if self._has_levels else np.ones(len(found.outcome), np.bool_)
        numbers = pa.array(_SEVERITY.take(found.severity), mask=without)
        return pa.DictionaryArray.from_arrays(numbers, pa.array(SEVERITIES))

    def _reasons(
        self, which: np.ndarray, extra: list[Result], found: Grouped, dx: CodeColumn, proc: CodeColumn
    ) -> pa.Array:
        """The column of reasons; most cases have none."""
        words = [*self._whys, *(result.reason for result in extra)]
        special = found.lacking | (found.procedure > 0)
        rows = np.flatnonzero(np.array([word is not None for word in words], np.bool_)[which] | special)
        base = pa.array(words, pa.string()).take(pa.array(which[rows]))
        if special.any():
            parts = [_retried(rows, found, proc), dx.unknown("dx", rows), proc.unknown("proc", rows)]
            base = pc.binary_join_element_wise(base, *parts, reason.BETWEEN, null_handling="skip")
        return _spread(base, rows, len(which))

    def _results(self, found: Grouped) -> tuple[np.ndarray, list[Result]]:
        """Which result is each case's, and the results beyond the pack's outcomes."""
        without = np.flatnonzero(found.outcome < 0)
        if not len(without):
            return found.outcome, []
        # One number for both: the open MDCs where there is no group, else what makes the case invalid (negative).
        kind = found.outcome[without]
        said = np.where(kind == NO_GROUP, found.opened[without], kind)
        kinds = pa.array(said, pa.int64()).dictionary_encode()
        which = found.outcome.copy()
        which[without] = kinds.indices.to_numpy() + len(self.compiled.outcomes)
        return which, [self._without_group(kind) for kind in kinds.dictionary.to_pylist()]

    def _without_group(self, said: int) -> Result:
        if said < 0:
            problems = NO_GROUP - said
            return _nothing(INVALID, reason.invalid(bool(problems >> bit & 1) for bit in range(len(PROBLEMS))))
        opened = (mdc for place, mdc in enumerate(self.compiled.mdcs) if said >> place & 1)
        return _nothing(UNGROUPABLE, reason.no_rule(opened))


def _retried(special: np.ndarray, found: Grouped, proc: CodeColumn) -> pa.Array:
    """What `reason.retried` says, null where the case was grouped as it is."""
    place = found.procedure[special]
    if not place.any():
        return pa.nulls(len(place), pa.string())
    codes = iter(proc.at(special[place > 0], place[place > 0]).to_pylist())
    return pa.array([reason.retried(next(codes)) if its > 0 else None for its in place], pa.string())


def _has_levels(compiled: Compiled) -> bool:
    """Whether the pack has a level for any diagnosis."""
    parts = compiled.pool.parts
    records = parts[parts[a.DX] : parts[a.PROC]].reshape(-1, a.DX_RECORD)
    return bool((records[:, [a.MCC_TABLE, a.CC_TABLE]] >= 0).any())


def _nothing(status: str, why: str) -> Result:
    return Result(status, None, None, None, why)


class _Worded:
    """One column of words: those of the pack's outcomes, in a dictionary that is the same for every batch."""

    def __init__(self, words: list[str | None], more: Iterable[str]) -> None:
        known = dict.fromkeys((*more, *(word for word in words if word is not None)))
        self._number: dict[str | None, int] = {word: number for number, word in enumerate(known)}
        self._number[None] = NO_GROUP
        self._dictionary = pa.array(list(known), pa.string())
        self._of_outcome = self._numbers(words)

    def _numbers(self, words: list[str | None]) -> np.ndarray:
        return np.array([self._number[word] for word in words], np.int32)

    def column(self, which: np.ndarray, extra: list[str | None]) -> pa.DictionaryArray:
        """The words of results; those of `extra` stand behind those of the outcomes."""
        numbers = np.concatenate([self._of_outcome, self._numbers(extra)]).take(which)
        mask = numbers < 0 if any(word is None for word in extra) else None
        return pa.DictionaryArray.from_arrays(pa.array(numbers, mask=mask), self._dictionary)


def _spread(texts: pa.Array, rows: np.ndarray, count: int) -> pa.Array:
    """A column of `count` cells that are null but for those in `rows`, ascending, which hold `texts`, none null."""
    if not len(rows):
        return pa.nulls(count, pa.string())
    sizes = np.zeros(count + 1, np.int32)
    sizes[rows + 1] = np.diff(np.frombuffer(texts.buffers()[1], np.int32)[: len(rows) + 1])
    filled = np.zeros(count, np.bool_)
    filled[rows] = True
    offsets = np.cumsum(sizes, dtype=np.int32)
    valid = np.packbits(filled, bitorder="little")
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), texts.buffers()[2], pa.py_buffer(valid))
