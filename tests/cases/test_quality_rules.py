"""For every quality rule a row that breaks it and a twin at the edge that does not: each finds its own row alone."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from yiheng.cases.quality.book import Book, book
from yiheng.cases.quality.examine import ERROR, FAILED, NOT_APPLICABLE, PASSED, Check, Examination
from yiheng.cases.quality.frames import TABLES, schema_of
from yiheng.cases.quality.placelists import place_book, place_folder
from yiheng.tables.contract import contract
from yiheng.tables.engine import engine, fetch

moment = datetime.fromisoformat

# Takes the column out of the source.
ABSENT = object()


def yuan(text: str) -> Decimal:
    return Decimal(text)


_FRONT_PAGE = {
    f"fp_{number}": yuan("10.00")
    for number in (*range(752, 753), *range(754, 762), 763, 767, 768, 769, *range(771, 782))
}

# A woman's appendectomy, with every column that a rule looks at; no rule has anything to say.
SOUND: dict[str, Any] = {
    "hospital": "H1", "case_id": "1", "dept": "0401", "year": 2024, "admit_date": date(2024, 3, 1),
    "discharge_date": date(2024, 3, 6), "settle_date": date(2024, 3, 6), "los": 5, "sex": 2, "age": 40,
    "age_days": None, "weight_g": None, "birth_weight_g": None, "admit_weight_g": None, "care_type": 1, "admit_way": 1,
    "discharge": 1, "planned_readmit": False, "interim": False, "out_of_area": 0, "from_hospital": None,
    "to_hospital": None, "mother_case": None, "dx": ["K35.800", "I10.x05"], "dx_present": [1, 1],
    "proc": ["47.0100", "54.5101"], "proc_date": [date(2024, 3, 1), date(2024, 3, 2)], "proc_level": [2, 3],
    "dx_edition": "ICD-10 医保2.0", "proc_edition": "ICD-9-CM-3 医保2.0", "external_cause": None, "pathology": None,
    "icu_hours": 12.0, "vent_hours": 3.0, "nurse_days_0": 0, "nurse_days_1": 2, "nurse_days_2": 3, "nurse_days_3": None,
    "total_fee": yuan("240.00"), **{f"fee_{n:02}": yuan("0.00") for n in range(1, 15)}, "fee_01": yuan("200.00"),
    "fee_09": yuan("40.00"), **_FRONT_PAGE, "fp_762": yuan("10.00"), "fp_764": yuan("4.00"), "fp_765": yuan("6.00"),
    "fp_770": yuan("10.00"), "drug_fee": yuan("40.00"), "material_fee": yuan("0.00"), "excluded_fee": yuan("0.00"),
    "pool_pay": yuan("140.00"), "large_pay": yuan("0.00"), "aid_pay": None, "other_fund": None,
    "account_pay": yuan("30.00"), "cash_pay": yuan("70.00"), "patient_pay": yuan("100.00"), "payer": "employee",
    "identity": "resident", "identity_sex": None, "identity_born": None,
}  # fmt: skip

_KNOWN_CASE = {
    "case_known": True, "case_admit": date(2024, 3, 1), "case_discharge": date(2024, 3, 6), "case_los": 5,
}  # fmt: skip
# A row of every other table that rules look at, with its notes; no rule has anything to say.
SOUND_OF: dict[str, dict[str, Any]] = {
    "cases": SOUND,
    "lines": {
        "hospital": "H1", "case_id": "1", "line_no": 1, "day_no": 5, "item_code": "A1", "category": "01",
        "list_class": "A", "quantity": yuan("2.5000"), "unit_price": yuan("4.0000"), "amount": yuan("10.00"),
        **_KNOWN_CASE,
    },
    "icu": {
        "hospital": "H1", "case_id": "1", "stay_no": 1, "entered": moment("2024-03-01 00:00"),
        "left": moment("2024-03-06 12:00"), "hours": 132.0, **_KNOWN_CASE,
    },
    "line_sums": {
        "hospital": "H1", "case_id": "1", "year": 2024, "source_row": 1, "lines_total": yuan("240.00"),
        "total_fee": yuan("240.00"),
        **{f"{its}_{n:02}": yuan("0.00") for n in range(1, 15) for its in ("lines", "fee")},
    },
    "line_items": {
        "hospital": "H1", "case_id": "1", "year": 2024, "source_row": 1, "item_code": "A1",
        "net_quantity": yuan("0.0000"), "net_amount": yuan("0.00"),
    },
}  # fmt: skip
# The kind of source whose rules these are: mapped has all rules over cases.
PROFILES = {"cases": "mapped", "lines": "lines", "icu": "icu", "line_sums": "lines", "line_items": "lines"}

_IN, _OUT = date(2024, 3, 1), date(2024, 3, 6)
_NEWBORN = {"age": 0, "age_days": 28, "dx": ["P12.000", "J15.900"], "birth_weight_g": 3200}
_UNWEIGHED = {**_NEWBORN, "birth_weight_g": None}
_SON = {"sex": 1}
_NO_PROC = {"proc": None, "proc_date": None, "proc_level": None}
_NO_PARTS = {name: ABSENT for name in SOUND if name.startswith(("fee_", "fp_"))}
_NO_FUNDS = dict.fromkeys(("pool_pay", "large_pay", "aid_pay", "other_fund"), ABSENT)
_ONLY_TOTAL = {**_NO_PARTS, **_NO_FUNDS, "patient_pay": ABSENT, "drug_fee": ABSENT}
_NO_STAY = {"admit_date": ABSENT, "discharge_date": ABSENT}

Row = dict[str, Any]

# rule -> (what breaks it, what does not), as what differs from SOUND
ROWS: dict[str, tuple[Row, Row]] = {
    "dx_missing": ({"dx": [None, None]}, {"dx": [None, "K35.800"][::-1]}),
    "principal_missing": ({"dx": [None, "K35.800"]}, {"dx": ["K35.800", None]}),
    "admit_date_missing": ({"admit_date": None}, {"admit_date": date(2024, 3, 1)}),
    "discharge_date_missing": ({"discharge_date": None}, {"discharge_date": date(2024, 3, 6)}),
    "sex_missing": ({"sex": None}, {"sex": 1}),
    "age_missing": ({"age": None}, {"age": 1}),
    "los_missing": ({"los": None}, {"los": 5}),
    "discharge_missing": ({"discharge": None}, {"discharge": 9}),
    "dept_missing": ({"dept": None}, {"dept": "x"}),
    "total_fee_missing": ({"total_fee": None}, {}),
    "proc_date_missing": ({"proc_date": [date(2024, 3, 1), None]}, _NO_PROC),
    "proc_level_missing": ({"proc_level": [None, 1]}, {"proc_level": [1, 1]}),
    "dx_form": ({"dx": ["K35.800", "I1O.x05"]}, {"dx": ["A17.0†G01*", "I10.X00X002", "I10"], "dx_present": None}),
    "proc_form": ({"proc": ["47.0100", "1.0101"]}, {"proc": ["47.01", "36.0600x004"]}),
    "principal_external": ({"dx": ["V01.000", "S06.000"]}, {"dx": ["U07.100", "Z51.900"]}),
    "principal_symptom": ({"dx": ["R50.900", "I10"]}, {"dx": ["I10", "R50.900"]}),
    "principal_supplementary": ({"dx": ["B95.600", "A41.000"]}, {"dx": ["A41.000", "B95.600"]}),
    "principal_asterisk": ({"dx": ["G01.X00*", "A17.000"]}, {"dx": ["A17.000+G01.x00*", "G01.X00*"]}),
    "principal_acquired": ({"dx_present": [4, 1]}, {"dx_present": [3, 4]}),
    "dx_present_code": ({"dx_present": [1, 5]}, {"dx_present": [1, None]}),
    "proc_level_code": ({"proc_level": [0, 4]}, {"proc_level": [1, 4]}),
    "sex_code": ({"sex": 9}, {"sex": 1}),
    "discharge_code": ({"discharge": 6}, {"discharge": 4}),
    "admit_way_code": ({"admit_way": 4}, {"admit_way": 9}),
    "care_type_code": ({"care_type": 0}, {"care_type": 3}),
    "out_of_area_code": ({"out_of_area": 3}, {"out_of_area": 2}),
    "payer_code": ({"payer": "310"}, {"payer": None}),
    "external_cause_form": ({"external_cause": "S06.0"}, {"external_cause": "Y98"}),
    "pathology_form": ({"pathology": "8140/3"}, {"dx": ["C18.900"], "dx_present": [1], "pathology": "M8140/3"}),
    "female_dx_of_male": ({**_SON, "dx": ["K35.800", "N83.200"]}, {"dx": ["K35.800", "N83.200"]}),
    "male_dx_of_female": ({"dx": ["K35.800", "N40.x00"]}, {**_SON, "dx": ["K35.800", "N40.x00"]}),
    "female_proc_of_male": ({**_SON, "proc": ["47.0100", "65.6100"]}, {"proc": ["47.0100", "65.6100"]}),
    "male_proc_of_female": ({"proc": ["47.0100", "60.2900"]}, {**_SON, "proc": ["47.0100", "60.2900"]}),
    "age_range": ({"age": 121}, {"age": 120}),
    "age_days_missing": ({"age": 0}, {"age": 0, "age_days": 29}),
    "age_days_range": ({"age": 0, "age_days": 366}, {"age": 0, "age_days": 365}),
    "age_days_of_older": ({"age": 1, "age_days": 5}, {"age": 1}),
    "newborn_code_of_older": ({**_NEWBORN, "age_days": 29}, _NEWBORN),
    "newborn_weight_missing": (_UNWEIGHED, {**_UNWEIGHED, "weight_g": 100}),
    "birth_weight_range": ({**_NEWBORN, "birth_weight_g": 10_000}, {**_NEWBORN, "birth_weight_g": 9_999}),
    "admit_weight_range": ({**_NEWBORN, "admit_weight_g": 99}, {**_NEWBORN, "admit_weight_g": 100}),
    "weight_range": ({**_NEWBORN, "weight_g": 3}, {"weight_g": 60_000}),
    "pregnancy_age": ({"age": 61, "dx": ["O00.100", "I10"]}, {"age": 60, "dx": ["O00.100", "I10"]}),
    "delivery_without_outcome": ({"dx": ["O80.000", "O70.000"]}, {"dx": ["O80.000", "Z37.000"]}),
    "outcome_without_pregnancy": ({"dx": ["K35.800", "Z37.000"]}, {"dx": ["O42.000", "Z37.000"]}),
    "injury_without_cause": ({"dx": ["S72.000", "I10"]}, {"dx": ["S72.000", "W19.900"]}),
    "treatment_without_tumour": ({"dx": ["Z51.103", "I10"]}, {"dx": ["Z51.103", "D48.900"]}),
    "pathology_without_tumour": ({"pathology": "M8000/3"}, {"dx": ["K35.800", "D12.600"], "pathology": "M8000/0"}),
    "death_diagnosis_of_living": ({"dx": ["K35.800", "I46.100"]}, {"dx": ["K35.800", "I46.100"], "discharge": 5}),
    "death_with_receiver": ({"discharge": 5, "to_hospital": "H2"}, {"discharge": 2, "to_hospital": "H2"}),
    "death_with_plan": ({"discharge": 5, "planned_readmit": True}, {"discharge": 5}),
    "transfer_without_receiver": ({"discharge": 2}, {"discharge": 3}),
    "transfer_without_sender": ({"admit_way": 3}, {"admit_way": 3, "from_hospital": "H2"}),
    "level_without_procedure": ({"proc": ["47.0100", None], "proc_date": ABSENT}, {}),
    "date_without_procedure": ({"proc": ["47.0100", None], "proc_level": ABSENT}, {}),
    "mother_of_herself": ({"mother_case": "1"}, {"mother_case": "2"}),
    "discharge_before_admission": (
        {**_NO_PROC, "discharge_date": date(2024, 2, 29), "los": ABSENT, "icu_hours": None, "vent_hours": None},
        {**_NO_PROC, "discharge_date": date(2024, 3, 1), "los": 1, "nurse_days_1": 1, "nurse_days_2": 0},
    ),
    "settled_before_discharge": ({"settle_date": date(2024, 3, 5)}, {"settle_date": date(2024, 3, 5), "interim": True}),
    "year_of_discharge": ({"year": 2023}, {}),
    "los_least": ({**_NO_STAY, "los": 0, "nurse_days_1": 0, "nurse_days_2": 0}, {**_NO_STAY, "los": 5}),
    "los_of_dates": ({"los": 6}, {"los": 5}),
    "long_stay": ({**_NO_STAY, "los": 61}, {**_NO_STAY, "los": 60}),
    "procedure_before_stay": ({"proc_date": [_IN, date(2024, 2, 29)]}, {"proc_date": [_IN] * 2}),
    "procedure_after_stay": ({"proc_date": [date(2024, 3, 7), _IN]}, {"proc_date": [_OUT] * 2}),
    "nursing_over_stay": ({"nurse_days_3": 1}, {"nurse_days_3": 0}),
    "vent_over_stay": ({"vent_hours": 144.5}, {"vent_hours": 144.0}),
    "icu_over_stay": ({"icu_hours": 144.5}, {"icu_hours": 144.0}),
    "vent_negative": ({"vent_hours": -0.5}, {"vent_hours": 0.0}),
    "icu_negative": ({"icu_hours": -0.5}, {"icu_hours": 0.0}),
    "dx_twice": ({"dx": ["K35.800", "ｋ35.800"]}, {"dx": ["K35.800", "K35.900"]}),
    "procedure_twice": (
        {"proc": ["47.0100"] * 2, "proc_date": [date(2024, 3, 2)] * 2},
        {"proc": ["47.0100"] * 2},
    ),
    "total_negative": ({**_ONLY_TOTAL, "total_fee": yuan("-0.01"), "material_fee": None, "excluded_fee": None}, {}),
    "total_zero": ({**_ONLY_TOTAL, "total_fee": yuan("0.00")}, {**_ONLY_TOTAL, "total_fee": yuan("0.01")}),
    "total_high": (
        {**_ONLY_TOTAL, "total_fee": yuan("5000000.01")},
        {**_ONLY_TOTAL, "total_fee": yuan("5000000.00")},
    ),
    "settlement_sum": ({"fee_02": yuan("0.02")}, {"fee_02": yuan("0.01")}),
    "settlement_negative": ({"fee_01": yuan("200.01"), "fee_02": yuan("-0.01")}, {"fee_02": yuan("0.00")}),
    "frontpage_sum": ({"fp_781": yuan("10.02")}, {"fp_781": yuan("10.01")}),
    "frontpage_negative": ({"fp_780": yuan("20.01"), "fp_781": yuan("-0.01")}, {"fp_781": yuan("9.99")}),
    "physical_over_parent": ({"fp_762": yuan("10.01")}, {"fp_762": None}),
    "operation_over_parent": ({"fp_765": yuan("6.02")}, {"fp_765": yuan("6.01")}),
    "antibacterial_over_parent": ({"fp_770": yuan("10.01")}, {"fp_770": yuan("0.00")}),
    "drug_over_total": ({**_ONLY_TOTAL, "drug_fee": yuan("240.01")}, {**_ONLY_TOTAL, "drug_fee": yuan("240.00")}),
    "material_over_total": ({"material_fee": yuan("240.01")}, {"material_fee": yuan("240.00")}),
    "excluded_over_total": ({"excluded_fee": yuan("240.01")}, {"excluded_fee": yuan("240.00")}),
    "drug_sum": ({"drug_fee": yuan("39.98")}, {"drug_fee": yuan("39.99")}),
    "paid_sum": ({"aid_pay": yuan("0.02")}, {"aid_pay": yuan("0.01")}),
    "person_sum": ({"cash_pay": yuan("70.02")}, {"cash_pay": yuan("70.01")}),
    "person_over_total": (
        {**_NO_FUNDS, "patient_pay": yuan("240.02"), "account_pay": ABSENT, "cash_pay": ABSENT},
        {**_NO_FUNDS, "patient_pay": yuan("240.01"), "account_pay": ABSENT, "cash_pay": ABSENT},
    ),
    "pool_of_self_payer": ({"payer": "self"}, {"payer": "resident"}),
    "identity_invalid": ({"identity": "invalid"}, {"identity": "absent"}),
    "identity_sex": ({"identity_sex": 1}, {"identity_sex": 2}),
    "identity_age": ({"identity_born": date(1984, 3, 2)}, {"identity_born": date(1984, 3, 1)}),
    "line_unknown_case": ({"case_known": False}, {"case_known": True}),
    "line_item": ({"item_code": None}, {"item_code": "0"}),
    "line_category": ({"category": "15"}, {"category": "14"}),
    "line_class": ({"list_class": "C"}, {"list_class": "own"}),
    "line_quantity": (
        {"quantity": yuan("0.0000"), "amount": yuan("0.00")},
        {"quantity": yuan("-2.5000"), "amount": yuan("-10.00")},
    ),
    "line_price": (
        {"quantity": yuan("2.5000"), "unit_price": yuan("-0.0001"), "amount": yuan("0.00")},
        {"quantity": yuan("2.5000"), "unit_price": yuan("0.0000"), "amount": yuan("0.00")},
    ),
    "line_amount": ({"amount": yuan("10.02")}, {"amount": yuan("10.01")}),
    "line_day_outside_stay": ({"day_no": 6}, {"day_no": 1}),
    "principal_grey": ({"dx": ["N89.800", "I10.x05"]}, {"dx": ["K35.800", "N89.800"]}),
    "dx_retired": ({"dx": ["K35.800", "B94.800x002"]}, {"dx": ["K35.800", "B94.800x003"]}),
    "proc_retired": ({"proc": ["47.0900", "54.5101"]}, {"proc": ["47.0901", "54.5101"]}),
    "dx_exclusive": ({"dx": ["K35.800", "K63.1"]}, {"dx": ["K35.800", "K35.801"], "dx_edition": "ICD-10 国临2.0"}),
    "proc_exclusive": ({"proc": ["54.5102", "54.1100"]}, {"proc": ["54.5102", "54.1200"]}),
    "icu_unknown_case": ({"case_known": False}, {"case_known": True}),
    "icu_times": (
        {"entered": moment("2024-03-02 08:00"), "left": moment("2024-03-02 07:59"), "hours": None},
        {"entered": moment("2024-03-02 08:00"), "left": moment("2024-03-02 08:00"), "hours": 0.0},
    ),
    "icu_outside_stay": (
        {"entered": moment("2024-02-29 23:59"), "hours": None},
        {"entered": moment("2024-03-01 00:00"), "left": moment("2024-03-06 23:59"), "hours": None},
    ),
    "icu_duration": ({"hours": 132.2}, {"hours": 131.95}),
    "line_sum_total": ({"lines_total": yuan("240.02")}, {"lines_total": yuan("239.99")}),
    "line_sum_category": ({"lines_14": yuan("0.02")}, {"lines_14": yuan("0.01")}),
    "line_refund": ({"net_quantity": yuan("-0.0001")}, {"net_amount": yuan("0.01")}),
}  # fmt: skip

# Lists that a place might give; made up.
LISTS = """
about: {zh: 例, en: example, base: quality/codes}
grey_dx: {zh: 例, en: a, unit: codes, values: [{from: 2024-01-01, choice: us, checked_until: null,
  value: {codes: ["N89.800"]}}]}
