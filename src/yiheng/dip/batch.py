"""Batches of cases (病例批): Arrow columns in, Arrow columns of results out, the kernel in between."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.codes.keys import is_icd
from yiheng.dip import kernel as a
from yiheng.dip.compile import Compiled, Speller
from yiheng.dip.reference import (
    AMBIGUOUS,
    GROUPED,
    INVALID,
    NO_DIAGNOSIS,
    NO_GROUP,
    UNGROUPABLE,
    Patient,
    assign_case,
)

OUT = ("status", "group", "kind", "rw", "points", "reason")
NEEDED = ("dx", "proc", "dx_edition", "proc_edition", "total_fee")
SCHEMA = pa.schema([(name, pa.float64() if name in ("rw", "points") else pa.string()) for name in OUT])
NONE = "none"


class Assigner:
    """Assigns batches to the groups of one book; several threads may share it."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        groups = compiled.book.groups
        # Behind the groups: ungroupable, invalid, ambiguous; in the order of the kernel's answers -1, -2, -3.
        others = ((UNGROUPABLE, NO_GROUP), (INVALID, NO_DIAGNOSIS), (AMBIGUOUS, None))
        rows: dict[str, list[Any]] = {name: [] for name in OUT}
        for group in groups:
            _append(rows, (GROUPED, group.id, group.kind, group.rw, group.points, None))
        for status, reason in others:
            _append(rows, (status, None, NONE, None, None, reason))
        self._words = {name: pa.array(rows[name], SCHEMA.field(name).type) for name in OUT}
        self._count = len(groups)

    def assign(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The results of a batch's cases, in its order: columns OUT. Columns that the batch lacks are unknown."""
        found, tied = self._numbers(batch)
        which = np.where(found < 0, self._count - 1 - found, found)
        which[tied] = self._count + len((UNGROUPABLE, INVALID))
        places = pa.array(which)
        columns = [self._words[name].take(places) for name in OUT]
        if tied.any():
            columns[OUT.index("reason")] = self._tied(batch, np.flatnonzero(tied), columns[OUT.index("reason")])
        return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)

    def numbers(self, batch: pa.RecordBatch) -> np.ndarray:
        """The number of each case's group in the book; negative where it has none."""
        found, tied = self._numbers(batch)
        return np.where(tied, a.NO_GROUP, found)

    def _numbers(self, batch: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray]:
        count = batch.num_rows
        dx_starts, dx_ends, dx, dx_said = _codes(_given(batch, "dx"), count, self.compiled.dx)
        starts, ends, proc, proc_said = _codes(_given(batch, "proc"), count, self.compiled.proc)
        rows = a.Rows(
            dx_starts, dx_ends, dx, _icd(_given(batch, "dx_edition"), count),
            starts, ends, proc, _icd(_given(batch, "proc_edition"), count), _fees(_given(batch, "total_fee"), count),
        )  # fmt: skip
        found, tied = np.empty(count, np.int64), np.zeros(count, np.bool_)
        its = self.compiled
        a.assign_rows(dx_said, proc_said, its.groups, its.rules, rows, its.work(), found, tied)
        return found, tied

    def _tied(self, batch: pa.RecordBatch, rows: np.ndarray, reasons: pa.Array) -> pa.Array:
        """The reasons with the groups named that fit equally well; the readable definition says which."""
        said = reasons.to_pylist()
        for row, case in zip(rows.tolist(), batch.take(pa.array(rows)).to_pylist(), strict=True):
            said[row] = assign_case(patient_of(case), self.compiled.book).reason
        return pa.array(said, pa.string())


def patient_of(case: dict[str, Any]) -> Patient:
    """A row of cases as the readable definition takes it."""
    fee = case.get("total_fee")
    return Patient(
        case["dx"], case.get("proc"), case.get("dx_edition"), case.get("proc_edition"),
        None if fee is None else float(fee),
    )  # fmt: skip


def _append(rows: dict[str, list[Any]], values: tuple[Any, ...]) -> None:
    for name, value in zip(OUT, values, strict=True):
        rows[name].append(value)


def _given(batch: pa.RecordBatch, name: str) -> pa.Array | None:
    return batch.column(name) if name in batch.schema.names else None


def _codes(
    column: pa.Array | None, count: int, speller: Speller
) -> tuple[np.ndarray, np.ndarray, np.ndarray, a.Spelled]:
    """Where each case's codes begin and end, the numbers of their spellings, and what these say."""
    if column is None or pa.types.is_null(column.type):
        nothing = np.zeros(count, np.int64)
        return nothing, nothing, np.zeros(0, np.int32), speller.look_up([])[1]
    offsets = column.offsets.to_numpy().astype(np.int64)
    values = column.values.slice(offsets[0], offsets[-1] - offsets[0])
    coded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    numbers, said = speller.look_up(coded.dictionary.to_pylist())
    places = coded.indices.fill_null(len(coded.dictionary)).to_numpy(zero_copy_only=False)
    starts, ends = offsets[:-1] - offsets[0], offsets[1:] - offsets[0]
    if column.null_count:
        ends = np.where(column.is_valid().to_numpy(zero_copy_only=False), ends, starts)
    return starts, ends, numbers[places], said


def _icd(column: pa.Array | None, count: int) -> np.ndarray:
    """Whether the codes of each case are of an ICD edition; a case that names none uses ICD."""
    if column is None or pa.types.is_null(column.type):
        return np.ones(count, np.bool_)
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    known = np.array([is_icd(text) for text in coded.dictionary.to_pylist()] + [True], np.bool_)
    return np.asarray(known[coded.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)])


def _fees(column: pa.Array | None, count: int) -> np.ndarray:
    if column is None or pa.types.is_null(column.type):
        return np.full(count, np.nan)
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False))
