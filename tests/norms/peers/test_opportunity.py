"""Opportunity by hand, against a plain computation of 20,000 cases, and its laws."""

from collections import defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import sqrt
from statistics import variance
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.norms.peers.opportunity import ABOVE, FEW_CASES, FEW_PEERS, NOT_ABOVE, SCHEMA, opportunity
from yiheng.norms.peers.peers import Peers
from yiheng.norms.peers.rules import Comparing
from yiheng.norms.sums import sums

Row = dict[str, Any]
Sums = Callable[[list[Row]], ir.Table]
Z = 1.959963984540054
FOUR = Peers(("A",), (("B",), ("C",), ("D",), ("E",)))
KEYS = ("hospital", "dept", "group")
MEASURES = {"fee": "total_fee", "los": "los"}


def cases(hospital: str, group: str | None, fees: list[str | None], stays: list[int | None]) -> list[Row]:
    return [
        {
            "hospital": hospital,
            "dept": "1",
            "group": group,
            "total_fee": None if fee is None else Decimal(fee),
            "los": stay,
        }
        for fee, stay in zip(fees, stays, strict=True)
    ]


def by_group(table: pa.Table) -> dict[str, Row]:
    return {row["group"]: row for row in table.to_pylist()}


def test_a_group_above_and_one_below_by_hand(sums_of: Sums, comparing: Comparing) -> None:
    """g: mean 200 against 90, 100, 120, 150: the lower middle is 100, so 2 x 100 are saved; h lies 2 x 5 below."""
    rows = cases("A", "g", ["180", "220"], [10, 10]) + cases("A", "h", ["45", "45"], [3, 5])
    for peer, mean in (("B", 90), ("C", 150), ("D", 100), ("E", 120)):
        rows += cases(peer, "g", [str(mean - 10), str(mean + 10)], [mean // 10, mean // 10])
        rows += cases(peer, "h", ["50", "50"], [4, 4])
    found = by_group(opportunity(sums_of(rows), FOUR, comparing))
    half = Z * sqrt(2**2 * (800 / 2 + 200 / 2))
    g = found["g"]
    assert (g["n"], g["fee_state"], g["fee_cases"], g["fee_mean"], g["fee_peers"]) == (2, ABOVE, 2, 200.0, 4)
    assert (g["fee_median_peer"], g["fee_peer_mean"]) == ("D", 100.0)
    assert (g["fee_saving"], g["fee_below"]) == (Decimal("200.00"), Decimal("0.00"))
    assert (g["fee_low"], g["fee_high"]) == (pytest.approx(200 - half), pytest.approx(200 + half))
    assert (g["los_state"], g["los_saving"], g["los_below"], g["los_low"]) == (NOT_ABOVE, 0.0, 0.0, None)
    h = found["h"]
    assert (h["fee_state"], h["fee_saving"], h["fee_below"]) == (NOT_ABOVE, Decimal("0.00"), Decimal("10.00"))
    assert (h["los_state"], h["fee_median_peer"], h["fee_low"]) == (NOT_ABOVE, "C", None)
    total = found["all"]
    assert (total["n"], total["fee_cases"], total["fee_state"]) == (4, 4, None)
    assert (total["fee_saving"], total["fee_below"]) == (Decimal("200.00"), Decimal("10.00"))
    assert (total["fee_low"], total["fee_high"]) == (pytest.approx(200 - half), pytest.approx(200 + half))


def test_groups_with_few_cases_or_few_peers_are_not_compared(sums_of: Sums, comparing: Comparing) -> None:
    rows = cases("A", "one", ["9"], [9]) + cases("A", "lone", ["9", "9"], [9, 9])
    for peer in "BCDE":
        rows += cases(peer, "one", ["1", "1"], [1, 1])
    rows += cases("B", "lone", ["1", "1"], [1, 1]) + cases("C", "lone", ["1", None], [1, None])
    rows += cases("A", None, ["9", "9"], [9, 9]) + cases("X", "lone", ["1"] * 9, [1] * 9)
    table = opportunity(sums_of(rows), FOUR, comparing)
    found = by_group(table)
    assert table.schema == SCHEMA
    assert list(found) == ["lone", "one", "all"]
    assert (found["one"]["fee_state"], found["one"]["fee_saving"], found["one"]["fee_peers"]) == (FEW_CASES, None, 4)
    assert (found["lone"]["fee_state"], found["lone"]["fee_saving"], found["lone"]["fee_peers"]) == (FEW_PEERS, None, 1)
    assert (found["all"]["fee_cases"], found["all"]["fee_saving"], found["all"]["fee_low"]) == (
        0,
        Decimal("0.00"),
        None,
    )


def test_savings_of_thirds_of_a_fen_are_rounded_once(sums_of: Sums, comparing: Comparing) -> None:
    """2 x (1.00 - 2.00 / 3) = 2 / 3 yuan."""
    rows = cases("A", "g", ["1", "1"], [1, 1])
    for peer in "BCD":
        rows += cases(peer, "g", ["0.66", "0.67", "0.67"], [1, 1, 1])
    found = by_group(opportunity(sums_of(rows), Peers(("A",), (("B",), ("C",), ("D",))), comparing))
    assert (found["g"]["fee_saving"], found["g"]["fee_median_peer"]) == (Decimal("0.67"), "C")


def test_a_unit_without_cases_has_only_a_total(sums_of: Sums, comparing: Comparing) -> None:
    (total,) = opportunity(sums_of(cases("B", "g", ["1"], [1])), FOUR, comparing).to_pylist()
    assert (total["group"], total["n"], total["fee_saving"], total["los_saving"]) == ("all", 0, Decimal("0.00"), 0.0)


# 20,000 cases


def plain(
    rows: list[Row], unit: tuple[str, ...], peers: list[tuple[str, ...]], least: int, fewest: int
) -> dict[str, Row]:
    """The definition in the words of the module, over lists of values."""
    values: dict[tuple[str, str, tuple[str, ...]], list[Fraction]] = defaultdict(list)
    groups = set()
    for row in rows:
        key = (row["hospital"], row["dept"])[: len(unit)]
        if row["group"] is not None and key == unit:
            groups.add(row["group"])
        for measure, column in MEASURES.items():
            if row["group"] is not None and row[column] is not None:
                values[measure, row["group"], key].append(Fraction(row[column]))
    return {
        group: {measure: _plain_gap(values, measure, group, unit, peers, least, fewest) for measure in MEASURES}
        for group in groups
    }


def _plain_gap(
    values: Any, measure: str, group: str, unit: Any, peers: Any, least: int, fewest: int
) -> tuple[str, Fraction, float] | None:
    """The median peer, what the unit is above it, and the variance of that."""
    own = values[measure, group, unit]
    means = sorted(
        (sum(its) / len(its), " ".join(peer), its)
        for peer in peers
        if len(its := values[measure, group, peer]) >= least
    )
    if len(own) < least or len(means) < fewest:
        return None
    mean, name, its = means[(len(means) + 1) // 2 - 1]
    spread = len(own) ** 2 * (variance(map(float, own)) / len(own) + variance(map(float, its)) / len(its))
    return name, sum(own) - len(own) * mean, spread


@pytest.mark.parity
@pytest.mark.parametrize("length", [1, 2])
def test_20000_cases_as_computed_plainly(
    sample_facts: ir.Table, sample_rows: list[Row], comparing: Comparing, length: int
) -> None:
    units = sorted({(row["hospital"], row["dept"])[:length] for row in sample_rows})
    unit, peers = units[len(units) // 2], units[: len(units) // 2]
    found = by_group(opportunity(sums(sample_facts, KEYS), Peers(unit, tuple(peers)), comparing))
    wanted = plain(sample_rows, unit, peers, comparing.pair_cases_least, comparing.peers_least)
    assert found.keys() - {"all"} == wanted.keys()
    for measure, exact in (("fee", _cents), ("los", _shown)):
        gaps = {group: its[measure] for group, its in wanted.items() if its[measure] is not None}
        assert len(gaps) > 5
        for group, (name, gap, spread) in gaps.items():
            row = found[group]
            assert row[f"{measure}_median_peer"] == name
            assert row[f"{measure}_saving"] == exact(max(gap, Fraction(0)))
            assert row[f"{measure}_below"] == exact(max(-gap, Fraction(0)))
            if gap > 0:
                assert row[f"{measure}_low"] == pytest.approx(float(gap) - Z * sqrt(spread), rel=1e-8, abs=1e-6)
                assert row[f"{measure}_high"] == pytest.approx(float(gap) + Z * sqrt(spread), rel=1e-8)
        above = [gap for _, gap, _ in gaps.values() if gap > 0]
        half = Z * sqrt(sum(spread for _, gap, spread in gaps.values() if gap > 0))
        total = found["all"]
        assert total[f"{measure}_saving"] == (exact(sum(above)) if measure == "los" else sum(map(_cents, above)))
        assert total[f"{measure}_low"] == pytest.approx(float(sum(above)) - half, rel=1e-8)
        assert total[f"{measure}_high"] == pytest.approx(float(sum(above)) + half, rel=1e-8)
        assert {g for g in wanted if g not in gaps} == {g for g in wanted if found[g][f"{measure}_saving"] is None}


def _cents(yuan: Fraction) -> Decimal:
    return (Decimal(yuan.numerator) / Decimal(yuan.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _shown(days: Fraction) -> float:
    return float(f"{float(days):.12g}")


# Laws


@st.composite
def some(draw: st.DrawFn) -> list[Row]:
    one = st.fixed_dictionaries(
        {
            "hospital": st.sampled_from("ABCDE"),
            "dept": st.just("1"),
            "group": st.sampled_from(["g", "h", None]),
            "total_fee": st.integers(1, 10**6).map(lambda fen: Decimal(fen).scaleb(-2)) | st.none(),
            "los": st.integers(1, 60) | st.none(),
        }
    )
    return draw(st.lists(one, max_size=40))


@pytest.mark.property
@given(some(), st.randoms(use_true_random=False))
@settings(max_examples=8)
def test_the_order_of_cases_and_shards_change_nothing(
    sums_of: Sums, comparing: Comparing, rows: list[Row], chance: Any
) -> None:
    whole = opportunity(sums_of(rows), FOUR, comparing)
    mixed = list(rows)
    chance.shuffle(mixed)
    assert opportunity(sums_of(mixed), FOUR, comparing).equals(whole)
    halves = [sums_of(part) for part in (rows[::2], rows[1::2])]
    assert opportunity(ibis.union(*halves), FOUR, comparing).equals(whole)


@pytest.mark.property
@given(some(), st.integers(2, 50))
@settings(max_examples=8)
def test_fees_times_k_save_k_times_as_much(sums_of: Sums, comparing: Comparing, rows: list[Row], k: int) -> None:
    times = [{**row, "total_fee": None if row["total_fee"] is None else row["total_fee"] * k} for row in rows]
    before, after = (opportunity(sums_of(each), FOUR, comparing).to_pylist() for each in (rows, times))
    for old, new in zip(before, after, strict=True):
        assert new["fee_state"] == old["fee_state"]
        assert new["fee_median_peer"] == old["fee_median_peer"]
        assert [new[name] for name in new if name.startswith("los")] == [old[n] for n in old if n.startswith("los")]
        if old["fee_saving"] is not None:
            assert abs(new["fee_saving"] - k * old["fee_saving"]) <= Decimal("0.01") * k


@pytest.mark.property
@given(some())
@settings(max_examples=8)
def test_what_is_below_is_never_set_off(sums_of: Sums, comparing: Comparing, rows: list[Row]) -> None:
    *groups, total = opportunity(sums_of(rows), FOUR, comparing).to_pylist()
    for measure in MEASURES:
        savings = [row[f"{measure}_saving"] for row in groups if row[f"{measure}_saving"] is not None]
        below = [row[f"{measure}_below"] for row in groups if row[f"{measure}_below"] is not None]
        assert all(one >= 0 and other >= 0 and 0 in (one, other) for one, other in zip(savings, below, strict=True))
        assert float(total[f"{measure}_saving"]) == pytest.approx(float(sum(savings)), rel=1e-10)
        assert float(total[f"{measure}_below"]) == pytest.approx(float(sum(below)), rel=1e-10)
