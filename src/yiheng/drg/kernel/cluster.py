"""Grouping on a cluster (集群入组): the same grouper, mapped over Parquet files by Spark; needs the extra `spark`.

The nodes have Yiheng installed and see the files and the folder for results under the same paths.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.drg.kernel.arrays import Compiled
from yiheng.drg.kernel.store import as_data, of_data
from yiheng.drg.result import OUT

# Where a row stood: its file and its place there, so that results can be put in the input's order.
FILE, PLACE = "file", "place"


def group_on_cluster(
    master: str, rules: Compiled, files: Sequence[str], columns: Sequence[str], id_columns: Sequence[str], out: Path
) -> None:
    """Group the cases of some Parquet files into Parquet files in the folder `out`: ids, OUT, FILE and PLACE.

    `columns`: those that grouping needs, in the case table's types; see `stream.is_plain`.
    """
    session = _session(master)
    try:
        places = ["_metadata.file_path AS file", "_metadata.row_index AS place"]
        cases = session.read.parquet(*files).selectExpr(*(f"`{name}`" for name in columns), *places)
        text = ", ".join(f"`{name}` string" for name in (*id_columns, *OUT)) + f", {FILE} string, {PLACE} bigint"
        mapped = cases.mapInArrow(mapper(json.dumps(as_data(rules)), tuple(id_columns)), text)
        mapped.write.parquet(str(out), compression="zstd")
    finally:
        session.stop()


def mapper(rules: str, id_columns: tuple[str, ...]) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What a node does with its batches; `rules` is a compiled pack as JSON."""

    def grouped(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        grouper = _grouper(rules)
        for batch in batches:
            found = grouper.group(batch)
            kept = [batch.column(name).cast(pa.string()) for name in id_columns]
            words = [column.cast(pa.string()) for column in found.columns]
            places = [batch.column(FILE).cast(pa.string()), batch.column(PLACE).cast(pa.int64())]
            yield pa.RecordBatch.from_arrays([*kept, *words, *places], names=[*id_columns, *OUT, FILE, PLACE])

    return grouped


@lru_cache(maxsize=10)
def _grouper(rules: str) -> Any:
    from yiheng.drg.kernel.batch import Grouper

    return Grouper(of_data(json.loads(rules)))


def _session(master: str) -> Any:
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ModuleNotFoundError:
        raise Refusal("Spark is not installed", value=master, cure="pip install 'yiheng[spark]', and Java 17") from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("yiheng drg group")
    settings = {"spark.sql.execution.arrow.maxRecordsPerBatch": "100000", "spark.ui.enabled": "false"}
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except PySparkRuntimeError as error:
        raise Refusal(f"there is no such cluster: {error}", value=master) from None
