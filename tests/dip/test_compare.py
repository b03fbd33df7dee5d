"""dip.compare: groups born, gone and changed between two catalogues, and the effect by hospital."""

from datetime import date
from typing import Any

import pyarrow as pa

from yiheng.dip.assignment.assign import assigner
from yiheng.dip.catalogue.build import SCHEMA
from yiheng.dip.compare import compare, effect
from yiheng.dip.file import Held
from yiheng.policy.loader import scheme

NATIONAL, DAY = scheme("dip/national-1.0"), date(2024, 12, 31)


def held(*rows: tuple[str, str, float | None]) -> Held:
    made: list[dict[str, Any]] = [
        {"group": dx, "kind": kind, "dx": dx, "points": points, "n": 9} for dx, kind, points in rows
    ]
    return Held(pa.Table.from_pylist(made, schema=SCHEMA), NATIONAL, DAY)


ONE = held(("A01.0", "core", 100.0), ("B01.0", "core", 200.0), ("C01.0", "core", 300.0), ("E01.0", "core", None))
TWO = held(("A01.0", "core", 100.0), ("B01.0", "core", 250.5), ("D01.0", "primary", 400.0), ("E01.0", "core", 50.0))


def test_groups_born_gone_and_changed() -> None:
    found = {row["group"]: row for row in compare(ONE, TWO).to_pylist()}
    assert {name: (row["operation"], row["difference"]) for name, row in found.items()} == {
        "B01.0": ("changed", 50.5), "C01.0": ("gone", None), "D01.0": ("born", None), "E01.0": ("changed", None),
    }  # fmt: skip
    assert (found["D01.0"]["kind_before"], found["D01.0"]["kind_after"], found["D01.0"]["n_after"]) == (
        None,
        "primary",
        9,
    )
    assert compare(ONE, ONE).num_rows == 0


def test_the_effect_on_cases_and_hospitals() -> None:
    cases = [("H", "A01.0"), ("H", "B01.0"), ("K", "C01.0"), ("K", "D01.0"), (None, "B01.0")]
    batch = pa.RecordBatch.from_pylist([{"hospital": name, "dx": [dx]} for name, dx in cases])
    two = [assigner(each.groups, each.scheme, each.day) for each in (ONE, TWO)]
    found = effect([batch, batch.slice(0, 1)], *two)
    assert (found.cases, found.moved) == (6, 2)
    assert found.moves.to_pylist() == [
        {"before": "C01.0", "after": None, "n": 1}, {"before": None, "after": "D01.0", "n": 1},
    ]  # fmt: skip
    assert [tuple(row.values()) for row in found.hospitals.to_pylist()] == [
        (None, 1, 0, 1, 1, 200.0, 250.5, 50.5),
        ("H", 3, 0, 3, 3, 400.0, 450.5, 50.5),
        ("K", 2, 2, 1, 1, 300.0, 400.0, 100.0),
    ]
