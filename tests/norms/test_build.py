"""norms.build: the worked examples, every figure against the plain computation, and what holds for any cases."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from yiheng.base.money import split
from yiheng.norms.build import ORDER, norm_fees, norms
from yiheng.norms.cells import Cells, cell_table, cells
from yiheng.norms.units import UNITS, with_units
from yiheng.tables.digest import digest

Row = dict[str, Any]
By = Callable[[list[Row], str], pa.Table]
MONEY = ("fee", "norm_fee", "difference")
UNMOVED = ("weight", "cmi", "cost_index", "time_index", "weight_cases", "cost_cases", "time_cases")


def case(hospital: str | None, group: str | None, fee: str | None, los: int | None = 1) -> Row:
    return {"hospital": hospital, "group": group, "total_fee": None if fee is None else Decimal(fee), "los": los}


def one(table: pa.Table, **unit: str | None) -> Row:
    """The row of this unit."""
    found = [row for row in table.to_pylist() if all(row[name] == value for name, value in unit.items())]
    assert len(found) == 1
    return found[0]


def assert_same(table: pa.Table, plain: dict[tuple[str | None, ...], Row], by: str) -> None:
    """Counts and money exactly, floats to 1e-9, null exactly where the plain value is None."""
    keys = UNITS[by]
    found = {tuple(row[name] for name in keys): row for row in table.to_pylist()}
    assert found.keys() == plain.keys()
    for unit, wanted in plain.items():
        for name, value in wanted.items():
            if isinstance(value, Fraction):
                assert found[unit][name] == pytest.approx(float(value), rel=1e-9, abs=0), (unit, name)
            else:
                assert found[unit][name] == value, (unit, name)


@st.composite
def _cases(draw: st.DrawFn, whole: bool = False) -> list[Row]:
    """A few cases of a few hospitals; `whole`: every one has a fee above nothing, a stay and a group."""
    fee = st.integers(1, 500) | st.integers(1, 10**7)
    stay = st.integers(1, 60)
    one = st.builds(
        case,
        st.sampled_from("ABCD"),
        st.sampled_from(["g", "h", "i"] if whole else ["g", "h", "i", None]),
        (fee if whole else fee | st.none() | st.just(0)).map(lambda fen: None if fen is None else f"{fen / 100:.2f}"),
        stay if whole else stay | st.none() | st.just(0),
    )
    more = st.fixed_dictionaries({"dept": st.sampled_from(["01", None]), "physician": st.sampled_from(["x", "y"])})
    found = draw(st.lists(st.tuples(one, more), min_size=1, max_size=25))
    return [{**row, **extra, "discharge_date": None, "case_id": str(n)} for n, (row, extra) in enumerate(found)]


@pytest.mark.golden
def test_e03_cmi(by_unit: By) -> None:
    """RW 1.2 x 50 + 0.8 x 30 + 2.5 x 20 = 134 over 100 cases: CMI 1.34, a fifth of the cases with RW of 2 or more."""
    mix = [("a", "1200", 50), ("b", "800", 30), ("c", "2500", 20)]
    cases = [case("A", group, fee) for group, fee, count in mix for _ in range(count)]
    cases += [case("B", "d", "660") for _ in range(100)]
    ours = one(by_unit(cases, "hospital"), hospital="A")
    assert (ours["cmi"], ours["weight"], ours["weight_cases"]) == (1.34, 134.0, 100)
    groups = by_unit(cases, "group")
    assert dict(zip(*groups.select(["group", "rw"]).to_pydict().values(), strict=True)) == {
        "a": 1.2, "b": 0.8, "c": 2.5, "d": 0.66,
    }  # fmt: skip
    assert sum(row["n"] for row in groups.to_pylist() if row["rw"] >= 2) == 20


@pytest.mark.golden
def test_e13_consumption_index(by_unit: By) -> None:
    """k, n = (1.1, 100), (0.9, 200), (1.3, 50): 355 / 350 = 1.014286, for fees and for days."""
    mix = [("a", 110, 100), ("b", 90, 200), ("c", 130, 50)]
    cases = [case("A", group, str(k * 10), k) for group, k, count in mix for _ in range(count)]
    cases += [case("B", group, str(2000 - k * 10), 200 - k) for group, k, count in mix for _ in range(count)]
    ours = one(by_unit(cases, "hospital"), hospital="A")
    assert ours["cost_index"] == ours["time_index"] == float(f"{355 / 350:.12g}")
    assert round(ours["cost_index"], 6) == 1.014286
    assert ours["cost_cases"] == ours["time_cases"] == 350


def test_figures_of_a_small_region(by_unit: By) -> None:
    """Everything that can be missing, by hand."""
    cases = [
        case("A", "g", "100.00", 4),
        case("A", "g", None, 8),
        case("A", None, "50.00", 3),
        case("B", "g", "300.00", None),
        case("B", "h", "400.00", 10),
        case("B", "u", None, 1),
    ]
    weight_g, weight_h = 200 / (800 / 3), 400 / (800 / 3)
    assert one(by_unit(cases, "hospital"), hospital="A") == {
        "hospital": "A", "n": 3, "mean_cost": 75.0, "mean_los": 5.0, "cmi": weight_g, "cost_index": 0.5,
        "time_index": 1.0, "grouped": 2, "fee_cases": 2, "los_cases": 3, "weight_cases": 2, "weight": 2 * weight_g,
        "cost_cases": 1, "time_cases": 2, "fee": Decimal("100.00"), "norm_fee": Decimal("200.00"),
        "difference": Decimal("100.00"),
    }  # fmt: skip
    assert one(by_unit(cases, "hospital"), hospital="B") == {
        "hospital": "B", "n": 3, "mean_cost": 350.0, "mean_los": 5.5, "cmi": (weight_g + weight_h) / 2,
        "cost_index": 1.25, "time_index": 1.0, "grouped": 3, "fee_cases": 2, "los_cases": 2, "weight_cases": 2,
        "weight": weight_g + weight_h, "cost_cases": 2, "time_cases": 2, "fee": Decimal("700.00"),
        "norm_fee": Decimal("600.00"), "difference": Decimal("-100.00"),
    }  # fmt: skip
    unweighed = one(by_unit(cases, "group"), group="u")
    assert (unweighed["rw"], unweighed["cmi"], unweighed["cost_index"], unweighed["time_index"]) == (
        None,
        None,
        None,
        1,
    )


def test_columns_and_their_order(by_unit: By) -> None:
    cases = [{**case("A", "g", "1.00"), "dept": "01", "physician": "x"}]
    for by, keys in UNITS.items():
        table = by_unit(cases, by)
        assert table.column_names == [*keys, *ORDER, *(["rw"] if by == "group" else [])]
        assert table.column_names[len(keys) :][:6] == [
            "n", "mean_cost", "mean_los", "cmi", "cost_index", "time_index",
        ]  # fmt: skip
        assert all(table.schema.field(name).type == pa.decimal128(18, 2) for name in MONEY)


def test_no_cases_are_no_units(by_unit: By) -> None:
    for by in UNITS:
        assert by_unit([], by).num_rows == 0


def test_cases_without_any_group_have_means_and_no_weights(by_unit: By) -> None:
    cases = [{**case("A", None, "10.00", 2), "dept": "01", "physician": "x"}]
    for by in UNITS:
        (row,) = by_unit(cases, by).to_pylist()
        assert (row["n"], row["grouped"], row["mean_cost"], row["mean_los"]) == (1, 0, 10.0, 2.0)
        assert (row["cmi"], row["weight"], row["cost_index"], row["time_index"]) == (None,) * 4
        assert (row["fee"], row["norm_fee"], row["difference"]) == (Decimal("0.00"),) * 3


def test_fees_that_are_all_nothing_weigh_nothing(by_unit: By) -> None:
    """Zero is not missing: the mean is 0, and what would be divided by it is null."""
    cases = [case("A", "g", "0.00", 0), case("B", "g", "0.00", 0)]
    row = one(by_unit(cases, "hospital"), hospital="A")
    assert (row["mean_cost"], row["mean_los"], row["fee_cases"], row["los_cases"]) == (0.0, 0.0, 1, 1)
    assert (row["cmi"], row["cost_index"], row["time_index"], row["weight_cases"]) == (None, None, None, 0)


@pytest.mark.parity
@pytest.mark.parametrize("by", UNITS)
def test_every_figure_as_computed_plainly(by: str, by_unit: By, random_cases: Any, plain_norms: Any) -> None:
    cases = random_cases(1, 2000)
    assert_same(by_unit(cases, by), plain_norms(cases, by), by)


@pytest.mark.slow
@pytest.mark.parity
@given(_cases())
@settings(max_examples=12)
def test_every_figure_of_a_few_cases_as_computed_plainly(by_unit: By, plain_norms: Any, rows: list[Row]) -> None:
    for by in UNITS:
        assert_same(by_unit(rows, by), plain_norms(rows, by), by)


@pytest.mark.property
@given(_cases(), st.integers(2, 1000))
@settings(max_examples=12)
def test_fees_in_another_unit_of_money_change_no_weight_and_no_index(by_unit: By, rows: list[Row], k: int) -> None:
    scaled = [{**row, "total_fee": None if row["total_fee"] is None else row["total_fee"] * k} for row in rows]
    before, after = by_unit(rows, "hospital"), by_unit(scaled, "hospital")
    for old, new in zip(before.to_pylist(), after.to_pylist(), strict=True):
        for name in UNMOVED:
            assert new[name] == (None if old[name] is None else pytest.approx(old[name], rel=1e-9))
    assert pc.sum(after["fee"]).as_py() == k * pc.sum(before["fee"]).as_py()


@pytest.mark.slow
@pytest.mark.property
@given(_cases(), st.randoms(use_true_random=False))
@settings(max_examples=10)
def test_the_order_of_cases_changes_nothing(backend: Backend, by_unit: By, rows: list[Row], chance: Any) -> None:
    shuffled = rows.copy()
    chance.shuffle(shuffled)
    for by in ("hospital", "dept", "group"):
        before, after = by_unit(rows, by), by_unit(shuffled, by)
        assert after.equals(before)
    assert _digest(backend, after) == _digest(backend, before)


@pytest.mark.property
@given(_cases())
@settings(max_examples=10)
def test_hospitals_that_swap_their_cases_swap_their_figures(by_unit: By, rows: list[Row]) -> None:
    other = {"A": "B", "B": "A"}
    swapped = [{**row, "hospital": other.get(row["hospital"], row["hospital"])} for row in rows]
    before, after = by_unit(rows, "hospital").to_pylist(), by_unit(swapped, "hospital").to_pylist()
    expected = {other.get(row["hospital"], row["hospital"]): row for row in before}
    assert {row["hospital"] for row in after} == set(expected)
    for row in after:
        for name in set(ORDER) - {"norm_fee", "difference"}:
            assert row[name] == expected[row["hospital"]][name]
        # A fen that is left over goes by the hospital's code, one at most in each of three groups.
        assert abs(row["norm_fee"] - expected[row["hospital"]]["norm_fee"]) <= Decimal("0.03")


@pytest.mark.property
@given(_cases())
@settings(max_examples=10)
def test_hospitals_with_the_same_cases_have_the_same_figures(by_unit: By, rows: list[Row]) -> None:
    twins = [{**row, "hospital": hospital} for hospital in "AB" for row in rows]
    first, second = by_unit(twins, "hospital").drop_columns(["hospital"]).to_pylist()
    assert {name: first[name] for name in ORDER if name not in MONEY} == {
        name: second[name] for name in ORDER if name not in MONEY
    }
    assert first["fee"] == second["fee"]
    assert first["cost_index"] in (None, pytest.approx(1.0))


@pytest.mark.property
@pytest.mark.parity
def test_cells_of_two_halves_give_what_cells_of_the_whole_give(table: Any, random_cases: Any, institution: Any) -> None:
    cases = random_cases(3, 900)
    finest = ("hospital", "dept", "physician", "month", "county")

    def cells_of(rows: list[Row]) -> ir.Table:
        return cell_table(with_units(with_units(table(rows), "month"), "county", institution), finest, "group")

    merged = ibis.union(*(cells_of(cases[part::3]) for part in range(3)))
    whole = cells_of(cases)
    for by, units in UNITS.items():
        parts, once = (norms(cells(with_units(each, by), units)) for each in (merged, whole))
        assert parts.equals(once)


@pytest.mark.property
@given(_cases(whole=True))
@settings(max_examples=12)
def test_the_region_is_its_own_norm(by_unit: By, rows: list[Row]) -> None:
    """With every fee there, region CMI and indices are 1, and so is the case-weighted mean of the hospitals' CMI."""
    (region,) = by_unit(rows, "region").to_pylist()
    assert (region["cmi"], region["cost_index"], region["time_index"]) == pytest.approx((1.0, 1.0, 1.0))
    assert region["difference"] == Decimal("0.00")
    assert region["weight"] == pytest.approx(len(rows))
    hospitals = by_unit(rows, "hospital").to_pylist()
    assert sum(row["weight"] for row in hospitals) == pytest.approx(len(rows))


