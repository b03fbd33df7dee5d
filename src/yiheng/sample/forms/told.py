"""What a form is told (填报内容): cases with their stays in intensive care, identities and times of day."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.sample.forms.clock import Clock, clock
from yiheng.sample.forms.draws import keys
from yiheng.sample.forms.icu import icu_stays
from yiheng.sample.forms.identity import identities
from yiheng.sample.forms.sheet import one_batch

BLOCK = 50_000


@dataclass(frozen=True)
class Told:
    """Cases, and row by row with them who they are and when they came and left; `icu` by hospital and case."""

    cases: pa.RecordBatch
    identity: pa.RecordBatch
    clock: Clock
    icu: pa.Table

    def blocks(self) -> Iterator["Told"]:
        """The same in pieces of at most BLOCK cases, so that a sheet of text fits into memory."""
        for first in range(0, max(self.cases.num_rows, 1), BLOCK):
            yield self.part(first, BLOCK)

    def part(self, first: int, count: int) -> "Told":
        """`count` cases from `first` on."""
        rows = slice(first, first + count)
        times = Clock(self.clock.came[rows], self.clock.left[rows])
        return Told(one_batch(self.cases.slice(first, count)), self.identity.slice(first, count), times, self.icu)

    def chosen(self, mask: pa.Array) -> "Told":
        """The cases where the mask is true."""
        kept = np.asarray(mask)
        times = Clock(self.clock.came[kept], self.clock.left[kept])
        return Told(self.cases.filter(mask), self.identity.filter(mask), times, self.icu)


def told(seed: int, cases: pa.RecordBatch | pa.Table) -> Told:
    """Everything that a form says beyond the cases; give all cases of a region's patients, then take those wanted.

    An identity number is the same in every form only where it was made from the same cases.
    """
    batch = one_batch(cases)
    key = keys(seed, batch["hospital"], batch["case_id"])
    return Told(batch, identities(seed, batch), clock(key, batch), pa.Table.from_batches([icu_stays(seed, batch)]))


def joined_key(rows: pa.RecordBatch | pa.Table) -> pa.Array:
    """Hospital and case id as one text."""
    hospital, case_id = (_one(rows[name]) for name in ("hospital", "case_id"))
    return pc.binary_join_element_wise(hospital, case_id, "|", null_handling="replace")


def _one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) and column.num_chunks else column
