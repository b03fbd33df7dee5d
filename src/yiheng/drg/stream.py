"""Grouping as a stream (流式入组): cases in pieces, several at once, results in order, memory constant."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from yiheng.base.progress import Progress
from yiheng.base.refusal import Refusal
from yiheng.base.whole import whole
from yiheng.drg.batch import OUT, RESULT, Grouper
from yiheng.tables.contract import contract

# Rows that are grouped at a time: few enough to stay near the processor.
BATCH = 100 * 1000
# A row group of more rows is read bit by bit.
_LARGE = 2 * 1000 * 1000

# Few words often repeated, unlike reasons and ids.
_WORDS = OUT[: OUT.index("reason")]

Piece = Callable[[], Iterable[pa.RecordBatch]]


def out_schema(id_columns: Sequence[str]) -> pa.Schema:
    """The columns of an output."""
    return pa.schema([*(pa.field(name, pa.string()) for name in id_columns), *RESULT])


def grouped(
    pieces: Iterable[Piece], grouper: Grouper, id_columns: Sequence[str], threads: int
) -> Iterator[list[pa.RecordBatch]]:
    """The results of each piece in order; at most one piece more than there are threads is in memory."""
    waiting: deque[Future[list[pa.RecordBatch]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for piece in pieces:
            waiting.append(pool.submit(_group_piece, piece, grouper, id_columns))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _group_piece(piece: Piece, grouper: Grouper, id_columns: Sequence[str]) -> list[pa.RecordBatch]:
    return [_with_ids(batch, grouper.group(batch), id_columns) for batch in piece()]


def _with_ids(batch: pa.RecordBatch, results: pa.RecordBatch, id_columns: Sequence[str]) -> pa.RecordBatch:
    ids = [batch.column(name) for name in id_columns]
    return pa.RecordBatch.from_arrays([*ids, *results.columns], schema=out_schema(id_columns))


def write_parquet(
    results: Iterable[list[pa.RecordBatch]],
    path: Path,
    id_columns: Sequence[str],
    about: Mapping[str, str],
    progress: Progress,
) -> None:
    """Write results to `path`, whole or not at all; the file's metadata carry `about`."""
    schema = out_schema(id_columns)
    options = {"compression": "zstd", "use_dictionary": list(_WORDS), "write_statistics": False, "store_schema": False}
    with whole(path) as draft, pq.ParquetWriter(draft, schema, **options) as writer:
        for batches in results:
            table = pa.Table.from_batches(batches, schema)
            writer.write_table(table)
            progress.advance(table.num_rows)
        writer.add_key_value_metadata(dict(about))


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


def is_plain(path: Path, columns: Sequence[str]) -> bool:
    """Whether a Parquet file has these columns in exactly the case table's types, so that it can be read as it is."""
    schema = pq.read_schema(path)
    declared = contract("cases").schema
    return all(_same(schema.field(name).type, declared.field(name).type) for name in columns)


def _same(found: pa.DataType, declared: pa.DataType) -> bool:
    if pa.types.is_list(declared):
        return bool(pa.types.is_list(found) and found.value_type == declared.value_type)
    return bool(found == declared)
