"""The charge lines of DATA month by month (按月读取明细): all lines of a case stand in the month of its discharge."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import ibis.expr.types as ir
import pyarrow.parquet as pq

from yiheng.base.refusal import Refusal
from yiheng.tables.contract import contract
from yiheng.tables.delta import version_files
from yiheng.tables.snapshot import Snapshot, read_files

Months = dict[str, list[str]]
# Lines that are gathered at a time; a month is never split.
AT_ONCE = 2 * 1000 * 1000


def line_files(snapshot: Snapshot) -> Months:
    """The files of charge lines by month (YYYYMM), in order; DATA without lines is refused."""
    version = snapshot.commit.tables.get("lines")
    found: Months = defaultdict(list)
    for path in [] if version is None else version_files(snapshot.data.table_folder("lines"), version):
        found[Path(path).parent.name.rpartition("=")[2]].append(path)
    if not found:
        cure = "yiheng cases load LINES.csv --to DATA"
        raise Refusal("holds no charge lines", file=str(snapshot.data.root), cure=cure)
    return dict(sorted(found.items()))


def in_parts(months: Months) -> list[list[str]]:
    """The files of one month or of several that are small, in order: what is gathered at a time."""
    parts: list[list[str]] = []
    rows = AT_ONCE
    for files in months.values():
        more = sum(pq.read_metadata(path).num_rows for path in files)
        if rows + more > AT_ONCE:
            parts.append([])
            rows = 0
        parts[-1] += files
        rows += more
    return parts


def lines_of(snapshot: Snapshot, parts: list[list[str]]) -> Iterator[ir.Table]:
    """The lines of each part, as the contract `lines` has them."""
    return (read_files(snapshot.backend, paths, contract("lines")) for paths in parts)
