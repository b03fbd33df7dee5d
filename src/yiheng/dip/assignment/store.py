"""Compiled catalogues on disk (目录编译缓存): a catalogue is read and compiled once, for all processes after it.

An entry is found by the digest of the catalogue's file and the version of the code; see `base.kept`.
"""

import hashlib
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from yiheng.base.kept import keep, kept
from yiheng.dip.assignment import machine as a
from yiheng.dip.assignment.book import Token, open_book
from yiheng.dip.assignment.compile import Compiled, Tables, put_together, tables_of
from yiheng.dip.assignment.result import OUT
from yiheng.dip.file import Held
from yiheng.dip.plan import plan

_SUFFIX = ".catalogue"
# Arrays of two dimensions, by how many cells a row of them has.
_WIDE = ("values", "pools")


def stored(held: Held, digest: str, folder: Path, code_version: str) -> Compiled:
    """The compiled form of a catalogue, from `folder` or put there; `digest` is that of its file."""
    its = plan(held.scheme, held.day)
    book = cache(lambda: open_book(held.groups, its))
    path = folder / (hashlib.sha256(f"{code_version}\n{digest}".encode()).hexdigest() + _SUFFIX)
    found = kept(path)
    if found is not None:
        return put_together(_of_bytes(found), its, book)
    made = tables_of(book())
    keep(path, _as_bytes(made))
    return put_together(made, its, book)


def _as_bytes(tables: Tables) -> bytes:
    """One row whose cells are the tables' columns."""
    columns: dict[str, pa.Array] = {f"groups.{name}": pa.array(its.ravel()) for name, its in _arrays(tables.groups)}
    columns |= {f"width.{name}": pa.array([getattr(tables.groups, name).shape[1]]) for name in _WIDE}
    for kind, tokens in (("dx", tables.dx), ("proc", tables.proc)):
        columns[f"{kind}.text"] = pa.array([token.text for token in tokens], pa.string())
        columns[f"{kind}.how"] = pa.array([token.how for token in tokens], pa.string())
    columns |= {"wides": pa.array(tables.wides, pa.string()), "ranges": pa.array(tables.ranges, pa.string())}
    columns |= {f"answers.{name}": its for name, its in tables.answers.items()}
    cells = [pa.ListArray.from_arrays(pa.array([0, len(its)], pa.int32()), its) for its in columns.values()]
    batch = pa.RecordBatch.from_arrays(cells, names=list(columns))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _of_bytes(content: bytes) -> Tables:
    """The tables from `_as_bytes`."""
    batch = pa.ipc.open_file(pa.BufferReader(content)).get_batch(0)
    columns: dict[str, pa.Array] = {name: batch.column(name).flatten() for name in batch.schema.names}
    groups = {name: columns[f"groups.{name}"].to_numpy() for name in a.Groups._fields}
    groups |= {name: groups[name].reshape(-1, columns[f"width.{name}"][0].as_py()) for name in _WIDE}
    dx, proc = (
        tuple(
            Token(kind, text, how)
            for text, how in zip(*(columns[f"{kind}.{part}"].to_pylist() for part in ("text", "how")), strict=True)
        )
        for kind in ("dx", "proc")
    )
    wides, ranges = (tuple(columns[name].to_pylist()) for name in ("wides", "ranges"))
    return Tables(a.Groups(**groups), dx, proc, wides, ranges, {name: columns[f"answers.{name}"] for name in OUT})


def _arrays(groups: a.Groups) -> list[tuple[str, np.ndarray]]:
    return list(zip(groups._fields, groups, strict=True))
