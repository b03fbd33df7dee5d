"""Facts of a case's codes (编码事实): which lists its diagnoses and procedures are in, and what is repeated.

Each distinct code of a batch is looked up once; a row's answer is the bits of its codes put together. That makes any
number of lists as cheap as one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yiheng.base.refusal import Refusal
from yiheng.cases.quality.codelist import CodeList, PairList
from yiheng.codes.normal import normal

# The columns that hold codes; those of the same kind share the edition column.
KINDS = {"dx": "dx", "proc": "proc", "external_cause": "dx", "pathology": "dx"}
# Which codes of a column a fact is about.
PARTS = ("any", "first", "rest")
REPEATED, FILLED, PAIRED = "repeats", "filled", "pairs"

_MOST = 63
_KEPT = 200_000

Ints = NDArray[np.int64]


def fact_name(column: str, part: str, with_day: bool = False) -> str:
    """The name of a fact as a column: dx__any, proc__repeats, proc__repeats_day."""
    return f"{column}__{part}{'_day' if with_day else ''}"


@dataclass
class Marks:
    """The bits of the lists that rules ask for, and of the lists of pairs; codes that were looked up are remembered."""

    lists: Sequence[CodeList]
    pairs: Sequence[PairList] = ()
    _seen: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if max(len(self.lists), len(self.pairs)) > _MOST:
            raise Refusal(f"more than {_MOST} code lists", file="quality/codes")

    def bit(self, name: str) -> int:
        """The bit of a list."""
        return 1 << [each.name for each in self.lists].index(name)

    def pair_bit(self, name: str) -> int:
        """The bit of a list of pairs."""
        return 1 << [each.name for each in self.pairs].index(name)

    def of(self, codes: Iterable[str | None]) -> Ints:
        """The bits of each code; an empty one is in no list."""
        if len(self._seen) > _KEPT:
            self._seen.clear()
        return np.array([0 if code is None else self._known(code) for code in codes], np.int64)

    def _known(self, code: str) -> int:
        if code not in self._seen:
            self._seen[code] = sum(1 << place for place, its in enumerate(self.lists) if its.holds(code))
        return self._seen[code]


def facts(cases: Mapping[str, pa.Array], names: Iterable[str], marks: Marks) -> dict[str, pa.Array]:
    """The facts of these names for a batch of cases, each an int64 column; null where the codes are."""
    wanted = set(names)
    found: dict[str, pa.Array] = {}
    for column in KINDS:
        parts = [part for part in PARTS if fact_name(column, part) in wanted]
        if parts:
            found |= {fact_name(column, part): its for part, its in _parts(cases[column], parts, marks)}
        if fact_name(column, PAIRED) in wanted:
            found[fact_name(column, PAIRED)] = paired(cases[column], marks.pairs)
        if fact_name(column, REPEATED) in wanted:
            found[fact_name(column, REPEATED)] = repeats(cases[column])
        if fact_name(column, REPEATED, with_day=True) in wanted:
            found[fact_name(column, REPEATED, with_day=True)] = repeats(cases[column], cases[f"{column}_date"])
    for column in cases:
        if fact_name(column, FILLED) in wanted:
            found[fact_name(column, FILLED)] = filled(cases[column])
    return found


def filled(column: pa.Array) -> pa.Array:
    """How many items of each row's list are there; none where there is no list."""
    items = np.asarray(pc.is_valid(column.flatten()))
    rows = np.asarray(pc.list_parent_indices(column), np.int64)
    return pa.array(np.bincount(rows[items], minlength=len(column)).astype(np.int64), pa.int64())


def paired(column: pa.Array, lists: Sequence[PairList]) -> pa.Array:
    """The bits of the lists of which two codes of a row are a pair; null where the codes are."""
    items = _Items.of(column)
    found = np.zeros(len(items.length), np.int64)
    row = np.repeat(np.arange(len(items.length)), items.length)
    for bit, its in enumerate(lists):
        stands = np.array([*(its.stands_in(code) for code in items.codes), False])[items.code]
        several = np.flatnonzero(np.bincount(row[stands], minlength=len(found)) > 1)
        for place in several:
            own = items.code[items.start[place] : items.start[place] + items.length[place]]
            if its.has_pair([items.codes[code] for code in own if code < len(items.codes)]):
                found[place] |= 1 << bit
    return pa.array(found, pa.int64(), mask=items.unknown)


