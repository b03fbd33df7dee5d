"""Chance (随机抽取): independent streams, and draws made for many cases at once.

A stream is named by the seed and a path, so that a block's content depends on nothing that was drawn before it.
"""

from collections.abc import Sequence

import numpy as np

from yiheng.sample.tables import Floats, Ints

STEPS = ("people", "pathway", "stay", "links", "outcome", "fee", "payment", "record", "places", "front")


def stream(seed: int, step: str, *path: int) -> np.random.Generator:
    """The random numbers of one step (one of STEPS) of one block; `seed` and `path` are not negative."""
    entropy = np.random.SeedSequence([seed, STEPS.index(step), *path])
    return np.random.Generator(np.random.Philox(entropy))


def cumulative(weights: Floats) -> Floats:
    """Cumulative shares along the last axis; a row without weight stays 0."""
    total = weights.sum(axis=-1, keepdims=True)
    return np.cumsum(weights / np.where(total > 0, total, 1), axis=-1)


def pick(bounds: Floats, rows: Ints, uniform: Floats) -> Ints:
    """For each case the column of `bounds[row]` in which its uniform number falls.

    `bounds` (kinds x options) is cumulative. Beyond the last bound the answer is the number of options: nothing.
    """
    found = np.zeros(len(rows), np.int64)
    for option in bounds.T:
        found += uniform >= option[rows]
    return found


def pick_any(bounds: Floats, rows: Ints, uniform: Floats) -> Ints:
    """As `pick`, for bounds that end at 1: rounding never makes it nothing."""
    found: Ints = np.minimum(pick(bounds, rows, uniform), bounds.shape[1] - 1)
    return found


def padded(lists: Sequence[Sequence[float]]) -> Floats:
    """Ragged rows as one array, filled with 0 on the right; at least one column."""
    width = max([1, *map(len, lists)])
    return np.array([[*row, *[0.0] * (width - len(row))] for row in lists])


def spread_out(start: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Every candidate of every case, flat: (case, candidate).

    Case i has the candidates start[i] .. start[i] + count[i] - 1.
    """
    cases = np.repeat(np.arange(len(count)), count)
    ends = np.cumsum(count)
    return cases, np.arange(len(cases)) - np.repeat(ends - count - start, count)
