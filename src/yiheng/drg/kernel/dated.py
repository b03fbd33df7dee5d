"""Cases under the pack of their day (按日选用方案): each is grouped by the pack in force on its discharge date."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.base.refusal import Refusal
from yiheng.drg.kernel.arrays import Compiled
from yiheng.drg.kernel.batch import Grouper
from yiheng.drg.kernel.chosen import Chosen
from yiheng.drg.kernel.compile import compiled
from yiheng.drg.packs.pack import Pack
from yiheng.drg.packs.places import InForce, Period
from yiheng.drg.result import RESULT

DAY = "discharge_date"


def by_day(days: pa.Array, in_force: InForce, file: str) -> Chosen:
    """Each case by the pack in force on its day; `days`: those of all cases, in order; refusals as `split_by_pack`."""
    used = sorted((period for period, _ in _split(days, in_force, file)), key=lambda its: its.start)
    packs = {period: in_force.pack(period) for period in used}
    each = {pack.digest: compiled(pack) for pack in packs.values()}
    places = {digest: place for place, digest in enumerate(each)}
    periods = [(period.start, period.end, places[pack.digest]) for period, pack in packs.items()]
    rules = list(each.values())
    return Chosen(
        [its.standing for its in rules],
        DatedGrouper(rules, periods).columns,
        lambda: DatedGrouper(rules, periods).group,
        rules,
        periods,
        {
            "place": in_force.place,
            "in_force": [[its.pack, str(its.start), str(its.end or "")] for its in in_force.periods],
        },
    )


def split_by_pack(days: pa.Array, in_force: InForce, file: str = "") -> list[tuple[Pack, pa.Array]]:
    """The packs of cases with these discharge dates (date32), each with the places of its cases (int64), in order.

    A case without a date, or with one on which no pack is in force, is refused by its row and date.
    """
    return [(in_force.pack(period), pa.array(rows)) for period, rows in _split(days, in_force, file)]


class DatedGrouper:
    """Groups batches as `batch.Grouper` does, each case by the pack in force on its `discharge_date`.

    `rules`: the compiled packs of all days that may come; `periods`: from when to when (None: open) which of them
    holds, by its place. The columns asked for are those of all of them.
    """

    def __init__(self, rules: Sequence[Compiled], periods: Sequence[tuple[date, date | None, int]]) -> None:
        self._groupers = [Grouper(its) for its in rules]
        self._periods = periods
        columns = (name for grouper in self._groupers for name in grouper.columns)
        self.columns = (*dict.fromkeys(columns), DAY)

    def group(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The results of a batch's cases, in its order. That each day has a pack was found out before."""
        days = batch.column(DAY)
        parts, places = [], []
        for start, end, number in self._periods:
            last = pc.less_equal(days, end) if end is not None else pa.scalar(True)
            rows = pc.indices_nonzero(pc.and_(pc.greater_equal(days, start), last))
            if len(rows):
                parts.append(self._groupers[number].group(batch.take(rows)))
                places.append(rows.to_numpy())
        if not parts:
            return pa.RecordBatch.from_pylist([], schema=RESULT)
        table = pa.Table.from_batches(parts, RESULT).unify_dictionaries()
        whole: pa.RecordBatch = (
            table.take(pa.array(np.argsort(np.concatenate(places)))).combine_chunks().to_batches()[0]
        )
        return whole


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
