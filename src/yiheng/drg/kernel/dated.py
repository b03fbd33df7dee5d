"""Cases under the pack of their day (按日选用方案): each is grouped by the pack in force on its discharge date."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.base.refusal import Refusal
from yiheng.drg.kernel.batch import Grouper
from yiheng.drg.kernel.chosen import Chosen
from yiheng.drg.kernel.compile import compiled
from yiheng.drg.packs.pack import Pack
from yiheng.drg.packs.places import InForce, Period
from yiheng.drg.result import RESULT

DAY = "discharge_date"


def by_day(days: pa.Array, in_force: InForce, file: str) -> Chosen:
    """Each case by the pack in force on its day; `days`: those of all cases, in order; refusals as `split_by_pack`."""
    found = sorted(split_by_pack(days, in_force, file), key=lambda its: pc.min(days.take(its[1])).as_py())
    packs = list({pack.digest: pack for pack, _ in found}.values())
    periods = [[its.pack, str(its.start), str(its.end or "")] for its in in_force.periods]
    return Chosen(
        [pack.standing for pack in packs],
        DatedGrouper(in_force, packs).columns,
        lambda: DatedGrouper(in_force, packs),
        {"place": in_force.place, "in_force": periods},
    )


def split_by_pack(days: pa.Array, in_force: InForce, file: str = "") -> list[tuple[Pack, pa.Array]]:
    """The packs of cases with these discharge dates (date32), each with the places of its cases (int64), in order.

    A case without a date, or with one on which no pack is in force, is refused by its row and date.
    """
    return [(in_force.pack(period), pa.array(rows)) for period, rows in _split(days, in_force, file)]


class DatedGrouper:
    """Groups batches as `batch.Grouper` does, each case by the pack in force on its `discharge_date`.

    `packs`, those of all days that may come, are given at the start: the columns asked for are those of all of them.
    """

    def __init__(self, in_force: InForce, packs: list[Pack]) -> None:
        self.in_force = in_force
        self._groupers = {pack.digest: Grouper(compiled(pack)) for pack in packs}
        columns = (name for grouper in self._groupers.values() for name in grouper.columns)
        self.columns = (*dict.fromkeys(columns), DAY)

    def group(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The results of a batch's cases, in its order."""
        parts, places = [], []
        for pack, rows in split_by_pack(batch.column(DAY), self.in_force):
            parts.append(self._groupers[pack.digest].group(batch.take(rows)))
            places.append(rows.to_numpy())
        table = pa.Table.from_batches(parts, RESULT).unify_dictionaries()
        back = np.argsort(np.concatenate([*places, np.zeros(0, np.int64)]), kind="stable")
        whole: pa.RecordBatch = table.take(pa.array(back)).combine_chunks().to_batches()[0] if parts else None
        return whole if parts else pa.RecordBatch.from_pylist([], schema=RESULT)


def _split(days: pa.Array, in_force: InForce, file: str) -> Iterator[tuple[Period, np.ndarray]]:
    days = days.combine_chunks() if isinstance(days, pa.ChunkedArray) else days
    if days.null_count:
        row = int(np.flatnonzero(pc.is_null(days).to_numpy(zero_copy_only=False))[0]) + 1
        raise Refusal("has no discharge date: no pack is in force for it", file=file, row=row, column=DAY)
    coded = days.cast(pa.date32()).dictionary_encode()
    distinct: list[date] = coded.dictionary.to_pylist()
    which = coded.indices.to_numpy()
    chosen = [_period(in_force, day, place, which, file) for place, day in enumerate(distinct)]
    number = {period: place for place, period in enumerate(dict.fromkeys(chosen))}
    of_row = np.array([number[period] for period in chosen], np.int64)[which] if chosen else np.zeros(0, np.int64)
    for period, its in number.items():
        yield period, np.flatnonzero(of_row == its)


def _period(in_force: InForce, day: date, place: int, which: np.ndarray, file: str) -> Period:
    try:
        return in_force.period(day)
    except Refusal as refusal:
        row = int(np.flatnonzero(which == place)[0]) + 1
        raise Refusal(refusal.what, file, "", row, DAY, str(day), refusal.cure) from None
