"""The figures of a catalogue by every choice of a scheme: bases, years, trimming, parts, levels, spread."""

from decimal import Decimal
from fractions import Fraction
from statistics import mean, stdev
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.dip.catalogue.build import build, from_statistics
from yiheng.dip.catalogue.statistics import entering, statistics
from yiheng.dip.plan import plan

Row = dict[str, Any]
E01 = {
    "I21.1": [15000 + 500 * i for i in range(20)],
    "K35.1": [10000 + 400 * i for i in range(15)],
    "J06.1": [3000 + 200 * i for i in range(10)],
}


def case(main: str, fee: object = 100, year: int = 2024, **more: Any) -> Row:
    return {"dx": [main], "total_fee": Decimal(str(fee)).quantize(Decimal("0.01")), "los": 5, "year": year} | more


def by_group(catalogue: Any) -> dict[str, Row]:
    return {row["group"]: row for row in catalogue.groups.to_pylist()}


def e01() -> list[Row]:
    return [case(dx, fee) for dx, fees in E01.items() for fee in fees]


@pytest.mark.golden
def test_e01_dip_relative_weight_three_methods(built: Any, with_value: Any) -> None:
    methods = {
        "mean": ({}, {"I21.1": 1419.7284, "K35.1": 920.1278, "J06.1": 280.3514}),
        "base_group": ({"base_group": "K35.1"}, {"I21.1": 1542.9688, "K35.1": 1000.0, "J06.1": 304.6875}),
        "quota": ({"points_quota": 100}, {"I21.1": 197.5, "K35.1": 128.0, "J06.1": 39.0}),
    }
    for method, (values, wanted) in methods.items():
        made = built(e01(), with_value(core_cases=10, points_base=method, **values))
        groups = by_group(made)
        assert {name: round(row["points"], 4) for name, row in groups.items()} == wanted
        assert {name: row["rw"] for name, row in groups.items()} == {
            name: float(f"{sum(fees) / len(fees) / (626000 / 45):.12g}") for name, fees in E01.items()
        }
        assert (made.check, made.check_points) == (1, Fraction(1) if method == "mean" else None)


@pytest.mark.golden
def test_e08_three_year_weighting_on_means_and_on_fees_and_cases(built: Any, with_value: Any) -> None:
    years = {2022: (9000, 100), 2023: (10000, 110), 2024: (11000, 120)}
    rows = [case("I21.9", fee, year) for year, (fee, count) in years.items() for _ in range(count)]
    for on, wanted in (("means", 10600.0), ("fees_and_cases", 10637.9310)):
        (row,) = built(rows, with_value(year_weights_on=on)).groups.to_pylist()
        assert round(row["mean_cost"], 4) == wanted


@pytest.mark.golden
def test_e19_coefficient_of_variation(built: Any, with_value: Any) -> None:
    """The sample CV; the population CV of the same cases would be 0.130384."""
    made = built([case("I21.9", fee) for fee in (8000, 9500, 10000, 10500, 12000)], with_value(core_cases=5))
    (row,) = made.groups.to_pylist()
    assert (round(row["cv"], 6), row["mean_cost"]) == (0.145774, 10000.0)
    assert (row["least"], row["most"], round(row["sd"], 4)) == (8000.0, 12000.0, 1457.738)
    assert made.riv == 0.0


def test_one_case_has_no_spread(built: Any) -> None:
    (row,) = built([case("I21.9")]).groups.to_pylist()
    assert (row["cv"], row["sd"], row["least"], row["most"]) == (None, None, 100.0, 100.0)


def test_weights_on_means_depart_from_the_sum_and_the_build_says_by_how_much(built: Any, with_value: Any) -> None:
    rows = [
        case("I21.9", 100, 2023),
        *[case("I21.9", 300) for _ in range(3)],
        case("J18.9", 500, 2023),
        case("J18.9", 100),
    ]
    made = built(rows, with_value(year_weights_on="means"))
    means = {"I21*": Fraction(2 * 100 + 7 * 300, 9), "J18*": Fraction(2 * 500 + 7 * 100, 9)}
    base = (2 * Fraction(600, 2) + 7 * Fraction(1000, 4)) / 9
    cases = {"I21*": 2 + 7 * 3, "J18*": 2 + 7}
    assert made.check == sum(means[name] / base * cases[name] for name in means) / sum(cases.values())
    assert made.check != 1


