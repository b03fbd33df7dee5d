"""The standards of all groups (标准汇编): from gathered sums to one table, some groups at a time."""

import ibis.expr.types as ir
import pyarrow.parquet as pq

from yiheng.base.progress import Progress, Silent
from yiheng.norms.items.gather import Gathered, own_file
from yiheng.norms.items.rules import Rules
from yiheng.norms.items.standards import SCHEMA, standards


def standard_table(found: Gathered, rules: Rules, progress: Progress | None = None) -> ir.Table:
    """`standards.SCHEMA` in order of group and item, held in the engine's temporary folder."""
    (progress or Silent()).step("standards", None)
    where = found.places
    path = own_file(found.backend, "standards")
    with pq.ParquetWriter(path, SCHEMA) as file:
        for cells in found.cells():
            file.write_table(standards(cells, where, found.roster.groups, found.names, rules))
    return found.backend.read_parquet(str(path))
