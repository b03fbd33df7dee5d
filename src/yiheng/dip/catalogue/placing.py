"""Placing combinations (病种归并): which stand for themselves, which are joined, and which are pooled.

Combinations with enough cases are core groups. What is left is pooled by the first characters of its diagnosis and its
treatment class, step by step until a pool has enough cases; the last step takes all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

import numpy as np
import pyarrow as pa

from yiheng.dip.catalogue.combination import Combinations, combinations, distinct
from yiheng.dip.catalogue.counted import Counted
from yiheng.dip.catalogue.related import Named, related, summed
from yiheng.dip.keys import ANY, BETWEEN, MAIN_RELATED, codes_of, pool_name
from yiheng.dip.operations import AND, OR, parts_of
from yiheng.dip.plan import Plan
from yiheng.dip.treatment import class_of, shown

CORE, COMPREHENSIVE = "core", "comprehensive"
_NOWHERE = -1


@dataclass(frozen=True)
class Place:
    """A group. `wide`: diagnosis of a comprehensive one; `share`: of a related operation; `second`, `first`: levels.

    What combinations of one group do not have in common is that of the last of them, in the order of their names.
    """

    group: str
    kind: str
    treatment: str
    dx: str | None = None
    proc: str | None = None
    wide: str | None = None
    share: Fraction | None = None
    second: str | None = None
    first: str | None = None


@dataclass(frozen=True)
class Level:
    """Names, and which of them is each combination's."""

    names: list[str]
    of: np.ndarray


@dataclass(frozen=True)
class Placed:
    """The group of every combination, and its second-level and first-level group; `places` says of each group more."""

    places: dict[str, Place]
    groups: Level
    second: Level
    first: Level


def place(
    counted: Counted, plan: Plan, weights: Mapping[int, int], given: Mapping[str, Fraction] | None = None
) -> Placed:
    """The place of every combination; the years of `counted` are those of `weights`, `given` shares as of `related`."""
    its = combinations(counted, plan)
    second, first = _second(its), Level(*its.wides(plan.lengths.comprehensive[0]))
    found = list(_groups(its, plan, weights, second, first, given))
    places = {group.group: group for group, _ in found}
    number = {name: place for place, name in enumerate(places)}
    of = np.full(len(counted.names), _NOWHERE, np.int64)
    for group, members in found:
        of[members] = number[group.group]
    return Placed(places, Level(list(places), of), second, first)


def _groups(
    its: Combinations,
    plan: Plan,
    weights: Mapping[int, int],
    second: Level,
    first: Level,
    given: Mapping[str, Fraction] | None,
) -> Iterator[tuple[Place, np.ndarray]]:
    """Every group with its combinations: those by list, the core groups, the pools."""
    listed = its.counted.extra.is_valid().to_numpy(zero_copy_only=False)
    yield from _listed(its, plan)
    left = np.flatnonzero(~listed)
    named = _named(its, left, plan, weights, given)
    core = passes(summed(its.counted.n[left], named.name, len(named.names)), plan, weights)
    inside = core[named.name]
    yield from _core(its, named, left[inside], named.name[inside], plan, second, first)
    yield from _pools(its, left[~inside], plan)


def _core(
    its: Combinations, named: Named, places: np.ndarray, name: np.ndarray, plan: Plan, second: Level, first: Level
) -> Iterator[tuple[Place, np.ndarray]]:
    """The core groups; their levels are those of the last of their combinations."""
    order = np.lexsort((_rank(its, plan)[places], name))
    found = list(_members(name[order], places[order]))
    last = np.array([members[-1] for _, members in found], np.int64)
    texts = named.names.take(pa.array([number for number, _ in found], pa.int64())).to_pylist()
    icd, seconds, firsts = its.counted.proc_icd[last].tolist(), second.of[last].tolist(), first.of[last].tolist()
    for (_, members), text, is_icd, own, wide in zip(found, texts, icd, seconds, firsts, strict=True):
        dx, proc = codes_of(text)
        treatment, share = shown(class_of(proc, is_icd, plan)), named.shares.get(text)
        yield Place(text, CORE, treatment, dx, proc, None, share, second.names[own], first.names[wide]), members