def test_a_year_without_a_case_is_left_out_by_the_calendar(built: Any, with_value: Any) -> None:
    rows = [case("I21.9", 100, 2022), case("I21.9", 200, 2024), case("I21.9", 900, 2021)]
    made = built(rows)
    assert made.years == {2022: 1, 2024: 7}
    assert by_group(made)["I21*"]["mean_cost"] == float(f"{1500 / 8:.12g}")
    with pytest.raises(Refusal, match="there is no case of 2023"):
        built(rows, with_value(missing_year="refuse"))


@pytest.mark.parametrize(("over", "kinds"), [("all", "core"), ("newest", "comprehensive"), ("every", "comprehensive")])
def test_over_which_years_the_cut_is_counted(built: Any, with_value: Any, over: str, kinds: str) -> None:
    rows = (
        [case("I21.9", 100, 2023)] * 3 + [case("I21.9")] * 2 + [case("J18.9", 100, year) for year in (2023, 2024)] * 3
    )
    made = by_group(built(rows, with_value(core_cases=3, core_cases_years=over)))
    assert {row["kind"] for name, row in made.items() if name.startswith("I21")} == {kinds}
    assert made["J18.9"]["kind"] == "core"


class TestTrimming:
    """M is of exactly the cases that the means are made of, so the sum holds over them and departs over all."""

    fees = (1, *range(100, 138), 10000)

    def made(self, built: Any, with_value: Any, **rule: object) -> Any:
        rows = [case("I21.9", fee) for fee in self.fees] + [case("J18.9", 200)] * 20
        return built(rows, with_value(trimming=rule))

    def test_percentiles_keep_their_edges(self, built: Any, with_value: Any) -> None:
        made = self.made(built, with_value, kind="percentile", low=0.05, high=0.95, from_cases=25)
        kept = self.fees[1:-2]
        row = by_group(made)["I21.9"]
        assert (row["n"], row["fee_cases"], made.trimmed) == (40, len(kept), 3)
        assert row["mean_cost"] == pytest.approx(mean(kept), rel=1e-12)
        assert row["cv"] == pytest.approx(stdev(kept) / mean(kept), rel=1e-11)
        assert (row["least"], row["most"]) == (100.0, 136.0)
        assert made.mean_cost == pytest.approx((sum(kept) + 4000) / (len(kept) + 20), rel=1e-11)
        assert made.check == 1
        base = Fraction(sum(kept) + 4000, len(kept) + 20)
        wanted = (Fraction(sum(kept), len(kept)) / base * 40 + 200 / base * 20) / 60
        assert (made.check_placed, made.check_placed == 1) == (wanted, False)

    def test_few_cases_are_not_trimmed(self, built: Any, with_value: Any) -> None:
        made = self.made(built, with_value, kind="percentile", low=0.05, high=0.95, from_cases=41)
        assert (made.trimmed, by_group(made)["I21.9"]["fee_cases"]) == (0, 40)

    def test_quartile_fences(self, built: Any, with_value: Any) -> None:
        """Quartiles are fees that occur: 108 and 128; the fences at 1.5 spans leave out 1 and 10000."""
        made = self.made(built, with_value, kind="iqr", factor=1.5)
        row = by_group(made)["I21.9"]
        assert (made.trimmed, row["least"], row["most"]) == (2, 100.0, 137.0)

    def test_standard_deviations(self, built: Any, with_value: Any) -> None:
        low, high = (mean(self.fees) + sign * 2 * stdev(self.fees) for sign in (-1, 1))
        kept = [fee for fee in self.fees if low <= fee <= high]
        made = self.made(built, with_value, kind="sd", factor=2)
        row = by_group(made)["I21.9"]
        assert (row["fee_cases"], row["mean_cost"]) == (len(kept), pytest.approx(mean(kept), rel=1e-11))

    def test_more_than_the_scheme_allows_is_refused(self, built: Any, with_value: Any) -> None:
        with pytest.raises(Refusal, match="would take 2 of 60 cases out, more than most_removed allows"):
            self.made(built, with_value, kind="iqr", factor=1.5, most_removed=0.03)


