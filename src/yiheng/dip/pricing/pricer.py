"""What points are made with, put together (分值核算参数): catalogue, coefficients, one price, levels, means."""

from collections.abc import Mapping
from fractions import Fraction

import ibis.expr.types as ir
import pyarrow as pa

from yiheng.dip.plan import Plan, fraction
from yiheng.dip.pricing.auxiliary import Coefficients
from yiheng.dip.pricing.coefficients import NO_CLASS, of_class, same_price
from yiheng.dip.pricing.comparison import Bases, base_cells, bases
from yiheng.dip.pricing.members import Members
from yiheng.dip.pricing.points import Pricer
from yiheng.dip.pricing.tcm import points_of, tcm_groups, tcm_points

CLASS, WHOLE = "class", "whole"


def pricer_of(
    placed: ir.Table,
    catalogue: pa.Table,
    plan: Plan,
    members: Members,
    hospitals: pa.Table,
    prices: pa.Table | None,
    auxiliary: Coefficients,
) -> Pricer:
    """A Pricer for the cases in `placed`, whose own earlier years give the means of comparison."""
    points = points_of(catalogue)
    if tcm_groups(plan):
        points |= tcm_points(points, plan)
    rows = catalogue.select(["group", "treatment", "mean_cost"]).to_pylist()
    nothing = of_class(None, {}, plan)
    assert nothing.origin == NO_CLASS
    return Pricer(
        plan,
        points,
        {row["group"]: row["treatment"] for row in rows},
        auxiliary,
        _hospitals(hospitals),
        {CLASS: nothing.value, WHOLE: nothing.value},
        frozenset() if prices is None else frozenset(same_price(prices)),
        _bases(
            placed, {row["group"]: fraction(row["mean_cost"]) * 100 for row in rows if row["mean_cost"]}, members, plan
        ),
    )


def _hospitals(table: pa.Table) -> dict[tuple[str | None, str | None], Mapping[str, Fraction]]:
    return {
        (row["hospital"], row["class"]): {
            CLASS: fraction(row["class_coefficient"]),
            WHOLE: fraction(row["coefficient"]),
        }
        for row in table.to_pylist()
    }


def _bases(placed: ir.Table, means: Mapping[str, Fraction], members: Members, plan: Plan) -> dict[int | None, Bases]:
    """For each year of the cases the means that they are held against; without a year those of the catalogue alone."""
    years = (
        placed.filter(placed.year.notnull()).select("year").distinct().order_by("year").to_pyarrow()["year"].to_pylist()
    )
    found: dict[int | None, Bases] = {None: bases([], members, means, plan)}
    for year in years:
        found[year] = bases(base_cells(placed, year, members, plan), members, means, plan)
    return found
