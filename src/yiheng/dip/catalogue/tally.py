"""The tally (计数内核): cases numbered by their combination, and their sums by combination and year, on numbers alone.

A combination is a sequence of numbers: diagnosis, whether its codes are ICD, group by list, operations in order. Each
sequence that is met gets the next number; sums are exact: whole fen and days, and squares of fen in limbs of 32 bits.
"""
# mypy: disable-error-code="no-any-return"

from typing import NamedTuple

import numpy as np

from yiheng.dip.native import compiled, inlined

NONE = -1
# What stands before the operations of a sequence, and what of it.
HEAD = ("dx", "icd", "extra")
DX, ICD, EXTRA = range(len(HEAD))
# The numbers of a cell, each an int64; of an amount how many cases have it, and its sum.
LIMBS = ("square_0", "square_1", "square_2", "square_3")
CELL = (
    "n", "fee", *LIMBS, "drug_cases", "drug", "material_cases", "material", "los_cases", "los", "least", "most",
)  # fmt: skip
N, FEE, SQUARE = CELL.index("n"), CELL.index("fee"), CELL.index(LIMBS[0])
LEAST, MOST = CELL.index("least"), CELL.index("most")
PARTS = ("drug", "material", "los")
PART = CELL.index("drug_cases")
STEP = CELL.index("material_cases") - PART
# An amount that is not known.
UNKNOWN = np.iinfo(np.int64).min
LIMB = np.iinfo(np.int32).bits
_LOW = (1 << LIMB) - 1
# A number without pattern: multiplied by it, sequences spread over the slots.
_SPREAD = int(np.iinfo(np.int64).max / np.pi) | 1
_EMPTY = -1


class Rows(NamedTuple):
    """Cases in columns: the diagnosis's key, `icd` (1 diagnosis, 2 operations are ICD), extra group (NONE: none), year.

    `proc[starts[i]:ends[i]]` are the spellings of operations: spelling s has the key `proc_keys[2 * s]` as a code of
    another system and `proc_keys[2 * s + 1]` as ICD, NONE where it is null. A case whose year is NONE does not enter.
    `parts` has a row for each of PARTS.
    """

    dx: np.ndarray
    icd: np.ndarray
    extra: np.ndarray
    year: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    proc: np.ndarray
    proc_keys: np.ndarray
    fen: np.ndarray
    parts: np.ndarray


class Book(NamedTuple):
    """The sequences met: `items[starts[c]:starts[c + 1]]`; their hashes, where each is found, how many there are."""

    slots: np.ndarray
    hashes: np.ndarray
    starts: np.ndarray
    items: np.ndarray
    size: np.ndarray


@compiled
def tally(rows: Rows, book: Book, cells: np.ndarray, main_first: bool, work: np.ndarray, out: np.ndarray) -> None:
    """Number the combination of every case in `out` and add it to its cell: `cells[combination, year]`.

    There must be room for as many new sequences as there are cases.
    """
    for i in range(len(rows.year)):
        year = rows.year[i]
        if year < 0:
            out[i] = NONE
            continue
        length = _sequence(rows, i, main_first, work)
        number = _number(book, work, length)
        _add(cells[number, year], rows.fen[i], rows.parts, i)
        out[i] = number


@inlined
def _sequence(rows: Rows, i: int, main_first: bool, work: np.ndarray) -> int:
    """The sequence of a case, on the sheet: its operations each once, in order; the first stays first if so asked."""
    work[DX], work[ICD], work[EXTRA] = rows.dx[i], rows.icd[i], rows.extra[i]
    length = begin = len(HEAD)
    for j in range(rows.starts[i], rows.ends[i]):
        key = rows.proc_keys[2 * rows.proc[j] + (rows.icd[i] >> 1)]
        if key < 0 or (begin > len(HEAD) and work[len(HEAD)] == key):
            continue
        place = length
        while place > begin and work[place - 1] > key:
            place -= 1
        if place > begin and work[place - 1] == key:
            continue
        for k in range(length, place, -1):
            work[k] = work[k - 1]
        work[place] = key
        length += 1
        if main_first:
            begin = len(HEAD) + 1
    return length


@inlined
def _number(book: Book, work: np.ndarray, length: int) -> int:
    """The number of the sequence on the sheet, a new one if it was never met."""
    hashed = 0
    for k in range(length):
        hashed = (hashed ^ work[k]) * _SPREAD
        hashed ^= (hashed >> LIMB) & _LOW
    mask = len(book.slots) - 1
    slot = hashed & mask
    while book.slots[slot] != _EMPTY:
        number = book.slots[slot]
        if book.hashes[number] == hashed:
            start = book.starts[number]
            same = book.starts[number + 1] - start == length
            for k in range(length):
                if not same:
                    break
                same = book.items[start + k] == work[k]
            if same:
                return number
        slot = (slot + 1) & mask
    number = book.size[0]
    start = book.starts[number]
    for k in range(length):
        book.items[start + k] = work[k]
    book.starts[number + 1] = start + length
    book.hashes[number] = hashed
    book.slots[slot] = number
    book.size[0] = number + 1
    return number


@inlined
def _add(cell: np.ndarray, fen: int, parts: np.ndarray, i: int) -> None:
    cell[LEAST] = fen if cell[N] == 0 else min(cell[LEAST], fen)
    cell[MOST] = fen if cell[N] == 0 else max(cell[MOST], fen)
    cell[N] += 1
    cell[FEE] += fen
    high, low = abs(fen) >> LIMB, abs(fen) & _LOW
    least, middle, most = low * low, high * low, high * high
    cell[SQUARE] += least & _LOW
    cell[SQUARE + 1] += ((least >> LIMB) & _LOW) + ((middle << 1) & _LOW)
    cell[SQUARE + 2] += ((middle >> (LIMB - 1)) & _LOW) + (most & _LOW)
    cell[SQUARE + 2 + 1] += most >> LIMB
    for part in range(len(PARTS)):
        if parts[part, i] != UNKNOWN:
            cell[PART + STEP * part] += 1
            cell[PART + STEP * part + 1] += parts[part, i]


@compiled
def rehash(book: Book) -> None:
    """Find every sequence again: put the hashes into empty slots."""
    mask = len(book.slots) - 1
    book.slots[:] = _EMPTY
    for number in range(book.size[0]):
        slot = book.hashes[number] & mask
        while book.slots[slot] != _EMPTY:
            slot = (slot + 1) & mask
        book.slots[slot] = number


@compiled
def add_up(cells: np.ndarray, numbers: np.ndarray, out: np.ndarray) -> None:
    """Add the cells of combinations up, year by year: `cells[c]` to `out[numbers[c]]`."""
    for c in range(len(cells)):
        for year in range(cells.shape[1]):
            own, whole = cells[c, year], out[numbers[c], year]
            if own[N] == 0:
                continue
            least = own[LEAST] if whole[N] == 0 else min(own[LEAST], whole[LEAST])
            most = own[MOST] if whole[N] == 0 else max(own[MOST], whole[MOST])
            for place in range(len(own)):
                whole[place] += own[place]
            whole[LEAST], whole[MOST] = least, most


@compiled
def numbered(other: Book, book: Book, work: np.ndarray, out: np.ndarray) -> None:
    """The numbers in `book`, which has room for them, of the sequences of another."""
    for c in range(other.size[0]):
        start, length = other.starts[c], other.starts[c + 1] - other.starts[c]
        for k in range(length):
            work[k] = other.items[start + k]
        out[c] = _number(book, work, length)
