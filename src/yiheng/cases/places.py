"""Places as files (机构与人口): tables about institutions and the like, merged by key into those that DATA has.

A row is ended by loading it again with the day it is valid to, and taken out, where it never was right, by a
withdrawal. Earlier commits keep it either way.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.tables.contract import contract
from yiheng.tables.data import Load
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import read_files

_DATED = "valid_from"
Key = tuple[object, ...]


def dated_key(table: str) -> list[str]:
    """What names a row of such a table: its key, and the date it is valid from where it has one."""
    declared = contract(table)
    return [*declared.key, *([_DATED] if _DATED in declared.schema.names else [])]


class Places:
    """The rows of one load for such tables; a row takes the place of that with its key and its date valid from."""

    def __init__(self, new: Load) -> None:
        self._new = new
        self._rows: dict[str, list[pa.Table]] = {}
        self._gone: dict[str, set[Key]] = {}

    def write(self, table: str, rows: pa.Table) -> None:
        """Keep rows of a table's contract."""
        self._rows.setdefault(table, []).append(rows)

    def write_first(self, table: str, rows: pa.Table) -> None:
        """Keep rows that any other row of the load takes the place of."""
        self._rows.setdefault(table, []).insert(0, rows)

    def take_out(self, table: str, keys: Iterable[Key]) -> None:
        """Rows with these keys, as `dated_key` has them, are held no longer."""
        self._gone.setdefault(table, set()).update(keys)

    def held(self, table: str) -> pa.Table:
        """What DATA holds, and what of this load is kept so far."""
        with engine() as backend:
            held = read_files(backend, self._new.held_files(table), contract(table)).to_pyarrow()
        return pa.concat_tables([held, *self._rows.get(table, [])])

    def check_institution(self, code: str) -> None:
        """Refuse a hospital that is none of the institutions, where any are known."""
        known = sorted(set(self.held("institution")["code"].to_pylist()))
        if known and code not in known:
            near = get_close_matches(code, known, n=1)
            raise Refusal(
                "is none of the institutions", column="--hospital", value=code,
                cure=f"did you mean {near[0]}?" if near else "load the institution first",
            )  # fmt: skip

    def contents(self) -> dict[str, pa.Table]:
        """What the tables are to hold."""
        return {table: self._merged(table) for table in [*self._rows, *(set(self._gone) - set(self._rows))]}

    def _merged(self, table: str) -> pa.Table:
        key, gone = dated_key(table), self._gone.get(table, set())
        whole = {tuple(row[name] for name in key): row for row in self.held(table).to_pylist()}
        ordered = sorted(whole, key=lambda its: [(value is None, value or "") for value in map(_text, its)])
        return pa.Table.from_pylist([whole[its] for its in ordered if its not in gone], schema=contract(table).schema)


def withdrawn_rows(
    table: str, keys: Sequence[Key], numbers: Sequence[int], reasons: Mapping[int, str], file: str, commit: int
) -> pa.Table:
    """What stays on record of rows taken out, as rows of the table withdrawn_places."""
    rows = [
        {
            "table": table,
            "row": "; ".join(f"{name}={_text(value) or ''}" for name, value in zip(dated_key(table), key, strict=True)),
            "reason": reasons.get(number),
            "commit": commit,
            "source_file": file,
            "source_row": number,
        }
        for key, number in zip(keys, numbers, strict=True)
    ]
    return pa.Table.from_pylist(rows, schema=contract("withdrawn_places").schema)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