retired_dx: {zh: 例, en: a, unit: codes, values: [{from: 2024-01-01, choice: us, checked_until: null,
  value: {codes: ["B94.800X002"]}}]}
retired_proc: {zh: 例, en: a, unit: codes, values: [{from: 2024-01-01, choice: us, checked_until: null,
  value: {codes: ["47.0900"]}}]}
exclusive_dx: {zh: 例, en: a, unit: pairs, values: [{from: 2024-01-01, choice: us, checked_until: null,
  value: {pairs: [["K63*", "K35.800"]]}}]}
exclusive_proc: {zh: 例, en: a, unit: pairs, values: [{from: 2024-01-01, choice: us, checked_until: null,
  value: {pairs: [["54.1100", "54.5*"]]}}]}
"""


@pytest.fixture(scope="module")
def rule_book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The rule book of a place that gives every list."""
    folder = place_folder(tmp_path_factory.mktemp("place"))
    folder.mkdir(parents=True)
    (folder / "codes.yaml").write_text(LISTS, encoding="utf-8")
    return place_book(folder.parent.parent)


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with engine() as opened:
        yield opened


@pytest.fixture(scope="module")
def examination(backend: Backend, rule_book: Book) -> Callable[[frozenset[str], str], Examination]:
    """The rules for a source with these columns; compiled once, counted anew."""
    made: dict[tuple[str, frozenset[str]], Examination] = {}

    def fresh(given: frozenset[str], table: str) -> Examination:
        if (table, given) not in made:
            made[table, given] = Examination(backend, rule_book, PROFILES[table], given, table)
        made[table, given].checks = {rule.id: Check(rule) for rule in book().of(PROFILES[table], table)}
        return made[table, given]

    return fresh


