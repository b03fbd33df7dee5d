"""Related operations (相关手术): which further operation takes so much that it makes a group of its own.

share = 1 - m(dx, main) / m(dx, main + related): m(dx, main) over the cases with the main operation alone, m(dx, main +
related) over all cases that have both; both must pass the case cut. A case with several goes with the one of the
largest share, ties by code. A group that then falls under the cut is given up, and its cases look again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pyarrow as pa

from yiheng.dip.catalogue.combination import Combinations
from yiheng.dip.keys import AND, BETWEEN

Passes = Callable[[np.ndarray], np.ndarray]
_NONE = -1


@dataclass(frozen=True)
class Named:
    """Combinations by the names of the groups that they would be: `names[name[c]]`, and the shares of those names."""

    names: pa.Array
    name: np.ndarray
    shares: dict[str, Fraction]


def summed(values: np.ndarray, numbers: np.ndarray, count: int) -> np.ndarray:
    """Rows of whole numbers added up by number, 0 to `count` - 1."""
    made = np.zeros((count, *values.shape[1:]), np.int64)
    np.add.at(made, numbers, values)
    return made


def related(
    its: Combinations,
    least: Fraction,
    passes: Passes,
    weights: Sequence[int],
    given: Mapping[str, Fraction] | None = None,
) -> Named:
    """The name of each combination with its main and at most one related operation, and the share of those.

    `passes` says of cases by year (a row each) whether they reach the cut; `given` are shares by name that were found
    otherwise than from means (`linked`).
    """
    pairs = _Pairs.of_combinations(its)
    shares = (
        pairs.shares(least, passes, np.array(weights, np.int64)) if given is None else pairs.given(least, passes, given)
    )
    while True:
        ranked = sorted(shares, key=lambda pair: (-shares[pair], pairs.name(pair)))
        best = pairs.best(ranked)
        chosen = np.array([*ranked, _NONE], np.int64)[best]
        n = summed(its.counted.n[chosen >= 0], chosen[chosen >= 0], len(pairs.other))
        enough = passes(n)
        few = [pair for pair in shares if not enough[pair]]
        if not few:
            return pairs.named(chosen, shares)
        shares = {pair: share for pair, share in shares.items() if pair not in set(few)}


@dataclass(frozen=True)
class _Pairs:
    """Combinations by their head (diagnosis and main operation), and all pairs of a head with another operation.

    `head[c]` is the head of a combination; `heads` their names; pair p is of head `of[p]` and operation `other[p]`;
    combination `owner[k]` has the pair `pair[k]`.
    """

    its: Combinations
    heads: list[str]
    head: np.ndarray
    of: np.ndarray
    other: np.ndarray
    owner: np.ndarray
    pair: np.ndarray

    @classmethod
    def of_combinations(cls, its: Combinations) -> "_Pairs":
        lengths = np.diff(its.starts)
        first = np.full(len(lengths), _NONE, np.int64)
        first[lengths > 0] = its.operations[its.starts[:-1][lengths > 0]]
        size = len(its.codes) + 1
        keys, head = np.unique(its.main * size + first + 1, return_inverse=True)
        heads = [_head(its.mains[key // size], key % size - 1, its.codes) for key in keys.tolist()]
        owner = np.repeat(np.arange(len(lengths)), lengths)
        others = np.ones(len(owner), np.bool_)
        others[its.starts[:-1][lengths > 0]] = False
        owner = owner[others]
        both, pair = np.unique(head[owner] * size + its.operations[others], return_inverse=True)
        return cls(its, heads, head, both // size, both % size, owner, pair)

    def name(self, pair: int) -> str:
        return f"{self.heads[self.of[pair]]}{AND}{self.its.codes[self.other[pair]]}"

    def shares(self, least: Fraction, passes: Passes, weights: np.ndarray) -> dict[int, Fraction]:
        """The share of every pair that has at least this one and passes the cut, as its main operation alone does."""
        n, fee = self.its.counted.n, self.its.counted.fee
        alone = np.diff(self.its.starts) <= 1
        n_alone = summed(n[alone], self.head[alone], len(self.heads))
        fee_alone = summed(fee[alone], self.head[alone], len(self.heads)) @ weights
        n_both = summed(n[self.owner], self.pair, len(self.other))
        fee_both = summed(fee[self.owner], self.pair, len(self.other)) @ weights
        cases_alone, cases_both = n_alone @ weights, n_both @ weights
        asked = passes(n_alone)[self.of] & passes(n_both) & (fee_both > 0) & (cases_alone[self.of] > 0)
        found = {}
        for pair in np.flatnonzero(asked).tolist():
            head = self.of[pair]
            main = Fraction(int(fee_alone[head]), int(cases_alone[head]))
            share = 1 - main / Fraction(int(fee_both[pair]), int(cases_both[pair]))
            if share >= least:
                found[pair] = share
        return found

    def given(self, least: Fraction, passes: Passes, given: Mapping[str, Fraction]) -> dict[int, Fraction]:
        """The given share of every pair that has at least this one and passes the cut."""
        enough = passes(summed(self.its.counted.n[self.owner], self.pair, len(self.other)))
        named = {pair: given.get(self.name(pair)) for pair in np.flatnonzero(enough).tolist()}
        return {pair: share for pair, share in named.items() if share is not None and share >= least}

    def best(self, ranked: list[int]) -> np.ndarray:
        """The place among `ranked` pairs of the first that each combination has; behind them where it has none."""
        rank = np.full(len(self.other), len(ranked), np.int64)
        rank[ranked] = np.arange(len(ranked))
        best = np.full(len(self.head), len(ranked), np.int64)
        np.minimum.at(best, self.owner, rank[self.pair])
        return best

    def named(self, chosen: np.ndarray, shares: dict[int, Fraction]) -> Named:
        pairs = list(shares)
        place = np.full(len(self.other) + 1, _NONE, np.int64)
        place[pairs] = len(self.heads) + np.arange(len(pairs))
        name = np.where(chosen >= 0, place[chosen], self.head)
        texts = [self.name(pair) for pair in pairs]
        return Named(pa.array([*self.heads, *texts], pa.string()), name, dict(zip(texts, shares.values(), strict=True)))


def _head(main: str, first: int, codes: list[str]) -> str:
    return main if first == _NONE else main + BETWEEN + codes[first]
