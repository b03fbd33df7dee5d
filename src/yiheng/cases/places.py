"""Places as files (机构与人口): tables about institutions and the like, merged by key into those that DATA has."""

import pyarrow as pa

from yiheng.tables.contract import contract
from yiheng.tables.data import Load
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import read_files

_DATED = "valid_from"


def dated_key(table: str) -> list[str]:
    """What names a row of such a table: its key, and the date it is valid from where it has one."""
    declared = contract(table)
    return [*declared.key, *([_DATED] if _DATED in declared.schema.names else [])]


class Places:
    """The rows of one load for such tables; a row takes the place of that with its key and its date valid from."""

    def __init__(self, new: Load) -> None:
        self._new = new
        self._rows: dict[str, list[pa.Table]] = {}

    def write(self, table: str, rows: pa.Table) -> None:
        """Keep rows of a table's contract."""
        self._rows.setdefault(table, []).append(rows)

    def contents(self) -> dict[str, pa.Table]:
        """What the tables are to hold."""
        return {table: self._merged(table, pa.concat_tables(rows)) for table, rows in self._rows.items()}

    def _merged(self, table: str, rows: pa.Table) -> pa.Table:
        declared = contract(table)
        key = dated_key(table)
        with engine() as backend:
            held = read_files(backend, self._new.held_files(table), declared).to_pyarrow()
        whole = {tuple(row[name] for name in key): row for row in held.to_pylist() + rows.to_pylist()}
        ordered = sorted(whole, key=lambda its: [(value is None, value or "") for value in map(_text, its)])
        return pa.Table.from_pylist([whole[its] for its in ordered], schema=declared.schema)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
