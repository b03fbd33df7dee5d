"""The case set (测算病例范围): which cases a catalogue is made of, and why the others are not."""

from collections.abc import Collection

import ibis
import ibis.expr.types as ir

from yiheng.codes.keycolumns import normal_column
from yiheng.dip.operations import parts_of
from yiheng.dip.plan import OUT_OF, Extra, Plan, plain
from yiheng.tables.amounts import fen_column

# What the case table says, in its own codes: 5 is bed-day in the dictionary of settlement lists.
SELF = "self"
BY_THE_DAY = ("bedday", "5")

# The columns that a catalogue is made of, and those that a choice needs.
COLUMNS = ("dx", "proc", "dx_edition", "proc_edition", "total_fee", "los", "year", "drug_fee", "material_fee")
CHOSEN_BY = {
    "self_paid": "payer",
    "out_of_area_cases": "out_of_area",
    "day_cases": "care_type",
    "bed_day_cases": "pay_method",
    "excluded_fees": "excluded_fee",
}


def used(plan: Plan) -> list[str]:
    """The columns that a catalogue by this plan is made of."""
    return [*COLUMNS, *(column for name, column in CHOSEN_BY.items() if plan.choice[name] == OUT_OF)]


def not_applicable(given: Collection[str], plan: Plan) -> list[str]:
    """The choices that leave something out and cannot, as the column that says it is not `given`."""
    return [name for name, column in CHOSEN_BY.items() if plan.choice[name] == OUT_OF and column not in given]


def left_out(cases: ir.Table, plan: Plan) -> ir.StringValue:
    """Why each case does not enter, by the parameter that says so; null where it does, or where nothing is known."""
    choice, least, most = plan.choice, plan.value("least_days"), plan.value("most_days")
    reasons = [
        (cases.dx[0].isnull(), "no_diagnosis"),
        (cases.total_fee.isnull(), "no_fee"),
        (cases.year.isnull(), "no_year"),
    ]
    if choice["self_paid"] == OUT_OF:
        reasons.append((cases.payer == SELF, "self_paid"))
    if choice["out_of_area_cases"] == OUT_OF:
        reasons.append((cases.out_of_area > 0, "out_of_area_cases"))
    if choice["day_cases"] == OUT_OF:
        reasons.append((cases.care_type > 1, "day_cases"))
    if choice["bed_day_cases"] == OUT_OF:
        reasons.append((cases.pay_method.isin(BY_THE_DAY), "bed_day_cases"))
    if least:
        reasons.append((cases.los < least, "least_days"))
    if most:
        reasons.append((cases.los > most, "most_days"))
    return ibis.cases(*((holds.fill_null(False), name) for holds, name in reasons), else_=None)


def fee(cases: ir.Table, plan: Plan) -> ir.IntegerValue:
    """What a case counts with, in whole fen."""
    whole = fen_column(cases.total_fee)
    if plan.choice["excluded_fees"] == OUT_OF:
        return whole - fen_column(cases.excluded_fee).fill_null(0)
    return whole


def extra_group(cases: ir.Table, plan: Plan) -> ir.StringValue:
    """The group by list that each case is in; the first that takes it, null where none does."""
    if not plan.extras:
        return ibis.null("string")
    return ibis.cases(*((_takes(cases, extra).fill_null(False), extra.id) for extra in plan.extras), else_=None)


def _takes(cases: ir.Table, extra: Extra) -> ir.BooleanValue:
    holds: ir.BooleanValue = ibis.literal(True)
    if extra.dx:
        holds &= _begins(cases.dx[0], extra.dx)
    if extra.other_dx:
        holds &= cases.dx[1:].filter(lambda code: _begins(code, extra.other_dx)).length() > 0
    for part in parts_of(extra.proc):
        codes = tuple(plain(code) for code in part)
        holds &= cases.proc.filter(lambda code, codes=codes: _begins(code, codes)).length() > 0
    return holds


def _begins(code: ir.StringValue, heads: tuple[str, ...]) -> ir.BooleanValue:
    bare = normal_column(code).replace(".", "")
    return ibis.or_(*(bare.startswith(head) for head in heads))
