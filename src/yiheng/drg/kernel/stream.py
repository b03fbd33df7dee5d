"""Grouping as a stream (流式入组): cases in pieces, several at once, results in order, memory constant."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yiheng.base.progress import Progress
from yiheng.base.refusal import Refusal
from yiheng.base.whole import whole
from yiheng.drg.case import NEEDED
from yiheng.drg.kernel.arrays import Compiled
from yiheng.drg.result import OUT, RESULT
from yiheng.tables.contract import contract

# Rows that are grouped at a time: what is done once for all of them is little, what they need stays near the processor.
BATCH = 2 * 100 * 1000
# A row group of more rows is read bit by bit.
_LARGE = 2 * 1000 * 1000

# Few words often repeated, unlike reasons and ids.
_WORDS = OUT[: OUT.index("reason")]

Piece = Callable[[], Iterable[pa.RecordBatch]]


def out_schema(id_columns: Sequence[str]) -> pa.Schema:
    """The columns of an output."""
    return pa.schema([*(pa.field(name, pa.string()) for name in id_columns), *RESULT])


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
    """The results of each piece in order.

    The first pieces are read while `make` makes what groups them; at most one piece more than there are threads is in
    memory, and the one that is given out.
    """
    with ThreadPoolExecutor(threads) as pool:
        ahead = (pool.submit(_read, piece) for piece in pieces)
        reading = deque(islice(ahead, threads))
        grouper, waiting = make(), deque[Future[list[pa.RecordBatch]]]()
        while reading or waiting:
            if reading:
                # A thread that waits for a piece waits for one that another thread reads already.
                waiting.append(pool.submit(_group_piece, reading.popleft(), grouper, id_columns))
            reading.extend(islice(ahead, threads + 1 - len(reading) - len(waiting)))
            if len(waiting) >= threads or not reading:
                yield waiting.popleft().result()


def _read(piece: Piece) -> list[pa.RecordBatch]:
    return list(piece())


def _group_piece(
    read: Future[list[pa.RecordBatch]], grouper: Groups, id_columns: Sequence[str]
) -> list[pa.RecordBatch]:
    return [_with_ids(batch, grouper.group(batch), id_columns) for batch in read.result()]


def _with_ids(batch: pa.RecordBatch, results: pa.RecordBatch, id_columns: Sequence[str]) -> pa.RecordBatch:
    ids = [batch.column(name) for name in id_columns]
    return pa.RecordBatch.from_arrays([*ids, *results.columns], schema=out_schema(id_columns))


def write_parquet(
    results: Iterable[list[pa.RecordBatch]],
    path: Path,
    id_columns: Sequence[str],
    about: Mapping[str, str],
    progress: Progress,
) -> dict[str, int]:
    """Write results to `path`, whole or not at all; how many cases have each status. Its metadata carry `about`."""
    counted: Counter[str] = Counter()
    schema = out_schema(id_columns)
    options = {"compression": "zstd", "use_dictionary": list(_WORDS), "write_statistics": False, "store_schema": False}
    with whole(path) as draft, pq.ParquetWriter(draft, schema, **options) as writer:
        for batches in results:
            table = pa.Table.from_batches(batches, schema)
            writer.write_table(table)
            for batch in batches:
                counted.update(_counts(batch.column("status")))
            progress.advance(table.num_rows)
        writer.add_key_value_metadata(dict(about))
    return dict(counted)


def _counts(status: pa.DictionaryArray) -> dict[str, int]:
    words = status.dictionary.to_pylist()
    numbers = np.bincount(status.indices.to_numpy(), minlength=len(words)).tolist()
    return {word: number for word, number in zip(words, numbers, strict=True) if number}


def parquet_pieces(path: Path, columns: Sequence[str]) -> Iterator[Piece]:
    """The row groups of a Parquet file, codes as dictionaries where they are stored so."""
    with pq.ParquetFile(path) as file:
        meta, leaves = file.metadata, [file.schema.column(place).path for place in range(len(file.schema))]
    codes = [leaf for leaf in leaves if leaf.startswith(("dx.", "proc."))]
    for number in range(meta.num_row_groups):
        if meta.row_group(number).num_rows > _LARGE:
            with pq.ParquetFile(path, metadata=meta) as file:
                for batch in file.iter_batches(BATCH, row_groups=[number], columns=list(columns)):
                    yield partial(_one, batch)
        else:
            yield partial(_row_group, path, meta, codes, number, list(columns))


def _row_group(
    path: Path, meta: pq.FileMetaData, codes: list[str], number: int, columns: list[str]
) -> list[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path, metadata=meta, read_dictionary=codes) as file:
            table = file.read_row_group(number, columns=columns)
    except (pa.ArrowInvalid, OSError) as error:
        raise Refusal(f"row group {number + 1} cannot be read: {error}", file=path.name) from None
    return list(table.to_batches(max_chunksize=BATCH))


def _one(batch: pa.RecordBatch) -> list[pa.RecordBatch]:
    return [batch]


def is_plain(path: Path, used: Collection[str]) -> bool:
    """Whether a Parquet file has what grouping needs in exactly the case table's types: it can be read as it is.

    What else is to be said of a file is not said here. `used`: the columns of the case table that matter.
    """
    try:
        names = list((schema := pq.read_schema(path)).names)
    except (pa.ArrowInvalid, OSError):
        return False
    declared = contract("cases").schema
    given = [name for name in names if name.lower() in used]
    return (
        len(given) == len(set(given))
        and set(NEEDED) <= set(given) <= set(used)
        and all(_same(schema.field(name).type, declared.field(name).type) for name in given)
    )


def _same(found: pa.DataType, declared: pa.DataType) -> bool:
    if pa.types.is_list(declared):
        return bool(pa.types.is_list(found) and found.value_type == declared.value_type)
    return bool(found == declared)
