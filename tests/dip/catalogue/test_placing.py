"""dip.catalogue.placing: every combination is where the definition, written out one by one, puts it."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

from yiheng.dip.catalogue.counted import Counted
from yiheng.dip.catalogue.counter import Counter
from yiheng.dip.catalogue.placing import place
from yiheng.dip.keys import codes_of, pool_name, wide_of
from yiheng.dip.plan import Plan, plan
from yiheng.dip.treatment import class_of, shown
from yiheng.tables.contract import contract

DAY = date(2024, 12, 31)
WEIGHTS = {2022: 1, 2023: 2, 2024: 7}
SCHEMES: tuple[dict[str, object], ...] = (
    {},
    {"comprehensive_key_chars": [4, 3, 2], "comprehensive_cases": 40, "core_cases": 30},
    {"combination": "main_related", "related_share": 0.02, "core_cases": 10},
    {"combination": "main_related", "core_cases_years": "every", "core_cases": 3},
    {"core_cases_years": "newest", "core_cases": 4},
)


class One(NamedTuple):
    """A combination with its cases and fees by year."""

    name: str
    dx_icd: bool
    proc_icd: bool
    n: dict[int, int]
    fee: dict[int, int]


Where = tuple[str, str, str]


def plain(ones: list[One], made: Plan) -> dict[int, Where]:
    """The group of each combination, its kind and its second level."""
    cut, over = made.value("core_cases"), made.choice["core_cases_years"]

    def passes(n: Mapping[int, int]) -> bool:
        if over == "all":
            return sum(n.values()) >= cut
        years = [2024] if over == "newest" else list(WEIGHTS)
        return all(n.get(year, 0) >= cut for year in years)

    names = {id(one): one.name for one in ones}
    if made.choice["combination"] == "main_related":
        names = related(ones, made.exact("related_share"), passes)
    n = counted(ones, names)
    found: dict[int, tuple[str, str]] = {id(one): (names[id(one)], "core") for one in ones if passes(n[names[id(one)]])}
    rest = [one for one in ones if id(one) not in found]
    steps = made.lengths.comprehensive
    for chars in steps:
        pools: dict[str, list[One]] = defaultdict(list)
        for one in rest:
            main, procs = codes_of(one.name)
            pools[pool_name(wide_of(main, one.dx_icd, chars), class_of(procs, one.proc_icd, made))].append(one)
        rest = []
        for name, members in pools.items():
            few = sum(sum(one.n.values()) for one in members) < made.value("comprehensive_cases")
            if few and chars != steps[-1]:
                rest += members
            else:
                found |= {id(one): (name, "comprehensive") for one in members}
    second = {id(one): _second(one, made) for one in ones}
    return {id(one): (*found[id(one)], second[id(one)]) for one in ones}


def _second(one: One, made: Plan) -> str:
    main, procs = codes_of(one.name)
    return f"{main}:{shown(class_of(procs, one.proc_icd, made))}"


def counted(ones: list[One], names: dict[int, str]) -> dict[str, dict[int, int]]:
    n: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for one in ones:
        for year, count in one.n.items():
            n[names[id(one)]][year] += count
    return n


def related(ones: list[One], least: Fraction, passes: Callable[[Mapping[int, int]], bool]) -> dict[int, str]:
    """With its main operation and the related one of the largest share, until every such group passes the cut."""
    alone, both = defaultdict(list), defaultdict(list)
    for one in ones:
        head, others = split(one.name)
        if not others:
            alone[head].append(one)
        for other in others:
            both[head, other].append(one)
    shares = {}
    for (head, other), joined in both.items():
        if passes(years(alone[head])) and passes(years(joined)):
            share = 1 - mean(alone[head]) / mean(joined)
            if share >= least:
                shares[f"{head}+{other}"] = share
    while True:
        names = {id(one): best(one.name, shares) for one in ones}
        n = counted(ones, names)
        few = [name for name in shares if not passes(n[name])]
        if not few:
            return names
        shares = {name: share for name, share in shares.items() if name not in few}


def best(name: str, shares: dict[str, Fraction]) -> str:
    head, others = split(name)
    known = [f"{head}+{other}" for other in others if f"{head}+{other}" in shares]
    return min(known, key=lambda each: (-shares[each], each), default=head)


def split(name: str) -> tuple[str, list[str]]:
    main, procs = codes_of(name)
    first, *others = (procs or "").split("+")
    return (f"{main}:{first}" if first else name), others


def years(ones: list[One]) -> dict[int, int]:
    return {year: sum(one.n[year] for one in ones) for year in WEIGHTS}


def mean(ones: list[One]) -> Fraction:
    fee = sum(weight * one.fee[year] for one in ones for year, weight in WEIGHTS.items())
    return Fraction(fee, sum(weight * one.n[year] for one in ones for year, weight in WEIGHTS.items()))


def ones_of(its: Counted) -> list[One]:
    rows = zip(its.names.to_pylist(), its.dx_icd.tolist(), its.proc_icd.tolist(), its.n.tolist(), its.fee.tolist(),
               strict=True)  # fmt: skip
    return [
        One(name, dx, proc, dict(zip(its.years, n, strict=True)), dict(zip(its.years, fee, strict=True)))
        for name, dx, proc, n, fee in rows
    ]


@pytest.mark.parity
@pytest.mark.parametrize("values", SCHEMES)
def test_every_combination_is_where_the_definition_puts_it(
    random_cases: Any, with_value: Any, values: dict[str, object]
) -> None:
    made = plan(with_value(**values), DAY)
    names = ("dx", "proc", "dx_edition", "proc_edition", "total_fee", "year")
    schema = pa.schema([contract("cases").schema.field(name) for name in names])
    rows = random_cases(31, 4000)
    for number, row in enumerate(rows):
        row["proc_edition"] = [None, None, "CCSR"][number % 3]
    counter = Counter(made, sorted(WEIGHTS))
    counter.count(pa.RecordBatch.from_pylist([{name: row[name] for name in names} for row in rows], schema=schema))
    its = counter.counted()
    found = place(its, made, WEIGHTS)
    ones = ones_of(its)
    wanted = plain(ones, made)
    for number, one in enumerate(ones):
        group = found.groups.names[found.groups.of[number]]
        said = (group, found.places[group].kind, found.second.names[found.second.of[number]])
        assert said == wanted[id(one)], one.name
    assert len({group for group, _, _ in wanted.values()}) == len(found.places)
