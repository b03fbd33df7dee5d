"""What rules are written over (规则所见的表): a table's columns, and notes that a load adds and nobody keeps."""

from functools import cache

import pyarrow as pa

from yiheng.tables.contract import contract

_BELONGS = {
    "case_known": pa.bool_(),
    "case_admit": pa.date32(),
    "case_discharge": pa.date32(),
    "case_los": pa.int32(),
}
NOTES: dict[str, dict[str, pa.DataType]] = {
    "cases": {"identity": pa.string(), "identity_sex": pa.int8(), "identity_born": pa.date32()},
    "lines": _BELONGS,
    "icu": _BELONGS,
}
_MONEY = pa.decimal128(18, 2)
# Sums of many lines, each as large as its column holds.
_MONEY_SUM, _QUANTITY_SUM = pa.decimal128(28, 2), pa.decimal128(28, 4)
_SUMS = pa.schema(
    [
        ("hospital", pa.string()), ("case_id", pa.string()), ("year", pa.int16()), ("list_version", pa.int32()),
        ("source_row", pa.int64()),
        ("lines_total", _MONEY_SUM), ("total_fee", _MONEY),
        *((f"lines_{number:02}", _MONEY_SUM) for number in range(1, 15)),
        *((f"fee_{number:02}", _MONEY) for number in range(1, 15)),
    ]
)  # fmt: skip
_ITEMS = pa.schema(
    [
        ("hospital", pa.string()), ("case_id", pa.string()), ("year", pa.int16()), ("list_version", pa.int32()),
        ("source_row", pa.int64()),
        ("item_code", pa.string()), ("net_quantity", _QUANTITY_SUM), ("net_amount", _MONEY_SUM),
    ]
)  # fmt: skip
# Tables that a load makes up: a case's lines summed, and those items of a case of which something was refunded.
_MADE = {"line_sums": _SUMS, "line_items": _ITEMS}
SUMS = tuple(_MADE)
TABLES = ("cases", "lines", "icu", *_MADE)


@cache
def schema_of(table: str) -> pa.Schema:
    """The columns that rules of this table may name; another table is a KeyError."""
    if table in _MADE:
        return _MADE[table]
    if table not in TABLES:
        raise KeyError(table)
    declared = contract(table).schema
    for name, kind in NOTES[table].items():
        declared = declared.append(pa.field(name, kind))
    return declared
