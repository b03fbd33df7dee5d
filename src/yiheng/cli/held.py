"""A result in hand as a table of the engine, so that it can be written by it."""

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend


def held(backend: Backend, table: pa.Table) -> ir.Table:
    """`table`, in its own order, as a temporary table of `backend`."""
    return backend.create_table(ibis.util.gen_name("held"), ibis.memtable(table), temp=True)
