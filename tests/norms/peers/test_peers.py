"""With whom a hospital or department is compared."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.norms.peers.peers import Peers, chosen_peers, dept_peers, peers_by_class
from yiheng.tables.contract import contract

DAY = date(2024, 6, 30)
CLASS = ("level", "class")


def institutions(*rows: tuple[Any, ...]) -> pa.Table:
    names = ("code", "level", "class", "kind", "valid_from", "valid_to")
    found = [dict(zip(names, row, strict=False)) for row in rows]
    return pa.Table.from_pylist(found, schema=contract("institution").schema)


def depts(*rows: tuple[Any, ...]) -> pa.Table:
    names = ("hospital", "code", "standard_code", "valid_from", "valid_to")
    return pa.Table.from_pylist([dict(zip(names, row, strict=False)) for row in rows], schema=contract("dept").schema)


SIX = institutions(
    ("D", 2, "甲", "general"),
    ("A", 2, "甲", "general"),
    ("B", 2, "甲", "tcm"),
    ("C", 2, "乙", "general"),
    ("E", 3, "甲", "general"),
    ("N", None, "甲", "general"),
)


def test_hospitals_of_the_same_class_in_order_of_codes() -> None:
    its = peers_by_class(SIX, "B", DAY, CLASS, 2)
    assert its == Peers(("B",), (("A",), ("D",)), (("level", "2"), ("class", "甲")))


def test_other_columns_may_be_alike() -> None:
    assert peers_by_class(SIX, "A", DAY, ("kind",), 1).units == (("C",), ("D",), ("E",), ("N",))
    assert peers_by_class(SIX, "A", DAY, ("level", "class", "kind"), 1).units == (("D",),)


def test_the_class_is_that_of_the_day() -> None:
    """A was of the second level until the end of June, and E moved from the second to the third."""
    table = institutions(
        ("A", 2, "甲", "general", date(2020, 1, 1), date(2024, 6, 30)),
        ("A", 3, "甲", "general", date(2024, 7, 1), None),
        ("B", 2, "甲", "general", None, None),
        ("C", 2, "甲", "general", date(2020, 1, 1), date(2024, 6, 29)),
        ("E", 2, "甲", "general", date(2020, 1, 1), None),
        ("E", 3, "甲", "general", date(2022, 1, 1), None),
    )
    assert peers_by_class(table, "A", DAY, CLASS, 1).units == (("B",),)
    assert peers_by_class(table, "A", date(2024, 7, 1), CLASS, 1).units == (("E",),)
    assert peers_by_class(table, "A", date(2021, 1, 1), CLASS, 1).units == (("B",), ("C",), ("E",))


def test_a_hospital_whose_latest_row_has_ended_is_nobodys_peer() -> None:
    """E was left open as of the second level, became of the third, and closed."""
    table = institutions(
        ("A", 2, "甲", "general", None, None),
        ("B", 2, "甲", "general", None, None),
        ("E", 2, "甲", "general", date(2020, 1, 1), None),
        ("E", 3, "甲", "general", date(2022, 1, 1), date(2024, 3, 31)),
    )
    assert peers_by_class(table, "A", DAY, CLASS, 1).units == (("B",),)
    with pytest.raises(Refusal, match="value E: there is no such hospital on 2024-06-30"):
        peers_by_class(table, "E", DAY, CLASS, 1)
    assert peers_by_class(table, "A", date(2021, 12, 31), CLASS, 1).units == (("B",), ("E",))


def test_the_order_of_rows_changes_nothing() -> None:
    for order in ([5, 4, 3, 2, 1, 0], [2, 0, 1, 5, 3, 4]):
        assert peers_by_class(SIX.take(order), "B", DAY, CLASS, 2) == peers_by_class(SIX, "B", DAY, CLASS, 2)


def test_a_chosen_list_in_order() -> None:
    assert chosen_peers(SIX, "A", ["E", "C"], DAY, 2) == Peers(("A",), (("C",), ("E",)))


def test_departments_of_the_same_subject() -> None:
    table = depts(
        ("A", "1", "03"), ("B", "x", "03"), ("B", "y", "03"), ("B", "z", "04"), ("D", "1", "03"), ("E", "1", "03"),
        ("D", "9", "03", date(2020, 1, 1), date(2021, 1, 1)), ("A", "2", None), ("A", "3", "03"),
    )  # fmt: skip
    hospitals = peers_by_class(SIX, "A", DAY, CLASS, 2)
    assert dept_peers(table, hospitals, "1", DAY, 2) == Peers(
        ("A", "1"),
        (("B", "x"), ("B", "y"), ("D", "1")),
        (("level", "2"), ("class", "甲"), ("standard_code", "03")),
    )
    with pytest.raises(Refusal, match="value 2: this department has no standard_code"):
        dept_peers(table, hospitals, "2", DAY, 2)
    with pytest.raises(Refusal, match="value A 7: there is no such department on 2024-06-30"):
        dept_peers(table, hospitals, "7", DAY, 2)
    with pytest.raises(
        Refusal, match="has 3 peers with the same level 2, class 甲, standard_code 03, and 4 are needed"
    ):
        dept_peers(table, hospitals, "1", DAY, 4)


@pytest.mark.parametrize(
    ("hospital", "alike", "said"),
    [
        ("X", CLASS, "column hospital, value X: there is no such hospital on 2024-06-30 in DATA"),
        ("N", CLASS, "column level, value N: is not known of this hospital -> --peers A,B,..."),
        ("C", CLASS, "value C: has 0 peers with the same level 2, class 乙, and 2 are needed"),
        ("A", ("size",), "column --alike, value size: is no column of institution -> one of: code, name,"),
    ],
)
def test_a_hospital_without_enough_peers_is_refused(hospital: str, alike: tuple[str, ...], said: str) -> None:
    with pytest.raises(Refusal) as refused:
        peers_by_class(SIX, hospital, DAY, alike, 2)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (["B", "X"], "column hospital, value X: there is no such hospital on 2024-06-30 in DATA"),
        (["B", "A"], "column --peers, value A: is the hospital itself or named twice"),
        (["B", "B"], "column --peers, value B: is the hospital itself or named twice"),
        (["B"], "value A: has 1 peers, and 2 are needed -> --alike fewer columns, or --peers A,B,..."),
    ],
)
def test_a_bad_list_is_refused(chosen: list[str], said: str) -> None:
    with pytest.raises(Refusal) as refused:
        chosen_peers(SIX, "A", chosen, DAY, 2)
    assert str(refused.value) == said
