"""What is counted of a case (病例要素): one narrow row a case, amounts in whole fen, the rest ready to be summed."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from yiheng.norms import readmission
from yiheng.norms.institutions import PLACE, place_table, with_places
from yiheng.norms.rules import Rules
from yiheng.norms.units import REGION
from yiheng.tables.amounts import fen_column
from yiheng.tables.contract import contract
from yiheng.tables.engine import held

# The way of leaving that is death.
DIED = 5
CATEGORIES = tuple(name for name in contract("cases").schema.names if name.startswith("fee_"))
PARTS = (*CATEGORIES, "drug", "material")
_PART_COLUMNS = {**{name: name for name in CATEGORIES}, "drug": "drug_fee", "material": "material_fee"}
# The columns of the case table that these are made of.
USED = (
    *readmission.USED[1:], "dept", "physician", "payer", "county", "year", "total_fee", "los", *_PART_COLUMNS.values(),
    "out_of_area", "residence", "insured_area",
)  # fmt: skip


def facts(backend: Backend, cases: ir.Table, group: str, institution: ir.Table | None, rules: Rules) -> ir.Table:
    """The facts of `cases` (see `facts_of`), held by the engine; `institution` is the list of institutions of DATA."""
    places = None if institution is None else held(backend, place_table(institution.to_pyarrow()))
    return backend.create_table(ibis.util.gen_name("facts"), facts_of(cases, group, places, rules), temp=True)


def facts_of(cases: ir.Table, group: str, places: ir.Table | None, rules: Rules) -> ir.Table:
    """One row a case, on any engine; `cases` has the columns USED of the case table and `row`, its number.

    - row, hospital, case_id, dept, physician, payer; group: text of the column `group`; month "2024-05"
    - PLACE: of the hospital on that day, see `institutions`, whose `place_table` are the `places`
    - fee, fee_01 .. fee_14, drug, material: int64 fen; los: int64 days; null where unknown
    - died: bool, null where the way of leaving is unknown; away: bool, whether the patient is insured out of area
    - returned_any, returned_same: see `readmission`; null where the stay is left out
    - home: area of the patient's home; outside: bool, whether the hospital is in another area, null where unknown
    """
    placed = with_places(cases, places)
    home = placed[rules.home_column]
    parts = {name: fen_column(placed[column]) for name, column in _PART_COLUMNS.items()}
    narrow = placed.select(
        "row", "hospital", "case_id", "dept", "physician", "payer", *PLACE,
        month=placed.discharge_date.strftime("%Y-%m"),
        group=placed[group].cast("string"),
        fee=fen_column(placed.total_fee),
        los=placed.los.cast("int64"),
        died=placed.discharge == DIED,
        away=placed.out_of_area > 0,
        home=home,
        outside=home != placed.area,
        **parts,
    )  # fmt: skip
    returned = readmission.readmissions(cases, rules.readmission_days, rules.readmission_leaves_out)
    return narrow.left_join(returned, "row").drop("row_right")


def with_unit(table: ir.Table, unit: Sequence[str]) -> ir.Table:
    """Cases or sums with the column `region` if the unit asks for it."""
    return table.mutate(region=ibis.literal(REGION)) if "region" in unit else table
