"""Gathering on a cluster (集群汇总): the same expressions on Spark, which gives back sums; needs the extra `spark`."""

from itertools import chain
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.norms.items.gather import Gathered
from yiheng.norms.items.months import Months
from yiheng.norms.items.naming import SCHEMA as NAMES
from yiheng.norms.items.naming import item_names
from yiheng.norms.items.roster import Roster
from yiheng.norms.items.uses import IDS, NAMED, cell_sums, name_counts, net, place_sums
from yiheng.tables.contract import contract
from yiheng.tables.engine import held, scratch
from yiheng.tables.spark import Spark, spark

_USED = (*IDS, "item_code", "quantity", "amount", *NAMED)


def gather_on_cluster(master: str, backend: Backend, its: Roster, months: Months, shown: str = "") -> Gathered:
    """What a roster's cases used by all lines of DATA, as `gather.gather`; the lines stay on the cluster."""
    folder = scratch(backend) / ibis.util.gen_name("cluster")
    folder.mkdir(parents=True)
    roster_file = folder / "roster.parquet"
    pq.write_table(its.cases.to_pyarrow(), roster_file)
    with spark(master, "yiheng norms standards") as its_spark:
        lines = its_spark.files("lines", list(chain(*months.values())), _schema(contract("lines").schema, _USED))
        cases = its_spark.files("cases", [str(roster_file)], pq.read_schema(roster_file))
        names = item_names(_read(backend, its_spark.write(name_counts(lines, cases), folder / "names")))
        if not names.num_rows:
            raise Refusal("no charge line with an item code belongs to a case in a group", file=shown)
        found = Gathered(backend, its, names, held(backend, names.select(["item_no", "item_code"])))
        _sum_up(its_spark, found, lines, cases, folder)
    return found


def _sum_up(its: Spark, found: Gathered, lines: ir.Table, cases: ir.Table, folder: Path) -> None:
    numbers = ["item_no", "item_code"]
    pq.write_table(found.names.select(numbers), folder / "items.parquet")
    items = its.files("items", [str(folder / "items.parquet")], _schema(NAMES, numbers))
    # Netted once, and read from files by both sums.
    used_files = its.write(net(lines, cases, items), folder / "used")
    types = [pa.int32(), pa.int32(), pa.int64(), pa.int64()]
    schema = pa.schema(list(zip(("case_no", "item_no", "quantity", "amount"), types, strict=True)))
    used = its.files("used", [str(path) for path in used_files], schema)
    places = _read(found.backend, its.write(place_sums(used, cases), folder / "places")).to_pyarrow()
    found.add_sums(its.write(cell_sums(used, cases), folder / "cells"), places)


def _schema(declared: pa.Schema, names: list[str] | tuple[str, ...]) -> pa.Schema:
    return pa.schema([declared.field(name) for name in names])


def _read(backend: Backend, files: list[Path]) -> ir.Table:
    return backend.read_parquet([str(path) for path in files])
