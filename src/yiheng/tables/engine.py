"""The engine (查询引擎): DuckDB in memory, through Ibis, with its limits as settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.tables.limits import memory_limit, threads
from yiheng.tables.stream import BATCH


@contextmanager
def engine() -> Iterator[Backend]:
    """A DuckDB of its own that spills to a temporary folder above its memory limit.

    `YIHENG_MEMORY` sets the limit ("512MB", "8GB"), `YIHENG_THREADS` the number of threads; others are refused.
    """
    with TemporaryDirectory(prefix="yiheng-") as spill:
        backend = ibis.duckdb.connect()
        settings = {"memory_limit": memory_limit(), "temp_directory": spill, "threads": str(threads())}
        for name, value in settings.items():
            backend.raw_sql(f"SET {name} = {quoted(value)}")
        try:
            yield backend
        finally:
            backend.disconnect()


def held(backend: Backend, table: pa.Table) -> ir.Table:
    """An Arrow table, in its own order, as a temporary table of the engine."""
    return backend.create_table(ibis.util.gen_name("held"), ibis.memtable(table), temp=True)


def fetch(backend: Backend, query: str) -> pa.Table:
    """The whole result of a query, for those few that Ibis has no words for."""
    return backend.con.sql(query).to_arrow_table()


def batches(backend: Backend, table: ir.Table) -> pa.RecordBatchReader:
    """The rows of a table, piece by piece."""
    return backend.con.sql(backend.compile(table)).to_arrow_reader(BATCH)


def quoted(text: str) -> str:
    """`text` as a literal in a query."""
    return "'" + text.replace("'", "''") + "'"


def scratch(backend: Backend) -> Path:
    """The engine's temporary folder, gone when the engine ends."""
    return Path(fetch(backend, "SELECT current_setting('temp_directory') AS folder")["folder"][0].as_py())
