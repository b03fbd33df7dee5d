"""Grouping as a stream (流式入组): what `tables.stream` leads through is grouped, ids beside the results."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from yiheng.base.progress import Progress
from yiheng.drg.case import NEEDED
from yiheng.drg.kernel.arrays import Compiled
from yiheng.drg.result import RESULT, WORDS
from yiheng.tables import stream
from yiheng.tables.stream import BATCH as BATCH
from yiheng.tables.stream import Out
from yiheng.tables.stream import Piece as Piece

_CODED = ("dx", "proc")


class Groups(Protocol):
    """What groups a batch."""

    def group(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The results of a batch's cases, in its order: columns OUT."""


def grouper_of(rules: Compiled) -> Groups:
    """What groups batches by a compiled pack, ready for work."""
    # Its compiler is slow to load: pieces are read meanwhile.
    from yiheng.drg.kernel.batch import Grouper

    grouper = Grouper(rules)
    grouper.group(pa.RecordBatch.from_pylist([], schema=pa.schema([])))
    return grouper


def grouped(
    pieces: Iterable[Piece], make: Callable[[], Groups], id_columns: Sequence[str], threads: int
) -> Iterator[list[pa.RecordBatch]]:
    """The results of each piece in order; see `tables.stream.mapped`."""
    return stream.beside_ids(pieces, lambda: make().group, id_columns, RESULT, threads)


def write_parquet(
    results: Iterable[list[pa.RecordBatch]],
    path: Path,
    id_columns: Sequence[str],
    about: Mapping[str, str],
    progress: Progress,
) -> dict[str, int]:
    """Write results to `path`, whole or not at all; how many cases have each status. Its metadata carry `about`."""
    its = Out(stream.with_ids(id_columns, RESULT), WORDS, "status")
    return stream.write_parquet(results, path, its, about, progress)


def parquet_pieces(path: Path, columns: Sequence[str]) -> Iterator[Piece]:
    """The row groups of a Parquet file, codes as dictionaries where they are stored so."""
    return stream.parquet_pieces(path, columns, _CODED)


def is_plain(path: Path, used: Collection[str]) -> bool:
    """Whether a Parquet file has what grouping needs in exactly the case table's types: it can be read as it is."""
    return stream.is_plain(path, NEEDED, used)
