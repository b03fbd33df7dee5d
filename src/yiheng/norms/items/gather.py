"""Gathering (逐月汇总): what cases used, month by month into files, then added up some groups at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.base.progress import Progress, Silent
from yiheng.base.refusal import Refusal
from yiheng.norms.items.months import Months, in_parts, lines_of
from yiheng.norms.items.naming import item_names
from yiheng.norms.items.roster import Roster
from yiheng.norms.items.sums import Cells, Places, cells, places
from yiheng.norms.items.uses import name_counts, net, place_sums, placed
from yiheng.tables.engine import held, quoted, scratch
from yiheng.tables.snapshot import Snapshot

# Rows that are added up at a time.
AT_ONCE = 2 * 1000 * 1000


@dataclass
class Gathered:
    """What the cases of a roster used.

    - names: `naming.SCHEMA`; items: the same in the engine; places: cases with lines, by group and hospital
    - files: Parquet files of `uses.placed`, or of `uses.cell_sums`
    """

    backend: Backend
    roster: Roster
    names: pa.Table
    items: ir.Table
    files: list[Path] = field(default_factory=list)
    _places: list[pa.Table] = field(default_factory=list)

    def add(self, lines: ir.Table) -> None:
        """Add some lines: all lines of their cases, and of no case that another part has."""
        cases, backend = self.roster.cases, self.backend
        used = backend.create_table(ibis.util.gen_name("used"), net(lines, cases, self.items), temp=True)
        path = own_file(backend, "used")
        query = backend.compile(placed(used, cases).order_by("group_no"))
        backend.raw_sql(f"COPY ({query}) TO {quoted(str(path))} (FORMAT parquet)")
        self.add_sums([path], place_sums(used, cases).to_pyarrow())
        backend.raw_sql(f"DROP TABLE {used.get_name()}")

    def add_sums(self, files: list[Path], place_rows: pa.Table) -> None:
        """Add what is in files already."""
        self.files += files
        self._places.append(place_rows)

    @property
    def places(self) -> Places:
        return places(pa.concat_tables(self._places), len(self.roster.groups), len(self.roster.hospitals))

    def cells(self) -> Iterator[Cells]:
        """The cells of all groups in order, some groups at a time: a group is never split."""
        rows = self.backend.read_parquet([str(path) for path in self.files])
        for first, last in _shards(rows):
            yield cells(rows.filter(rows.group_no.between(first, last)).to_pyarrow())


def own_file(backend: Backend, kind: str) -> Path:
    """A Parquet file to be, which nobody else writes, in the engine's temporary folder."""
    folder = scratch(backend)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{ibis.util.gen_name(kind)}.parquet"


def _shards(rows: ir.Table) -> Iterator[tuple[int, int]]:
    """First and last group of each shard."""
    sizes = rows.group_by("group_no").agg(n=rows.count()).order_by("group_no").to_pyarrow()
    groups, shard = sizes["group_no"].to_numpy(), np.cumsum(sizes["n"].to_numpy()) // AT_ONCE
    starts = [*np.flatnonzero(np.diff(shard, prepend=-1)), len(groups)]
    for start, end in pairwise(starts):
        yield int(groups[start]), int(groups[end - 1])


def named(backend: Backend, its: Roster, lines: ir.Table, shown: str = "") -> Gathered:
    """A roster's cases with the items of their lines, nothing gathered yet; no line of any of them is refused."""
    names = item_names(name_counts(lines, its.cases))
    if not names.num_rows:
        raise Refusal("no charge line with an item code belongs to a case in a group", file=shown)
    return Gathered(backend, its, names, held(backend, names.select(["item_no", "item_code"])))


def gather(snapshot: Snapshot, its: Roster, months: Months, progress: Progress | None = None) -> Gathered:
    """What a roster's cases used by all lines of DATA."""
    told = progress or Silent()
    told.step("items", None)
    found = named(snapshot.backend, its, snapshot.table("lines"), str(snapshot.data.root))
    parts = in_parts(months)
    told.step("charge lines", len(parts))
    for lines in lines_of(snapshot, parts):
        found.add(lines)
        told.advance(1)
    return found
