"""Grouping on a cluster (集群入组): the same grouper, mapped over Parquet files by Spark; see `tables.cluster`."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from yiheng.drg.kernel.chosen import Chosen
from yiheng.drg.kernel.store import as_data, of_data
from yiheng.drg.result import OUT
from yiheng.tables.cluster import FILE as FILE
from yiheng.tables.cluster import PLACE as PLACE
from yiheng.tables.cluster import PLACES, Mapper, map_files
from yiheng.tables.stream import Work


def group_on_cluster(
    master: str, chosen: Chosen, files: Sequence[str], columns: Sequence[str], id_columns: Sequence[str], out: Path
) -> None:
    """Group the cases of some Parquet files into Parquet files in the folder `out`: ids, OUT, FILE and PLACE.

    `columns`: those that grouping needs, in the case table's types; see `stream.is_plain`.
    """
    made = ", ".join([*(f"`{name}` string" for name in (*id_columns, *OUT)), PLACES])
    its = mapper(sent(chosen), tuple(id_columns))
    map_files(master, "yiheng drg group", files, columns, its, made, out)


def sent(chosen: Chosen) -> str:
    """What the nodes group by: the compiled packs, and from when to when which of them holds, as JSON."""
    periods = [[str(start), str(end or ""), place] for start, end, place in chosen.periods]
    return json.dumps({"packs": [as_data(its) for its in chosen.compiled], "periods": periods})


def mapper(rules: str, id_columns: tuple[str, ...]) -> Mapper:
    """What a node does with its batches; `rules`: see `sent`."""

    def grouped(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        group = _group(rules)
        for batch in batches:
            found = group(batch)
            kept = [batch.column(name).cast(pa.string()) for name in id_columns]
            words = [column.cast(pa.string()) for column in found.columns]
            places = [batch.column(FILE).cast(pa.string()), batch.column(PLACE).cast(pa.int64())]
            yield pa.RecordBatch.from_arrays([*kept, *words, *places], names=[*id_columns, *OUT, FILE, PLACE])

    return grouped


@lru_cache(maxsize=10)
def _group(rules: str) -> Work:
    from yiheng.drg.kernel.batch import Grouper

    data = json.loads(rules)
    packs = [of_data(its) for its in data["packs"]]
    if not data["periods"]:
        return Grouper(packs[0]).group
    from yiheng.drg.kernel.dated import DatedGrouper

    day = date.fromisoformat
    periods = [(day(start), day(end) if end else None, place) for start, end, place in data["periods"]]
    return DatedGrouper(packs, periods).group
