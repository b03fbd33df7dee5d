"""The counter (病种计数): batches of cases into counted combinations, as `statistics` defines them."""

from collections import Counter as Counts
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.base.refusal import Refusal
from yiheng.codes.keys import key
from yiheng.dip.catalogue import tally
from yiheng.dip.catalogue.caseset import BY_THE_DAY, SELF
from yiheng.dip.catalogue.counted import Counted
from yiheng.dip.editions import icd_flags
from yiheng.dip.keys import AND, BETWEEN, MAIN_RELATED
from yiheng.dip.operations import parts_of
from yiheng.dip.plan import OUT_OF, Extra, Plan, plain
from yiheng.tables.amounts import fen_or
from yiheng.tables.codelists import CodeLists, code_lists, given
from yiheng.tables.stream import Piece

_ICD_DX, _ICD_PROC = 1, 2
# How much more room than is needed.
_GROWTH = 2 + 2
# Each thread holds combinations of its own until the end.
_MOST_THREADS = 2 * 2
_AMOUNTS = ("drug_fee", "material_fee")


class Keys:
    """The keys of one kind of code, numbered as they are met; several threads may share them."""

    def __init__(self, kind: str, chars: int) -> None:
        self.kind, self.chars = kind, chars
        self.numbers: dict[str, int] = {}
        self._met: dict[str | None, int] = {None: 0}
        self._pairs = [(tally.NONE, tally.NONE)]
        self._lock = Lock()

    def look_up(self, texts: pa.Array) -> np.ndarray:
        """For each distinct spelling the number of its key as a code of another system and as ICD; null at the end."""
        with self._lock:
            met = self._met
            found = [its if (its := met.get(text)) is not None else self._meet(text) for text in texts.to_pylist()]
            return np.array(self._pairs, np.int32)[[*found, 0]].ravel()

    def _meet(self, text: str | None) -> int:
        code = text or ""
        pair = [self.numbers.setdefault(its, len(self.numbers)) for its in (code, self._key(code))]
        self._pairs.append((pair[0], pair[1]))
        place = self._met[text] = len(self._pairs) - 1
        return place

    def _key(self, code: str) -> str:
        return key(self.kind, code, self.chars, None)