LEFT_OUT = [
    ("self_paid", {"payer": "self"}, {"payer": "employee"}, "out"),
    ("out_of_area_cases", {"out_of_area": 2}, {"out_of_area": 0}, "out"),
    ("day_cases", {"care_type": 3}, {"care_type": 1}, "out"),
    ("bed_day_cases", {"pay_method": "5"}, {"pay_method": "4"}, "out"),
    ("least_days", {"los": 2}, {"los": 3}, 3),
    ("most_days", {"los": 60}, {"los": 59}, 59),
]


@pytest.mark.parametrize(("name", "gone", "stays", "value"), LEFT_OUT)
def test_the_case_set_is_the_schemes(
    built: Any, with_value: Any, name: str, gone: Row, stays: Row, value: object
) -> None:
    """What is not known does not leave a case out."""
    unknown = dict.fromkeys(gone)
    rows = [
        case("I21.9", 100, **gone),
        case("I21.9", 200, **stays),
        case("I21.9", 600, **unknown),
        case("I21.9", 900, los=4),
    ]
    assert by_group(built(rows))["I21*"]["n"] == 4
    made = built(rows, with_value(**{name: value}))
    assert (by_group(made)["I21*"]["n"], made.left_out) == (3, {name: 1})
    assert by_group(made)["I21*"]["mean_cost"] == float(f"{1700 / 3:.12g}")


def test_excluded_fees_are_taken_out_of_the_fee(built: Any, with_value: Any) -> None:
    rows = [case("I21.9", 100, excluded_fee=Decimal("40.00")), case("I21.9", 100)]
    assert by_group(built(rows))["I21*"]["mean_cost"] == 100.0
    assert by_group(built(rows, with_value(excluded_fees="out")))["I21*"]["mean_cost"] == 80.0


def test_drugs_and_materials_have_weights_of_their_own(built: Any) -> None:
    """Over the cases that have them: dRW = d / d of all."""
    part = {"drug_fee": Decimal("30.00"), "material_fee": Decimal("10.00")}
    rows = [case("I21.9", 100, **part), case("I21.9", 100), case("J18.9", 100, drug_fee=Decimal("90.00"))]
    made = by_group(built(rows))
    assert [made["I21*"][name] for name in ("drug_cases", "mean_drug", "drw")] == [1, 30.0, 0.5]
    assert [made["J18*"][name] for name in ("drug_cases", "mean_drug", "drw")] == [1, 90.0, 1.5]
    assert [made["I21*"][name] for name in ("material_cases", "mean_material", "crw")] == [1, 10.0, 1.0]
    assert [made["J18*"][name] for name in ("material_cases", "mean_material", "crw")] == [0, None, None]


def test_rounded_points_no_longer_add_up(built: Any, with_value: Any) -> None:
    rows = [case("I21.9", 100), case("J18.9", 200), case("K80.1", 200)]
    made = built(rows, with_value(points_decimals=0))
    assert {name: row["points"] for name, row in by_group(made).items()} == {
        "I21*": 600.0,
        "J18*": 1200.0,
        "K80*": 1200.0,
    }
    assert made.check_points == 1
    odd = built([case("I21.9", 100), case("J18.9", 100), case("K80.1", 500)], with_value(points_decimals=0))
    assert [row["points"] for row in odd.groups.to_pylist()] == [429.0, 429.0, 2143.0]
    assert odd.check_points == Fraction(429 + 429 + 2143, 3000)


def test_three_levels(built: Any) -> None:
    rows = [case("I21.0", 100)] * 15 + [case("I21.9", 300, proc=["36.06"])] * 15 + [case("I21.9", 500, proc=["37.2"])]
    made = built(rows)
    assert set(by_group(made)) == {"I21.0", "I21.9:36.06", "I21*:surgery"}
    found = {(row["level"], row["group"]): (row["n"], row["mean_cost"]) for row in made.levels.to_pylist()}
    assert found == {
        ("second", "I21.0:conservative"): (15, 100.0),
        ("second", "I21.9:surgery"): (16, 312.5),
        ("first", "I21"): (31, float(f"{6500 / 31:.12g}")),
    }
    row = by_group(made)["I21.9:36.06"]
    assert (row["second"], row["first"], row["treatment"]) == ("I21.9:surgery", "I21", "surgery")
    assert (by_group(made)["I21*:surgery"]["second"], by_group(made)["I21*:surgery"]["wide"]) == (None, "I21")


