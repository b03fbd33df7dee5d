"""drg.telling.near: what a case nearly was, by which example, and what numbers that are not given could change."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from yiheng.drg.case import Case, case_of
from yiheng.drg.packs.load import read_pack
from yiheng.drg.packs.pack import Pack
from yiheng.drg.reference import group
from yiheng.drg.telling.lines import told_near
from yiheng.drg.telling.near import near, near_data
from yiheng.drg.telling.whatif import changed


def test_a_rule_before_lacks_an_operation(pack_of: Callable[..., Pack], a_case: Callable[..., Case]) -> None:
    pack = pack_of()
    found = near(pack, a_case())
    (miss,) = found.misses
    assert (miss.kind, miss.mdc, miss.id, miss.code, miss.file, miss.row) == ("rule", "B", "BB1", "BB1", "adrg.csv", 1)
    assert [(lack.atom.text, lack.wanted) for lack in miss.lacks] == [("pproc in ss", True)]
    assert miss.changes is not None
    assert miss.would_be is not None
    assert (miss.changes.principal_proc, miss.would_be.drg) == ("01.1", "BB15")
    assert list(told_near(found, pack, "en")) == [
        "near misses:",
        (
            "  BB1: lacks: the principal procedure is in list ss of BB1 (adrg.csv 1); "
            "for example principal procedure 01.1 operation, it would be BB15 operated"
        ),
    ]


def test_a_complication_makes_the_group_a_higher_one(pack_of: Callable[..., Pack], a_case: Callable[..., Case]) -> None:
    # M02 has the table of B01 and would not count: B02 stands for it.
    pack = pack_of()
    found = near(pack, a_case(proc=["01.1"]))
    said = [
        (miss.code, miss.changes and miss.changes.add_dx, miss.would_be and miss.would_be.drg) for miss in found.misses
    ]
    assert said == [("BB11", ("M01",), "BB11"), ("BB13", ("B02",), "BB13")]
    assert list(told_near(found, pack, "zh"))[2] == (
        "  BB13 operated with CC: 缺 有计入的 CC (drg.csv 2); 例如 增加诊断 B02 second, 则为 BB13 operated with CC"
    )


def test_either_level_is_made_up_for_by_the_lower(pack_of: Callable[..., Pack], a_case: Callable[..., Case]) -> None:
    drg = ["BB1,BB1,BB11,x,1,mcc or cc", "BB1,BB1,BB15,x,2,true", "BR1,BR1,BR19,x,1,true"]
    (miss,) = near(pack_of(drg=drg), a_case(proc=["01.1"])).misses
    assert (miss.code, miss.changes and miss.changes.add_dx) == ("BB11", ("B02",))


def test_numbers_that_are_not_given(pack_of: Callable[..., Pack], a_case: Callable[..., Case]) -> None:
    pack = pack_of(drg=["BR1,BR1,BR11,x,1,los > 10 and age < 17", "BR1,BR1,BR15,x,2,true"])
    found = near(pack, a_case(los=None, age=5))
    assert [(gap.field, [(value, its.drg) for value, its in gap.results]) for gap in found.unsaid] == [
        ("los", [(11, "BR11")])
    ]
    found = near(pack, a_case(age=None))
    assert found.misses == ()
    assert [(gap.field, [its.drg for _, its in gap.results]) for gap in found.unsaid] == [("age", [None, "BR15"])]


def test_a_case_without_a_group_is_near_some(pack_of: Callable[..., Pack], a_case: Callable[..., Case]) -> None:
    found = near(pack_of(adrg=["BR1,BR1,B,1,medical,pdx in zd and sex == 2 and age > 70,adrg:BR1"]), a_case())
    (miss,) = found.misses
    assert (miss.changes and dict(miss.changes.numbers), miss.would_be and miss.would_be.drg) == (
        {"sex": 2, "age": 71}, "BR19",
    )  # fmt: skip
    assert near_data(found)["misses"][0]["lacks"] == [
        {"condition": "sex == 2", "wanted": True}, {"condition": "age > 70", "wanted": True},
    ]  # fmt: skip


def test_three_conditions_are_too_many(pack_of: Callable[..., Pack], a_case: Callable[..., Case]) -> None:
    adrg = ["BR1,BR1,B,1,medical,pdx in zd and sex == 2 and age > 70 and los > 3,adrg:BR1"]
    assert near(pack_of(adrg=adrg), a_case()).misses == ()


@pytest.mark.golden
def test_every_example_does_what_it_says(shared: Path) -> None:
    pack = read_pack(shared / "packs" / "chs_drg_11")
    rows = pq.read_table(shared / "golden" / "chs_drg_11.parquet").slice(0, 150).to_pylist()
    seen = 0
    for case in map(case_of, rows):
        for miss in near(pack, case).misses:
            assert 1 <= len(miss.lacks) <= 2
            if miss.changes is not None:
                assert group(pack, changed(case, miss.changes)) == miss.would_be
                seen += miss.would_be is not None and str(miss.would_be.drg).startswith(miss.code)
    assert seen > 1_000
