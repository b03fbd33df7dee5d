"""Related operations (相关手术): which further operation takes so much that it makes a group of its own.

share = 1 - m(dx, main) / m(dx, main + related): m(dx, main) over the cases with the main operation alone, m(dx, main +
related) over all cases that have both; both must pass the case cut. A case with several goes with the one of the
largest share, ties by code. A group that then falls under the cut is given up, and its cases look again.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from fractions import Fraction

from yiheng.dip.combination import Combination, identity
from yiheng.dip.keys import AND, BETWEEN, codes_of
from yiheng.dip.plan import Plan

Passes = Callable[[Mapping[int, int]], bool]


class _Mean:
    """Cases by year, and fees and cases weighted by year."""

    def __init__(self) -> None:
        self.n: dict[int, int] = defaultdict(int)
        self.fee = self.cases = 0

    def add(self, each: Combination, weights: Mapping[int, int]) -> None:
        for year, count in each.n.items():
            self.n[year] += count
            self.fee += weights[year] * each.fee[year]
            self.cases += weights[year] * count


def related(
    combinations: list[Combination], plan: Plan, passes: Passes, weights: Mapping[int, int]
) -> tuple[dict[tuple[str, ...], str], dict[str, Fraction]]:
    """The name of each combination with its main and at most one related operation, and the share of those."""
    shares = _shares(combinations, plan.exact("related_share"), passes, weights)
    while True:
        names = {identity(each): _best(each.name, shares) for each in combinations}
        counted: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for each in combinations:
            for year, count in each.n.items():
                counted[names[identity(each)]][year] += count
        few = [name for name in shares if not passes(counted[name])]
        if not few:
            return names, shares
        shares = {name: share for name, share in shares.items() if name not in few}


def _shares(
    combinations: list[Combination], least: Fraction, passes: Passes, weights: Mapping[int, int]
) -> dict[str, Fraction]:
    alone: dict[str, _Mean] = defaultdict(_Mean)
    both: dict[tuple[str, str], _Mean] = defaultdict(_Mean)
    for each in combinations:
        head, others = _split(each.name)
        if not others:
            alone[head].add(each, weights)
        for other in others:
            both[head, other].add(each, weights)
    found = {}
    for (head, other), joined in both.items():
        main = alone.get(head)
        if main is not None and joined.fee > 0 and passes(main.n) and passes(joined.n):
            share = 1 - Fraction(main.fee, main.cases) / Fraction(joined.fee, joined.cases)
            if share >= least:
                found[head + AND + other] = share
    return found


def _best(name: str, shares: Mapping[str, Fraction]) -> str:
    head, others = _split(name)
    known = [head + AND + other for other in others if head + AND + other in shares]
    return min(known, key=lambda each: (-shares[each], each), default=head)


def _split(name: str) -> tuple[str, list[str]]:
    """`I21.9:36.06+88.55` as I21.9:36.06 and its other operations."""
    dx, procs = codes_of(name)
    if procs is None:
        return name, []
    main, *others = procs.split(AND)
    return dx + BETWEEN + main, others
