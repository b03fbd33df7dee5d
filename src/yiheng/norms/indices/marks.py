"""Marks of groups (病组标记): relative weight, whether it is high, and the class of mortality risk, one row a group."""

import pyarrow as pa

from yiheng.norms.indices.risk import check_once, check_risks
from yiheng.norms.rules import Rules

SCHEMA = pa.schema(
    [("group", pa.string()), ("rw", pa.float64()), ("high", pa.bool_()), ("stays", pa.bool_()), ("risk", pa.string())]
)  # fmt: skip


def marks(weights: pa.Table, risks: pa.Table, rules: Rules) -> pa.Table:
    """Columns of SCHEMA for every group of either; `weights` has group, rw and mean_los, `risks` group and risk.

    `stays`: whether its cases stay longer than nothing. `high`: rw, as it is shown, is at or above the policy's limit;
    null without a weight. A group that is named twice, and a class that there is not, are refused.
    """
    check_once(weights)
    check_risks(risks)
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
