"""Repeats (重复键): which of very many keys stand twice, by hashes on disk; memory does not grow with the keys."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from ibis.backends.duckdb import Backend
from numpy.typing import NDArray

from yiheng.tables.engine import scratch

# So many hashes or so are sorted at a time.
_SORTED = 2_000_000
_READ = 100_000

Hashes = NDArray[np.uint64]


def repeated(backend: Backend, hashes: str, rows: int) -> pa.Array:
    """What stands twice or more often in the one column, uint64 and never null, of a query of about so many rows."""
    folder = scratch(backend)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as name:
        parts = [Path(name, str(part)) for part in range(rows // _SORTED + 1)]
        _part(_batches(backend, hashes), parts)
        return pa.array(np.concatenate([_twice(np.fromfile(part, np.uint64)) for part in parts]), pa.uint64())


def _batches(backend: Backend, query: str) -> Iterator[Hashes]:
    for batch in backend.con.sql(query).to_arrow_reader(_READ):
        yield np.asarray(batch.column(0))


def _part(batches: Iterator[Hashes], parts: list[Path]) -> None:
    """Write hashes to files, equal ones to the same."""
    with ExitStack() as opened:
        files = [opened.enter_context(part.open("wb")) for part in parts]
        for hashes in batches:
            its = hashes % len(parts)
            for number, file in enumerate(files):
                (hashes[its == number] if len(files) > 1 else hashes).tofile(file)


def _twice(hashes: Hashes) -> Hashes:
    hashes.sort()
    return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