@pytest.fixture(scope="module")
def examined(examination: Any) -> Callable[..., tuple[list[set[str]], dict[str, Check]]]:
    """For each row the rules that it breaks, and the counts; rows of one source, sound but for what they say."""

    def examine(*rows: Row, table: str = "cases") -> tuple[list[set[str]], dict[str, Check]]:
        whole = [{**SOUND_OF[table], **row} for row in rows]
        its = examination(frozenset(name for name in SOUND_OF[table] if whole[0][name] is not ABSENT), table)
        said = [{name: value for name, value in row.items() if value is not ABSENT} for row in whole]
        broken = its.examine(pa.Table.from_pylist(said, schema=schema_of(table)))
        return [{rule for rule, mask in broken.items() if mask[place]} for place in range(len(rows))], its.checks

    return examine


def test_every_rule_has_its_rows() -> None:
    assert set(ROWS) == set(book().rules)
    assert set(SOUND_OF) == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_a_sound_row_breaks_no_rule(table: str, examined: Any) -> None:
    [broken], checks = examined({}, table=table)
    assert broken == set()
    assert {check.state for check in checks.values()} == {PASSED}


def test_each_way_in_which_rules_with_several_ways_are_broken(examined: Any) -> None:
    def broken(table: str, **row: Any) -> set[str]:
        [found], _ = examined(row, table=table)
        return set(found)

    assert broken("lines", amount=yuan("-10.00"), unit_price=None) == {"line_quantity"}
    assert broken("lines", quantity=yuan("-2.5000"), unit_price=None) == {"line_quantity"}
    assert broken("lines", day_no=0) == {"line_day_outside_stay"}
    assert broken("line_items", net_amount=yuan("-0.01")) == {"line_refund"}
    assert broken("icu", left=moment("2024-03-07 00:00"), hours=None) == {"icu_outside_stay"}
    for number in range(1, 15):
        assert broken("line_sums", **{f"lines_{number:02}": yuan("-0.02")}) == {"line_sum_category"}
        assert broken("line_sums", **{f"fee_{number:02}": None, f"lines_{number:02}": yuan("5.00")}) == set()


