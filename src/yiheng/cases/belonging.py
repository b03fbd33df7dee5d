"""What belongs to a case (所属明细): charge lines and ICU stays, read first and judged beside their cases later."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.tables.contract import contract
from yiheng.tables.delta import repeating
from yiheng.tables.engine import fetch, quoted, scratch

_AT_ONCE = 50_000
# So many rows of a file are looked up at a time: what is known of their cases stays in memory meanwhile.
_PART = 500_000
KNOWN = "known_cases"
_NAMED = "named_cases"

# The cases that some rows name: by a case's own id, or by that of its stay, as hospital systems do, where this is no
# case's id and the stay has one settlement.
_FIND = f"""
    CREATE OR REPLACE TEMP TABLE {_NAMED} AS
    WITH names AS MATERIALIZED (SELECT DISTINCT hospital, case_id AS name FROM read_parquet([{{files}}])),
         own AS MATERIALIZED (
             SELECT names.name, known.* FROM {KNOWN} AS known JOIN names
             ON known.hospital = names.hospital AND known.case_id = names.name),
         others AS MATERIALIZED (FROM names ANTI JOIN own USING (hospital, name))
    SELECT name, {{columns}} FROM own
    UNION ALL BY NAME
    SELECT known.hospital, stay_id AS name, {{any_columns}} FROM {KNOWN} AS known JOIN others
    ON known.hospital = others.hospital AND known.stay_id = others.name
    GROUP BY known.hospital, stay_id HAVING count(*) = 1"""
_WANTED = ("case_id", "year", "admit_date", "discharge_date", "los")
_BESIDE_CASE = f"""
    SELECT {{columns}}, known.case_id IS NOT NULL AS case_known, known.admit_date AS case_admit,
           known.discharge_date AS case_discharge, known.los AS case_los
    FROM read_parquet({{path}}) AS own
    LEFT JOIN {_NAMED} AS known ON own.hospital = known.hospital AND own.case_id = known.name"""


@dataclass
class Belonging:
    """The rows of one file for a table that belongs to cases, on disk until the cases are known."""

    table: str
    stem: Path
    paths: list[Path] = field(default_factory=list)
    _writer: pq.ParquetWriter | None = field(default=None)
    _rows: int = 0

    @classmethod
    def new(cls, backend: Backend, table: str, name: str) -> "Belonging":
        folder = scratch(backend)
        folder.mkdir(parents=True, exist_ok=True)
        return cls(table, folder / f"{table}-{name}")

    @property
    def is_empty(self) -> bool:
        return not self.paths

    def write(self, rows: pa.Table) -> None:
        """Keep rows of the table's contract."""
        if self._rows >= _PART:
            self.close()
        if rows.num_rows:
            self._writer = self._writer or self._next()
            self._writer.write_table(rows)
            self._rows += rows.num_rows

    def _next(self) -> pq.ParquetWriter:
        schema = contract(self.table).schema
        self.paths.append(self.stem.with_name(f"{self.stem.name}-{len(self.paths)}.parquet"))
        return pq.ParquetWriter(
            self.paths[-1], schema, compression="lz4", use_dictionary=repeating(schema), write_statistics=False
        )

    def close(self) -> None:
        """End the last file, which must be done before it is read; it can be closed twice."""
        if self._writer is not None:
            self._writer.close()
        self._writer, self._rows = None, 0

    def beside_cases(self, backend: Backend) -> Iterator[tuple[pa.Table, pa.Table]]:
        """The rows with year and month of their case, and the notes about it, batch by batch."""
        self.close()
        schema = contract(self.table).schema
        columns = ", ".join(_COLUMNS.get(name, f"own.{name}") for name in schema.names)
        # A cursor of its own, as the rules are asked on the connection meanwhile.
        cursor = backend.con.cursor()
        for path in self.paths:
            _find(cursor, [path])
            query = _BESIDE_CASE.format(columns=columns, path=quoted(str(path)))
            for batch in cursor.sql(query).to_arrow_reader(_AT_ONCE):
                whole = pa.Table.from_batches([batch])
                notes = whole.select([name for name in whole.column_names if name not in schema.names])
                yield whole.select(schema.names).cast(schema), notes


