"""Mortality risk in DIP (病种死亡风险): the classes of `norms.indices.risk` over the scheme's base period."""

import ibis.expr.types as ir
import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import Plan
from yiheng.norms.indices.risk import risk_of_sums
from yiheng.norms.rules import rules

NEWEST, ALL = "newest", "all"


def base_risks(placed: ir.Table, plan: Plan) -> pa.Table:
    """Columns of `norms.indices.risk.SCHEMA` for the groups of the cases; those whose end is unknown count nowhere.

    `death_years` says whether the base period is the catalogue's newest year or all the cases given. Classes that were
    frozen before come from `yiheng norms risk` instead.
    """
    years = plan.value("supervision")["death_years"]
    if years not in (NEWEST, ALL):
        what = "supervision: death_years is no choice"
        raise Refusal(what, plan.scheme.id, value=str(years), cure=f"{NEWEST}, {ALL}")
    kept = placed.filter(placed.known_end)
    if years == NEWEST:
        kept = kept.filter(kept.year == plan.day.year)
    counted = kept.group_by("group").agg(death_cases=kept.count(), deaths=kept.died.sum().cast("int64"))
    return risk_of_sums(counted, rules(plan.day).risk)
