"""Links between cases (病例关联): settlements of one stay, and a newborn with its mother."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.cases.newborns import MARK
from yiheng.cases.quality.book import book
from yiheng.cases.repeats import repeated
from yiheng.tables.contract import contract
from yiheng.tables.engine import fetch, quoted

_COLUMNS = "hospital, case_id, stay_id, mother_case, patient, admit_date, discharge_date, sex, age_days, interim"
_GONE, _CASES, _HASHES, _INTERIM, _NEWBORNS = "gone_cases", "all_cases", "repeated_stays", "interims", "newborns"
_FEW = {
    _INTERIM: f"FROM {_CASES} WHERE interim AND stay_id IS NULL",
    _NEWBORNS: f"FROM {_CASES} WHERE mother_case IS NULL AND age_days <= {{newborn}}",
}

# What is joined with all cases are the few that a link can start from, so that memory does not grow with the others.
# A further settlement: the same stay id, or the same patient admitted on the day an interim settlement ended.
_STAYS = f"""
    SELECT hospital, case_id, 'same_stay' AS kind, first AS other, 'stay_id' AS basis FROM (
        SELECT hospital, case_id, first_value(case_id) OVER (
            PARTITION BY hospital, stay_id ORDER BY discharge_date, case_id) AS first
        FROM {_CASES} WHERE stay_id IS NOT NULL AND hash(hospital, stay_id) IN (SELECT hash FROM {_HASHES})
    ) WHERE first <> case_id
    UNION ALL
    SELECT later.hospital, later.case_id, 'same_stay', earlier.case_id, 'dates'
    FROM {_INTERIM} AS earlier JOIN {_CASES} AS later
      ON earlier.hospital = later.hospital AND earlier.patient = later.patient
     AND earlier.discharge_date = later.admit_date AND earlier.case_id <> later.case_id
    WHERE later.stay_id IS NULL"""
# A mother: as given; or the woman in that hospital on the day of birth under whose number the newborn was sent in.
_MOTHERS = f"""
    SELECT hospital, case_id, 'mother' AS kind, mother_case AS other, 'given' AS basis
    FROM {_CASES} WHERE mother_case IS NOT NULL
    UNION ALL
    SELECT child.hospital, child.case_id, 'mother', mother.case_id, 'number'
    FROM {_NEWBORNS} AS child JOIN (
        SELECT *, patient AS child_name FROM {_CASES} WHERE sex = 2 AND age_days IS NULL
        UNION ALL
        SELECT *, 'p-' || left(sha256(patient || '{MARK}'), 32) FROM {_CASES} WHERE sex = 2 AND age_days IS NULL
    ) AS mother
      ON child.hospital = mother.hospital AND child.patient = mother.child_name AND child.case_id <> mother.case_id
    WHERE child.admit_date - mother.admit_date >= child.age_days
      AND child.admit_date - mother.discharge_date <= child.age_days"""


def links(backend: Backend, staged: Sequence[Path], held: Sequence[str], gone: pa.Table) -> pa.Table:
    """The links between all cases of a load and of DATA, as rows of the table links.

    `gone`: hospital and case id of held cases that are corrected or withdrawn.
    """
    schema = contract("links").schema
    parts = [_read(list(map(str, staged)))] if staged else []
    if held:
        backend.con.register(_GONE, gone)
        parts.append(_read(held) + (f" ANTI JOIN {_GONE} USING (hospital, case_id)" if gone.num_rows else ""))
    if not parts:
        return schema.empty_table()
    backend.raw_sql(f"CREATE OR REPLACE TEMP VIEW {_CASES} AS {' UNION ALL '.join(parts)}")
    stays = f"SELECT hash(hospital, stay_id) FROM {_CASES} WHERE stay_id IS NOT NULL"
    rows = sum(pq.read_metadata(path).num_rows for path in (*staged, *held))
    backend.con.register(_HASHES, pa.table({"hash": repeated(backend, stays, rows)}))
    for name, query in _FEW.items():
        few = query.format(newborn=book().limits["newborn_days"])
        backend.raw_sql(f"CREATE OR REPLACE TEMP TABLE {name} AS {few}")
    found = fetch(backend, f"SELECT DISTINCT * FROM ({_STAYS} UNION ALL {_MOTHERS}) ORDER BY ALL")
    return found.select(schema.names).cast(schema)


def _read(paths: Sequence[str]) -> str:
    listed = ", ".join(quoted(path) for path in paths)
    return f"SELECT {_COLUMNS} FROM read_parquet([{listed}], union_by_name = true)"