def _parts(column: pa.Array, parts: Sequence[str], marks: Marks) -> Iterable[tuple[str, pa.Array]]:
    items = _Items.of(column)
    bits = np.append(marks.of(items.codes), 0)[items.code]
    for part in parts:
        yield part, _whole(items, bits, part)


def _whole(items: "_Items", bits: Ints, part: str) -> pa.Array:
    """Per row: the bits of all its codes, of the first, or of all but the first."""
    filled = items.length > 0
    starts = items.start[filled]
    found = np.zeros(len(items.length), np.int64)
    if part == "rest":
        bits = bits.copy()
        bits[starts] = 0
    if part == "first":
        found[filled] = bits[starts]
        unknown = ~filled
        unknown[filled] = items.code[starts] == len(items.codes)
        return pa.array(found, pa.int64(), mask=unknown)
    if len(starts):
        found[filled] = np.bitwise_or.reduceat(bits, starts)
    return pa.array(found, pa.int64(), mask=items.unknown)


@dataclass(frozen=True)
class _Items:
    """A column of codes, flat: the distinct codes, which each item is (their number: an empty item), and each row's."""

    codes: list[str]
    code: Ints
    start: Ints
    length: Ints
    unknown: NDArray[np.bool_]

    @classmethod
    def of(cls, column: pa.Array) -> "_Items":
        if pa.types.is_list(column.type):
            flat, length = column.flatten(), pc.fill_null(pc.list_value_length(column), 0)
        else:
            flat, length = column, pa.array(np.ones(len(column), np.int64))
        encoded = flat.dictionary_encode()
        codes = encoded.dictionary.to_pylist()
        code = np.asarray(pc.fill_null(encoded.indices, len(codes)), np.int64)
        lengths = np.asarray(length, np.int64)
        return cls(codes, code, np.cumsum(lengths) - lengths, lengths, np.asarray(pc.is_null(column)))


def repeats(column: pa.Array, days: pa.Array | None = None) -> pa.Array:
    """How many items of each row stand there already; with `days`, on the same day (items without one left out)."""
    known = pc.is_valid(column)
    if days is not None:
        known = pc.and_(known, pc.fill_null(pc.equal(pc.list_value_length(column), pc.list_value_length(days)), False))
    row, item, day = _flat(column, days, np.asarray(known))
    order = np.lexsort((day, item, row))
    row, item, day = row[order], item[order], day[order]
    again = (row[1:] == row[:-1]) & (item[1:] == item[:-1]) & (day[1:] == day[:-1])
    count = np.bincount(row[1:][again], minlength=len(column))
    return pa.array(count.astype(np.int64), pa.int64(), mask=~np.asarray(known))


def _flat(column: pa.Array, days: pa.Array | None, known: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """Row, code in normal form and day of the items of these rows that have all three."""
    rows = np.flatnonzero(known)
    chosen = column.filter(pa.array(known))
    items = _Items.of(chosen)
    row = np.repeat(rows, items.length)
    forms = np.unique([normal(code).replace(".", "") for code in items.codes], return_inverse=True)[1]
    code = np.append(forms, -1)[items.code]
    if days is None:
        return _kept(row, code, np.zeros(len(row), np.int64), code >= 0)
    flat = days.filter(pa.array(known)).flatten()
    day = np.asarray(pc.fill_null(flat.cast(pa.int32()), 0), np.int64)
    return _kept(row, code, day, (code >= 0) & np.asarray(pc.is_valid(flat)))


def _kept(row: Ints, code: Ints, day: Ints, keep: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    return row[keep], code[keep], day[keep]
