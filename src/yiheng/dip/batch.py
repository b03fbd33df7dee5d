"""Batches of cases (病例批): Arrow columns in, Arrow columns of results out, the kernel in between."""

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.dip import kernel as a
from yiheng.dip.book import open_book
from yiheng.dip.codelists import code_lists, given, icd_flags
from yiheng.dip.compile import Compiled, compile_book
from yiheng.dip.plan import plan
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
from yiheng.dip.result import FIGURES, OUT, RESULT, WORDS
from yiheng.policy.loader import Scheme

NONE = "none"
_NULL = -1


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
        coded = {name: pa.array(rows[name], pa.string()).dictionary_encode() for name in WORDS}
        self._words = {name: its.dictionary for name, its in coded.items()}
        self._numbers_of = {name: _numbers_or(its.indices, _NULL) for name, its in coded.items()}
        self._figures = {name: np.array(rows[name], np.float64) for name in FIGURES}
        self._reasons = pa.array(rows["reason"], pa.string())
        self._count = len(groups)

    def assign(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The results of a batch's cases, in its order: columns of RESULT. Columns that the batch lacks are unknown."""
        found, tied = self._numbers(batch)
        which = np.where(found < 0, self._count - 1 - found, found)
        which[tied] = self._count + len((UNGROUPABLE, INVALID))
        columns = {name: self._worded(name, which) for name in WORDS}
        columns |= {name: pa.array(figures.take(which), from_pandas=True) for name, figures in self._figures.items()}
        columns["reason"] = self._why(batch, which, tied)
        return pa.RecordBatch.from_arrays([columns[name] for name in OUT], schema=RESULT)

    def _worded(self, name: str, which: np.ndarray) -> pa.DictionaryArray:
        """A column of words, with a dictionary of those alone that occur: a catalogue's whole one is written slowly."""
        numbers = self._numbers_of[name].take(which)
        known = numbers != _NULL
        used = np.zeros(len(self._words[name]) + 1, np.bool_)
        used[numbers] = True
        places = np.cumsum(used, dtype=np.int32) - 1
        words = self._words[name].take(pa.array(np.flatnonzero(used[:-1])))
        return pa.DictionaryArray.from_arrays(pa.array(places[numbers], mask=~known), words)

    def _why(self, batch: pa.RecordBatch, which: np.ndarray, tied: np.ndarray) -> pa.Array:
        """The column of reasons; most cases have none."""
        if not (which >= self._count).any():
            return pa.nulls(len(which), pa.string())
        reasons = self._reasons.take(pa.array(which))
        return self._tied(batch, np.flatnonzero(tied), reasons) if tied.any() else reasons

    def numbers(self, batch: pa.RecordBatch) -> np.ndarray:
        """The number of each case's group in the book; negative where it has none."""
        found, tied = self._numbers(batch)
        return np.where(tied, a.NO_GROUP, found)

    def _numbers(self, batch: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray]:
        count = batch.num_rows
        dx, proc = (code_lists(given(batch, name), count) for name in ("dx", "proc"))
        (dx_numbers, dx_said), (numbers, said) = (
            self.compiled.dx.look_up(dx.texts),
            self.compiled.proc.look_up(proc.texts),
        )
        dx_icd, proc_icd = (icd_flags(given(batch, name), count) for name in ("dx_edition", "proc_edition"))
        rows = a.Rows(
            dx.starts, dx.ends, dx_numbers[dx.places], dx_icd,
            proc.starts, proc.ends, numbers[proc.places], proc_icd, _fees(given(batch, "total_fee"), count),
        )  # fmt: skip
        found, tied = np.empty(count, np.int64), np.zeros(count, np.bool_)
        its = self.compiled
        a.assign_rows(dx_said, said, its.groups, its.rules, rows, its.work(), found, tied)
        return found, tied

    def _tied(self, batch: pa.RecordBatch, rows: np.ndarray, reasons: pa.Array) -> pa.Array:
        """The reasons with the groups named that fit equally well; the readable definition says which."""
        said = reasons.to_pylist()
        for row, case in zip(rows.tolist(), batch.take(pa.array(rows)).to_pylist(), strict=True):
            said[row] = assign_case(patient_of(case), self.compiled.book).reason
        return pa.array(said, pa.string())


def assigner(catalogue: pa.Table, scheme: Scheme, day: date) -> Assigner:
    """What assigns batches to the groups of a catalogue; `scheme` and `day` are those that it was built with."""
    return Assigner(compile_book(open_book(catalogue, plan(scheme, day))))


def patient_of(case: dict[str, Any]) -> Patient:
    """A row of cases as the readable definition takes it."""
    fee = case.get("total_fee")
    return Patient(
        case["dx"], case.get("proc"), case.get("dx_edition"), case.get("proc_edition"),
        None if fee is None else float(fee),
    )  # fmt: skip


def _numbers_or(numbers: pa.Array, null: int) -> np.ndarray:
    return np.asarray(numbers.fill_null(null).to_numpy(zero_copy_only=False), np.int32)


def _append(rows: dict[str, list[Any]], values: tuple[Any, ...]) -> None:
    for name, value in zip(OUT, values, strict=True):
        rows[name].append(value)


def _fees(column: pa.Array | None, count: int) -> np.ndarray:
    if column is None or pa.types.is_null(column.type):
        return np.full(count, np.nan)
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False))