class Counter:
    """Counts the cases of some years, batch by batch; what it holds grows with the combinations, not with the cases."""

    def __init__(self, plan: Plan, years: Sequence[int], keys: tuple[Keys, Keys] | None = None) -> None:
        self.plan, self.years = plan, tuple(years)
        self.left_out: Counts[str] = Counts()
        self._keys = keys or (Keys("dx", plan.lengths.dx), Keys("proc", plan.lengths.proc))
        self._last = [(pa.nulls(0, pa.string()), np.full(2, tally.NONE, np.int32)) for _ in self._keys]
        self._book = tally.Book(
            np.full(1, -1, np.int32), np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.int32),
            np.zeros(1, np.int64),
        )  # fmt: skip
        self._cells = np.zeros((0, len(self.years), len(tally.CELL)), np.int64)
        self._most = dict.fromkeys(("fee", *tally.PARTS), 0)

    def twin(self) -> "Counter":
        """Another one for the same plan, to be taken over; each may count in a thread of its own."""
        return Counter(self.plan, self.years, self._keys)

    def take_over(self, other: "Counter") -> None:
        """Count what a twin has counted."""
        book, count = other._book, int(other._book.size[0])
        self._make_room(count, int(book.starts[count]))
        sheet = np.zeros(int(np.diff(book.starts[: count + 1]).max(initial=0)), np.int64)
        numbers = np.empty(count, np.int64)
        tally.numbered(book, self._book, sheet, numbers)
        tally.add_up(other._cells[:count], numbers, self._cells)
        self.left_out += other.left_out
        self._add_most(other._most)

    def count(self, batch: pa.RecordBatch) -> tuple[np.ndarray, tally.Rows]:
        """Count a batch; the number of each case's combination, NONE where it does not enter, and its amounts."""
        rows = self._rows(batch)
        self._make_room(len(rows.year), len(rows.proc) + len(tally.HEAD) * len(rows.year))
        sheet = np.zeros(len(tally.HEAD) + int((rows.ends - rows.starts).max(initial=0)) + 1, np.int64)
        numbers = np.empty(len(rows.year), np.int32)
        main_first = self.plan.choice["combination"] == MAIN_RELATED
        tally.tally(rows, self._book, self._cells, main_first, sheet, numbers)
        return numbers, rows

    def counted(self) -> Counted:
        """What was counted: combination c is the one that `count` gave the number c."""
        count = int(self._book.size[0])
        starts, items = self._book.starts[: count + 1], self._book.items
        heads = items[starts[:-1, None] + np.arange(len(tally.HEAD))]
        extras = pa.array([each.id for each in self.plan.extras], pa.string())
        chosen = heads[:, tally.EXTRA]
        extra = extras.take(pa.array(chosen, mask=chosen == tally.NONE))
        icd = heads[:, tally.ICD]
        flags = icd & _ICD_DX > 0, icd & _ICD_PROC > 0
        return Counted(self._names(starts, heads[:, tally.DX]), *flags, extra, self.years, self._cells[:count])

    def _names(self, starts: np.ndarray, dx: np.ndarray) -> pa.Array:
        """The names of all sequences; operations in order of their keys, the first where it is the main one."""
        texts = pa.array(list(self._keys[1].numbers), pa.string())
        rank = np.argsort(pc.sort_indices(texts).to_numpy()) if len(texts) else np.zeros(0, np.int64)
        lengths = np.diff(starts) - len(tally.HEAD)
        ends = np.cumsum(lengths)
        own = np.repeat(np.arange(len(lengths)), lengths)
        place = np.arange(len(own)) - np.repeat(ends - lengths, lengths)
        items = self._book.items[np.repeat(starts[:-1] + len(tally.HEAD), lengths) + place]
        main_first = self.plan.choice["combination"] == MAIN_RELATED
        order = np.lexsort((rank[items], place > 0, own) if main_first else (rank[items], own))
        offsets = pa.array(np.concatenate([[0], ends]), pa.int32())
        joined = pc.binary_join(pa.ListArray.from_arrays(offsets, texts.take(pa.array(items[order]))), AND)
        main = pa.array(list(self._keys[0].numbers), pa.string()).take(pa.array(dx))
        return pc.if_else(pa.array(lengths > 0), pc.binary_join_element_wise(main, joined, BETWEEN), main)

    def _make_room(self, more: int, items: int) -> None:
        """Room for so many more combinations, of so many numbers together."""
        its, count = self._book, int(self._book.size[0])
        slots, most = its.slots, count + more
        if 2 * most > len(slots):
            slots = np.full(1 << (2 * 2 * most).bit_length(), -1, np.int32)
        self._cells = _with_room(self._cells, most)
        self._book = tally.Book(
            slots, _with_room(its.hashes, most), _with_room(its.starts, most + 1),
            _with_room(its.items, int(its.starts[count]) + items), its.size,
        )  # fmt: skip
        if slots is not its.slots:
            tally.rehash(self._book)

    def _look_up(self, which: int, texts: pa.Array) -> np.ndarray:
        """The keys of spellings; the batches of a file have the same ones, many times one after the other."""
        if not self._last[which][0].equals(texts):
            self._last[which] = texts, self._keys[which].look_up(texts)
        return self._last[which][1]

    def _rows(self, batch: pa.RecordBatch) -> tally.Rows:
        count = batch.num_rows
        dx, proc = (code_lists(given(batch, name), count) for name in ("dx", "proc"))
        dx_icd, proc_icd = (icd_flags(given(batch, name), count) for name in ("dx_edition", "proc_edition"))
        main = self._look_up(0, dx.texts)[2 * dx.first() + dx_icd]
        fen = fen_or(given(batch, "total_fee"), tally.UNKNOWN, count)
        parts = [fen_or(given(batch, name), tally.UNKNOWN, count) for name in _AMOUNTS]
        los = given(batch, "los")
        parts.append(whole_or(los, tally.UNKNOWN, count))
        year = self._entering(batch, main, fen)
        fen = self._counting(batch, fen)
        self._check(fen[year >= 0], *(each[(year >= 0) & (each != tally.UNKNOWN)] for each in parts))
        return tally.Rows(
            main, dx_icd * _ICD_DX + proc_icd * _ICD_PROC, self._extra(dx, proc, count), year,
            proc.starts, proc.ends, proc.places, self._look_up(1, proc.texts), fen, np.stack(parts),
        )  # fmt: skip

    def _counting(self, batch: pa.RecordBatch, fen: np.ndarray) -> np.ndarray:
        """What each case counts with; see `caseset.fee`."""
        if self.plan.choice["excluded_fees"] != OUT_OF:
            return fen
        return np.asarray(fen - fen_or(given(batch, "excluded_fee"), 0, len(fen)))

    def _entering(self, batch: pa.RecordBatch, main: np.ndarray, fen: np.ndarray) -> np.ndarray:
        """The place of each case's year, NONE where it does not enter; counts why, as `caseset.left_out` says it."""
        year = _years(batch)
        place = np.full(len(year), tally.NONE, np.int64)
        for number, each in enumerate(self.years):
            place[year == each] = number
        within = (place >= 0) | (year == tally.UNKNOWN)
        for name, holds in self._reasons(batch, main, fen, year):
            found = within & holds
            if found.any():
                self.left_out[name] += int(found.sum())
                within &= ~holds
        return np.where(within, place, tally.NONE)

    def _reasons(
        self, batch: pa.RecordBatch, main: np.ndarray, fen: np.ndarray, year: np.ndarray
    ) -> Iterator[tuple[str, np.ndarray]]:
        choice, least, most = self.plan.choice, self.plan.value("least_days"), self.plan.value("most_days")
        yield "no_diagnosis", main == tally.NONE
        yield "no_fee", fen == tally.UNKNOWN
        yield "no_year", year == tally.UNKNOWN
        if choice["self_paid"] == OUT_OF:
            yield "self_paid", _any_of(batch, "payer", [SELF])
        if choice["out_of_area_cases"] == OUT_OF:
            yield "out_of_area_cases", whole_or(given(batch, "out_of_area"), tally.UNKNOWN, len(year)) > 0
        if choice["day_cases"] == OUT_OF:
            yield "day_cases", whole_or(given(batch, "care_type"), tally.UNKNOWN, len(year)) > 1
        if choice["bed_day_cases"] == OUT_OF:
            yield "bed_day_cases", _any_of(batch, "pay_method", list(BY_THE_DAY))
        days = whole_or(given(batch, "los"), tally.UNKNOWN, len(year))
        if least:
            yield "least_days", (days < least) & (days != tally.UNKNOWN)
        if most:
            yield "most_days", days > most

    def _extra(self, dx: CodeLists, proc: CodeLists, count: int) -> np.ndarray:
        """The place of the group by list that each case is in, the first that takes it; see `caseset.extra_group`."""
        found = np.full(count, tally.NONE, np.int64)
        for place, extra in reversed(list(enumerate(self.plan.extras))):
            found[_takes(extra, dx, proc)] = place
        return found

    def _check(self, *amounts: np.ndarray) -> None:
        """Refuse amounts whose sums might not fit 64 bits."""
        self._add_most(
            {name: len(its) * int(np.abs(its).max(initial=0)) for name, its in zip(self._most, amounts, strict=True)}
        )

    def _add_most(self, more: Mapping[str, int]) -> None:
        for name, most in more.items():
            self._most[name] += most
            if self._most[name] > np.iinfo(np.int64).max:
                raise Refusal("amounts are too large to be added up", column=name)


