"""Duplicates (重复病例): keys that stand twice among new rows, or that DATA already holds."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from yiheng.cases.repeats import repeated
from yiheng.tables.engine import engine, fetch, quoted

_HASHES = "repeated_hashes"
# `place` is the row's place in its file; of rows with one key the first by source stays, those of `first` before all.
_REPEATED = """
    WITH held AS ({held}), new AS ({new}),
         keys AS (SELECT {key} FROM new UNION ALL FROM held),
         repeated AS (SELECT {key} FROM keys GROUP BY ALL HAVING count(*) > 1),
         turns AS (SELECT filename AS path, file_row_number AS place, {key}, source_file, source_row,
                          row_number() OVER (
                              PARTITION BY {key} ORDER BY source_file NOT IN ({first}), source_file, source_row) AS turn
                   FROM new SEMI JOIN repeated USING ({key}))
    SELECT turns.* FROM turns LEFT JOIN (SELECT DISTINCT {key}, true AS old FROM held) USING ({key})
    WHERE turn > 1 OR old
    ORDER BY source_file, source_row"""


def duplicates(staged: Sequence[Path], held: Sequence[str], key: Sequence[str], first: Sequence[str] = ()) -> pa.Table:
    """Rows of the staged files whose key stands earlier among them or in the held files.

    Each with path and place (0-based) in its staged file, the key, source_file and source_row, in order of the latter
    two. Rows from the source files named in `first` come before all others. No files are a ValueError.
    """
    if not staged:
        raise ValueError("no files that could have duplicates")
    names = ", ".join(key)
    new = f"read_parquet([{_listed(staged)}], filename = true, file_row_number = true)"
    old = f"read_parquet([{_listed(held)}])" if held else f"(FROM {new} WHERE false)"
    rows = sum(pq.read_metadata(path).num_rows for path in (*staged, *held))
    with engine() as backend:
        every = f"SELECT hash({names}) FROM (SELECT {names} FROM {new} UNION ALL SELECT {names} FROM {old})"
        hashes = repeated(backend, every, rows)
        backend.con.register(_HASHES, pa.table({"hash": hashes}))
        among = f"WHERE hash({names}) IN (SELECT hash FROM {_HASHES})" if len(hashes) else "WHERE false"
        query = _REPEATED.format(
            new=f"FROM {new} {among}",
            held=f"SELECT {names} FROM {old} {among}",
            key=names,
            first=_listed(first) or "''",
        )
        return fetch(backend, query)


def _listed(paths: Sequence[Path] | Sequence[str]) -> str:
    return ", ".join(quoted(str(path)) for path in paths)
