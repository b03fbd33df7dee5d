"""What departs (偏离筛选): the cases of a part of the lines held to the measure, as rows of numbers, one a departure.

Every function gives the columns of ROW: null where a kind of departure has no such thing. `actual` and `standard` are
fen, quantities whole 1/10000.
"""

from collections.abc import Iterator
from fractions import Fraction

import ibis
import ibis.expr.types as ir

from yiheng.norms.items.dayuses import day_marks, stays
from yiheng.norms.items.measure import Measure
from yiheng.norms.items.rules import Rules
from yiheng.norms.items.uses import total

MISSING, BEYOND, MORE, CATEGORY, DAY, MISSING_ON_DAY = KINDS = (
    "missing", "beyond", "more", "category", "day", "missing_on_day",
)  # fmt: skip
ROW = {
    "case_no": "int32",
    "item_no": "int32",
    "category": "string",
    "day_no": "int16",
    "quantity": "int64",
    "standard_quantity": "int64",
    "actual": "int64",
    "standard": "int64",
}


def by_item(used: ir.Table, cases: ir.Table, its: Measure, rules: Rules) -> Iterator[tuple[str, ir.Table]]:
    """Standard items that are missing, others that are there, and more of a standard item than `quantity_over`."""
    mine = _of_groups(used, cases, its)
    norm = its.standard.rename(standard_quantity="quantity", standard="amount")
    matched = mine.filter(mine.item_no.notnull()).left_join(norm, ["group_no", "item_no"])
    beyond = matched.filter(matched.standard.isnull(), matched.amount.abs() >= rules.departure)
    yield BEYOND, _row(beyond, actual=beyond.amount, standard=ibis.literal(0), standard_quantity=_nothing("int64"))
    numerator, denominator = rules.quantity_over.as_integer_ratio()
    over = matched.quantity * denominator > matched.standard_quantity * numerator
    more = matched.filter(over, matched.standard_quantity > 0, matched.amount >= rules.departure)
    # What the standard's quantity would have come to is worked out by whoever takes the row.
    yield MORE, _row(more, actual=more.amount, standard=_nothing("int64"))
    there = mine.select("case_no", "group_no").distinct()
    wanted = there.inner_join(norm, "group_no").filter(lambda row: row.standard.abs() >= rules.departure)
    missing = wanted.anti_join(mine, ["case_no", "item_no"])
    yield MISSING, _row(missing, actual=ibis.literal(0), quantity=ibis.literal(0))


def by_category(used: ir.Table, cases: ir.Table, its: Measure, rules: Rules, items: ir.Table) -> ir.Table:
    """Categories whose amount is further from the group's mean than `category_over`; `items`: item_no, category."""
    mine = _of_groups(used, cases, its)
    named = mine.inner_join(items, "item_no")
    sums = named.group_by(["case_no", "category"]).agg(actual=total(named.amount))
    there = mine.select("case_no", "group_no").distinct()
    held = there.inner_join(its.categories, "group_no").left_join(sums, ["case_no", "category"])
    return _row(_apart(held, rules), category=_.category, standard=_["mean"])


def by_day(used: ir.Table, cases: ir.Table, its: Measure, rules: Rules) -> Iterator[tuple[str, ir.Table]]:
    """Days whose amount is further from the group's than `category_over`, and items of the path that a day lacks.

    `used` is netted by day_no too.
    """
    marks = day_marks(used)
    present = stays(marks, cases)
    sums = marks.group_by(["case_no", "day_no"]).agg(actual=total(marks.amount))
    days = present.inner_join(its.days, "group_no").filter(lambda row: row.day_no <= row.stay)
    held = days.left_join(sums, ["case_no", "day_no"])
    yield DAY, _row(_apart(held, rules), day_no=_.day_no, standard=_["mean"])
    path = present.inner_join(its.path, "group_no").filter(lambda row: row.day_no <= row.stay)
    dear = path.filter(path.amount.abs() >= rules.departure)
    lacking = dear.anti_join(marks.filter(marks.given), ["case_no", "item_no", "day_no"])
    yield MISSING_ON_DAY, _row(lacking, day_no=_.day_no, actual=ibis.literal(0), standard=_.amount)


_ = ibis._


def _of_groups(used: ir.Table, cases: ir.Table, its: Measure) -> ir.Table:
    """What cases of groups with a standard used, with their group."""
    placed = used.inner_join(cases.select("case_no", "group_no"), "case_no")
    return placed.semi_join(its.groups, "group_no")


def _apart(held: ir.Table, rules: Rules) -> ir.Table:
    """Rows whose `actual`, 0 where there is none, is far from their `mean`."""
    numerator, denominator = Fraction(rules.category_over).as_integer_ratio()
    its = held.mutate(actual=held.actual.fill_null(0))
    apart = (its.actual - its["mean"]).abs()
    return its.filter(apart >= rules.departure, apart * denominator > its["mean"].abs() * numerator)


def _nothing(kind: str) -> ir.Value:
    return ibis.null(kind)


def _row(table: ir.Table, **columns: ir.Value) -> ir.Table:
    """The columns of ROW: those given, else the table's own, else null."""
    own = {name: table[name] if name in table.columns else _nothing(kind) for name, kind in ROW.items()}
    return table.mutate(**columns).select(
        **{name: (_[name] if name in columns else own[name]).cast(kind) for name, kind in ROW.items()}
    )
