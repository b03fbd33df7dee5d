"""Corrections and withdrawals (更正与撤回): rows about cases that DATA holds, matched by hospital and case id."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend

from yiheng.cases.build import Built
from yiheng.cases.finding import Finding
from yiheng.tables.contract import contract
from yiheng.tables.engine import fetch, quoted

_ASKED = "asked_keys"
_VERSIONS = f"""
    SELECT {_ASKED}.place, any_value(held.list_version) AS version
    FROM {_ASKED} LEFT JOIN ({{held}}) AS held USING (hospital, case_id)
    GROUP BY {_ASKED}.place ORDER BY {_ASKED}.place"""

_BROUGHT = """
    WITH corrected AS (SELECT hospital, case_id FROM read_parquet([{cases}]) WHERE source_file IN ({files}))
    SELECT icu.hospital, icu.case_id, icu.stay_no FROM read_parquet([{icu}], union_by_name = true) AS icu
    SEMI JOIN corrected ON icu.hospital = corrected.hospital AND icu.case_id = corrected.case_id
    SEMI JOIN read_parquet([{held}], union_by_name = true) AS held
      ON icu.hospital = held.hospital AND icu.case_id = held.case_id
     AND icu.source_file = held.source_file AND icu.source_row = held.source_row"""


def first_version(built: Built) -> Built:
    """New cases: the first version of each list."""
    return replace(built, table=_with_versions(built.table, pa.array([1] * built.table.num_rows, pa.int32())))


def next_version(built: Built, backend: Backend, held: Sequence[str]) -> Built:
    """Corrections: the version after the held one; rows whose case is not held come out."""
    versions = held_versions(backend, built.table, held)
    known = only_held(built, versions)
    return replace(known, table=_with_versions(known.table, pc.add(versions.drop_null(), pa.scalar(1, pa.int32()))))


def only_held(built: Built, versions: pa.Array) -> Built:
    """The rows whose case is held; the others come out."""
    rows = built.table.filter(pc.is_null(versions))
    numbers, hospitals, case_ids = (rows[name].to_pylist() for name in ("source_row", "hospital", "case_id"))
    shown = built.given.get("case_id", "case_id")
    findings = [Finding(row, shown, case_id, "not_held") for row, case_id in zip(numbers, case_ids, strict=True)]
    keys = {row: (hospital, its) for row, hospital, its in zip(numbers, hospitals, case_ids, strict=True)}
    return replace(_only(built, pc.is_valid(versions), findings), keys={**built.keys, **keys})


def once(built: Built, key: Sequence[str], seen: set[tuple[object, ...]]) -> Built:
    """The rows whose key was not `seen` before, which they are from now on; the others come out."""
    rows, first = keys_of(built.table, key), []
    for row in rows:
        first.append(row not in seen)
        seen.add(row)
    findings = _on_others(built, key, rows, first, "row_duplicate")
    return _only(built, pa.array(first, pa.bool_()), findings)


def _only(built: Built, kept: pa.Array, findings: list[Finding]) -> Built:
    """The rows that are kept; there is one finding on each of the others."""
    return replace(
        built,
        table=built.table.filter(kept),
        notes=built.notes.filter(kept) if built.notes.num_columns else built.notes,
        findings=built.findings + findings,
        bad=built.bad + len(findings),
    )


def only_rows(built: Built, key: Sequence[str], held: Collection[tuple[object, ...]]) -> Built:
    """The rows of a table about places whose key is among the held ones; the others come out."""
    rows = keys_of(built.table, key)
    known = [row in held for row in rows]
    return _only(built, pa.array(known, pa.bool_()), _on_others(built, key, rows, known, "row_not_held"))


def stays_brought(
    backend: Backend, cases: Sequence[Path], files: Sequence[str], held_cases: Sequence[str], held: Sequence[str]
) -> pa.Table:
    """The keys of held ICU stays that came with the held version of staged cases from these source files."""
    query = _BROUGHT.format(
        cases=_listed(map(str, cases)), files=_listed(files), icu=_listed(held), held=_listed(held_cases)
    )
    schema = contract("icu").schema
    found = fetch(backend, query)
    return found.cast(pa.schema([schema.field(name) for name in found.column_names]))


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(map(quoted, texts))


def keys_of(rows: pa.Table, key: Sequence[str]) -> list[tuple[object, ...]]:
    """The values of these columns, row by row."""
    return [tuple(row) for row in zip(*(rows[name].to_pylist() for name in key), strict=True)]


def row_numbers(built: Built) -> list[int]:
    """The source's number of each row; a table that does not keep it has it in its notes."""
    table = built.table if "source_row" in built.table.column_names else built.notes
    return list(table["source_row"].to_pylist())


def _on_others(
    built: Built, key: Sequence[str], rows: Sequence[tuple[object, ...]], kept: Sequence[bool], rule: str
) -> list[Finding]:
    """A finding on each row that is not kept, at the last part of its key that has a value."""
    found = []
    for number, row, its in zip(row_numbers(built), rows, kept, strict=True):
        if not its:
            place = max(place for place, value in enumerate(row) if value is not None)
            found.append(Finding(number, built.given.get(key[place], key[place]), str(row[place]), rule))
    return found


def held_versions(backend: Backend, rows: pa.Table, held: Sequence[str]) -> pa.Array:
    """The list version that DATA holds of each row's case; null where it holds none."""
    if not held:
        return pa.nulls(rows.num_rows, pa.int32())
    places = pa.array(range(rows.num_rows), pa.int64())
    backend.con.register(_ASKED, rows.select(["hospital", "case_id"]).append_column("place", places))
    files = f"SELECT hospital, case_id, coalesce(list_version, 1) AS list_version FROM read_parquet([{_listed(held)}])"
    found = fetch(backend, _VERSIONS.format(held=files))["version"].combine_chunks().cast(pa.int32())
    backend.con.unregister(_ASKED)
    return found


def _with_versions(cases: pa.Table, versions: pa.Array) -> pa.Table:
    place = cases.schema.get_field_index("list_version")
    return cases.set_column(place, cases.schema.field(place), versions)
