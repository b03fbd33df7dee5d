"""Control charts: centre, limits and signals by hand, from published constants, and against plain words."""

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt
from statistics import mean, variance
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.norms.peers.control import FIGURES, charts
from yiheng.norms.peers.rules import Comparing, Signal

Row = dict[str, Any]
MONTHS = [f"{2023 + place // 12}-{place % 12 + 1:02}" for place in range(36)]


def series(rows: Sequence[tuple[int, int]], squares: Sequence[int] | None = None, unit: str | None = "A") -> pa.Table:
    """n and total of months in succession."""
    columns = {
        "hospital": pa.array([unit] * len(rows), pa.string()),
        "month": pa.array(MONTHS[: len(rows)], pa.string()),
        "n": pa.array([n for n, _ in rows], pa.int64()),
        "total": pa.array([total for _, total in rows], pa.int64()),
    }
    if squares is not None:
        columns["square"] = pa.array(squares, pa.int64())
    return pa.table(columns)


def charted(table: pa.Table, chart: str, rules: Comparing, per: int = 1) -> list[Row]:
    found = charts(table, ["hospital"], chart, rules, per)
    assert found.schema == pa.schema([("hospital", pa.string()), *FIGURES])
    return found.to_pylist()


def marks(values: Sequence[int], rules: Comparing) -> list[str]:
    return [row["signals"] for row in charted(series([(1, value) for value in values]), "xmr", rules)]


# Centre and limits


def test_p_chart_by_hand(comparing: Comparing) -> None:
    """10 of 400 in all: centre 0.025, sigma at n = 100 sqrt(0.025 x 0.975 / 100)."""
    rows = charted(series([(100, 1), (100, 2), (100, 7), (100, 0)]), "p", comparing)
    width = 3 * sqrt(0.025 * 0.975 / 100)
    assert [row["value"] for row in rows] == [0.01, 0.02, 0.07, 0.0]
    for row in rows:
        assert (row["centre"], row["lower"], row["upper"]) == (0.025, 0.0, pytest.approx(0.025 + width))
    assert [row["signals"] for row in rows] == ["", "", "", ""]


def test_p_chart_with_a_month_beyond(comparing: Comparing) -> None:
    rows = charted(series([*[(1000, 10)] * 5, (1000, 40), *[(1000, 10)] * 4, (50, 1)]), "p", comparing)
    assert [row["signals"] for row in rows] == ["", "", "", "", "", "beyond", "", "", "", "", ""]
    assert rows[10]["upper"] > rows[0]["upper"]


def test_u_chart_by_hand(comparing: Comparing) -> None:
    """12 deaths in 3,000 days: centre 0.004, sigma sqrt(0.004 / n)."""
    rows = charted(series([(500, 2), (1000, 5), (500, 3), (1000, 2)]), "u", comparing)
    assert rows[1]["centre"] == 0.004
    assert rows[0]["upper"] == pytest.approx(0.004 + 3 * sqrt(0.004 / 500))
    assert rows[1]["upper"] == pytest.approx(0.004 + 3 * sqrt(0.004 / 1000))
    assert {row["lower"] for row in rows} == {0.0}


def test_xmr_chart_by_hand(comparing: Comparing) -> None:
    """Moving ranges 2, 4, 2: the tabled 2.66 x 8 / 3 to either side of 11.5."""
    rows = charted(series([(1, 10), (1, 12), (1, 16), (1, 14)]), "xmr", comparing)
    assert rows[0]["centre"] == 13.0
    assert rows[0]["upper"] - 13 == pytest.approx(2.66 * 8 / 3, rel=1e-3)
    assert 13 - rows[0]["lower"] == pytest.approx(2.66 * 8 / 3, rel=1e-3)


def test_xbar_s_chart_from_the_values(comparing: Comparing) -> None:
    values = [[3, 5, 7], [4, 4], [9, 1, 5, 5], [2, 8, 8]]
    table = series([(len(its), sum(its)) for its in values], [sum(v * v for v in its) for its in values])
    rows = charted(table, "xbar_s", comparing)
    free = sum(len(its) - 1 for its in values)
    spread = sum(variance(its) * (len(its) - 1) for its in values) / free
    for its, row in zip(values, rows, strict=True):
        assert row["centre"] == pytest.approx(61 / 12)
        assert row["value"] == pytest.approx(mean(its))
        assert row["upper"] == pytest.approx(61 / 12 + 3 * sqrt(spread / len(its)))
        assert row["lower"] == pytest.approx(max(0, 61 / 12 - 3 * sqrt(spread / len(its))))


def test_fen_are_shown_as_yuan(comparing: Comparing) -> None:
    row = charted(series([(2, 30000)] * 4, [450000000] * 4), "xbar_s", comparing, 100)[0]
    assert (row["total"], row["value"], row["centre"], row["lower"], row["upper"]) == (
        30000,
        150.0,
        150.0,
        150.0,
        150.0,
    )


def test_lower_limits_fall_below_nothing_only_where_a_month_does(comparing: Comparing) -> None:
    assert {row["lower"] for row in charted(series([(1, 0), (1, 9), (1, 0), (1, 9)]), "xmr", comparing)} == {0.0}
    assert charted(series([(1, -1), (1, 9), (1, 0), (1, 9)]), "xmr", comparing)[0]["lower"] < 0


# What is no chart


def test_too_few_months_have_values_and_no_limits(comparing: Comparing) -> None:
    rows = charted(series([(100, 1), (0, 0), (100, 2), (100, 3)]), "p", comparing)
    assert [row["month"] for row in rows] == [MONTHS[0], MONTHS[2], MONTHS[3]]
    assert {(row["centre"], row["lower"], row["upper"], row["signals"]) for row in rows} == {(None,) * 4}
    assert [row["value"] for row in rows] == [0.01, 0.02, 0.03]


