"""What belongs to a case (所属明细): charge lines and ICU stays, read first and judged beside their cases later."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.tables.contract import contract
from yiheng.tables.delta import repeating
from yiheng.tables.engine import fetch, quoted, scratch

_AT_ONCE = 200_000
KNOWN = "known_cases"

# A line may name its case by the id of the stay, as hospital systems do; that is, where the stay has one settlement.
_BESIDE_CASE = """
    SELECT {columns}, known.case_id IS NOT NULL AS case_known, known.admit_date AS case_admit,
           known.discharge_date AS case_discharge, known.los AS case_los
    FROM read_parquet({path}) AS own
    LEFT JOIN {known} AS known ON own.hospital = known.hospital AND own.case_id = known.name"""


@dataclass
class Belonging:
    """The rows of one file for a table that belongs to cases, on disk until the cases are known."""

    table: str
    path: Path
    _writer: pq.ParquetWriter | None = field(default=None)

    @classmethod
    def new(cls, backend: Backend, table: str, name: str) -> "Belonging":
        folder = scratch(backend)
        folder.mkdir(parents=True, exist_ok=True)
        return cls(table, folder / f"{table}-{name}.parquet")

    @property
    def is_empty(self) -> bool:
        return self._writer is None

    def write(self, rows: pa.Table) -> None:
        """Keep rows of the table's contract."""
        if rows.num_rows:
            self._writer = self._writer or pq.ParquetWriter(
                self.path,
                contract(self.table).schema,
                compression="lz4",
                use_dictionary=repeating(contract(self.table).schema),
                write_statistics=False,
            )
            self._writer.write_table(rows)

    def beside_cases(self, backend: Backend) -> Iterator[tuple[pa.Table, pa.Table]]:
        """The rows with year and month of their case, and the notes about it, batch by batch."""
        if self._writer is None:
            return
        self._writer.close()
        names = contract(self.table).schema.names
        query = _BESIDE_CASE.format(
            columns=", ".join(_COLUMNS.get(name, f"own.{name}") for name in names),
            path=quoted(str(self.path)),
            known=KNOWN,
        )
        schema = contract(self.table).schema
        # A cursor of its own, as the rules are asked on the connection meanwhile.
        reader = backend.con.cursor().sql(query).to_arrow_reader(_AT_ONCE)
        for batch in reader:
            whole = pa.Table.from_batches([batch])
            notes = whole.select([name for name in whole.column_names if name not in names])
            yield whole.select(names).cast(schema), notes


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
    """The held lines of the cases in these staged files, but for cases that the files in `instead` have lines of."""
    corrected = _keys(cases)
    if instead:
        corrected = f"(SELECT * FROM {corrected} ANTI JOIN {_keys(instead)} USING (hospital, case_id))"
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


# Every case by its own id, and by that of its stay where this is no case's id and the stay has one settlement.
_NAMED = """
    SELECT case_id AS name, * FROM cases
    UNION ALL BY NAME
    SELECT stay_id AS name, any_value(COLUMNS(* EXCLUDE (hospital, stay_id))), hospital, stay_id FROM cases
    WHERE stay_id IS NOT NULL AND (hospital, stay_id) NOT IN (SELECT (hospital, case_id) FROM cases)
    GROUP BY hospital, stay_id HAVING count(*) = 1"""


def know_cases(backend: Backend, staged: Sequence[Path], held: Sequence[str]) -> None:
    """Make the cases of a load, over those that DATA holds, known to the rows that belong to them."""
    fees = ", ".join(f"fee_{number:02}" for number in range(1, 15))
    columns = f"hospital, case_id, stay_id, list_version, year, admit_date, discharge_date, los, total_fee, {fees}"
    parts = [_read(columns, [str(path) for path in staged])] if staged else []
    if held:
        old = _read(columns, list(held))
        parts.append(f"{old} ANTI JOIN {_keys(staged)} USING (hospital, case_id)" if staged else old)
    empty = contract("cases").schema.empty_table().select(columns.split(", "))
    query = " UNION ALL ".join(parts)
    if not parts:
        backend.con.register(f"{KNOWN}_none", empty)
        query = f"SELECT * FROM {KNOWN}_none"
    backend.raw_sql(f"CREATE OR REPLACE TABLE {KNOWN} AS WITH cases AS ({query}) {_NAMED}")


def _read(columns: str, paths: Sequence[str]) -> str:
    listed = ", ".join(quoted(path) for path in paths)
    return f"SELECT {columns} FROM read_parquet([{listed}], hive_partitioning = true, union_by_name = true)"


def _keys(paths: Sequence[Path]) -> str:
    return f"(SELECT hospital, case_id FROM read_parquet([{', '.join(quoted(str(path)) for path in paths)}]))"
