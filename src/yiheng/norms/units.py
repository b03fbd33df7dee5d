"""Units (统计单元): by what the cases are counted: region, county, hospital, department, physician, group or month."""

import ibis
import ibis.expr.types as ir

from yiheng.base.refusal import Refusal
from yiheng.norms.institutions import place_table, with_places

# The columns that name a unit; a department's or physician's code means something only in its hospital.
UNITS = {
    "region": ("region",),
    "county": ("county",),
    "hospital": ("hospital",),
    "dept": ("hospital", "dept"),
    "physician": ("hospital", "physician"),
    "group": ("group",),
    "month": ("month",),
    "hospital_group": ("hospital", "group"),
}
REGION = "all"


def with_units(table: ir.Table, by: str, institution: ir.Table | None = None) -> ir.Table:
    """Cases with the columns that name their units, or cells that have them.

    `institution`, the list of institutions, gives a hospital its county on the day of discharge.
    """
    if by not in UNITS:
        raise Refusal("is no unit", column="--by", value=by, cure=f"one of: {', '.join(UNITS)}")
    if all(name in table.columns or name == "group" for name in UNITS[by]):
        return table
    if by == "region":
        return table.mutate(region=ibis.literal(REGION))
    if by == "month":
        return table.mutate(month=table.discharge_date.strftime("%Y-%m"))
    return _with_county(table, institution)


def _with_county(table: ir.Table, institution: ir.Table | None) -> ir.Table:
    if institution is None:
        raise Refusal("counties are known only to a DATA folder with its institutions", column="--by", value="county")
    places = ibis.memtable(place_table(institution.to_pyarrow()))
    return with_places(table, places).select(*table.columns, "county")
