"""Batches of cases (病例批): Arrow columns in, Arrow columns of results out, the kernel in between."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.drg import kernel as a
from yiheng.drg import reason
from yiheng.drg.bycode import normal_code
from yiheng.drg.case import PROBLEMS
from yiheng.drg.codecolumn import CodeColumn, Speller, code_column
from yiheng.drg.compile import Compiled
from yiheng.drg.kernel import NO_GROUP, Grouped, Rows, group_rows, room_for, work_for
from yiheng.drg.reference import INVALID, STATUSES, UNGROUPABLE, Result

OUT = ("status", "mdc", "adrg", "drg", "reason")
_WORD = pa.dictionary(pa.int32(), pa.string())
RESULT = pa.schema([(name, pa.string() if name == "reason" else _WORD) for name in OUT])


class Grouper:
    """Groups batches under one pack; several threads may share it."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.pack = compiled.pack
        self.columns = (*(self._column(name) for name in compiled.fields), "dx", "proc")
        self._dx = Speller(compiled.dx, self.pack.dx_names)
        self._proc = Speller(compiled.proc, self.pack.proc_names)

    def _column(self, name: str) -> str:
        return self.pack.switches.weight_column if name == a.FIELDS[a.WEIGHT] else name

    def group(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The results of a batch's cases, in its order: columns OUT. Columns that the batch lacks are unknown."""
        count = batch.num_rows
        dx = code_column(_given(batch, "dx"), count, self._dx)
        proc = code_column(_given(batch, "proc"), count, self._proc)
        rows = Rows(
            dx.starts, dx.ends, dx.places, dx.spellings.numbers,
            proc.starts, proc.ends, proc.places, proc.spellings.numbers, self._numbers(batch),
        )  # fmt: skip
        found = room_for(count)
        pool = self.compiled.pool
        group_rows(pool, rows, work_for(pool, dx.longest + proc.longest), found)
        return self._in_words(found, dx, proc)

    def _numbers(self, batch: pa.RecordBatch) -> np.ndarray:
        """The fields that the pack asks for, up to the last; rows between them are never looked at."""
        made = np.empty((1 + a.GIVEN.index(self.compiled.fields[-1]), batch.num_rows))
        for name in self.compiled.fields:
            column = _given(batch, self._column(name))
            if column is None:
                made[a.GIVEN.index(name)] = np.nan
            else:
                its = self._depts(column) if name == "dept" else column.cast(pa.float64())
                made[a.GIVEN.index(name)] = its.to_numpy(zero_copy_only=False)
        return made

    def _depts(self, column: pa.Array) -> pa.Array:
        """Departments as the numbers of those that the pack names, 0 for the others."""
        coded = column if pa.types.is_dictionary(column.type) else column.cast(pa.string()).dictionary_encode()
        names = [normal_code(name or "") for name in coded.dictionary.to_pylist()]
        numbers = pa.array([self.compiled.depts.get(name, 0) if name else None for name in names], pa.float64())
        return numbers.take(coded.indices)

    def _in_words(self, found: Grouped, dx: CodeColumn, proc: CodeColumn) -> pa.RecordBatch:
        which, results = self._results(found)
        words = {name: [getattr(result, name) for result in results] for name in OUT}
        columns = [_worded(which, words[name], STATUSES if name == "status" else ()) for name in OUT[:-1]]
        reasons = pa.array(words["reason"], pa.string()).take(pa.array(which))
        special = np.flatnonzero(found.lacking | (found.procedure > 0))
        if len(special):
            parts = [_retried(special, found, proc), dx.unknown("dx", special), proc.unknown("proc", special)]
            base = reasons.take(pa.array(special))
            said = pc.binary_join_element_wise(base, *parts, reason.BETWEEN, null_handling="skip")
            mask = np.zeros(len(which), np.bool_)
            mask[special] = True
            reasons = pc.replace_with_mask(reasons, pa.array(mask), said)
        return pa.RecordBatch.from_arrays([*columns, reasons], schema=RESULT)

    def _results(self, found: Grouped) -> tuple[np.ndarray, list[Result]]:
        """The results that occur, and which of them is each case's."""
        results = list(self.compiled.outcomes)
        which = found.outcome.copy()
        without = np.flatnonzero(which < 0)
        if len(without):
            # One number for both: the open MDCs where there is no group, else what makes the case invalid (negative).
            said = np.where(which[without] == NO_GROUP, found.opened[without], which[without])
            kinds = pa.array(said, pa.int64()).dictionary_encode()
            which[without] = kinds.indices.to_numpy() + len(results)
            results += [self._without_group(kind) for kind in kinds.dictionary.to_pylist()]
        return which, results

    def _without_group(self, said: int) -> Result:
        if said < 0:
            problems = NO_GROUP - said
            return _nothing(INVALID, reason.invalid(bool(problems >> bit & 1) for bit in range(len(PROBLEMS))))
        opened = (mdc.code for place, mdc in enumerate(self.pack.mdcs) if said >> place & 1)
        return _nothing(UNGROUPABLE, reason.no_rule(opened))


def _retried(special: np.ndarray, found: Grouped, proc: CodeColumn) -> pa.Array:
    """What `reason.retried` says, null where the case was grouped as it is."""
    place = found.procedure[special]
    codes = iter(proc.at(special[place > 0], place[place > 0]).to_pylist())
    return pa.array([reason.retried(next(codes)) if its > 0 else None for its in place], pa.string())


def _nothing(status: str, why: str) -> Result:
    return Result(status, None, None, None, why)


def _worded(which: np.ndarray, words: list[str | None], known: tuple[str, ...]) -> pa.DictionaryArray:
    """A column whose cell i is `words[which[i]]`; `known` words stand in every batch's dictionary."""
    distinct = list(dict.fromkeys((*known, *(word for word in words if word is not None))))
    numbers = {word: number for number, word in enumerate(distinct)}
    places = np.array([NO_GROUP if word is None else numbers[word] for word in words], np.int32)[which]
    return pa.DictionaryArray.from_arrays(pa.array(places, mask=places < 0), pa.array(distinct, pa.string()))


def _given(batch: pa.RecordBatch, name: str) -> pa.Array | None:
    return batch.column(name) if name in batch.schema.names else None