def _rank(its: Combinations, plan: Plan) -> np.ndarray:
    """The order of combinations inside a group: by name, where several names make one, then by code system."""
    if plan.choice["combination"] == MAIN_RELATED or plan.extras:
        return its.counted.rank()
    return np.asarray(2 * its.counted.dx_icd + its.counted.proc_icd)


def passes(n: np.ndarray, plan: Plan, weights: Mapping[int, int]) -> np.ndarray:
    """Whether cases by year (a row each) reach the cut, over the years that the scheme says."""
    cut, over = plan.value("core_cases"), plan.choice["core_cases_years"]
    if over == "newest":
        return np.asarray(n[:, list(weights).index(max(weights))] >= cut)
    if over == "every":
        return np.asarray((n >= cut).all(axis=1))
    return np.asarray(n.sum(axis=1) >= cut)


def _named(
    its: Combinations,
    left: np.ndarray,
    plan: Plan,
    weights: Mapping[int, int],
    given: Mapping[str, Fraction] | None,
) -> Named:
    if plan.choice["combination"] == MAIN_RELATED:
        least = plan.exact("related_share")
        cut = partial(passes, plan=plan, weights=weights)
        return related(its.chosen(left, plan), least, cut, list(weights.values()), given)
    names = its.counted.names
    coded = (names if len(left) == len(names) else names.take(pa.array(left))).dictionary_encode()
    return Named(coded.dictionary, coded.indices.to_numpy().astype(np.int64), {})


def _listed(its: Combinations, plan: Plan) -> Iterator[tuple[Place, np.ndarray]]:
    """The groups by list, in the order in which combinations name them."""
    extras = {extra.id: extra for extra in plan.extras}
    coded = its.counted.extra.dictionary_encode()
    number, rank = coded.indices.fill_null(_NOWHERE).to_numpy(zero_copy_only=False), _rank(its, plan)
    for place, name in enumerate(coded.dictionary.to_pylist()):
        members = np.flatnonzero(number == place)
        members = members[np.argsort(rank[members])]
        treatment = its.classes[its.treatment[members[-1]]]
        extra = extras[name]
        yield Place(name, extra.kind, treatment, beginnings(extra.dx), _marked(extra.proc)), members


def _second(its: Combinations) -> Level:
    """The subcategory and treatment class of each combination."""
    pairs, of = distinct(its.main * len(its.classes) + its.treatment)
    size = len(its.classes)
    return Level([its.mains[pair // size] + BETWEEN + its.classes[pair % size] for pair in pairs.tolist()], of)


def _pools(its: Combinations, rest: np.ndarray, plan: Plan) -> Iterator[tuple[Place, np.ndarray]]:
    least, steps = plan.value("comprehensive_cases"), plan.lengths.comprehensive
    size = len(its.classes)
    for chars in steps:
        wides, wide = its.wides(chars)
        pairs, pool = distinct(wide[rest] * size + its.treatment[rest])
        n = summed(its.counted.n[rest].sum(axis=1), pool, len(pairs))
        enough = (n >= least) | (chars == steps[-1])
        for number, members in _members(pool, rest):
            if enough[number]:
                text, treatment = wides[pairs[number] // size], int(pairs[number] % size)
                own = None if treatment == its.conservative else its.classes[treatment]
                yield Place(pool_name(text, own), COMPREHENSIVE, its.classes[treatment], wide=text), members
        rest = rest[~enough[pool]]


def _members(number: np.ndarray, places: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """For each number the places that have it, in their order."""
    if not len(places):
        return
    order = np.argsort(number, kind="stable")
    numbers, ordered = number[order], places[order]
    bounds = np.flatnonzero(np.diff(numbers, prepend=_NOWHERE)).tolist()
    for first, end in zip(bounds, [*bounds[1:], len(numbers)], strict=True):
        yield int(numbers[first]), ordered[first:end]


def beginnings(codes: tuple[str, ...]) -> str | None:
    """Codes that stand for all that begin so, as a catalogue says them: `C50*/C51*`; None for none."""
    return OR.join(code + ANY for code in codes) or None


def _marked(procs: str) -> str | None:
    return AND.join(OR.join(code + ANY for code in part) for part in parts_of(procs)) or None
