"""Uses by day (逐日使用): what the cases of a group were given on each day of the stay; only counts and whole sums.

A refund stands on the day it was booked on. Beyond that a case uses an item on a day if it was given more than it gave
back on that day, and not all of it was given back over the stay: a refund equal to its line is as if neither were
there, be it on the same day or, for all that a case had of an item, on another.
"""

import ibis
import ibis.expr.types as ir

from yiheng.norms.items.uses import total

DAY_ITEM = ("group_no", "day_no", "item_no")


def day_marks(used: ir.Table) -> ir.Table:
    """What `uses.net` by day_no gives, with `given`: whether the case uses the item on the day; no codes left out."""
    its = used.filter(used.item_no.notnull())
    whole = its.group_by(["case_no", "item_no"]).agg(all_quantity=total(its.quantity), all_amount=total(its.amount))
    whole = whole.filter((whole.all_quantity != 0) | (whole.all_amount != 0))
    marked = its.left_join(whole, ["case_no", "item_no"])
    more = (marked.quantity > 0) | ((marked.quantity == 0) & (marked.amount > 0))
    return marked.select(
        "case_no", "item_no", "day_no", "quantity", "amount", given=more & marked.all_quantity.notnull()
    )


def day_item_sums(marks: ir.Table, cases: ir.Table, days: int) -> ir.Table:
    """DAY_ITEM, using (cases), quantity and used (fen) of these, amount (fen, all lines of the day, refunds too)."""
    its = _within(marks, cases, days)
    return its.group_by(list(DAY_ITEM)).agg(
        using=its.given.sum().cast("int64"),
        quantity=total(ibis.ifelse(its.given, its.quantity, 0)),
        used=total(ibis.ifelse(its.given, its.amount, 0)),
        amount=total(its.amount),
    )


def day_case_sums(marks: ir.Table, cases: ir.Table, days: int) -> ir.Table:
    """group_no, day_no, using: cases that use anything on the day."""
    its = _within(marks.filter(marks.given), cases, days)
    users = its.select("group_no", "day_no", "case_no").distinct()
    return users.group_by(["group_no", "day_no"]).agg(using=users.count())


def stays(marks: ir.Table, cases: ir.Table) -> ir.Table:
    """case_no, group_no, stay: the days that a case is present, at least to the last on which it uses anything."""
    given = marks.filter(marks.given)
    last = given.group_by("case_no").agg(last=given.day_no.max().cast("int32"))
    its = last.inner_join(cases.select("case_no", "group_no", "los"), "case_no")
    stay = ibis.greatest(its.los.fill_null(1), its["last"].fill_null(1), 1).cast("int32")
    return its.select("case_no", "group_no", stay=stay)


def stay_sums(marks: ir.Table, cases: ir.Table, days: int) -> ir.Table:
    """group_no, stay (no more than `days`), cases."""
    its = stays(marks, cases)
    capped = its.mutate(stay=ibis.least(its.stay, days))
    return capped.group_by(["group_no", "stay"]).agg(cases=capped.count())


def _within(marks: ir.Table, cases: ir.Table, days: int) -> ir.Table:
    """Marks of the days from 1 to `days`, with the group of their case."""
    its = marks.filter(marks.day_no.between(1, days))
    return its.inner_join(cases.select("case_no", "group_no"), "case_no")