def count_pieces(plan: Plan, years: Sequence[int], pieces: Iterable[Piece], threads: int) -> Counter:
    """Count all pieces, several at once; what is counted does not depend on how many."""
    counters = [Counter(plan, years)]
    counters += [counters[0].twin() for _ in range(1, min(threads, _MOST_THREADS))]
    idle: SimpleQueue[Counter] = SimpleQueue()
    for each in counters:
        idle.put(each)

    def count(piece: Piece) -> None:
        own = idle.get()
        try:
            for batch in piece():
                own.count(batch)
        finally:
            idle.put(own)

    with ThreadPoolExecutor(len(counters)) as pool:
        waiting = deque[Future[None]]()
        for piece in pieces:
            waiting.append(pool.submit(count, piece))
            if len(waiting) > len(counters):
                waiting.popleft().result()
        for each_done in waiting:
            each_done.result()
    for twin in counters[1:]:
        counters[0].take_over(twin)
    return counters[0]


def _takes(extra: Extra, dx: CodeLists, proc: CodeLists) -> np.ndarray:
    holds = np.ones(len(dx.starts), np.bool_)
    if extra.dx:
        holds &= _begins(dx.texts, extra.dx)[dx.first()]
    if extra.other_dx:
        holds &= _any_code(_begins(dx.texts, extra.other_dx), dx, np.minimum(dx.starts + 1, dx.ends))
    for part in parts_of(extra.proc):
        holds &= _any_code(_begins(proc.texts, tuple(plain(code) for code in part)), proc, proc.starts)
    return holds


def _begins(texts: pa.Array, heads: tuple[str, ...]) -> np.ndarray:
    """Whether each spelling begins with one of `heads`; null, at the end, does not."""
    return np.array([text is not None and plain(text).startswith(heads) for text in texts.to_pylist()] + [False])


def _any_code(holds: np.ndarray, codes: CodeLists, starts: np.ndarray) -> np.ndarray:
    """Whether it holds for any code of a case from `starts` on."""
    upto = np.concatenate([[0], np.cumsum(holds[codes.places])])
    return np.asarray(upto[codes.ends] > upto[starts])


def _any_of(batch: pa.RecordBatch, name: str, words: list[str]) -> np.ndarray:
    column = given(batch, name)
    if column is None:
        return np.zeros(batch.num_rows, np.bool_)
    its = pc.is_in(column.cast(pa.string()), pa.array(words, pa.string()))
    return np.asarray(its.to_numpy(zero_copy_only=False))


def _years(batch: pa.RecordBatch) -> np.ndarray:
    """The year of each case, as the source gives it, else that of the discharge."""
    year, day = given(batch, "year"), given(batch, "discharge_date")
    if day is not None and (year is None or year.null_count):
        by_day = pc.year(day).cast(pa.int16())
        year = by_day if year is None else pc.coalesce(year, by_day)
    return whole_or(year, tally.UNKNOWN, batch.num_rows)


def whole_or(column: pa.Array | None, unknown: int, count: int) -> np.ndarray:
    """A column of whole numbers; `unknown` where it is null, or where there is no column."""
    if column is None or pa.types.is_null(column.type):
        return np.full(count, unknown, np.int64)
    return np.asarray(column.cast(pa.int64()).fill_null(unknown).to_numpy(zero_copy_only=False))


def _with_room(array: np.ndarray, size: int) -> np.ndarray:
    """The array, or one with room for more that begins like it; what is not written to yet takes no memory."""
    if size <= len(array):
        return array
    made = np.zeros((_GROWTH * size, *array.shape[1:]), array.dtype)
    made[: len(array)] = array
    return made