def test_quantity_times_price_of_any_size(examined: Any) -> None:
    most = yuan("99999999999999.9999")
    huge = {"quantity": most, "unit_price": most, "amount": yuan("9999999999999999.99")}
    [large, exact], checks = examined(
        huge,
        {"quantity": yuan("99999999.9999"), "unit_price": yuan("9999.9999"), "amount": yuan("999999989999.00")},
        table="lines",
    )
    assert large == {"line_amount"}
    assert exact == set()
    assert checks["line_amount"].error == 0


@pytest.mark.parametrize("rule", ROWS)
def test_a_rule_finds_its_own_row_and_no_other_rule_does(rule: str, examined: Any) -> None:
    breaks, twin = ROWS[rule]
    table = book().rules[rule].table
    [broken], checks = examined(breaks, table=table)
    assert broken == {rule}
    assert (checks[rule].state, checks[rule].failed) == (FAILED, 1)
    [kept], checks = examined(twin, table=table)
    assert rule not in kept
    assert checks[rule].state == PASSED


def test_a_source_without_the_columns_is_not_judged(examined: Any) -> None:
    [broken], checks = examined({name: ABSENT for name in SOUND if name not in ("hospital", "case_id")})
    assert broken == set()
    assert {check.state for check in checks.values()} == {NOT_APPLICABLE}
    assert {(check.rows, check.not_applicable, check.unknown) for check in checks.values()} == {(1, 1, 0)}


