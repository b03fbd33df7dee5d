"""Parquet files (Parquet 文件): their columns keep their types, their rows come in batches."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from yiheng.cases.source.rows import ROWS
from yiheng.cases.source.stream import readable


def parquet_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file, batch by batch."""
    with readable(path):
        yield from pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20).iter_batches(ROWS)


def parquet_schema(path: Path) -> pa.Schema:
    """The columns of a Parquet file."""
    with readable(path):
        return pq.read_schema(path)
