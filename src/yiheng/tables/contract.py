"""The declared columns of every table in DATA (数据契约), one CSV each in `contract/`."""

import re
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from yiheng.base.packaged import packaged_rows

TABLES = (
    "cases", "lines", "icu", "institution", "membership", "dept", "physician", "beds", "staff", "population", "names",
    "quarantine", "findings", "checks", "closed", "links", "withdrawn",
    "withdrawn_places", "objections",
)  # fmt: skip

_PLAIN = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "int8": pa.int8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
}


@dataclass(frozen=True)
class Column:
    """One column: its name, Arrow type, name in both languages, and what it means (units, codes)."""

    name: str
    type: pa.DataType
    zh: str
    en: str
    note: str


@dataclass(frozen=True)
class Contract:
    """A table's columns in order. `key` names a row; `partition` splits it on disk; a load fills in `own` itself."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition: str | None
    own: frozenset[str]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(column.name, column.type) for column in self.columns])

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


@cache
def contract(table: str) -> Contract:
    """The contract of one of TABLES; another name is a KeyError."""
    if table not in TABLES:
        raise KeyError(table)
    rows = packaged_rows("yiheng.tables", f"contract/{table}.csv")
    columns = tuple(Column(r["name"], arrow_type(r["type"]), r["zh"], r["en"], r["note"]) for r in rows)
    key = tuple(row["name"] for row in rows if row["role"] == "key")
    partition = next((row["name"] for row in rows if row["role"] == "partition"), None)
    own = frozenset(row["name"] for row in rows if row["role"] == "load")
    return Contract(table, columns, key, partition, own)


def arrow_type(text: str) -> pa.DataType:
    """The Arrow type that a contract file names: a plain name, `decimal(p,s)` or `list<...>`."""
    if listed := re.fullmatch(r"list<(.+)>", text):
        return pa.list_(arrow_type(listed[1]))
    if decimal := re.fullmatch(r"decimal\((\d+),(\d+)\)", text):
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    return _PLAIN[text]
