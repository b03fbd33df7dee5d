"""What a casebook shows (手册内容): the tables of `norms` for one grouping and one year, by the key of each page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from yiheng.base.words import Word
from yiheng.norms.groups.statistics import Statistics
from yiheng.norms.peers.peers import Peers, Unit
from yiheng.reports.naming import Place, place
from yiheng.reports.shape import same

Row = Mapping[str, Any]
REGION = "all"


@dataclass(frozen=True)
class Compared:
    """A hospital or department beside its peers: whom, and the columns of `norms.peers.opportunity`."""

    peers: Peers
    groups: tuple[Row, ...]
    total: Row


@dataclass(frozen=True)
class Items:
    """From charge lines: `standards`, `days` and `drivers` of `norms.items`, by group, or by hospital and group."""

    standards: Mapping[str, tuple[Row, ...]]
    days: Mapping[str, tuple[Row, ...]]
    drivers: Mapping[tuple[str, str], tuple[Row, ...]]


@dataclass(frozen=True)
class Names:
    """What groups, hospitals, departments and categories of fees are called; a code without a name is itself."""

    groups: Mapping[str, Word]
    places: Mapping[str, Place]
    others: Mapping[tuple[str, str], Word]

    def group(self, code: str) -> Word:
        return self.groups.get(code) or same(code)

    def hospital(self, code: str) -> Word:
        return place(code, self.places, self.others).name

    def unit(self, unit: Unit) -> Word:
        """A hospital, or a department by its own name."""
        if len(unit) == 1:
            return self.hospital(unit[0])
        return self.others.get(("dept", ":".join(unit))) or same(unit[1])


@dataclass(frozen=True)
class Groups:
    """The figures of groups by unit: `rows` and `structure` of `norms.groups.statistics` by (unit, group)."""

    rows: Mapping[tuple[str, str], Row]
    structure: Mapping[tuple[str, str], tuple[Row, ...]]

    @classmethod
    def of(cls, found: Statistics, unit: str) -> "Groups":
        """`unit` is the column that names it; cases in no group are left out."""
        rows = once(by_key(found.groups, unit, "group"))
        structure = by_key(found.structure, unit, "group")
        return cls(
            {k: v for k, v in rows.items() if None not in k}, {k: v for k, v in structure.items() if None not in k}
        )


@dataclass(frozen=True)
class Book:
    """One casebook.

    - region, hospitals: the figures of each group in the region, and in each hospital
    - seen: by group the rows of hospitals that the reader may see: hospital, n, mean_fee, mean_los
    - figures: by unit, of one or two codes, the columns of `norms.indices.figures`
    - compared: by unit, where it has enough peers
    - trends: by hospital and figure the months with their limits
    - items: None where DATA has no charge lines
    - viewer: the hospital that it is made for, which sees small cells of none but itself; None: the region's bureaus
    - pair_cases: from how many cases on a group of a hospital is listed
    - unchecked: values used that nobody held against their source: parameter, value, what is said of its source
    - notice: what every page must say; above: the pages that lead here, (title, path)
    """

    grouping: str
    year: int
    made_up: bool
    names: Names
    region: Groups
    hospitals: Groups
    seen: Mapping[str, tuple[Row, ...]]
    figures: Mapping[Unit, Row]
    compared: Mapping[Unit, Compared]
    trends: Mapping[tuple[str, str], tuple[Row, ...]]
    items: Items | None
    pair_cases: int
    unchecked: tuple[tuple[Word, str, str], ...] = ()
    notice: Word | None = None
    viewer: str | None = None
    above: tuple[tuple[Word, str], ...] = ()

    @property
    def groups(self) -> list[str]:
        """The groups of the region, in order."""
        return sorted(group for _, group in self.region.rows)

    @property
    def shown_hospitals(self) -> list[str]:
        """The hospitals that have a page: all, or the viewer alone."""
        every = sorted(unit[0] for unit in self.figures if len(unit) == 1)
        return every if self.viewer is None else [code for code in every if code == self.viewer]

    def depts(self, hospital: str) -> list[Unit]:
        """The departments of a hospital, in order."""
        return sorted(unit for unit in self.figures if len(unit) == 2 and unit[0] == hospital)


def by_key(table: pa.Table, *keys: str) -> dict[Any, tuple[Row, ...]]:
    """The rows of a table by one key, or by a tuple of several, in their order."""
    return rows_by_key(table.to_pylist(), *keys)


def rows_by_key(rows: Iterable[Row], *keys: str) -> dict[Any, tuple[Row, ...]]:
    """The same of rows."""
    found: dict[Any, list[Row]] = {}
    for row in rows:
        key = row[keys[0]] if len(keys) == 1 else tuple(row[name] for name in keys)
        found.setdefault(key, []).append(row)
    return {key: tuple(rows) for key, rows in found.items()}


def once(rows: Mapping[Any, Iterable[Row]]) -> dict[Any, Row]:
    """Keys that have one row each, with it."""
    made = {}
    for key, its in rows.items():
        [made[key]] = its
    return made
