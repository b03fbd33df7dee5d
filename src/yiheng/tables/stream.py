"""Cases as a stream (流式处理): in pieces, several at once, results in order, memory constant; loads no engine."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yiheng.base.progress import Progress
from yiheng.base.refusal import Refusal
from yiheng.base.whole import whole
from yiheng.tables.contract import contract

# Rows that are worked on at a time: what is done once for all of them is little, what they need stays near the
# processor.
BATCH = 2**17

Piece = Callable[[], Iterable[pa.RecordBatch]]
Work = Callable[[pa.RecordBatch], pa.RecordBatch]


def mapped(pieces: Iterable[Piece], make: Callable[[], Work], threads: int) -> Iterator[list[pa.RecordBatch]]:
    """What the work makes of each batch of the pieces, in order.

    The first batches are read while `make` makes the work ready; of batches that wait for the work, and of those that
    wait to be given out, there are at most as many as threads, and one.
    """
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(threads) as pool:
        reading = _reading(pieces, reader, threads + 1)
        work, waiting = make(), deque[Future[pa.RecordBatch]]()
        for batch in reading:
            waiting.append(pool.submit(work, batch))
            if len(waiting) > threads:
                yield [waiting.popleft().result()]
        while waiting:
            yield [waiting.popleft().result()]


def one_by_one(batches: Iterable[pa.RecordBatch]) -> Iterator[Piece]:
    """Batches that are there already, as pieces."""
    return (partial(list, [batch]) for batch in batches)


def read_ahead(pieces: Iterable[Piece], batches: int) -> Iterator[pa.RecordBatch]:
    """The batches of the pieces in order, as many being read meanwhile."""
    with ThreadPoolExecutor(1) as reader:
        yield from _reading(pieces, reader, batches)


def _reading(pieces: Iterable[Piece], reader: ThreadPoolExecutor, batches: int) -> Iterator[pa.RecordBatch]:
    """The batches of the pieces; the first ones are read from now on, not only when they are asked for."""
    source = chain.from_iterable(piece() for piece in pieces)
    ahead = deque(reader.submit(next, source, None) for _ in range(batches))
    return _given_out(source, reader, ahead)


def _given_out(
    source: Iterator[pa.RecordBatch], reader: ThreadPoolExecutor, ahead: deque[Future[pa.RecordBatch | None]]
) -> Iterator[pa.RecordBatch]:
    while (batch := ahead.popleft().result()) is not None:
        ahead.append(reader.submit(next, source, None))
        yield batch


@dataclass(frozen=True)
class Stream:
    """What is worked out for each case of a stream.

    - needed: the columns of the case table without which there is no answer; coded: those that hold codes, or few
      words, often repeated
    - result: the columns of an answer; words: those of them that hold few words; counted: the one whose words are
      counted, a dictionary column
    """

    needed: Collection[str]
    coded: Collection[str]
    result: pa.Schema
    words: Sequence[str]
    counted: str

    def is_plain(self, path: Path, used: Collection[str]) -> bool:
        """Whether a Parquet file of cases can be read as it is; see the function `is_plain`."""
        return is_plain(path, self.needed, used)

    def pieces(self, path: Path, columns: Sequence[str]) -> Iterator[Piece]:
        """The row groups of a Parquet file of cases; see `parquet_pieces`."""
        return parquet_pieces(path, columns, self.coded)

    def answers(
        self, pieces: Iterable[Piece], make: Callable[[], Work], id_columns: Sequence[str], threads: int
    ) -> Iterator[list[pa.RecordBatch]]:
        """What the work makes of each batch, columns of `result`, behind the ids of its rows; see `mapped`."""
        schema = self._with_ids(id_columns)

        def work() -> Work:
            made = make()
            return lambda batch: pa.RecordBatch.from_arrays(
                [*(batch.column(name) for name in id_columns), *made(batch).columns], schema=schema
            )

        return mapped(pieces, work, threads)

    def write(
        self,
        answers: Iterable[list[pa.RecordBatch]],
        path: Path,
        id_columns: Sequence[str],
        about: Mapping[str, str],
        progress: Progress,
    ) -> dict[str, int]:
        """Write answers to `path`, whole or not at all, metadata `about`; how often each word of `counted` occurs."""
        counts: Counter[str] = Counter()
        schema = self._with_ids(id_columns)
        # Words are numbers of a few bits by then: to press them as well would cost more than it saves.
        press = {name: "none" if name in self.words else "zstd" for name in schema.names}
        options = {"compression": press, "use_dictionary": list(self.words), "write_statistics": False}
        with whole(path) as draft, pq.ParquetWriter(draft, schema, store_schema=False, **options) as writer:
            for batches in answers:
                table = pa.Table.from_batches(batches, schema)
                writer.write_table(table)
                for batch in batches:
                    counts.update(_counts(batch.column(self.counted)))
                progress.advance(table.num_rows)
            writer.add_key_value_metadata(dict(about))
        return dict(counts)

    def _with_ids(self, id_columns: Sequence[str]) -> pa.Schema:
        return pa.schema([*(pa.field(name, pa.string()) for name in id_columns), *self.result])


def _counts(words: pa.DictionaryArray) -> dict[str, int]:
    texts = words.dictionary.to_pylist()
    numbers = np.bincount(words.indices.to_numpy(), minlength=len(texts)).tolist()
    return {text: number for text, number in zip(texts, numbers, strict=True) if number}


def parquet_pieces(path: Path, columns: Sequence[str], coded: Collection[str]) -> Iterator[Piece]:
    """The row groups of a Parquet file, `coded` columns (text, or lists of it) as dictionaries where stored so."""
    with pq.ParquetFile(path) as file:
        meta, leaves = file.metadata, [file.schema.column(place).path for place in range(len(file.schema))]
    codes = [leaf for leaf in leaves if leaf.split(".")[0] in coded]
    for number in range(meta.num_row_groups):
        yield partial(_row_group, path, meta, codes, number, list(columns))


def _row_group(
    path: Path, meta: pq.FileMetaData, codes: list[str], number: int, columns: list[str]
) -> Iterator[pa.RecordBatch]:
    """The batches of a row group; of several at once, lists of dictionaries cannot be read so."""
    try:
        with pq.ParquetFile(path, metadata=meta, read_dictionary=codes) as file:
            yield from file.iter_batches(BATCH, row_groups=[number], columns=columns)
    except (pa.ArrowInvalid, OSError) as error:
        raise Refusal(f"row group {number + 1} cannot be read: {error}", file=path.name) from None


def is_plain(path: Path, needed: Collection[str], used: Collection[str]) -> bool:
    """Whether a Parquet file has what is needed in exactly the case table's types: it can be read as it is.

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
        and set(needed) <= set(given) <= set(used)
        and all(_same(schema.field(name).type, declared.field(name).type) for name in given)
    )


def _same(found: pa.DataType, declared: pa.DataType) -> bool:
    if pa.types.is_list(declared):
        return bool(pa.types.is_list(found) and found.value_type == declared.value_type)
    return bool(found == declared)