def test_months_of_single_cases_vary_by_nobody_knows_what(comparing: Comparing) -> None:
    rows = charted(series([(1, 3)] * 4, [9] * 4), "xbar_s", comparing)
    assert {row["upper"] for row in rows} == {None}


def test_a_month_that_nobody_named_is_left_out(comparing: Comparing) -> None:
    table = pa.concat_tables(
        [series([(1, 1)] * 4), pa.table({"hospital": ["A"], "month": pa.nulls(1, pa.string()), "n": [9], "total": [9]})]
    )
    assert len(charted(table, "xmr", comparing)) == 4


def test_a_share_above_one_is_an_error(comparing: Comparing) -> None:
    with pytest.raises(ValueError, match="more or less than its cases"):
        charted(series([(1, 2)] * 4), "p", comparing)


def test_units_in_order_the_unnamed_first(comparing: Comparing) -> None:
    table = pa.concat_tables([series([(1, 1)], unit=unit) for unit in ("B", None, "A")])
    assert [row["hospital"] for row in charted(table, "xmr", comparing)] == [None, "A", "B"]


# Signals


def test_eight_months_on_one_side(comparing: Comparing) -> None:
    found = marks([10, 9, 10, 9, 10, 9, 10, 9, 11, 12, 11, 12, 11, 12, 11, 12, 11], comparing)
    assert [place for place, ids in enumerate(found) if "side_8" in ids.split("|")] == [7, 15, 16]


def test_a_month_on_the_centre_ends_a_run(comparing: Comparing) -> None:
    values = [9, 9, 9, 9, 10, 9, 9, 9, 11, 11, 11, 11, 11, 11, 11]
    rules = replace(comparing, signals=(Signal("side", "side", 5),))
    assert sum(values) == 10 * len(values)
    assert [place for place, ids in enumerate(marks(values, rules)) if ids] == [12, 13, 14]


def test_six_months_rising_and_falling(comparing: Comparing) -> None:
    rules = replace(comparing, signals=(Signal("trend_6", "trend", 6),))
    found = marks([5, 1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3, 2, 2, 1], rules)
    assert [place for place, ids in enumerate(found) if ids] == [6, 7, 12]


def test_two_of_three_beyond_two_sigmas_on_one_side(comparing: Comparing) -> None:
    """Against a wide chart of ranges near 10, sigma is about 9: +20, 0, +20 is a signal, +20, 0, -20 is none."""
    quiet = [50, 60] * 10
    rules = replace(comparing, signals=(Signal("two_of_3", "zone", 3, 2, 2),))
    assert [place for place, ids in enumerate(marks([*quiet, 80, 55, 80], rules)) if ids] == [22]
    assert [place for place, ids in enumerate(marks([*quiet, 80, 55, 28], rules)) if ids] == []


def test_a_chart_that_never_varies_marks_whatever_differs(comparing: Comparing) -> None:
    """Every month the same share: no month is marked; the limits lie on the centre."""
    rows = charted(series([(10, 0)] * 9), "p", comparing)
    assert {(row["centre"], row["upper"], row["signals"]) for row in rows} == {(0.0, 0.0, "")}


def test_ids_are_joined_in_the_order_of_the_rules(comparing: Comparing) -> None:
    found = marks([10, 9] * 8 + [10, 60], comparing)
    assert found[-1] == "beyond"
    assert marks([10, 9] * 8 + [60, 60], comparing)[-1] == "beyond|two_of_3"


# Laws


@pytest.mark.property
@given(st.lists(st.integers(0, 50), min_size=4, max_size=30), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_rules_in_plain_words_and_any_order_of_rows(comparing: Comparing, values: list[int], chance: Any) -> None:
    rules = replace(
        comparing, signals=(Signal("beyond", "beyond"), Signal("side", "side", 4), Signal("up", "trend", 3))
    )
    table = series([(1, value) for value in values])
    rows = charted(table, "xmr", rules)
    order = list(range(len(values)))
    chance.shuffle(order)
    assert charted(table.take(order), "xmr", rules) == rows
    centre = sum(values) / len(values)
    for place, row in enumerate(rows):
        ids = row["signals"].split("|")
        last = values[max(0, place - 3) : place + 1]
        above = len(last) == 4 and all(v * len(values) > sum(values) for v in last)
        under = len(last) == 4 and all(v * len(values) < sum(values) for v in last)
        assert ("side" in ids) == (above or under)
        three = values[max(0, place - 2) : place + 1]
        assert ("up" in ids) == (len(three) == 3 and (three[0] < three[1] < three[2] or three[0] > three[1] > three[2]))
        ranges = [abs(b - a) for a, b in zip(values, values[1:], strict=False)]
        width = 2.659_615 * sum(ranges) / len(ranges)
        if abs(abs(values[place] - centre) - width) > 1e-3:
            assert ("beyond" in ids) == (abs(values[place] - centre) > width)


@pytest.mark.property
@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1)), min_size=4, max_size=24), st.integers(2, 9))
@settings(max_examples=30)
def test_means_times_k_have_limits_times_k_and_the_same_signals(comparing: Comparing, rows: Any, k: int) -> None:
    counts = [(n, int(share * n) * 7) for n, share in rows]
    squares = [total * 7 for _, total in counts]
    before = charted(series(counts, squares), "xbar_s", comparing)
    after = charted(
        series([(n, total * k) for n, total in counts], [its * k * k for its in squares]), "xbar_s", comparing
    )
    for old, new in zip(before, after, strict=True):
        assert new["signals"] == old["signals"]
        for name in ("value", "centre", "lower", "upper"):
            assert new[name] == (None if old[name] is None else pytest.approx(old[name] * k, rel=1e-9, abs=1e-9))
