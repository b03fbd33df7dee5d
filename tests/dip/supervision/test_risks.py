"""dip.supervision.risks: the classes of norms, over the base period that the scheme says."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import plan
from yiheng.dip.supervision.risks import base_risks
from yiheng.norms.indices.risk import risk
from yiheng.norms.rules import rules
from yiheng.tables.engine import held

DAY = date(2024, 12, 31)
SCHEMA = pa.schema(
    [("group", pa.string()), ("year", pa.int16()), ("died", pa.bool_()), ("known_end", pa.bool_())]
)  # fmt: skip


def cases(backend: Backend, *counts: tuple[str | None, int, int, int]) -> Any:
    """Group, year, deaths, cases; and of each group a case more whose end is unknown."""
    rows = [
        {"group": group, "year": year, "died": number < deaths, "known_end": number < n}
        for group, year, deaths, n in counts
        for number in range(n + 1)
    ]
    return held(backend, pa.Table.from_pylist(rows, schema=SCHEMA))


def test_they_are_the_classes_of_norms_over_the_declared_years(backend: Backend, with_value: Any) -> None:
    table = cases(
        backend, ("g", 2024, 1, 40), ("h", 2024, 20, 40), ("z", 2024, 0, 30), ("few", 2024, 3, 29), (None, 2024, 9, 40),
        ("g", 2023, 1, 50), ("z", 2023, 5, 20),
    )  # fmt: skip
    its = rules(DAY).risk
    whole = {"g": (2, 90), "h": (20, 40), "z": (5, 50), "few": (3, 29)}
    newest = {"g": (1, 40), "h": (20, 40), "z": (0, 30), "few": (3, 29)}
    rule = plan(with_value(), DAY).value("supervision")
    for years, counts in (("all", whole), ("newest", newest)):
        made = plan(with_value(supervision=rule | {"death_years": years}), DAY)
        assert base_risks(table, made) == risk(counts, its)
    classes = {row["group"]: (row["risk"], row["basis"]) for row in base_risks(table, made).to_pylist()}
    assert classes == {
        "g": ("middle_low", "z"), "h": ("middle_high", "z"), "z": ("low", "no_death"), "few": (None, "few_cases"),
    }  # fmt: skip
    with pytest.raises(Refusal, match="value some: supervision: death_years is no choice -> newest, all"):
        base_risks(table, plan(with_value(supervision=rule | {"death_years": "some"}), DAY))
