"""Gathering a casebook (手册汇总): every table of `norms` that its pages show, for one grouping and one year."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.base.progress import Progress
from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.norms.facts import facts
from yiheng.norms.groups.statistics import statistics
from yiheng.norms.indices.figures import figures
from yiheng.norms.indices.monthly import monthly
from yiheng.norms.indices.risk import risk_of_sums
from yiheng.norms.items.rules import RULES
from yiheng.norms.peers.likeness import compared_with_likes
from yiheng.norms.peers.opportunity import by_unit
from yiheng.norms.peers.peers import Unit
from yiheng.norms.peers.published import published
from yiheng.norms.peers.rules import POLICY, Comparing, comparing
from yiheng.norms.peers.trend import trend
from yiheng.norms.rules import INDICES, Rules, rules
from yiheng.norms.sums import sums
from yiheng.policy.loader import scheme
from yiheng.reports.casebook.book import Book, Compared, Groups, Names, Row, by_key, rows_by_key
from yiheng.reports.casebook.items import gather_items
from yiheng.reports.origins import origin, shown_value
from yiheng.tables.hiding import HIDDEN, TOTAL
from yiheng.tables.snapshot import Snapshot

_TRENDS = ("mean_fee", "mean_los")
# What says how the figures of a casebook are made.
_POLICIES = (INDICES, POLICY, RULES)


@dataclass(frozen=True)
class Asked:
    """What a casebook is made of and for.

    - cases: the cases of one year with their group in the column `group`, and `row`; `day`: whose policy holds
    - grouping: a term of the glossary; names; notice: what every page must say; viewer: as of `Book`
    - pair_cases, above: as of `Book`
    """

    snapshot: Snapshot
    cases: ir.Table
    grouping: str
    day: date
    names: Names
    pair_cases: int
    notice: Word | None = None
    viewer: str | None = None
    above: tuple[tuple[Word, str], ...] = ()

    @property
    def backend(self) -> Backend:
        return self.snapshot.backend


def gather(asked: Asked, progress: Progress) -> Book:
    """A whole casebook; a viewer that is no hospital of these cases is refused."""
    progress.step("病组标准 figures of groups")
    counting, its = rules(asked.day), comparing(asked.day)
    of_case = facts(asked.backend, asked.cases, "group", asked.snapshot.table("institution"), counting)
    hospitals = Groups.of(statistics(of_case, "hospital"), "hospital")
    units = _figures(asked, of_case, counting)
    if asked.viewer is not None and (asked.viewer,) not in units:
        raise Refusal("has no case of this year", column="viewer", value=asked.viewer)
    progress.step("同类比较 comparing with peers")
    finest = asked.backend.create_table(
        ibis.util.gen_name("finest"), sums(of_case, ("hospital", "dept", "group", "month")), temp=True
    )
    cells = None if asked.viewer is None else published(finest, its.shown_cases_least, asked.viewer)
    return Book(
        grouping=asked.grouping,
        year=asked.day.year,
        made_up=asked.snapshot.commit.made_up,
        names=asked.names,
        region=_without_hidden(Groups.of(statistics(of_case, "region"), "region"), cells),
        hospitals=hospitals,
        seen=_seen(asked, hospitals, cells),
        figures=units,
        compared=dict(_compared(asked, units, finest, its)),
        trends=_trends(finest, its),
        items=gather_items(asked.snapshot, asked.cases, asked.day, asked.pair_cases, progress),
        pair_cases=asked.pair_cases,
        unchecked=tuple(_unchecked(asked.day)),
        notice=asked.notice,
        viewer=asked.viewer,
        above=asked.above,
    )


def _figures(asked: Asked, of_case: ir.Table, counting: Rules) -> dict[Unit, Row]:
    """The figures of every hospital and department; cases without either are in none."""
    by_month = asked.backend.create_table(ibis.util.gen_name("monthly"), monthly(of_case), temp=True)
    risks = risk_of_sums(by_month, counting.risk)
    found: dict[Unit, Row] = {}
    for by, keys in (("hospital", ("hospital",)), ("dept", ("hospital", "dept"))):
        for row in figures(asked.backend, by_month, by, risks, counting).to_pylist():
            unit = tuple(row[key] for key in keys)
            if None not in unit:
                found[unit] = row
    return found


def _seen(asked: Asked, hospitals: Groups, cells: pa.Table | None) -> dict[str, tuple[Row, ...]]:
    """By group the hospitals' rows; for a viewer from outside without what small cells would give away."""
    if cells is None:
        rows = [row for row in hospitals.rows.values() if row["n"] >= asked.pair_cases]
    else:
        rows = [row for row in cells.to_pylist() if not row[HIDDEN] and TOTAL not in (row["hospital"], row["group"])]
    return rows_by_key(sorted(rows, key=_place), "group")


def _without_hidden(groups: Groups, cells: pa.Table | None) -> Groups:
    """The groups of the region without those whose total would give a small cell away to the viewer."""
    if cells is None:
        return groups
    shown = {row["group"] for row in cells.to_pylist() if row["hospital"] == TOTAL and not row[HIDDEN]}
    rows = {key: its for key, its in groups.rows.items() if key[1] in shown}
    return Groups(rows, {key: its for key, its in groups.structure.items() if key in rows})


def _place(row: Row) -> tuple[str, int, str]:
    """Within a group the hospital with the most cases comes first."""
    return (str(row["group"]), -row["n"], str(row["hospital"]))


def _compared(
    asked: Asked, units: Mapping[Unit, Row], finest: ir.Table, its: Comparing
) -> Iterable[tuple[Unit, Compared]]:
    """The units that have enough cases and enough peers; those that have not are not there."""
    institution, dept = (asked.snapshot.table(name).to_pyarrow() for name in ("institution", "dept"))
    sums_of = {codes: by_unit(finest, codes) for codes in (1, 2)}
    for unit, row in units.items():
        if row["n"] < asked.pair_cases or asked.viewer not in (None, unit[0]):
            continue
        try:
            peers, table = compared_with_likes(sums_of[len(unit)], institution, dept, unit, asked.day, its)
        except Refusal:
            continue
        *groups, total = table.to_pylist()
        yield unit, Compared(peers, tuple(groups), total)


def _unchecked(day: date) -> Iterator[tuple[Word, str, str]]:
    """The values of the policies that the figures follow, as far as nobody held them against a source."""
    for name in _POLICIES:
        for parameter, dated in scheme(name).unchecked(day):
            yield parameter.word, shown_value(dated), origin(dated)


def _trends(finest: ir.Table, its: Comparing) -> dict[tuple[str, str], tuple[Row, ...]]:
    found: dict[tuple[str, str], tuple[Row, ...]] = {}
    for name in _TRENDS:
        rows = by_key(trend(finest, ("hospital",), name, its), "hospital")
        found |= {(hospital, name): its_rows for hospital, its_rows in rows.items() if hospital is not None}
    return found
