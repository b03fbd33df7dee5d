"""Uses (项目使用): charge lines netted by case and item, then summed by group, item and hospital.

Written once for every engine: only counts and integer sums, so that the sums of parts add up to the sums of the whole
wherever the lines of a case stay together. Quantities are whole 1/10000 (int64), amounts fen (int64).
"""

import ibis.expr.types as ir

UNIT = 100 * 100
FEN = 100
IDS = ("hospital", "case_id")
NAMED = ("item_name", "category", "is_drug", "is_material")
CELL = ("group_no", "item_no", "hospital_no")
PLACE = ("group_no", "hospital_no")


def net(lines: ir.Table, cases: ir.Table, items: ir.Table, *more: str) -> ir.Table:
    """What each case used of each item, refunds netted: case_no, item_no, quantity, amount.

    What nets to nothing, in quantity and amount, is not there; lines without an item code are one item, null. `cases`
    is a roster's, `items` has item_code and item_no, `more` are further columns to net by, such as day_no.
    """
    its = lines.select(*IDS, "item_code", "quantity", "amount", *more)
    its = its.inner_join(cases.select(*IDS, "case_no"), list(IDS)).left_join(items, "item_code")
    summed = its.group_by(["case_no", "item_no", *more]).agg(
        quantity=_whole(its.quantity, UNIT), amount=_whole(its.amount, FEN)
    )
    return summed.filter((summed.quantity != 0) | (summed.amount != 0))


def _whole(value: ir.DecimalValue, unit: int) -> ir.IntegerValue:
    """The exact sum of a decimal column in whole parts; what is unknown adds nothing."""
    return (value.sum().cast("decimal(24,4)") * unit).cast("int64").fill_null(0)


def placed(used: ir.Table, cases: ir.Table) -> ir.Table:
    """What cases used, one row each, with group_no and hospital_no; items without a code left out."""
    its = used.filter(used.item_no.notnull()).inner_join(cases.select("case_no", *PLACE), "case_no")
    return its.select(*CELL, "quantity", "amount")


def cell_sums(used: ir.Table, cases: ir.Table) -> ir.Table:
    """The columns CELL, then `using` (cases), quantity and amount: sums over what cases used."""
    its = placed(used, cases)
    return its.group_by(list(CELL)).agg(using=its.count(), quantity=total(its.quantity), amount=total(its.amount))


def place_sums(used: ir.Table, cases: ir.Table) -> ir.Table:
    """The columns PLACE, then `cases` that used anything and their `amount`, items without a code included."""
    by_case = used.group_by("case_no").agg(amount=total(used.amount))
    its = by_case.inner_join(cases.select("case_no", *PLACE), "case_no")
    return its.group_by(list(PLACE)).agg(cases=its.count(), amount=total(its.amount))


def name_counts(lines: ir.Table, cases: ir.Table) -> ir.Table:
    """item_code, the columns NAMED, and how many `lines` of the cases call the item so."""
    its = lines.select(*IDS, "item_code", *NAMED).inner_join(cases.select(*IDS), list(IDS))
    return its.group_by(["item_code", *NAMED]).agg(lines=its.count())


def total(value: ir.IntegerValue) -> ir.IntegerValue:
    """A sum of whole numbers as int64."""
    return value.sum().cast("int64")