def test_the_strongest_class_pools_a_case(built: Any) -> None:
    procs = [["88.55"], ["93.1", "88.55"], ["88.55", "93.1", "36.06"], None]
    made = by_group(built([case("I21.9", proc=proc) for proc in procs]))
    assert set(made) == {"I21*:diagnostic", "I21*:therapeutic", "I21*:surgery", "I21*"}
    assert {row["treatment"] for row in made.values()} == {"diagnostic", "therapeutic", "surgery", "conservative"}


def test_what_is_left_is_merged_step_by_step(built: Any, with_value: Any) -> None:
    """First inside the subcategory by class, then by category; a pool of 3 cases is enough, the last takes all."""
    rows = [case("I21.9", 100, proc=[proc]) for proc in ("36.06", "37.2", "37.3")]
    rows += [case("I21.0", 400, proc=["36.06"]), case("I22.0", 700, proc=["36.06"])]
    made = by_group(built(rows, with_value(comprehensive_key_chars=[4, 3, 2], comprehensive_cases=3)))
    assert {name: (row["n"], row["mean_cost"]) for name, row in made.items()} == {
        "I21.9*:surgery": (3, 100.0),
        "I2*:surgery": (2, 550.0),
    }


def test_groups_by_list_come_first(built: Any, with_value: Any) -> None:
    """The first of the list that takes a case; operations whatever the diagnosis, or a diagnosis beside another."""
    extras = [
        {"id": "XQ1", "kind": "early", "zh": "移植", "en": "transplant", "proc": "55.6/50.5"},
        {"id": "FZ1", "kind": "tumour", "zh": "化疗", "en": "chemo", "dx": ["Z51.1"], "other_dx": ["C50"],
         "proc": "99.2503"},
    ]  # fmt: skip
    rows = [
        case("N18.9", 900, proc=["55.6900"]),
        case("Z51.1", 500, dx=["Z51.100", "C50.900"], proc=["99.2503", "88.1"]),
        case("Z51.1", 100, dx=["Z51.100", "C34.900"], proc=["99.2503"]),
        case("Z51.1", 700, dx=["Z51.100", "C50.900"], proc=["99.2503", "50.59"]),
    ]
    made = by_group(built(rows, with_value(extra_groups=extras)))
    assert {name: (row["kind"], row["n"], row["mean_cost"]) for name, row in made.items()} == {
        "FZ1": ("tumour", 1, 500.0),
        "XQ1": ("early", 2, 800.0),
        "Z51*:therapeutic": ("comprehensive", 1, 100.0),
    }
    assert (made["FZ1"]["dx"], made["FZ1"]["other_dx"], made["FZ1"]["proc"]) == ("Z511*", "C50*", "99.2503*")
    assert (made["XQ1"]["place"], made["FZ1"]["place"], made["XQ1"]["proc"]) == (0, 1, "55.6*/50.5*")