@pytest.mark.slow
@pytest.mark.property
@given(_cases())
@settings(max_examples=12)
def test_gains_and_losses_add_up_to_nothing(by_unit: By, rows: list[Row]) -> None:
    for by in UNITS:
        table = by_unit(rows, by)
        assert sum(table["difference"].to_pylist()) == Decimal("0.00")
        assert pc.sum(table["norm_fee"]) == pc.sum(table["fee"])


def test_the_last_fen_goes_to_the_first_of_equals(by_unit: By) -> None:
    """Two fen among three hospitals with one case each: the first two by code get them, also one without a code."""
    fees = lambda *codes: [case(code, "g", fee) for code, fee in zip(codes, ("0.02", "0.00", "0.00"), strict=True)]  # noqa: E731
    for codes in (("C", "B", "A"), ("B", "A", "C"), ("A", "C", "B")):
        table = by_unit(fees(*codes), "hospital")
        assert table["hospital"].to_pylist() == ["A", "B", "C"]
        assert [str(fee) for fee in table["norm_fee"].to_pylist()] == ["0.01", "0.01", "0.00"]
    nameless = by_unit(fees("B", None, "A"), "hospital")
    assert nameless["hospital"].to_pylist() == [None, "A", "B"]
    assert [str(fee) for fee in nameless["norm_fee"].to_pylist()] == ["0.01", "0.01", "0.00"]


