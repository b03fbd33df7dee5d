"""A snapshot (快照): the tables as one commit has them, whatever is written meanwhile."""

from collections.abc import Iterable
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.tables.commit import Commit
from yiheng.tables.contract import Contract, contract
from yiheng.tables.data import Data
from yiheng.tables.delta import version_files


class Snapshot:
    """DATA at one commit, read through `backend`."""

    def __init__(self, backend: Backend, data: Data, number: int | None = None) -> None:
        self.backend = backend
        self.data = data
        self.commit: Commit = data.commit(number)

    def table(self, name: str) -> ir.Table:
        """A table with the columns of its contract; empty where nothing was ever loaded."""
        version = self.commit.tables.get(name)
        paths = [] if version is None else version_files(self.data.table_folder(name), version)
        return read_files(self.backend, paths, contract(name))


def read_files(backend: Backend, paths: Iterable[str | Path], declared: Contract) -> ir.Table:
    """Parquet files of one table, with exactly the declared columns and types; a column they lack is null."""
    names = [str(path) for path in paths]
    if not names:
        return backend.create_table(
            ibis.util.gen_name("empty"), schema=ibis.Schema.from_pyarrow(declared.schema), temp=True
        )
    options = {"hive_partitioning": declared.partition is not None, "union_by_name": True}
    found = backend.read_parquet(names, **options)
    return conform(found, declared.schema)


def conform(table: ir.Table, schema: pa.Schema) -> ir.Table:
    """`table` with exactly the columns of `schema` in their types; a column it lacks is null."""
    types = ibis.Schema.from_pyarrow(schema)
    return table.select(
        **{name: table[name].cast(kind) if name in table.columns else ibis.null(kind) for name, kind in types.items()}
    )
