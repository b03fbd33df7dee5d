"""The roster (病例名册): the cases of a grouping, numbered, so that sums by group and hospital work on numbers."""

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal

NUMBERS = ("case_no", "group_no", "hospital_no")


@dataclass(frozen=True)
class Roster:
    """The cases that are in a group.

    - cases: hospital, case_id, los (days) and the int32 NUMBERS, from 0 in order of hospital and case id, of groups, of
      hospitals
    - groups, hospitals: their names by number; left_out: cases in no group; last: the latest day of discharge
    """

    cases: ir.Table
    groups: list[str]
    hospitals: list[str]
    left_out: int
    last: date


def roster(backend: Backend, cases: ir.Table, group: str, shown: str = "") -> Roster:
    """The roster of cases with their group in the column `group`; no case in a group is refused."""
    text = cases.select("hospital", "case_id", "los", "discharge_date", group=cases[group].cast("string"))
    inside = text.filter(text.group.notnull())
    numbered = inside.mutate(
        case_no=_number(ibis.row_number(), inside, "hospital", "case_id"),
        group_no=_number(ibis.dense_rank(), inside, "group"),
        hospital_no=_number(ibis.dense_rank(), inside, "hospital"),
    )
    held = backend.create_table(ibis.util.gen_name("roster"), numbered, temp=True)
    said = held.aggregate(n=held.count(), last=held.discharge_date.max()).to_pyarrow().to_pylist()[0]
    if not said["n"]:
        raise Refusal("no case is in a group", file=shown)
    if said["last"] is None:
        raise Refusal("no case in a group has a day of discharge", file=shown, column="discharge_date")
    left_out = text.count().to_pyarrow().as_py() - said["n"]
    kept = held.select("hospital", "case_id", "los", *NUMBERS)
    return Roster(kept, _names(held, "group"), _names(held, "hospital"), left_out, said["last"])


def _number(what: ir.Value, table: ir.Table, *names: str) -> ir.IntegerValue:
    return what.over(ibis.window(order_by=[table[name] for name in names])).cast("int32")


def _names(table: ir.Table, name: str) -> list[str]:
    """The names in the order of their numbers."""
    number = f"{name}_no"
    found = table.select(name, number).distinct().order_by(number).to_pyarrow()
    names: list[str] = found[name].to_pylist()
    return names
