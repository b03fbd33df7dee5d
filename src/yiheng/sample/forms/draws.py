"""Draws by name (按键抽取): a random number that depends on the seed and on what it is for, and on nothing else.

A case's charge lines or a patient's number stay the same in whatever block, file or order the case comes.
"""

from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from yiheng.sample.tables import Floats, Ints

Keys = NDArray[np.uint64]
FIRST, SECOND, THIRD = (np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_BITS = 53


def keys(seed: int, *texts: pa.Array) -> Keys:
    """One key for each row, from its texts; a missing text counts as the empty one."""
    found: Keys = np.full(len(texts[0]), np.uint64(seed), np.uint64)
    for text in texts:
        found = mixed(found * FIRST + _hashed(text))
    return found


def further(key: Keys, *numbers: Ints | int) -> Keys:
    """A key of its own for each row and these numbers."""
    for number in numbers:
        key = mixed(key + FIRST * (np.atleast_1d(number).astype(np.uint64) + np.uint64(1)))
    return key


def mixed(key: Keys) -> Keys:
    """Splitmix64: neighbouring keys become unlike ones."""
    key = (key ^ (key >> _SHIFTS[0])) * SECOND
    key = (key ^ (key >> _SHIFTS[1])) * THIRD
    scrambled: Keys = key ^ (key >> _SHIFTS[2])
    return scrambled


def uniform(key: Keys, purpose: str) -> Floats:
    """A number from 0 up to 1 for each key; other purposes give other numbers."""
    found: Floats = (mixed(key ^ _purpose(purpose)) >> np.uint64(64 - _BITS)).astype(np.float64) * 2.0**-_BITS
    return found


def below(key: Keys, purpose: str, most: Ints | int) -> Ints:
    """A whole number from 0 up to `most` - 1 for each key."""
    found: Ints = np.floor(uniform(key, purpose) * most).astype(np.int64)
    return found


@cache
def _purpose(name: str) -> np.uint64:
    return np.uint64(int.from_bytes(name.encode()[:16].ljust(16, b"\0"), "big") % ((1 << 64) - 59))


def _hashed(text: pa.Array) -> Keys:
    """Each text as a number (FNV with 64 bits), whatever its length."""
    text = text.cast(pa.string()).fill_null("")
    found: Keys = np.full(len(text), np.uint64(0xCBF29CE484222325))
    data = np.frombuffer(text.buffers()[2] or b"", np.uint8)
    ends = np.frombuffer(text.buffers()[1], np.int32)[text.offset : text.offset + len(text) + 1].astype(np.int64)
    length = np.diff(ends)
    for place in range(int(length.max(initial=0))):
        has = length > place
        letter = data[np.where(has, ends[:-1] + place, 0)].astype(np.uint64)
        found = np.where(has, (found ^ letter) * np.uint64(0x100000001B3), found)
    return found