def _find(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> None:
    """Make the cases that the rows of these files name a table of this connection."""
    wanted = ", ".join(f"any_value({name}) AS {name}" for name in _WANTED)
    files = _listed([str(path) for path in paths])
    connection.execute(_FIND.format(files=files, columns=", ".join(("hospital", *_WANTED)), any_columns=wanted))


_COLUMNS = {
    "case_id": "coalesce(known.case_id, own.case_id) AS case_id",
    "year": "coalesce(known.year, own.year) AS year",
    "month": "coalesce(year(known.discharge_date) * 100 + month(known.discharge_date), known.year * 100)::INTEGER "
    "AS month",
}


_OF_CORRECTED = """
    WITH corrected AS ({corrected})
    SELECT {columns} FROM read_parquet([{lines}], hive_partitioning = true, union_by_name = true)
    WHERE (hospital, case_id) IN (SELECT (hospital, case_id) FROM corrected)"""
_MONTHS = """
    WITH corrected AS ({corrected})
    SELECT DISTINCT coalesce(year(discharge_date) * 100 + month(discharge_date), year * 100)::INTEGER AS month
    FROM read_parquet([{cases}], hive_partitioning = true, union_by_name = true)
    SEMI JOIN corrected USING (hospital, case_id)"""


def lines_of(
    backend: Backend, cases: Sequence[Path], instead: Sequence[Path], held_cases: Sequence[str], held: Sequence[str]
) -> Iterator[pa.Table]:
    """The held lines of the cases in these staged files, but for cases that the files in `instead` have lines of.

    The cases must be known, as new lines may name their case by the id of its stay.
    """
    corrected = _keys(cases)
    if instead:
        _find(backend.con, instead)
        corrected = f"(SELECT * FROM {corrected} ANTI JOIN {_NAMED} USING (hospital, case_id))"
    corrected = f"SELECT * FROM {corrected}"
    months = fetch(backend, _MONTHS.format(corrected=corrected, cases=_listed(held_cases)))["month"].to_pylist()
    paths = [path for path in held if Path(path).parent.name in {f"month={month}" for month in months}]
    if not paths:
        return
    schema = contract("lines").schema
    query = _OF_CORRECTED.format(corrected=corrected, columns=", ".join(schema.names), lines=_listed(paths))
    for batch in backend.con.cursor().sql(query).to_arrow_reader(_AT_ONCE):
        yield pa.Table.from_batches([batch]).cast(schema)


def _listed(paths: Sequence[str]) -> str:
    return ", ".join(quoted(path) for path in paths)


def know_cases(backend: Backend, staged: Sequence[Path], held: Sequence[str], correcting: bool) -> None:
    """Make the cases of a load, and those that DATA holds, known to the rows that belong to them.

    `correcting`: a staged case takes the place of that with its key which DATA holds; else there is none.
    """
    fees = ", ".join(f"fee_{number:02}" for number in range(1, 15))
    columns = f"hospital, case_id, stay_id, list_version, year, admit_date, discharge_date, los, total_fee, {fees}"
    parts = [_read(columns, [str(path) for path in staged])] if staged else []
    if held:
        instead = f" ANTI JOIN {_keys(staged)} USING (hospital, case_id)" if staged and correcting else ""
        parts.append(_read(columns, list(held)) + instead)
    query = " UNION ALL ".join(parts)
    if not parts:
        backend.con.register(f"{KNOWN}_none", contract("cases").schema.empty_table())
        query = f"SELECT {columns} FROM {KNOWN}_none"
    backend.raw_sql(f"CREATE OR REPLACE VIEW {KNOWN} AS {query}")


def _read(columns: str, paths: Sequence[str]) -> str:
    listed = ", ".join(quoted(path) for path in paths)
    return f"SELECT {columns} FROM read_parquet([{listed}], hive_partitioning = true, union_by_name = true)"


def _keys(paths: Sequence[Path]) -> str:
    return f"(SELECT hospital, case_id FROM read_parquet([{', '.join(quoted(str(path)) for path in paths)}]))"
