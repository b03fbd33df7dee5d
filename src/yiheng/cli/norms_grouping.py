"""The group of each case (病组归属), for every command of `yiheng norms`: a column, or the OUT of a grouper."""

from pathlib import Path

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal, shown
from yiheng.cases.input import Cases, open_file
from yiheng.cases.source import parquet_schema
from yiheng.tables.snapshot import Snapshot

# What a grouper calls its group, and the status of a case that has one.
COLUMNS = ("group", "drg")
# What it may say beside that; the cases have it then, in place of a column of theirs.
MORE = ("severity",)
GROUPED = "grouped"


def grouped(backend: Backend, found: Cases, group: str, grouping: Path | None) -> tuple[ir.Table, str]:
    """The cases with their group, and the column that it stands in; `grouping` is the OUT of a grouper."""
    if grouping is None:
        found.need(group)
        return found.table, group
    return _joined(backend, found, grouping), "group"


def _joined(backend: Backend, found: Cases, grouping: Path) -> ir.Table:
    """The groups of a grouper's output, row by row: it has the rows of its input in their order."""
    _check_commit(found, grouping)
    groups = open_file(backend, grouping, ("hospital", "case_id", "status", *COLUMNS, *MORE))
    ids = found.id_columns
    found.need(*ids)
    name = next((name for name in COLUMNS if name in groups.given), COLUMNS[0])
    groups.need(name, *ids)
    given = groups.table[name].cast("string")
    group = ibis.cases((groups.table.status == GROUPED, given)) if "status" in groups.given else given
    more = [name for name in MORE if name in groups.given]
    named = {f"its_{name}": groups.table[name] for name in ids}
    theirs = groups.table.select(*more, group=group, **named, its_row="row")
    own = found.table.drop("group", *(name for name in more if name in found.table.columns))
    joined = own.outer_join(theirs, [found.table.row == theirs.its_row])
    same = ibis.and_(*(joined[name].identical_to(joined[f"its_{name}"]) for name in (*ids, "row")))
    if joined.filter(~same).limit(1).count().to_pyarrow().as_py():
        raise Refusal("has not the same cases in the same order as the input", file=str(grouping))
    return joined


def _check_commit(found: Cases, grouping: Path) -> None:
    """Refuse a grouping that says it was made from a commit with other cases; a CSV does not say."""
    if found.snapshot is None or grouping.suffix != ".parquet" or not grouping.is_file():
        return
    said = (parquet_schema(grouping).metadata or {}).get(b"commit")
    number = found.snapshot.commit.number
    if said is not None and said.decode() != str(number) and not _same_cases(found.snapshot, said.decode()):
        raise Refusal(
            f"was made from commit {shown(said.decode())}, not {number}",
            file=str(grouping),
            cure=f"--commit {shown(said.decode())}, or group again",
        )


def _same_cases(snapshot: Snapshot, said: str) -> bool:
    """Whether another commit has the same cases: an objection, for one, changes none."""
    numbers = {str(commit.number): commit for commit in snapshot.data.commits()}
    return said in numbers and numbers[said].tables.get("cases") == snapshot.commit.tables.get("cases")
