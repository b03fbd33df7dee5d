"""Indirect standardisation against the plain definition, in exact fractions."""

from fractions import Fraction
from math import sqrt

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.norms.standardised import SCHEMA, STRATA, standardised, wilson

# hospital, age band, principal, cases, with any, with a MCC
ROWS = [
    ("A", 0, "I21", 10, 8, 2),
    ("A", 1, "J18", 5, 1, 0),
    ("B", 0, "I21", 30, 12, 2),
    ("B", 1, "J18", 15, 3, 0),
    ("B", 1, "K35", 4, 0, 0),
]


def made(rows) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(STRATA.names, row, strict=True)) for row in sorted(rows)], schema=STRATA)


def plain(rows, level: int) -> dict[str, tuple[int, int, Fraction]]:
    """Cases, observed and expected of each hospital, as the definition has it."""
    found: dict[str, tuple[int, int, Fraction]] = {}
    for hospital in sorted({row[0] for row in rows}):
        own = [row for row in rows if row[0] == hospital]
        due = Fraction(0)
        for row in own:
            alike = [other for other in rows if other[1:3] == row[1:3]]
            due += row[3] * Fraction(sum(other[level] for other in alike), sum(other[3] for other in alike))
        found[hospital] = (sum(row[3] for row in own), sum(row[level] for row in own), due)
    return found


def test_two_hospitals_worked_out_by_hand() -> None:
    """I21: 20 of 40 have any, J18 4 of 20, K35 none; so A is due 10/2 + 5/5 = 6 and has 9."""
    rows = standardised(made(ROWS), 0.95).to_pylist()
    assert [(row["hospital"], row["level"], row["n"], row["observed"], row["expected"]) for row in rows] == [
        ("A", "any", 15, 9, 6.0),
        ("B", "any", 49, 15, 18.0),
        ("A", "mcc", 15, 2, 1.0),
        ("B", "mcc", 49, 2, 3.0),
    ]
    assert [row["ratio"] for row in rows] == [1.5, 0.833333333333, 2.0, 0.666666666667]


def test_the_interval_is_wilsons_over_the_expected_share() -> None:
    """9 of 15 at 95 %: z = 1.959963984540; the textbook form with z² in both places."""
    row = standardised(made(ROWS), 0.95).to_pylist()[0]
    z, n, p = 1.959963984540054, 15, 9 / 15
    root = z * sqrt(4 * n * p * (1 - p) + z * z)
    low, high = ((2 * n * p + z * z - root) / (2 * (n + z * z)), (2 * n * p + z * z + root) / (2 * (n + z * z)))
    assert (row["low"], row["high"]) == (float(f"{low / (6 / 15):.12g}"), float(f"{high / (6 / 15):.12g}"))
    assert wilson(9, 15, 0.95) == pytest.approx((0.35746, 0.80176), abs=1e-5)


def test_at_none_and_at_all_the_interval_stays_within_0_and_1() -> None:
    assert wilson(0, 10, 0.95) == (0.0, pytest.approx(0.27753, abs=1e-5))
    assert wilson(10, 10, 0.95) == (pytest.approx(0.72247, abs=1e-5), 1.0)


def test_where_nothing_is_expected_there_is_no_ratio() -> None:
    rows = standardised(made([("A", 0, "K35", 4, 0, 0)]), 0.95).to_pylist()
    assert [(row["expected"], row["ratio"], row["low"], row["high"]) for row in rows] == [(0.0, None, None, None)] * 2


def test_no_cases_give_no_rows() -> None:
    assert standardised(made([]), 0.95) == SCHEMA.empty_table()


@st.composite
def regions(draw: st.DrawFn) -> list[tuple[str, int, str, int, int, int]]:
    keys = draw(st.sets(st.tuples(st.sampled_from("ABCD"), st.integers(0, 2), st.sampled_from(("I21", "J18")))))
    rows = []
    for key in sorted(keys):
        n = draw(st.integers(1, 40))
        any_ = draw(st.integers(0, n))
        rows.append((*key, n, any_, draw(st.integers(0, any_))))
    return rows


@pytest.mark.slow
@pytest.mark.property
@given(regions())
def test_every_expected_is_the_plain_one_and_all_add_up_to_the_observed(rows) -> None:
    found = standardised(made(rows), 0.9).to_pylist()
    for level, place in (("any", 4), ("mcc", 5)):
        its = {row["hospital"]: row for row in found if row["level"] == level}
        due = plain(rows, place)
        assert {name: (row["n"], row["observed"]) for name, row in its.items()} == {n: d[:2] for n, d in due.items()}
        for name, row in its.items():
            assert row["expected"] == pytest.approx(float(due[name][2]), rel=1e-11)
            assert row["ratio"] is None or row["low"] <= row["ratio"] <= row["high"]
        assert sum(d[2] for d in due.values()) == sum(d[1] for d in due.values())
