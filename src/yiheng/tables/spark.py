"""A Spark cluster (集群) as an engine for the same Ibis expressions; needs the extra `spark`.

The nodes see the files of DATA and the folder for results under the same paths.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from yiheng.base.refusal import Refusal

_SETTINGS = {"spark.sql.execution.arrow.maxRecordsPerBatch": "100000", "spark.ui.enabled": "false"}
_TYPES = {
    "string": "string", "bool": "boolean", "date32[day]": "date",
    "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint",
}  # fmt: skip


class Spark:
    """A session on a cluster, and Ibis over it."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.backend = ibis.pyspark.connect(session)

    def files(self, name: str, paths: Sequence[str], schema: pa.Schema) -> ir.Table:
        """Parquet files as a table with exactly these columns; one that a file lacks is null."""
        declared = ", ".join(f"`{field.name}` {_type(field.type)}" for field in schema)
        self.session.read.schema(declared).parquet(*paths).createOrReplaceTempView(name)
        return self.backend.table(name)

    def write(self, table: ir.Table, folder: Path) -> list[Path]:
        """The result of an expression as Parquet files of a new folder."""
        self.session.sql(self.backend.compile(table)).write.parquet(str(folder), compression="zstd")
        return sorted(folder.glob("*.parquet"))


@contextmanager
def spark(master: str, name: str) -> Iterator[Spark]:
    """A session on the cluster `master`, such as spark://host:7077; no Spark or no such cluster is refused."""
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ModuleNotFoundError:
        raise Refusal("Spark is not installed", value=master, cure="pip install 'yiheng[spark]', and Java 17") from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName(name)
    for key, value in _SETTINGS.items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except PySparkRuntimeError as error:
        raise Refusal(f"there is no such cluster: {error}", value=master) from None
    try:
        yield Spark(session)
    finally:
        session.stop()


def _type(kind: pa.DataType) -> str:
    return f"decimal({kind.precision},{kind.scale})" if pa.types.is_decimal(kind) else _TYPES[str(kind)]
