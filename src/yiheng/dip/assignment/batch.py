"""Batches of cases (病例批): Arrow columns in, Arrow columns of results out, the kernel in between."""

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.dip.assignment import machine as a
from yiheng.dip.assignment.book import open_book
from yiheng.dip.assignment.compile import Compiled, compile_book
from yiheng.dip.assignment.reference import Patient, assign_case
from yiheng.dip.assignment.result import FIGURES, OUT, RESULT, WORDS
from yiheng.dip.assignment.spelling import sealed
from yiheng.dip.editions import icd_flags
from yiheng.dip.plan import plan
from yiheng.policy.loader import Scheme
from yiheng.tables.codelists import code_lists, given

_NULL = -1


class Assigner:
    """Assigns batches to the groups of one book; several threads may share it."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self._count = len(compiled.groups.mean)
        coded = {name: compiled.answers[name].dictionary_encode() for name in WORDS}
        self._words = {name: its.dictionary for name, its in coded.items()}
        self._numbers_of = {name: _numbers_or(its.indices, _NULL) for name, its in coded.items()}
        self._figures = {name: compiled.answers[name].to_numpy(zero_copy_only=False) for name in FIGURES}
        # Sheets that no thread writes on now; what a thread remembers goes to who takes them next.
        self._sheets: list[a.Work] = []

    def assign(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The results of a batch's cases, in its order: columns of RESULT. Columns that the batch lacks are unknown."""
        which = self._answers(batch)
        columns = {name: self._worded(name, which) for name in WORDS}
        columns |= {name: pa.array(figures.take(which), from_pandas=True) for name, figures in self._figures.items()}
        columns["reason"] = self._why(batch, which)
        return pa.RecordBatch.from_arrays([columns[name] for name in OUT], schema=RESULT)

    def _worded(self, name: str, which: np.ndarray) -> pa.DictionaryArray:
        """A column of words, with a dictionary of those alone that occur: a catalogue's whole one is written slowly."""
        numbers = self._numbers_of[name].take(which)
        used = np.zeros(len(self._words[name]) + 1, np.bool_)
        used[numbers] = True
        places = np.cumsum(used, dtype=np.int32) - 1
        words = self._words[name].take(pa.array(np.flatnonzero(used[:-1])))
        lacking = numbers == _NULL if used[_NULL] else None
        return pa.DictionaryArray.from_arrays(pa.array(places.take(numbers), mask=lacking), words)

    def _why(self, batch: pa.RecordBatch, which: np.ndarray) -> pa.Array:
        """The column of reasons; most cases have none."""
        if not (which >= self._count).any():
            return pa.nulls(len(which), pa.string())
        reasons = self.compiled.answers["reason"].take(pa.array(which))
        tied = np.flatnonzero(which == self._count + a.AMBIGUOUS)
        return self._tied(batch, tied, reasons) if len(tied) else reasons

    def numbers(self, batch: pa.RecordBatch) -> np.ndarray:
        """The number of each case's group in the book; negative where it has none."""
        which = self._answers(batch)
        return np.where(which < self._count, which, a.NO_GROUP)

    def _answers(self, batch: pa.RecordBatch) -> np.ndarray:
        """The place of each case's answer among those of the book."""
        count, its = batch.num_rows, self.compiled
        dx, proc = (code_lists(given(batch, name), count) for name in ("dx", "proc"))
        dx_icd, proc_icd = (icd_flags(given(batch, name), count) for name in ("dx_edition", "proc_edition"))
        dx_codes, dx_said = its.dx.look_up(dx.texts, _systems(dx_icd))
        proc_codes, proc_said = its.proc.look_up(proc.texts, _systems(proc_icd))
        rows = a.Rows(
            dx.starts, dx.ends, dx.places, dx_codes, dx_icd,
            proc.starts, proc.ends, proc.places, proc_codes, proc_icd, self._fees(batch),
        )  # fmt: skip
        which = np.empty(count, np.int32)
        work = self._sheet()
        a.assign_rows(dx_said, proc_said, its.groups, its.rules, a.Rows(*(sealed(each) for each in rows)), work, which)
        self._sheets.append(work)
        return which

    def _sheet(self) -> a.Work:
        try:
            return self._sheets.pop()
        except IndexError:
            return self.compiled.work()

    def _fees(self, batch: pa.RecordBatch) -> np.ndarray:
        """The fees of cases in yuan, NaN unknown; none where no criterion asks for them."""
        if a.COST not in self.compiled.rules.preference:
            return np.zeros(0)
        column = given(batch, "total_fee")
        if column is None or pa.types.is_null(column.type):
            return np.full(batch.num_rows, np.nan)
        return np.asarray(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False))

    def _tied(self, batch: pa.RecordBatch, rows: np.ndarray, reasons: pa.Array) -> pa.Array:
        """The reasons with the groups named that fit equally well; the readable definition says which."""
        said, book = reasons.to_pylist(), self.compiled.book()
        for row, case in zip(rows.tolist(), batch.take(pa.array(rows)).to_pylist(), strict=True):
            said[row] = assign_case(patient_of(case), book).reason
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


def _systems(icd: np.ndarray) -> tuple[bool, bool]:
    """Whether there are codes of other systems, and of ICD."""
    return not icd.all(), bool(icd.any())
