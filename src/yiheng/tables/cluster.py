"""Work on a cluster (集群): Spark maps Parquet files, batch by batch, into Parquet files; needs the extra `spark`.

The nodes have Yiheng installed and see the files and the folder for results under the same paths.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from yiheng.base.refusal import Refusal

# Where a row stood: its file and its place there, so that results can be put in the input's order.
FILE, PLACE = "file", "place"
PLACES = f"{FILE} string, {PLACE} bigint"

Mapper = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def map_files(
    master: str, name: str, files: Sequence[str], columns: Sequence[str], mapper: Mapper, made: str, out: Path
) -> None:
    """Map some columns of Parquet files, with FILE and PLACE behind them, into Parquet files in the folder `out`.

    `mapper` is led over the batches of each part of the files; `made` says in Spark's words what columns it makes.
    """
    session = _session(master, name)
    try:
        places = [f"_metadata.file_path AS {FILE}", f"_metadata.row_index AS {PLACE}"]
        cases = session.read.parquet(*files).selectExpr(*(f"`{name}`" for name in columns), *places)
        cases.mapInArrow(mapper, made).write.parquet(str(out), compression="zstd")
    finally:
        session.stop()


def _session(master: str, name: str) -> Any:
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ModuleNotFoundError:
        raise Refusal("Spark is not installed", value=master, cure="pip install 'yiheng[spark]', and Java 17") from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName(name)
    settings = {"spark.sql.execution.arrow.maxRecordsPerBatch": "100000", "spark.ui.enabled": "false"}
    for setting, value in settings.items():
        builder = builder.config(setting, value)
    try:
        return builder.getOrCreate()
    except PySparkRuntimeError as error:
        raise Refusal(f"there is no such cluster: {error}", value=master) from None
