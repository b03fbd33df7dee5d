"""norms.published: the case mix by weights that come from outside."""

from decimal import Decimal

import pyarrow as pa

from yiheng.norms.published import SCHEMA, WEIGHTS, published

WEIGHED = pa.table([["AA19", "BB15"], [Decimal("1.25"), Decimal("0.3333")]], names=WEIGHTS)


def cells(*rows: tuple[str, str | None, int]) -> pa.Table:
    schema = pa.schema([("hospital", pa.string()), ("group", pa.string()), ("n", pa.int64())])
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def test_only_cases_with_a_weight_are_in_the_case_mix() -> None:
    found = published(
        cells(("B", "AA19", 1), ("A", "AA19", 2), ("A", "BB15", 1), ("A", "CC1", 7), ("A", None, 3)), WEIGHED
    )
    assert found.schema == SCHEMA
    assert found.to_pylist() == [
        {"hospital": "A", "pack_weight_cases": 3, "pack_weight": 2.8333, "pack_cmi": 0.944433333333},
        {"hospital": "B", "pack_weight_cases": 1, "pack_weight": 1.25, "pack_cmi": 1.25},
    ]


def test_a_hospital_without_such_cases_has_no_index() -> None:
    (row,) = published(cells(("A", "CC1", 7)), WEIGHED).to_pylist()
    assert row == {"hospital": "A", "pack_weight_cases": 0, "pack_weight": 0.0, "pack_cmi": None}
    assert published(cells(), WEIGHED).num_rows == 0
