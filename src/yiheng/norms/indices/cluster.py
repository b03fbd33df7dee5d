"""Monthly sums on a cluster (集群月度汇总): the same expressions on Spark; needs the extra `spark`."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.norms.facts import USED, facts_of
from yiheng.norms.indices.monthly import monthly
from yiheng.norms.institutions import place_table
from yiheng.norms.rules import Rules
from yiheng.tables.contract import contract
from yiheng.tables.engine import quoted, scratch
from yiheng.tables.spark import Spark, spark

_IDS = ("hospital", "case_id")
_GROUPED = pa.schema([*((name, pa.string()) for name in _IDS), ("row", pa.int64()), ("group", pa.string())])


def monthly_on_cluster(
    master: str, backend: Backend, files: Sequence[str], grouped: ir.Table, institution: pa.Table, rules: Rules
) -> ir.Table:
    """The sums of `indices.monthly` over the cases of some Parquet files; these stay on the cluster.

    `grouped` says hospital, case_id, row and group (text) of each of them; `institution` is the list of DATA.
    """
    folder = scratch(backend) / ibis.util.gen_name("cluster")
    folder.mkdir(parents=True)
    query = backend.compile(grouped.select(_GROUPED.names))
    backend.raw_sql(f"COPY ({query}) TO {quoted(str(folder / 'groups.parquet'))} (FORMAT parquet)")
    places = place_table(institution)
    pq.write_table(places, folder / "places.parquet")
    with spark(master, "yiheng norms monthly") as its:
        groups = its.files("groups", [str(folder / "groups.parquet")], _GROUPED)
        placed = its.files("places", [str(folder / "places.parquet")], places.schema)
        cases = _cases(its, files).inner_join(groups, list(_IDS))
        sums = its.write(monthly(facts_of(cases, "group", placed, rules)), folder / "sums")
    return backend.read_parquet([str(path) for path in sums])


def _cases(its: Spark, files: Sequence[str]) -> ir.Table:
    """What is counted of the case table; the year, by which its files lie, is not."""
    declared = contract("cases").schema
    names = dict.fromkeys(name for name in (*_IDS, *USED) if name in declared.names and name != "year")
    return its.files("cases", files, pa.schema([declared.field(name) for name in names]))
