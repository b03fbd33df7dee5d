"""norms.items.naming: the most frequent name, category and kind of each item."""

from typing import Any

import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from yiheng.norms.items.naming import SCHEMA, item_names
from yiheng.tables.engine import held

COLUMNS = ("item_code", "item_name", "category", "is_drug", "is_material", "lines")
TYPES = (pa.string(), pa.string(), pa.string(), pa.bool_(), pa.bool_(), pa.int64())


def named(backend: Backend, *rows: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    schema = pa.schema(list(zip(COLUMNS, TYPES, strict=True)))
    counts = pa.Table.from_pylist([dict(zip(COLUMNS, row, strict=True)) for row in rows], schema=schema)
    found = item_names(held(backend, counts))
    assert found.schema == SCHEMA
    return [tuple(row.values()) for row in found.to_pylist()]


def test_the_most_frequent_each_by_itself(backend: Backend) -> None:
    """The name of 5 lines, the category of 6, in order of code; ties by the smallest."""
    assert named(
        backend,
        ("b", "one", "09", True, False, 3),
        ("b", "two", "10", True, False, 4),
        ("b", "one", "10", False, False, 2),
        ("a", "y", "01", False, False, 1),
        ("a", "x", "01", False, False, 1),
    ) == [(0, "a", "x", "01", "treatment"), (1, "b", "one", "10", "drug")]


@pytest.mark.parametrize(
    ("drug", "material", "kind"),
    [(True, True, "drug"), (True, None, "drug"), (False, True, "consumable"), (None, True, "consumable"),
     (False, False, "treatment"), (None, False, None), (False, None, None), (None, None, None)],
)  # fmt: skip
def test_kinds(backend: Backend, drug: bool | None, material: bool | None, kind: str | None) -> None:
    assert named(backend, ("a", None, None, drug, material, 1)) == [(0, "a", None, None, kind)]


def test_what_says_nothing_has_no_say(backend: Backend) -> None:
    """Lines without a name or a code are no name, however many."""
    rows = [("a", None, None, None, None, 9), ("a", "x", "01", True, False, 1), (None, "z", "02", True, False, 5)]
    assert named(backend, *rows) == [(0, "a", "x", "01", "drug")]