def test_the_last_fen_goes_to_the_largest_remainder(by_unit: By) -> None:
    """0.05 over 7 cases: C's two cases are worth 1.43 fen, A's four 2.86, B's one 0.71: the two fen go to A and B."""
    cases = [case("A", "g", "0.01") for _ in range(4)] + [case("B", "g", "0.01")]
    table = by_unit([*cases, case("C", "g", "0.00"), case("C", "g", "0.00")], "hospital")
    assert [str(fee) for fee in table["norm_fee"].to_pylist()] == ["0.03", "0.01", "0.01"]


@pytest.mark.property
@given(
    st.lists(st.tuples(st.integers(0, 10**8), st.integers(-(10**15), 10**15)), min_size=1, max_size=6).filter(
        lambda pairs: any(cases for cases, _ in pairs)
    )
)
def test_norm_fees_of_a_nation_are_exact(pairs: list[tuple[int, int]]) -> None:
    """Products of fees and cases far beyond int64, as a nation's year has them."""
    cases, fees = ([pair[place] for pair in pairs] for place in (0, 1))
    fees = [fee if n else 0 for n, fee in pairs]
    assume(sum(fees) >= 0)
    count = len(pairs)
    made = Cells(
        pa.table({"hospital": [str(n) for n in range(count)]}), np.arange(count), ["g"], np.zeros(count, np.int64),
        n=np.array(cases), fee_cases=np.array(cases), fee=np.array(fees), los_cases=np.array(cases),
        los=np.array(cases),
    )  # fmt: skip
    exact = split(sum(fees), {str(n): each for n, each in enumerate(cases)})
    assert norm_fees(made).tolist() == list(exact.values())


def _digest(backend: Backend, table: pa.Table) -> str:
    return digest(backend, backend.create_table(ibis.util.gen_name("digested"), ibis.memtable(table), temp=True))
