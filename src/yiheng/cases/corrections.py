"""Corrections and withdrawals (更正与撤回): rows about cases that DATA holds, matched by hospital and case id."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend

from yiheng.cases.build import Built
from yiheng.cases.finding import Finding
from yiheng.tables.engine import fetch, quoted

_ASKED = "asked_keys"
_VERSIONS = f"""
    SELECT {_ASKED}.place, any_value(held.list_version) AS version
    FROM {_ASKED} LEFT JOIN ({{held}}) AS held USING (hospital, case_id)
    GROUP BY {_ASKED}.place ORDER BY {_ASKED}.place"""


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
    return replace(
        built,
        table=built.table.filter(pc.is_valid(versions)),
        notes=built.notes.filter(pc.is_valid(versions)) if built.notes.num_columns else built.notes,
        findings=built.findings + findings,
        bad=built.bad + len(findings),
        keys={**built.keys, **keys},
    )


def once(built: Built, key: Sequence[str], seen: set[tuple[object, ...]]) -> Built:
    """The rows whose key was not `seen` before, which they are from now on; the others come out."""
    rows = [tuple(row) for row in zip(*(built.table[name].to_pylist() for name in key), strict=True)]
    first = []
    for row in rows:
        first.append(row not in seen)
        seen.add(row)
    numbers = (built.table if "source_row" in built.table.column_names else built.notes)["source_row"].to_pylist()
    findings = [
        Finding(number, built.given.get(key[-1], key[-1]), str(row[-1]), "row_duplicate")
        for number, row, new in zip(numbers, rows, first, strict=True)
        if not new
    ]
    return replace(
        built,
        table=built.table.filter(pa.array(first, pa.bool_())),
        findings=built.findings + findings,
        bad=built.bad + len(findings),
    )


def held_versions(backend: Backend, rows: pa.Table, held: Sequence[str]) -> pa.Array:
    """The list version that DATA holds of each row's case; null where it holds none."""
    if not held:
        return pa.nulls(rows.num_rows, pa.int32())
    places = pa.array(range(rows.num_rows), pa.int64())
    backend.con.register(_ASKED, rows.select(["hospital", "case_id"]).append_column("place", places))
    listed = ", ".join(quoted(path) for path in held)
    files = f"SELECT hospital, case_id, coalesce(list_version, 1) AS list_version FROM read_parquet([{listed}])"
    found = fetch(backend, _VERSIONS.format(held=files))["version"].combine_chunks().cast(pa.int32())
    backend.con.unregister(_ASKED)
    return found


def _with_versions(cases: pa.Table, versions: pa.Array) -> pa.Table:
    place = cases.schema.get_field_index("list_version")
    return cases.set_column(place, cases.schema.field(place), versions)