def test_a_group_of_columns_is_there_as_long_as_one_is(examined: Any) -> None:
    only = {name: ABSENT for name in SOUND if name.startswith("fee_") and name != "fee_01"}
    [broken], checks = examined({**only, "total_fee": yuan("240.00")})
    assert broken == {"settlement_sum"}
    assert checks["drug_sum"].state == NOT_APPLICABLE


def test_what_is_unknown_is_not_broken_and_counted(examined: Any) -> None:
    nothing = {name: None for name in SOUND if name not in ("hospital", "case_id", "year")}
    [broken], checks = examined(nothing)
    missing = {"age", "sex", "los", "dx", "dept", "discharge", "admit_date", "discharge_date", "total_fee"}
    assert broken == {f"{name}_missing" for name in missing}
    assert (checks["discharge_before_admission"].unknown, checks["discharge_before_admission"].failed) == (1, 0)


def test_codes_of_another_system_are_not_judged(examined: Any) -> None:
    other = {"dx": ["MUS010", "INJ031"], "dx_edition": "CCSR", "proc": ["X", "Y"], "proc_edition": "CCSR"}
    rows, checks = examined(other, {}, {"dx": ["K35.8", "?"], "dx_edition": None})
    assert rows == [set(), set(), {"dx_form"}]
    assert [checks[rule].not_applicable for rule in ("dx_form", "proc_form", "female_proc_of_male")] == [1, 1, 1]
    assert checks["dx_form"].rows == 3


def test_a_rule_that_cannot_be_worked_out_is_an_error_and_the_others_go_on(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answered(its: Backend, query: str) -> pa.Table:
        if '"long_stay"' in query:
            raise duckdb.Error
        return fetch(its, query)

    monkeypatch.setattr("yiheng.cases.quality.examine.fetch", answered)
    examination = Examination(backend, book(), "canonical", frozenset(SOUND))
    table = pa.Table.from_pylist([{**SOUND, "sex": 9}], schema=contract("cases").schema)
    assert set(examination.examine(table)) == {"sex_code"}
    assert (examination.checks["long_stay"].state, examination.checks["long_stay"].error) == (ERROR, 1)
    assert examination.checks["dx_twice"].state == PASSED


def test_no_amount_is_too_large(examined: Any) -> None:
    most = yuan("9999999999999999.99")
    [broken], checks = examined({name: most for name in SOUND if name.startswith(("fee_", "fp_", "total"))})
    assert {"total_high", "settlement_sum", "frontpage_sum"} <= broken
    assert ERROR not in {check.state for check in checks.values()}
