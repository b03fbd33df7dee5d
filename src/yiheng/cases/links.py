"""Links between cases (病例关联): settlements of one stay, and a newborn with its mother."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.cases.newborns import MARK
from yiheng.cases.quality.book import book
from yiheng.tables.contract import contract
from yiheng.tables.engine import fetch, quoted

_COLUMNS = "hospital, case_id, stay_id, mother_case, patient, admit_date, discharge_date, sex, age_days, interim"
_GONE = "gone_cases"

# A further settlement: the same stay id, or the same patient admitted on the day an interim settlement ended.
_STAYS = """
    SELECT hospital, case_id, 'same_stay' AS kind, first AS other, 'stay_id' AS basis FROM (
        SELECT hospital, case_id, first_value(case_id) OVER (
            PARTITION BY hospital, stay_id ORDER BY discharge_date, case_id) AS first
        FROM cases WHERE stay_id IS NOT NULL) WHERE first <> case_id
    UNION ALL
    SELECT later.hospital, later.case_id, 'same_stay', earlier.case_id, 'dates'
    FROM cases AS earlier JOIN cases AS later
      ON earlier.hospital = later.hospital AND earlier.patient = later.patient
     AND earlier.discharge_date = later.admit_date AND earlier.case_id <> later.case_id
    WHERE earlier.interim AND earlier.stay_id IS NULL AND later.stay_id IS NULL"""
# A mother: as given; or the woman in that hospital on the day of birth under whose number the newborn was sent in.
_MOTHERS = """
    SELECT hospital, case_id, 'mother' AS kind, mother_case AS other, 'given' AS basis
    FROM cases WHERE mother_case IS NOT NULL
    UNION ALL
    SELECT child.hospital, child.case_id, 'mother', mother.case_id, 'number'
    FROM cases AS child JOIN (
        SELECT *, patient AS child_name FROM cases WHERE sex = 2
        UNION ALL
        SELECT *, 'p-' || left(sha256(patient || '{mark}'), 32) FROM cases WHERE sex = 2) AS mother
      ON child.hospital = mother.hospital AND child.patient = mother.child_name AND child.case_id <> mother.case_id
    WHERE child.mother_case IS NULL AND child.age_days <= {newborn} AND mother.sex = 2 AND mother.age_days IS NULL
      AND child.admit_date - mother.admit_date >= child.age_days
      AND child.admit_date - mother.discharge_date <= child.age_days"""


def links(backend: Backend, staged: Sequence[Path], held: Sequence[str], gone: pa.Table) -> pa.Table:
    """The links between all cases of a load and of DATA, as rows of the table links.

    `gone`: hospital and case id of held cases that are corrected or withdrawn.
    """
    schema = contract("links").schema
    parts = [_read(list(map(str, staged)))] if staged else []
    if held:
        backend.con.register(_GONE, gone)
        parts.append(f"{_read(held)} ANTI JOIN {_GONE} USING (hospital, case_id)")
    if not parts:
        return schema.empty_table()
    mothers = _MOTHERS.format(newborn=book().limits["newborn_days"], mark=MARK)
    cases = " UNION ALL ".join(parts)
    found = fetch(
        backend,
        f"WITH cases AS MATERIALIZED ({cases}) SELECT DISTINCT * FROM ({_STAYS} UNION ALL {mothers}) ORDER BY ALL",
    )
    return found.select(schema.names).cast(schema)


def _read(paths: Sequence[str]) -> str:
    listed = ", ".join(quoted(path) for path in paths)
    return f"SELECT {_COLUMNS} FROM read_parquet([{listed}], union_by_name = true)"
