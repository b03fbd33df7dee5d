"""Duplicates (重复病例): keys that stand twice among new rows, or that DATA already holds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.tables.engine import engine, fetch, quoted

_AT_ONCE = 1_000_000

# `place` is the row's place in its file; of rows with one key the first by source stays.
_REPEATED = """
    WITH held AS ({held}),
         keys AS (SELECT {key} FROM {new} UNION ALL FROM held),
         repeated AS (SELECT {key} FROM keys GROUP BY ALL HAVING count(*) > 1),
         turns AS (SELECT filename AS path, file_row_number AS place, {key}, source_file, source_row,
                          row_number() OVER (PARTITION BY {key} ORDER BY source_file, source_row) AS turn
                   FROM {new} SEMI JOIN repeated USING ({key}))
    SELECT turns.* FROM turns LEFT JOIN (SELECT DISTINCT {key}, true AS old FROM held) USING ({key})
    WHERE turn > 1 OR old
    ORDER BY source_file, source_row"""


def duplicates(staged: Sequence[Path], held: Sequence[str], key: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of the staged files whose key stands earlier among them or in the held files.

    Each with path and place (0-based) in its staged file, the key, source_file and source_row.
    """
    if not staged:
        return []
    names = ", ".join(key)
    new = f"read_parquet([{_listed(staged)}], filename = true, file_row_number = true)"
    old = f"SELECT {names} FROM read_parquet([{_listed(held)}])" if held else f"SELECT {names} FROM {new} WHERE false"
    with engine() as backend:
        if _all_different(backend, f"SELECT {names} FROM {new} UNION ALL {old}", names, [*staged, *held]):
            return []
        return list(fetch(backend, _REPEATED.format(new=new, held=old, key=names)).to_pylist())


def _all_different(backend: Backend, keys: str, names: str, paths: Sequence[Path | str]) -> bool:
    """Whether there are as many hashes of keys as rows: then no key stands twice, and the dear query is not needed.

    The hashes are looked at in parts of about _AT_ONCE, so that memory does not grow with the rows.
    """
    parts = sum(pq.read_metadata(path).num_rows for path in paths) // _AT_ONCE + 1
    hashes = f"SELECT hash({names}) AS key FROM ({keys})"
    for part in range(parts):
        query = f"SELECT count(*) = count(DISTINCT key) AS differ FROM ({hashes}) WHERE key % {parts} = {part}"
        if not fetch(backend, query)["differ"][0].as_py():
            return False
    return True


def _listed(paths: Sequence[Path] | Sequence[str]) -> str:
    return ", ".join(quoted(str(path)) for path in paths)
