"""norms.indices.marks: what a group is known by, and files of classes that cannot be taken."""

from typing import Any

import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.norms.indices.marks import marks

WEIGHTS = pa.table({"group": ["a", "b", "c"], "rw": [1.999, 2.0, None], "mean_los": [0.0, 1.5, None]})
NO_RISK = pa.table({"group": pa.array([], pa.string()), "risk": pa.array([], pa.string())})


def test_high_begins_at_the_limit(its_rules: Any) -> None:
    rows = marks(WEIGHTS, NO_RISK, its_rules).to_pylist()
    assert [(row["group"], row["high"], row["stays"]) for row in rows] == [
        ("a", False, False), ("b", True, True), ("c", None, False),
    ]  # fmt: skip


def test_groups_of_either_are_there(its_rules: Any) -> None:
    risks = pa.table({"group": ["z", "a", None], "risk": ["low", None, "high"]})
    rows = marks(WEIGHTS, risks, its_rules).to_pylist()
    assert [(row["group"], row["rw"], row["risk"]) for row in rows] == [
        ("a", 1.999, None), ("b", 2.0, None), ("c", None, None), ("z", None, "low"),
    ]  # fmt: skip


def test_a_group_named_twice_or_a_class_that_there_is_not_is_refused(its_rules: Any) -> None:
    with pytest.raises(Refusal) as refused:
        marks(WEIGHTS, pa.table({"group": ["a", "a"], "risk": ["low", "high"]}), its_rules)
    assert str(refused.value) == "column group, value a: a group stands here twice"
    with pytest.raises(Refusal) as refused:
        marks(WEIGHTS, pa.table({"group": ["a"], "risk": ["低"]}), its_rules)
    said = "is no class of mortality risk -> one of: low, middle_low, middle_high, high, zero"
    assert str(refused.value) == f"column risk, value 低: {said}"
