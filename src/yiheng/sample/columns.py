"""Arrow columns from numpy arrays (列构造), without a Python object for each row."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yiheng.sample.tables import Bools, Ints

MONEY = pa.decimal128(18, 2)
TOKEN_DIGITS = 16
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def money(fen: Ints) -> pa.Array:
    """Whole fen as decimal(18,2) yuan: the same integer, in 16 bytes."""
    wide = np.empty((len(fen), 2), np.int64)
    wide[:, 0] = fen
    wide[:, 1] = fen >> 63
    return pa.Array.from_buffers(MONEY, len(fen), [None, pa.py_buffer(wide.tobytes())])


def numbers(values: NDArray[np.generic], kind: pa.DataType, known: Bools | None = None) -> pa.Array:
    """Numbers of an Arrow type; null where not `known`."""
    return pa.array(values.astype(kind.to_pandas_dtype()), kind, mask=None if known is None else ~known)


def dates(days: Ints, known: Bools | None = None) -> pa.Array:
    """Days since 1970-01-01 as dates; null where not `known`."""
    return pa.array(days.astype(np.int32), mask=None if known is None else ~known).cast(pa.date32())


def chosen(pool: Sequence[str], index: Ints) -> pa.Array:
    """The text at each index of `pool`; null at -1."""
    return pa.array(pool, pa.string()).take(pa.array(index, mask=index < 0))


def lists(values: pa.Array, count: Ints, known: Bools | None = None) -> pa.Array:
    """Flat values as lists of `count` each; a list that is not `known` is null (and its count is 0)."""
    ends = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
    mask = None if known is None else pa.array(~known)
    return pa.ListArray.from_arrays(pa.array(ends), values, mask=mask)


def serial(prefix: str, numbers: Ints, known: Bools | None = None) -> pa.Array:
    """`prefix` with a number each, as text; null where not `known`."""
    text = pa.array(numbers, mask=None if known is None else ~known).cast(pa.string())
    return pc.binary_join_element_wise(pa.scalar(prefix), text, "")


def tokens(prefix: str, seed: int, numbers: Ints) -> pa.Array:
    """Opaque tokens: `prefix` and 16 hexadecimal digits, one to one with the numbers of one seed (splitmix64)."""
    first, second, third = _MIX
    of_seed = np.uint64(seed * int(third) % (1 << 64))
    mixed = numbers.astype(np.uint64) * first + of_seed
    mixed = (mixed ^ (mixed >> np.uint64(30))) * second
    mixed = (mixed ^ (mixed >> np.uint64(27))) * third
    mixed ^= mixed >> np.uint64(31)
    shifts = np.arange(60, -4, -4).astype(np.uint64)
    digits = _HEX[(mixed[:, None] >> shifts) & np.uint64(15)]
    return _fixed_width(prefix.encode(), digits)


def _fixed_width(prefix: bytes, digits: NDArray[np.uint8]) -> pa.Array:
    size, width = digits.shape[0], len(prefix) + TOKEN_DIGITS
    text = np.empty((size, width), np.uint8)
    text[:, : len(prefix)] = np.frombuffer(prefix, np.uint8)
    text[:, len(prefix) :] = digits
    ends = np.arange(0, (size + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(size, pa.py_buffer(ends.tobytes()), pa.py_buffer(text.tobytes()))
