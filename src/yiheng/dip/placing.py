"""Placing combinations (病种归并): which stand for themselves, which are joined, and which are pooled.

Combinations with enough cases are core groups. What is left is pooled by the first characters of its diagnosis and its
treatment class, step by step until a pool has enough cases; the last step takes all.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from yiheng.dip.combination import Combination, identity
from yiheng.dip.keys import ANY, BETWEEN, MAIN_RELATED, codes_of, pool_name, wide_of
from yiheng.dip.operations import AND, OR, parts_of
from yiheng.dip.plan import Plan
from yiheng.dip.related import related
from yiheng.dip.treatment import class_of, shown

CORE, COMPREHENSIVE = "core", "comprehensive"


@dataclass(frozen=True)
class Place:
    """The group of a combination. `wide`: diagnosis of a comprehensive group; `share`: of a related operation."""

    group: str
    kind: str
    treatment: str
    dx: str | None
    proc: str | None
    wide: str | None
    share: Fraction | None
    second: str
    first: str


def place(
    combinations: Collection[Combination], plan: Plan, weights: Mapping[int, int]
) -> dict[tuple[str, ...], Place]:
    """The place of every combination, by `identity`."""
    listed = {extra.id: extra for extra in plan.extras}
    placed: dict[tuple[str, ...], Place] = {}
    left = [each for each in combinations if each.extra is None]
    for each in combinations:
        if each.extra is not None:
            extra = listed[each.extra]
            about = (beginnings(extra.dx), _marked(extra.proc), None, None)
            placed[identity(each)] = _placed(each, extra.id, extra.kind, plan, about)
    core = _core(left, plan, weights)
    for each in left:
        if (found := core.get(identity(each))) is not None:
            placed[identity(each)] = found
    rest = [each for each in left if identity(each) not in core]
    return placed | _pools(rest, plan)


def passes(n: Mapping[int, int], plan: Plan, weights: Mapping[int, int]) -> bool:
    """Whether cases by year reach the cut, over the years that the scheme says."""
    cut, over = plan.value("core_cases"), plan.choice["core_cases_years"]
    if over == "newest":
        return bool(n.get(max(weights), 0) >= cut)
    if over == "every":
        return all(n.get(year, 0) >= cut for year in weights)
    return bool(sum(n.values()) >= cut)


def _core(left: list[Combination], plan: Plan, weights: Mapping[int, int]) -> dict[tuple[str, ...], Place]:
    if plan.choice["combination"] == MAIN_RELATED:
        names, shares = related(left, plan, lambda n: passes(n, plan, weights), weights)
    else:
        names, shares = {identity(each): each.name for each in left}, {}
    counted: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for each in left:
        for year, count in each.n.items():
            counted[names[identity(each)]][year] += count
    core = {name for name, n in counted.items() if passes(n, plan, weights)}
    found = {}
    for each in left:
        name = names[identity(each)]
        if name in core:
            dx, proc = codes_of(name)
            found[identity(each)] = _placed(each, name, CORE, plan, (dx, proc, None, shares.get(name)))
    return found


def _placed(
    each: Combination,
    group: str,
    kind: str,
    plan: Plan,
    about: tuple[str | None, str | None, str | None, Fraction | None],
) -> Place:
    """The place of a combination, with the second-level and first-level group that it belongs to."""
    main, procs = codes_of(each.name)
    dx, proc, wide, share = about
    own = class_of(procs, each.proc_icd, plan)
    treatment = class_of(proc, each.proc_icd, plan) if kind == CORE and proc != procs else own
    second = main + BETWEEN + shown(own)
    first = wide_of(main, each.dx_icd, plan.lengths.comprehensive[0])
    return Place(group, kind, shown(treatment), dx, proc, wide, share, second, first)


def _pools(rest: list[Combination], plan: Plan) -> dict[tuple[str, ...], Place]:
    found: dict[tuple[str, ...], Place] = {}
    least, steps = plan.value("comprehensive_cases"), plan.lengths.comprehensive
    for chars in steps:
        pools: dict[str, list[Combination]] = defaultdict(list)
        for each in rest:
            pools[_pool(each, chars, plan)].append(each)
        rest = []
        for name, members in pools.items():
            if chars != steps[-1] and sum(sum(each.n.values()) for each in members) < least:
                rest += members
                continue
            for each in members:
                wide = wide_of(codes_of(each.name)[0], each.dx_icd, chars)
                found[identity(each)] = _placed(each, name, COMPREHENSIVE, plan, (None, None, wide, None))
    return found


def _pool(each: Combination, chars: int, plan: Plan) -> str:
    main, procs = codes_of(each.name)
    return pool_name(wide_of(main, each.dx_icd, chars), class_of(procs, each.proc_icd, plan))


def beginnings(codes: tuple[str, ...]) -> str | None:
    """Codes that stand for all that begin so, as a catalogue says them: `C50*/C51*`; None for none."""
    return OR.join(code + ANY for code in codes) or None


def _marked(procs: str) -> str | None:
    return AND.join(OR.join(code + ANY for code in part) for part in parts_of(procs)) or None
