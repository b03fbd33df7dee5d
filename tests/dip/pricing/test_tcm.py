"""dip.pricing.tcm: groups by TCM diagnosis, their points, and the cases that fall into them."""

from datetime import date
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import plan
from yiheng.dip.pricing.tcm import tcm_points, with_tcm
from yiheng.policy.loader import scheme
from yiheng.tables.engine import held

DAY = date(2024, 12, 31)
GROUPS = [
    {"id": "T1", "zh": "中风", "en": "Stroke", "tcm_dx": ["BNG08"], "dx": ["I63"]},
    {"id": "T2", "zh": "项痹", "en": "Neck pain", "tcm_dx": ["BNV"], "points": 500},
]
CATALOGUE = pa.table({"group": ["I63.9"], "points": [900.0]})
OUT = {"status": "grouped", "group": "I63.9", "kind": "core", "rw": 0.9, "points": 900.0, "reason": None}


def test_points_of_their_own_or_of_the_western_group(with_value: Any) -> None:
    paired = plan(with_value(tcm_groups=GROUPS, tcm_pairs=[["T1", "I63.9", 1.1]]), DAY)
    assert tcm_points({"I63.9": Fraction(900)}, paired) == {"T1": 990, "T2": 500}


@pytest.mark.parametrize(
    ("groups", "pairs", "what"),
    [
        (GROUPS, [["T1", "x", 1]], "value x: tcm_pairs: there is no such group"),
        (GROUPS, [["T2", "I63.9", 1]], "value T2: tcm_pairs: this group has points already"),
        (GROUPS, [], "value T1: tcm_groups: this group has no points -> give it points, or pair it in tcm_pairs"),
        ([{"id": "T3", "zh": "a", "en": "b"}], [], "value T3: tcm_groups: missing or unknown tcm_dx"),
        ([{"id": "T3", "zh": "a", "en": "b", "tcm_dx": []}], [], "value T3: tcm_groups: names no TCM diagnosis"),
        ([GROUPS[1] | {"proc": "1"}], [], "value T2: tcm_groups: missing or unknown proc"),
    ],
)
def test_what_is_said_wrongly_is_refused(with_value: Any, groups: Any, pairs: Any, what: str) -> None:
    wrong = plan(with_value(tcm_groups=groups, tcm_pairs=pairs), DAY)
    with pytest.raises(Refusal, match=what):
        tcm_points({"I63.9": Fraction(900)}, wrong)


def test_cases_with_a_tcm_diagnosis_of_the_list(backend: Any, with_value: Any) -> None:
    paired = plan(with_value(tcm_groups=GROUPS, tcm_pairs=[["T1", "I63.9", 1]]), DAY)
    rows = [
        OUT | {"tcm_dx": "bng08.1", "dx": ["I63.900"]},
        OUT | {"tcm_dx": "BNG080", "dx": ["I61.9"], "group": "I61.9"},
        OUT | {"tcm_dx": None, "dx": ["I63.900"]},
        OUT | {"tcm_dx": "BNV01", "dx": ["M50.1"], "status": "ungroupable", "group": None, "kind": "none",
               "rw": None, "points": None, "reason": "no such combination in the catalogue"},
        OUT | {"tcm_dx": "BNV01", "dx": [None], "status": "invalid", "group": None, "kind": "none"},
    ]  # fmt: skip
    found = with_tcm(held(backend, pa.Table.from_pylist(rows)), CATALOGUE, paired)
    told = found.select("status", "group", "kind", "rw", "points", "reason").to_pyarrow().to_pylist()
    assert [tuple(row.values()) for row in told] == [
        ("grouped", "T1", "tcm", 0.9, 900.0, None),
        ("grouped", "I61.9", "core", 0.9, 900.0, None),
        ("grouped", "I63.9", "core", 0.9, 900.0, None),
        ("grouped", "T2", "tcm", 0.5, 500.0, None),
        ("invalid", None, "none", 0.9, 900.0, None),
    ]


def test_without_a_list_nothing_changes(backend: Any) -> None:
    table = held(backend, pa.Table.from_pylist([OUT | {"tcm_dx": "BNG08", "dx": ["I63.9"], "reason": "none"}]))
    assert with_tcm(table, CATALOGUE, plan(scheme("dip/national-1.0"), DAY)) is table
