"""Assignment as a stream (流式入组): what `tables.stream` leads through finds its groups, ids beside the results."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from yiheng.base.progress import Progress
from yiheng.dip.assignment.result import FIGURES, NEEDED, RESULT, WORDS
from yiheng.dip.file import Held
from yiheng.tables import stream
from yiheng.tables.stream import Out, Piece

ID_COLUMNS = ("hospital", "case_id")
NECESSARY = ("case_id", "dx")
USED = (*ID_COLUMNS, *NEEDED)
# Columns of codes, and of words often repeated.
CODED = ("dx", "proc", "dx_edition", "proc_edition")


class Assigns(Protocol):
    """What assigns a batch."""

    def assign(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The results of a batch's cases, in its order: columns of RESULT."""


def assigner_of(held: Held, digest: str, cache: Path, code_version: str) -> Assigns:
    """What assigns batches to the groups of a catalogue, ready for work; see `store.stored`."""
    # Its compiler is slow to load: pieces are read meanwhile.
    from yiheng.dip.assignment.batch import Assigner
    from yiheng.dip.assignment.store import stored

    made = Assigner(stored(held, digest, cache, code_version))
    made.assign(pa.RecordBatch.from_pylist([], schema=pa.schema([])))
    return made


def assigned(
    pieces: Iterable[Piece], make: Callable[[], Assigns], id_columns: Sequence[str], threads: int
) -> Iterator[list[pa.RecordBatch]]:
    """The results of each piece in order; see `tables.stream.mapped`."""
    return stream.beside_ids(pieces, lambda: make().assign, id_columns, RESULT, threads)


def write_parquet(
    results: Iterable[list[pa.RecordBatch]],
    path: Path,
    id_columns: Sequence[str],
    about: Mapping[str, str],
    progress: Progress,
) -> dict[str, int]:
    """Write results to `path`, whole or not at all; how many cases have each status. Its metadata carry `about`."""
    its = Out(stream.with_ids(id_columns, RESULT), (*WORDS, *FIGURES), "status")
    return stream.write_parquet(results, path, its, about, progress)


def parquet_pieces(path: Path, columns: Sequence[str]) -> Iterator[Piece]:
    """The row groups of a Parquet file, codes as dictionaries where they are stored so."""
    return stream.parquet_pieces(path, columns, CODED)


def is_plain(path: Path) -> bool:
    """Whether a Parquet file has what assignment needs in exactly the case table's types: it can be read as it is."""
    return stream.is_plain(path, NECESSARY, USED)
