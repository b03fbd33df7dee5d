"""Results as files (结果文件): Parquet or CSV by suffix, whole or not at all."""

import json
from collections.abc import Mapping
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.base.whole import whole
from yiheng.tables.engine import held, quoted
from yiheng.tables.place import check_out


def write_out(backend: Backend, table: pa.Table | ir.Table, path: Path, about: Mapping[str, str]) -> None:
    """Write a result in its own order; a Parquet file carries `about` (commit, policy, code version) as metadata."""
    check_out(path)
    if isinstance(table, pa.Table):
        table = held(backend, table)
    options = "FORMAT csv, HEADER true"
    if path.suffix == ".parquet":
        pairs = ", ".join(f"{quoted(name)}: {quoted(value)}" for name, value in about.items())
        options = f"FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{pairs}}}"
    with whole(path) as draft:
        backend.raw_sql(f"COPY ({backend.compile(table)}) TO {quoted(str(draft))} ({options})")


def about_json(about: Mapping[str, object]) -> dict[str, str]:
    """Metadata values as text; what is not text becomes JSON."""
    return {key: value if isinstance(value, str) else json.dumps(value, sort_keys=True) for key, value in about.items()}