class TestRelated:
    """2.0: the main operation, and at most one other that takes a tenth of the resources."""

    def rows(self, other: str, fee: int, count: int = 15) -> list[Row]:
        alone = [case("I21.9", 900, proc=["36.06"]) for _ in range(15)]
        return alone + [case("I21.9", fee, proc=["36.06", other]) for _ in range(count)]

    def test_ten_percent_makes_a_group_of_its_own(self, built: Any, two: Any) -> None:
        """1 - 900 / 1000 is just a tenth; 999 is less."""
        made = by_group(built(self.rows("37.22", 1000), two))
        assert {name: (row["n"], row["related_share"]) for name, row in made.items()} == {
            "I21.9:36.06": (15, None),
            "I21.9:36.06+37.22": (15, 0.1),
        }
        less = by_group(built(self.rows("37.22", 999), two))
        assert {name: row["n"] for name, row in less.items()} == {"I21.9:36.06": 30}

    def test_both_must_be_over_the_cut(self, built: Any, two: Any) -> None:
        made = by_group(built(self.rows("37.22", 2000, 14), two))
        assert {name: row["n"] for name, row in made.items()} == {"I21.9:36.06": 29}

    def test_the_order_of_operations_tells_the_main_one(self, built: Any, two: Any) -> None:
        rows = [case("I21.9", 100, proc=["36.06", "37.22"])] * 15 + [case("I21.9", 100, proc=["37.22", "36.06"])] * 15
        assert set(by_group(built(rows, two))) == {"I21.9:36.06", "I21.9:37.22"}

    def test_of_several_the_one_with_the_largest_share(self, built: Any, two: Any) -> None:
        rows = self.rows("37.22", 1500) + [case("I21.9", 3000, proc=["36.06", "37.22", "39.61"]) for _ in range(15)]
        made = by_group(built(rows, two))
        assert {name: row["n"] for name, row in made.items()} == {
            "I21.9:36.06": 15, "I21.9:36.06+37.22": 15, "I21.9:36.06+39.61": 15,
        }  # fmt: skip
        assert made["I21.9:36.06+39.61"]["related_share"] == 0.7
        assert made["I21.9:36.06+37.22"]["related_share"] == 0.6

    def test_a_related_group_that_falls_under_the_cut_is_given_up(self, built: Any, two: Any) -> None:
        """39.61 draws 8 of the 20 cases with 37.22 away; 12 are too few, so these go to the main operation."""
        rows = self.rows("37.22", 1500, 12) + [case("I21.9", 3000, proc=["36.06", "37.22", "39.61"]) for _ in range(8)]
        rows += [case("I21.9", 3000, proc=["36.06", "39.61"]) for _ in range(7)]
        made = by_group(built(rows, two))
        assert {name: row["n"] for name, row in made.items()} == {"I21.9:36.06": 27, "I21.9:36.06+39.61": 15}


_AMOUNT = st.integers(1, 10**8)
_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["I21.9", "I21.0", "J18.9"]), _AMOUNT, st.sampled_from([2022, 2023, 2024]),
        st.sampled_from([None, ["36.06"], ["88.55", "36.06"]]),
    ),
    min_size=2, max_size=40,
)  # fmt: skip


def as_rows(drawn: list[tuple[Any, ...]], times: int = 1) -> list[Row]:
    return [case(dx, Decimal(fen * times).scaleb(-2), year, proc=proc) for dx, fen, year, proc in drawn]


@pytest.mark.property
@given(_ROWS, st.integers(2, 1000))
@settings(max_examples=8, deadline=None)
def test_integer_scaling_of_all_fees_changes_no_weight(
    built: Any, with_value: Any, drawn: list[tuple[Any, ...]], times: int
) -> None:
    scheme = with_value(core_cases=4)
    one, other = (by_group(built(as_rows(drawn, by), scheme)) for by in (1, times))
    assert {name: (row["rw"], row["points"], row["cv"]) for name, row in one.items()} == {
        name: (row["rw"], row["points"], row["cv"]) for name, row in other.items()
    }


@pytest.mark.slow
@pytest.mark.property
@given(_ROWS, st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None)
def test_statistics_of_two_shards_merged_give_the_one_catalogue(
    backend: Any, table: Any, with_value: Any, drawn: list[tuple[Any, ...]], chance: Any
) -> None:
    rows, scheme = as_rows(drawn), with_value(core_cases=4)
    whole = build(backend, table(rows), scheme)
    cut = chance.randint(1, len(rows) - 1)
    chance.shuffle(rows)
    made = plan(scheme, whole.day)
    shards = [statistics(entering(table(part), made)) for part in (rows[:cut], rows[cut:])]
    merged = from_statistics(backend, shards[0].union(shards[1]), made)
    assert merged.groups.equals(whole.groups)
    assert merged.levels.sort_by("group").equals(whole.levels.sort_by("group"))
    assert (merged.check, merged.riv, merged.mean_cost) == (whole.check, whole.riv, whole.mean_cost)
