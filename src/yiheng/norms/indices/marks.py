"""Marks of groups (病组标记): relative weight, whether it is high, and the class of mortality risk, one row a group."""

import pyarrow as pa
import pyarrow.compute as pc

from yiheng.base.refusal import Refusal
from yiheng.norms.indices.risk import CLASSES
from yiheng.norms.rules import Rules

SCHEMA = pa.schema(
    [("group", pa.string()), ("rw", pa.float64()), ("high", pa.bool_()), ("stays", pa.bool_()), ("risk", pa.string())]
)  # fmt: skip


def marks(weights: pa.Table, risks: pa.Table, rules: Rules) -> pa.Table:
    """Columns of SCHEMA for every group of either; `weights` has group, rw and mean_los, `risks` group and risk.

    `stays`: whether its cases stay longer than nothing. `high`: rw, as it is shown, is at or above the policy's limit;
    null without a weight. A group that is named twice, and a class that there is not, are refused.
    """
    for table in (weights, risks):
        _check_once(table)
    _check_classes(risks)
    rw = dict(zip(weights["group"].to_pylist(), weights["rw"].to_pylist(), strict=True))
    risk = dict(zip(risks["group"].to_pylist(), risks["risk"].to_pylist(), strict=True))
    mean_los = dict(zip(weights["group"].to_pylist(), weights["mean_los"].to_pylist(), strict=True))
    rows = [
        {
            "group": name,
            "rw": rw.get(name),
            "high": _high(rw.get(name), rules),
            "stays": (mean_los.get(name) or 0) > 0,
            "risk": risk.get(name),
        }
        for name in sorted({*rw, *risk} - {None})
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _high(rw: float | None, rules: Rules) -> bool | None:
    return None if rw is None else rw >= rules.high_weight


def _check_once(table: pa.Table) -> None:
    counted = pc.value_counts(table["group"].combine_chunks()).to_pylist()
    for name in sorted(str(row["values"]) for row in counted if row["counts"] > 1):
        raise Refusal("a group stands here twice", column="group", value=name)


def _check_classes(risks: pa.Table) -> None:
    for name in sorted({its for its in risks["risk"].to_pylist() if its is not None} - set(CLASSES)):
        raise Refusal("is no class of mortality risk", column="risk", value=name, cure=f"one of: {', '.join(CLASSES)}")
