"""Planted errors of charge lines and stays in intensive care (明细与监护差错), each with the rule it must break."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.sample.forms.draws import keys, uniform
from yiheng.sample.forms.errors import Row
from yiheng.sample.forms.planted import TRUTH, kinds_of
from yiheng.sample.forms.told import joined_key
from yiheng.tables.contract import contract

ONE = Decimal("1.0000")
# Far beyond any made-up item.
NEVER_CHARGED = "YH99999"


@dataclass(frozen=True)
class PlantedRows:
    """Rows of the contract `lines` or `icu` with errors, and one row of `truth` for each row that breaks its rule."""

    rows: pa.Table
    truth: pa.Table


Lines = list[Row]
# Changes the lines of one case; answers with them and with the places of those that break the rule.
Change = Callable[[Lines, int], tuple[Lines, list[int]]]


def extra(lines: Lines, number: int, **other: object) -> Row:
    """One more line like the first, of one yuan, with these values."""
    amount = {"quantity": ONE, "unit_price": ONE, "amount": Decimal("1.00")}
    return {**lines[0], "line_no": 100_000 + number, **amount, **other}


def _first(**other: object) -> Change:
    """The first line with other values."""
    return lambda lines, los: ([{**lines[0], **other}, *lines[1:]], [0])


def _added(**other: object) -> Change:
    """One more line."""
    return lambda lines, los: ([*lines, extra(lines, 0, **other)], [len(lines)])


def _nobody(row: Row) -> str:
    """An id that no case has."""
    return f"X{row['case_id']}"


def _pair(**other: object) -> Change:
    """One more line and its refund, both with these values."""

    def change(lines: Lines, _los: int) -> tuple[Lines, list[int]]:
        back = {"quantity": -ONE, "amount": Decimal("-1.00")}
        both = [extra(lines, 0, **other), extra(lines, 1, **{**other, **back})]
        return lines + both, [len(lines), len(lines) + 1]

    return change


def _refund_of_nothing(lines: Lines, _los: int) -> tuple[Lines, list[int]]:
    """One yuan more of an item that is there, one yuan back of another that is not."""
    back = {"item_code": NEVER_CHARGED, "quantity": -ONE, "amount": Decimal("-1.00")}
    return [*lines, extra(lines, 0), extra(lines, 1, **back)], [len(lines) + 1]


def _amount(lines: Lines, _los: int) -> tuple[Lines, list[int]]:
    return [{**lines[0], "unit_price": lines[0]["unit_price"] + ONE}, *lines[1:]], [0]


def _day_after(lines: Lines, los: int) -> tuple[Lines, list[int]]:
    return [{**lines[0], "day_no": los + 3}, *lines[1:]], [0]


def _other_category(lines: Lines, _los: int) -> tuple[Lines, list[int]]:
    other = next(line["category"] for line in lines if line["category"] != lines[0]["category"])
    return [{**lines[0], "category": other}, *lines[1:]], [0]


LINE_KINDS: Mapping[str, Change] = {
    "case_that_is_not_there": lambda lines, los: _added(case_id=_nobody(lines[0]))(lines, los),
    "amount_not_quantity_times_price": _amount,
    "quantity_of_zero": _added(quantity=Decimal(0), unit_price=ONE, amount=Decimal("0.00")),
    "price_below_zero": _added(unit_price=Decimal("-0.0040"), amount=Decimal("0.00")),
    "refund_of_nothing": _refund_of_nothing,
    "category_that_is_none": _pair(category="99"),
    "day_after_the_stay": _day_after,
    "line_twice": lambda lines, los: ([*lines, dict(lines[0])], [len(lines)]),
    "total_not_of_the_case": lambda lines, los: ([*lines, extra(lines, 0)], [0]),
    "category_of_another": _other_category,
    "item_without_code": _first(item_code=None),
    "class_that_is_none": _first(list_class="C"),
}
ICU_KINDS: Mapping[str, Callable[[Row], Row]] = {
    "stay_of_a_case_that_is_not_there": lambda row: {**row, "case_id": _nobody(row)},
    "left_before_entered": lambda row: {
        **row, "entered": row["left"], "left": row["entered"], "hours": -row["hours"],
    },
    "outside_the_hospital_stay": lambda row: {
        **row, "entered": row["entered"] + timedelta(900), "left": row["left"] + timedelta(900),
    },
    "duration_not_from_entry_to_exit": lambda row: {**row, "hours": row["hours"] + 5},
}  # fmt: skip


def plant_lines(seed: int, lines: pa.Table, cases: pa.RecordBatch | pa.Table) -> PlantedRows:
    """Charge lines with errors of all kinds, each in a case of its own; the changed cases' lines come last.

    Only cases with lines of two categories and without a refund are changed. The sum kinds break a rule of their case:
    their truth names its first line.
    """
    kinds = kinds_of("lines")
    los = dict(zip(joined_key(cases).to_pylist(), cases["los"].to_pylist(), strict=True))
    count = {row["kind"]: max(1, round(float(row["share"]) * cases.num_rows)) for row in kinds}
    key = joined_key(lines)
    chosen = _suitable(seed, lines, key, sum(count.values()))
    changed = pc.is_in(key, pa.array(chosen, pa.string()))
    own: dict[str, Lines] = {name: [] for name in chosen}
    for row in lines.filter(changed).to_pylist():
        own[f"{row['hospital']}|{row['case_id']}"].append(row)
    done: Lines = []
    truth: Lines = []
    kept = lines.filter(pc.invert(changed))
    of_each = [kind for kind in kinds for _ in range(count[kind["kind"]])]
    for kind, name in zip(of_each, chosen, strict=False):
        its, wrong = LINE_KINDS[kind["kind"]](own[name], los[name])
        truth += [_truth(kind, its[at], kept.num_rows + len(done) + at + 1) for at in wrong]
        done += its
    rows = pa.concat_tables([kept, pa.Table.from_pylist(done, schema=lines.schema)])
    return PlantedRows(rows, pa.Table.from_pylist(truth, schema=TRUTH))


def _suitable(seed: int, lines: pa.Table, key: pa.Array, count: int) -> list[str]:
    """So many cases with lines of two categories and without a refund, by chance."""
    found = pa.table({"key": key, "category": lines["category"], "amount": lines["amount"]})
    found = found.group_by("key").aggregate([("category", "count_distinct"), ("amount", "min")]).sort_by("key")
    mask = pc.and_(pc.greater(found["category_count_distinct"], 1), pc.greater(found["amount_min"], Decimal(0)))
    names = found["key"].filter(mask).combine_chunks()
    order = np.argsort(uniform(keys(seed, names), "planted lines"), kind="stable")
    chosen: list[str] = names.take(pa.array(order[:count])).to_pylist()
    return chosen


def plant_icu(seed: int, icu: pa.Table) -> PlantedRows:
    """Stays in intensive care with errors of all kinds, one of each where there are enough stays."""
    rows = icu.to_pylist()
    order = np.argsort(uniform(keys(seed, icu["hospital"].combine_chunks(), icu["case_id"].combine_chunks()), "icu"))
    truth: Lines = []
    for kind, place in zip(kinds_of("icu"), order.tolist(), strict=False):
        rows[place] = ICU_KINDS[kind["kind"]](rows[place])
        truth.append(_truth(kind, rows[place], place + 1))
    return PlantedRows(
        pa.Table.from_pylist(rows, schema=contract("icu").schema), pa.Table.from_pylist(truth, schema=TRUTH)
    )


def _truth(kind: dict[str, str], row: Row, number: int) -> Row:
    return {
        "row": number, "hospital": row["hospital"], "case_id": row["case_id"], "kind": kind["kind"],
        "rule": kind["rule"], "also": kind["also"] or None,
    }  # fmt: skip
