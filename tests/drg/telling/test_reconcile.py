"""drg.telling.reconcile: every kind of difference between our own group and another's, and what is said of it."""

from collections.abc import Callable
from typing import Any

import pytest

from yiheng.drg.case import Case
from yiheng.drg.packs.pack import Pack
from yiheng.drg.reference import group
from yiheng.drg.telling.lines import told_difference
from yiheng.drg.telling.reconcile import compared

ADRG = [
    "BB1,BB1,B,1,surgical,pproc in ss,adrg:BB1",
    "BR1,BR1,B,2,medical,pdx in zd and los > 5,adrg:BR1",
    "BS1,BS1,B,3,medical,pdx in MDC,adrg:BS1",
    "CR1,CR1,C,1,medical,pdx in zd,adrg:CR1",
]
DRG = [
    "BB1,BB1,BB11,operated with MCC,1,mcc", "BB1,BB1,BB13,operated with CC,2,cc", "BB1,BB1,BB15,operated,3,true",
    "BR1,BR1,BR11,young,1,age < 17", "BR1,BR1,BR19,treated,2,true", "BS1,BS1,BS19,other,1,true",
    "CR1,CR1,CR19,eyes treated,1,true",
]  # fmt: skip

SHORT_STAY = "BR19 (BR1, adrg.csv 2): lacks: days of stay > 5"
OTHERWISE = "complications counted or excluded otherwise: "


@pytest.mark.parametrize(
    ("columns", "other", "kind", "line"),
    [
        ({"los": 9}, "br19", "same", ""),
        ({"los": 9}, None, "absent", ""),
        ({"los": 9}, "ZZ11", "unknown_group", "the pack has no such group (another version)"),
        ({"sex": None}, "BR19", "invalid", "our own is invalid: " + SHORT_STAY),
        ({"dx": ["X01"]}, "BR19", "ungroupable", None),
        ({"los": None}, "BR19", "missing_input", "a number is missing: " + SHORT_STAY),
        ({"los": 2}, "BR19", "rule", "its ADRG rule does not match: " + SHORT_STAY),
        ({"los": 2, "dx": ["B01", "Q9"]}, "BR19", "unknown_code", None),
        ({"los": 9}, "BR11", "split", "split otherwise: BR11 (BR1, adrg.csv 2): lacks: age in years < 17"),
        (
            {"los": 9}, "BS19", "earlier_rule",
            "an earlier rule took it: BS19 (BS1, adrg.csv 3): matches; BR1 stands before it and took the case",
        ),
        ({"los": 9}, "CR19", "category", None),
        (
            {"dx": ["B01", "M02"], "proc": ["01.1"]}, "BB13", "severity",
            OTHERWISE + "BB13 (BB1, adrg.csv 1): lacks: a CC counts; "
            + "CC M02 less grave: excluded (the principal diagnosis has table 8 too) (cc.csv 2)",
        ),
        (
            {"dx": ["B01", "M01"], "proc": ["01.1"]}, "BB15", "severity",
            OTHERWISE + "BB15 (BB1, adrg.csv 1): matches; "
            + "BB11 stands before it and took the case; MCC M01 grave: counted (cc.csv 1)",
        ),
    ],
)  # fmt: skip
def test_a_difference_has_its_kind_and_reason(
    pack_of: Callable[..., Pack],
    a_case: Callable[..., Case],
    columns: dict[str, Any],
    other: str | None,
    kind: str,
    line: str | None,
) -> None:
    pack, case = pack_of(adrg=ADRG, drg=DRG), a_case(**columns)
    found = compared(pack, case, group(pack, case), other)
    assert found.kind == kind
    if line is not None:
        assert told_difference(found, pack, "en") == line
