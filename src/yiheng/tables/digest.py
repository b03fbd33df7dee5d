"""The digest of a table (内容摘要): equal content, equal digest, whatever the order, engine or number of files."""

import hashlib

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend
from ibis.expr.datatypes import DataType

from yiheng.tables.filedigest import file_sha256 as file_sha256


def digest(backend: Backend, table: ir.Table) -> str:
    """sha256 (hex) of the column names and types and of every row's own sha256, in order of the latter.

    A row is written so that no two different rows look the same; null is not the empty text.
    Rows that are equal count as often as they occur. `table` belongs to `backend`.
    """
    schema = table.schema()
    total = hashlib.sha256()
    total.update("\n".join(f"{name} {kind}" for name, kind in schema.items()).encode())
    row = ", ".join(_as_text(name, kind) for name, kind in schema.items())
    query = f"SELECT unhex(sha256(concat_ws(chr(31), {row}))) AS row FROM ({backend.compile(table)}) ORDER BY row"
    for batch in backend.con.sql(query).to_arrow_reader(100_000):
        total.update(b"".join(batch.column(0).to_pylist()))
    return total.hexdigest()


def _as_text(name: str, kind: DataType) -> str:
    """A column as text between separators: only free text can hold the separator, and says its length first."""
    column = '"' + name.replace('"', '""') + '"'
    text = f"CAST(to_json({column}) AS VARCHAR)" if kind.is_nested() else f"CAST({column} AS VARCHAR)"
    shown = f"concat(length({column}), ':', {column})" if kind.is_string() else text
    return f"CASE WHEN {column} IS NULL THEN '-' ELSE {shown} END"
