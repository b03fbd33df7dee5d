"""dip.catalogue.build: the worked examples, core and comprehensive groups, every figure against the plain one."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.dip.catalogue.build import SCHEMA
from yiheng.dip.catalogue.years import year_weights

Row = dict[str, Any]
E01 = {"I21.1": [15000 + 500 * i for i in range(20)], "K35.1": [10000 + 400 * i for i in range(15)]}


def case(dx: str, fee: object = 100, year: int = 2024, proc: list[str | None] | None = None, **more: Any) -> Row:
    fee = None if fee is None else Decimal(str(fee)).quantize(Decimal("0.01"))
    return {"dx": [dx], "proc": proc, "total_fee": fee, "los": 5, "year": year, "dx_edition": None} | more


def by_group(catalogue: Any) -> dict[str, Row]:
    return {row["group"]: row for row in catalogue.groups.to_pylist()}


@pytest.mark.golden
def test_e01_dip_relative_weight(built: Any) -> None:
    """The mean method: 1000 x m_i / M with M = 626000 / 45; ten cases of J06 are too few to be a core group."""
    fees = E01 | {"J06.1": [3000 + 200 * i for i in range(10)]}
    made = built([case(dx, fee) for dx, its in fees.items() for fee in its])
    groups = by_group(made)
    assert {name: (row["kind"], row["n"], row["mean_cost"]) for name, row in groups.items()} == {
        "I21.1": ("core", 20, 19750.0),
        "K35.1": ("core", 15, 12800.0),
        "J06*": ("comprehensive", 10, 3900.0),
    }
    assert {name: round(row["points"], 4) for name, row in groups.items()} == {
        "I21.1": 1419.7284,
        "K35.1": 920.1278,
        "J06*": 280.3514,
    }
    assert all(row["points"] == pytest.approx(1000 * row["rw"], rel=1e-11) for row in groups.values())
    assert round(made.mean_cost, 4) == 13911.1111
    assert made.check == 1


@pytest.mark.golden
def test_e08_year_weights(built: Any) -> None:
    """Means 9000/10000/11000 of 100/110/120 cases, weighted 1:2:7 with their cases: 10637.931, not 10600."""
    years = {2022: (9000, 100), 2023: (10000, 110), 2024: (11000, 120)}
    made = built([case("I21.9", fee, year) for year, (fee, count) in years.items() for _ in range(count)])
    (row,) = made.groups.to_pylist()
    assert row["mean_cost"] == float(f"{12340000 / 1160:.12g}")
    assert round(row["mean_cost"], 4) == 10637.9310
    assert (row["n"], row["rw"], row["points"]) == (330, 1.0, 1000.0)
    assert made.years == {2022: 1, 2023: 2, 2024: 7}


def test_fifteen_cases_are_a_core_group_and_fourteen_are_not(built: Any) -> None:
    made = by_group(built([case("I21.9") for _ in range(15)] + [case("I22.9") for _ in range(14)]))
    assert {name: (row["kind"], row["n"], row["dx"]) for name, row in made.items()} == {
        "I21.9": ("core", 15, "I21.9"),
        "I22*": ("comprehensive", 14, None),
    }


def test_the_cut_counts_the_cases_of_all_years_unweighted(built: Any) -> None:
    rows = [case("I21.9", year=2022 + n % 3) for n in range(15)] + [case("I22.9", year=2024) for _ in range(14)]
    assert [row["kind"] for row in built(rows).groups.to_pylist()] == ["core", "comprehensive"]


def test_the_cut_is_the_schemes(built: Any, with_value: Any) -> None:
    rows = [case("I21.9") for _ in range(3)] + [case("I22.9") for _ in range(2)]
    assert set(by_group(built(rows, with_value(core_cases=3)))) == {"I21.9", "I22*"}
    assert built([case("I21.9")], with_value(points_per_weight=100)).groups["points"].to_pylist() == [100.0]


def test_cases_without_a_fee_do_not_make_a_group(built: Any) -> None:
    rows = [case("I21.9") for _ in range(14)] + [case("I21.9", None), case("J18.9", None)]
    assert {name: row["n"] for name, row in by_group(built(rows)).items()} == {"I21*": 14}


def test_rare_combinations_of_a_category_are_pooled_by_whether_operated(built: Any) -> None:
    rows = [
        case("I21.0", 100),
        case("I21.1", 300),
        case("I21.9", 500, proc=["36.06"]),
        case("I21.9", 700, proc=["37.2"]),
    ]
    made = by_group(built([*rows, case("I22.0", 900)]))
    assert {name: (row["n"], row["mean_cost"], row["dx"], row["proc"]) for name, row in made.items()} == {
        "I21*": (2, 200.0, None, None),
        "I21*:surgery": (2, 600.0, None, None),
        "I22*": (1, 900.0, None, None),
    }


def test_what_is_left_of_a_category_is_pooled_beside_its_core_groups(built: Any) -> None:
    made = by_group(built([case("I21.9") for _ in range(15)] + [case("I21.0"), case("I21.9", proc=["36.06"])]))
    assert {name: (row["kind"], row["n"]) for name, row in made.items()} == {
        "I21*": ("comprehensive", 1),
        "I21*:surgery": ("comprehensive", 1),
        "I21.9": ("core", 15),
    }


def test_order_and_repetition_of_procedures_make_no_other_group(built: Any) -> None:
    ways = [["36.06", "88.55"], ["88.5500", "36.0600x004"], ["88.55", None, "36.06", "36.0601"]]
    (row,) = built([case("I21.9", proc=ways[n % 3]) for n in range(15)]).groups.to_pylist()
    assert (row["group"], row["dx"], row["proc"], row["n"]) == ("I21.9:36.06+88.55", "I21.9", "36.06+88.55", 15)


def test_codes_of_another_system_are_whole_groups(built: Any) -> None:
    edition = {"dx_edition": "CCSR", "proc_edition": "CCSR"}
    rows = [case("MUS010", proc=["ADM016"], **edition) for _ in range(15)] + [case("MUS011", **edition)]
    assert set(by_group(built(rows))) == {"MUS010:ADM016", "MUS011*"}


def test_only_as_many_years_as_there_are_weights(built: Any) -> None:
    rows = [case("I21.9", 100 * (year - 2019), year) for year in range(2020, 2025) for _ in range(5)]
    made = built(rows)
    assert made.years == {2022: 1, 2023: 2, 2024: 7}
    (row,) = made.groups.to_pylist()
    assert (row["n"], row["mean_cost"]) == (15, float((300 + 2 * 400 + 7 * 500) / 10))


@pytest.mark.parametrize(
    ("years", "wanted"),
    [
        ([2024], {2024: 7}),
        ([2023, 2024], {2023: 2, 2024: 7}),
        ([2024, 2021, 2022, 2023], {2022: 1, 2023: 2, 2024: 7}),
    ],
)
def test_the_newest_year_has_the_last_weight(years: list[int], wanted: dict[int, int]) -> None:
    assert year_weights([1, 2, 7], years, "left_out") == wanted


def test_weights_go_by_calendar_years_and_a_missing_year_is_left_out_or_refused() -> None:
    """With nothing of 2023, 2022 still has the weight of two years back."""
    assert year_weights([1, 2, 7], [2020, 2022, 2024], "left_out") == {2022: 1, 2024: 7}
    with pytest.raises(Refusal, match="there is no case of 2023"):
        year_weights([1, 2, 7], [2020, 2022, 2024], "refuse")


def test_stays_that_are_missing_are_left_out_of_the_mean(built: Any) -> None:
    made = built([case("I21.9", los=4), case("I21.9", los=None), case("J18.9", los=None)])
    groups = by_group(made)
    assert (groups["I21*"]["mean_los"], groups["I21*"]["los_cases"]) == (4.0, 1)
    assert (groups["J18*"]["mean_los"], groups["J18*"]["los_cases"]) == (None, 0)


@pytest.mark.parametrize(
    "rows",
    [[], [case("I21.9", None)], [{**case("I21.9"), "dx": None}], [{**case("I21.9"), "dx": []}],
     [{**case("I21.9"), "dx": [None, "I10"]}], [{**case("I21.9"), "year": None}]],
)  # fmt: skip
def test_nothing_to_build_from_is_refused(built: Any, rows: list[Row]) -> None:
    with pytest.raises(Refusal, match="no case with a principal diagnosis, a fee and a year"):
        built(rows)


def test_fees_that_come_to_nothing_are_refused(built: Any) -> None:
    with pytest.raises(Refusal, match="all fees together come to nothing"):
        built([case("I21.9", 0)])


def test_a_year_before_the_scheme_is_refused(built: Any) -> None:
    with pytest.raises(Refusal, match="has no value on 2019-12-31"):
        built([case("I21.9", year=2019)])


def test_the_schema(built: Any) -> None:
    made = built([case("J18.9"), case("I21.9")])
    assert made.groups.schema == SCHEMA
    assert made.groups["group"].to_pylist() == ["I21*", "J18*"]
    assert (made.scheme.id, made.day.isoformat()) == ("dip/national-1.0", "2024-12-31")


def assert_same(groups: list[Row], plain: dict[str, Row]) -> None:
    assert [row["group"] for row in groups] == sorted(plain)
    for row in groups:
        its = plain[row["group"]]
        assert (row["kind"], row["n"], row["fee_cases"], row["los_cases"]) == (
            its["kind"], its["n"], its["n"], its["los_cases"],
        )  # fmt: skip
        for name in ("mean_cost", "mean_los", "rw", "points", "cv"):
            wanted = its[name] if its[name] is None else pytest.approx(float(its[name]), rel=1e-9, abs=0)
            assert row[name] == wanted, (row["group"], name)


@pytest.mark.parity
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_group_as_computed_plainly(built: Any, random_cases: Any, plain_catalogue: Any, seed: int) -> None:
    rows = random_cases(seed, 2000)
    made = built(rows)
    assert_same(made.groups.to_pylist(), plain_catalogue(rows)[0])
    assert {"core", "comprehensive"} == set(made.groups["kind"].to_pylist())


@pytest.mark.parity
@pytest.mark.golden
def test_every_group_of_real_discharges_as_computed_plainly(
    built: Any, ny2020_rows: list[Row], plain_catalogue: Any
) -> None:
    made = built(ny2020_rows)
    assert made.groups.num_rows == 392
    assert made.groups["kind"].to_pylist().count("core") == 269
    assert sum(made.groups["n"].to_pylist()) == 36_631
    assert_same(made.groups.to_pylist(), plain_catalogue(ny2020_rows)[0])


@pytest.mark.slow
@pytest.mark.property
@given(
    st.lists(
        st.builds(
            case,
            st.sampled_from(["I21.9", "I21.0", "J18.9"]),
            st.integers(1, 10**8).map(lambda fen: Decimal(fen).scaleb(-2)),
            st.sampled_from([2021, 2022, 2023, 2024]),
            st.sampled_from([None, ["36.06"], ["88.55", "36.06"]]),
        ),
        min_size=1,
        max_size=40,
    )
)
@settings(max_examples=15)
def test_weights_of_all_weighted_cases_add_up_to_their_number(built: Any, with_value: Any, rows: list[Row]) -> None:
    """Sum of RW x n = n holds exactly: the groups' means and M are made of the same cases with the same weights."""
    made = built(rows, with_value(core_cases=4))
    assert made.check == Fraction(1)
    weighted: dict[str, int] = {}
    for row in rows:
        if row["year"] in made.years:
            name = _own(row, made)
            weighted[name] = weighted.get(name, 0) + made.years[row["year"]]
    rw = {row["group"]: row["rw"] for row in made.groups.to_pylist()}
    assert sum(rw[name] * count for name, count in weighted.items()) == pytest.approx(sum(weighted.values()), rel=1e-9)


def _own(row: Row, made: Any) -> str:
    procs = "+".join(sorted(row["proc"] or []))
    core = row["dx"][0] + (":" + procs if procs else "")
    wide = row["dx"][0][:3] + ("*:surgery" if "36.06" in procs else "*")
    return core if core in made.groups["group"].to_pylist() else wide
