"""Likeness: the narrowest step that gives peers to enough of the cases, else the widest that gives any."""

from typing import Any

import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.norms.peers.likeness import compared_with_likes
from yiheng.norms.peers.opportunity import by_unit, opportunity
from yiheng.norms.peers.rules import Comparing
from yiheng.tables.contract import contract

from .conftest import DAY

Row = dict[str, Any]
DEPTS = contract("dept").schema.empty_table()


def places(*rows: tuple[str, int, str]) -> pa.Table:
    schema = contract("institution").schema
    made = [dict.fromkeys(schema.names) | {"code": c, "level": level, "class": grade} for c, level, grade in rows]
    return pa.Table.from_pylist(made, schema=schema)


def cases(hospital: str, group: str, *fees: int) -> list[Row]:
    return [{"hospital": hospital, "dept": None, "group": group, "total_fee": fee, "los": 3} for fee in fees]


# Three of A's own class, three more of its level; the others treat what A treats.
SEVEN = places(
    ("A", 2, "甲"), ("B", 2, "甲"), ("C", 2, "甲"), ("D", 2, "甲"), ("E", 2, "乙"), ("F", 2, "乙"), ("G", 1, "乙")
)


@pytest.mark.parametrize(
    ("treated_by", "likes", "alike"),
    [
        ("BCD", "BCD", (("level", "2"), ("class", "甲"))),
        ("BCE", "BCDEF", (("level", "2"),)),
        ("BEG", "BCDEFG", ()),
        ("", "BCDEFG", ()),
    ],
)
def test_likes_are_sought_more_widely_until_half_of_the_cases_have_some(
    sums_of: Any, comparing: Comparing, treated_by: str, likes: str, alike: Any
) -> None:
    """Three peers with two cases each are enough for a group."""
    rows = [*cases("A", "X", 10, 12), *(each for code in treated_by for each in cases(code, "X", 8, 9))]
    counted = sums_of(rows)
    peers, table = compared_with_likes(by_unit(counted, 1), SEVEN, DEPTS, ("A",), DAY, comparing)
    assert ("".join(unit[0] for unit in peers.units), peers.alike) == (likes, alike)
    assert table.equals(opportunity(counted, peers, comparing))


def test_half_is_enough(sums_of: Any, comparing: Comparing) -> None:
    """X, treated by the narrowest likes, has 2 of 4 cases; with 2 of 5 the region is asked."""
    near = [each for code in "BCD" for each in cases(code, "X", 8, 9)]
    for own, expected in (((1, 2), 3), ((1, 2, 3), 6)):
        counted = sums_of([*cases("A", "X", 10, 12), *cases("A", "Y", *own), *near])
        peers, _ = compared_with_likes(by_unit(counted, 1), SEVEN, DEPTS, ("A",), DAY, comparing)
        assert len(peers.units) == expected


def test_nobody_anywhere_is_refused(sums_of: Any, comparing: Comparing) -> None:
    three = places(("A", 2, "甲"), ("B", 2, "甲"), ("C", 2, "甲"))
    with pytest.raises(Refusal) as refused:
        compared_with_likes(by_unit(sums_of(cases("A", "X", 1, 2)), 1), three, DEPTS, ("A",), DAY, comparing)
    assert str(refused.value).startswith("value A: has 2 peers, and 3 are needed")
