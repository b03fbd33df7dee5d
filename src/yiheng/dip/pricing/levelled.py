"""Levels of many cases (批量分级): the definition of `levels`, asked once for cases that it cannot tell apart.

What a level asks of a code is a bit: a category of the Charlson index, a list of complications, metastasis, a therapy.
Cases with equal bits, stay, age and end have equal levels, so one of them stands for all.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from yiheng.codes.charlson import categories
from yiheng.codes.keys import is_icd
from yiheng.dip.editions import icd_flags
from yiheng.dip.plan import Plan, begins, plain
from yiheng.dip.pricing.levels import AGE, CCI, SEVERITY, TUMOUR, Facts, level_of
from yiheng.tables.codelists import code_lists, given

# The columns that levels read.
READ = ("dx", "proc", "dx_edition", "proc_edition", "los", "died", "age", "age_days")
_UNKNOWN = -1


def levelled(batch: pa.RecordBatch, plan: Plan) -> dict[str, pa.Array]:
    """For each kind of level that the scheme uses the level of every case (string), null where it hits none."""
    asked = _Asked(batch, plan)
    return {kind: asked.levels(kind) for kind in plan.value("auxiliary_kinds")}


def facts_of(row: Mapping[str, object]) -> Facts:
    """A row of READ as `levels` takes it; codes that are not ICD hit no list."""
    dx, proc = (_codes(row, name) for name in ("dx", "proc"))
    los, age, days = (row.get(name) for name in ("los", "age", "age_days"))
    return Facts(dx, proc, los, bool(row.get("died")), age, days)  # type: ignore[arg-type]


def _codes(row: Mapping[str, object], name: str) -> list[str]:
    edition, codes = row.get(f"{name}_edition"), row.get(name)
    if not isinstance(codes, list) or not is_icd(edition if isinstance(edition, str) else None):
        return []
    return ["" if code is None else code for code in codes]


class _Asked:
    """What levels ask of the cases of a batch, as numbers."""

    def __init__(self, batch: pa.RecordBatch, plan: Plan) -> None:
        self.batch, self.plan = batch, plan
        severity, tumour = plan.value("severity_levels"), plan.value("tumour_levels")
        lists = [severity["cc"], severity["mcc"], tumour["metastasis"]]
        self.others = _bits(batch, "dx", lambda code: _of_diagnosis(code, lists), others=True)
        self.main = _bits(batch, "dx", lambda code: int(begins(code, tumour["tumour"])), others=False)
        treated = [tumour["chemotherapy"], tumour["radiotherapy"]]
        self.procs = _bits(batch, "proc", lambda code: _listed(code, treated), others=None)

    def levels(self, kind: str) -> pa.Array:
        """The levels of one kind: asked of one case for all that are alike."""
        if kind not in _ASKED:
            return pa.array([level_of(kind, facts_of(row), self.plan) for row in self.batch.to_pylist()], pa.string())
        alike = np.stack([getattr(self, name) for name in _ASKED[kind]], axis=1)
        _, first, which = np.unique(alike, axis=0, return_index=True, return_inverse=True)
        names = [name for name in READ if name in self.batch.schema.names]
        said = self.batch.select(names).take(pa.array(first)).to_pylist()
        found = pa.array([level_of(kind, facts_of(row), self.plan) for row in said], pa.string())
        return found.take(pa.array(which.reshape(-1)))

    @property
    def los(self) -> np.ndarray:
        return _number(self.batch, "los")

    @property
    def died(self) -> np.ndarray:
        return _number(self.batch, "died")

    @property
    def age(self) -> np.ndarray:
        return _number(self.batch, "age")

    @property
    def age_days(self) -> np.ndarray:
        return _number(self.batch, "age_days")


_ASKED = {
    CCI: ("others",),
    SEVERITY: ("others", "los", "died"),
    TUMOUR: ("main", "others", "procs", "los", "died"),
    AGE: ("age", "age_days"),
}


def _of_diagnosis(code: str, lists: Sequence[Sequence[str]]) -> int:
    """The categories of the Charlson index and the lists that a diagnosis is in, one bit each."""
    bare = plain(code)
    bits = sum(1 << place for place, its in enumerate(categories().values()) if bare.startswith(its.heads))
    return bits | _listed(code, lists) << len(categories())


def _listed(code: str, lists: Sequence[Sequence[str]]) -> int:
    return sum(1 << place for place, heads in enumerate(lists) if begins(code, heads))


def _bits(batch: pa.RecordBatch, name: str, bits_of: object, others: bool | None) -> np.ndarray:
    """For each case the bits of its codes together: of all, of those behind the first, or of the first alone."""
    its = code_lists(given(batch, name), batch.num_rows)
    said = [0 if code is None else bits_of(code) for code in its.texts.to_pylist()] + [0]  # type: ignore[operator]
    bits = np.array(said, np.int64)[its.places]
    lengths = its.ends - its.starts
    if others is not None:
        first = np.zeros(len(bits), np.bool_)
        first[its.starts[lengths > 0]] = True
        bits = np.where(first != others, bits, 0)
    added = np.bitwise_or.reduceat(np.append(bits, 0), its.starts) if len(bits) else np.zeros(len(lengths), np.int64)
    icd = icd_flags(given(batch, f"{name}_edition"), batch.num_rows)
    return np.where((lengths > 0) & icd, added, 0)


def _number(batch: pa.RecordBatch, name: str) -> np.ndarray:
    """A column as int64, -1 where it is not known."""
    if name not in batch.schema.names or pa.types.is_null(batch.column(name).type):
        return np.full(batch.num_rows, _UNKNOWN, np.int64)
    return np.asarray(batch.column(name).cast(pa.int64()).fill_null(_UNKNOWN).to_numpy(zero_copy_only=False))
