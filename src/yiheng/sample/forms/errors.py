"""Errors of a case (病例差错): for each kind which case it can be planted in, and what changes.

A change breaks the one rule that `planted.csv` names and no other, whatever else the case holds.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from yiheng.sample.fees import CATEGORIES
from yiheng.sample.tables import words

Row = dict[str, Any]
PAYMENTS = ("pool_pay", "large_pay", "aid_pay", "other_fund", "account_pay", "cash_pay", "patient_pay")
SUMS = ("drug_fee", "material_fee", "excluded_fee")
DAY_HOURS = 24
# Chapters whose codes bring no further rule with them.
ORDINARY = "EGHIJKLMN"


@dataclass(frozen=True)
class Change:
    """What becomes of a case: columns of the case table, fields of the form (text, None for empty), its hours in
    intensive care if they are to be others, by how many days its stays there come too late.
    """

    case: Row = field(default_factory=dict)
    cells: dict[str, str | None] = field(default_factory=dict)
    icu_hours: float | None = None
    icu_days: int = 0


@dataclass(frozen=True)
class Kind:
    """`fits`: the clean cases in which the error can be planted."""

    fits: Callable[[Row], bool]
    change: Callable[[Row], Change]


def clean(row: Row) -> bool:
    """A case of an adult that breaks no rule, and has room for one more diagnosis and procedure."""
    return (
        ordinary_stay(row)
        and row["dx"][0][0] in ORDINARY
        and row["age"] >= 18
        and not any(code[0] in "OPZ" for code in row["dx"])
        and row["pathology"] is None
        and row["external_cause"] is None
    )


def ordinary_stay(row: Row) -> bool:
    """A stay of some days that ended at home, of a case whose lists have room."""
    return (
        3 <= row["los"] <= 50
        and row["discharge"] == 1
        and not row["planned_readmit"]
        and not row["interim"]
        and row["care_type"] == 1
        and row["admit_way"] in (1, 2)
        and row["dx"][0][0] != "R"
        and len(row["dx"]) <= 8
        and len(row["proc"]) <= 6
        and row["to_hospital"] is None
    )


def operated(row: Row) -> bool:
    return clean(row) and len(row["proc"]) > 0


def not_operated(row: Row) -> bool:
    return clean(row) and not row["proc"]


def several(row: Row) -> bool:
    return clean(row) and len(row["dx"]) > 1


def male(row: Row) -> bool:
    return clean(row) and row["sex"] == 1


def female(row: Row) -> bool:
    return clean(row) and row["sex"] == 2


def newborn(row: Row) -> bool:
    return ordinary_stay(row) and row["age_days"] is not None and row["birth_weight_g"] is not None


def infant(row: Row) -> bool:
    """Under one year and no newborn."""
    return ordinary_stay(row) and row["age"] == 0 and row["age_days"] > 28 and row["dx"][0][0] in ORDINARY


def delivered(row: Row) -> bool:
    return ordinary_stay(row) and row["dx"][0][0] == "O" and any(code.startswith("Z37") for code in row["dx"])


def injured(row: Row) -> bool:
    return ordinary_stay(row) and row["dx"][0][0] in "ST" and row["pathology"] is None


def tumorous(row: Row) -> bool:
    return ordinary_stay(row) and row["dx"][0][0] == "C" and row["pathology"] is not None


def treated(row: Row) -> bool:
    return ordinary_stay(row) and row["dx"][0].startswith("Z51.1")


def intensive(row: Row) -> bool:
    return row["icu_hours"] > 0 and row["dx"][0][0] in ORDINARY and row["discharge"] == 1 and row["los"] <= 50


def physically(row: Row) -> bool:
    return clean(row) and row["fp_761"] > 0


def case(**columns: Any) -> Callable[[Row], Change]:
    """The same values in every case."""
    return lambda row: Change(dict(columns))


def with_dx(code: str) -> Callable[[Row], Change]:
    """One more diagnosis."""
    return lambda row: Change({"dx": [*row["dx"], code], "dx_present": [*row["dx_present"], 1]})


def principal(code: str | None) -> Callable[[Row], Change]:
    """Another principal diagnosis."""
    return lambda row: Change({"dx": [code, *row["dx"][1:]]})


def with_proc(code: str | None, level: int | None = 2, dated: bool = True) -> Callable[[Row], Change]:
    """One more procedure, on the day of admission."""
    return lambda row: Change({
        "proc": [*row["proc"], code],
        "proc_date": [*row["proc_date"], row["admit_date"] if dated else None],
        "proc_level": [*row["proc_level"], level],
    })  # fmt: skip


def first_of(column: str, value: Any) -> Callable[[Row], Change]:
    """Another first item of a list."""
    return lambda row: Change({column: [value, *row[column][1:]]})


def more(**fen: int) -> Callable[[Row], Change]:
    """Amounts with so many fen more."""
    return lambda row: Change({name: row[name] + Decimal(add) / 100 for name, add in fen.items()})


def above(column: str, other: str) -> Callable[[Row], Change]:
    """A fee above another one by one yuan."""
    return lambda row: Change({column: row[other] + 1})


def negative(column: str, into: str) -> Callable[[Row], Change]:
    """A fee below zero, and what it lacks in another one."""
    return lambda row: Change({column: Decimal("-5.00"), into: row[into] + row[column] + Decimal("5.00")})


def days(row: Row) -> int:
    found: int = (row["discharge_date"] - row["admit_date"]).days
    return found


def shifted(day: date, by: int) -> date:
    return day + timedelta(by)


def fees(row: Row) -> list[str]:
    return [name for name in row if name.startswith(("fp_", "fee_"))]


def all_zero(row: Row) -> Change:
    return Change(dict.fromkeys(["total_fee", *fees(row), *PAYMENTS, *SUMS], Decimal("0.00")))


def only_a_negative_total(row: Row) -> Change:
    unknown: Row = dict.fromkeys([*fees(row), *PAYMENTS, *SUMS])
    return Change({**unknown, "total_fee": Decimal("-100.00")})


def without_outcome(row: Row) -> Change:
    kept = [number for number, code in enumerate(row["dx"]) if number and not code.startswith("Z37")]
    return Change({
        "dx": ["O80.000", *(row["dx"][number] for number in kept)],
        "dx_present": [1, *(row["dx_present"][number] for number in kept)],
    })  # fmt: skip


def without_tumour(row: Row) -> Change:
    kept = [number for number, code in enumerate(row["dx"]) if code[0] not in "CD"]
    return Change({
        "dx": [row["dx"][number] for number in kept],
        "dx_present": [row["dx_present"][number] for number in kept],
        "pathology": None,
    })  # fmt: skip


def left_before(row: Row) -> Change:
    left = shifted(row["admit_date"], -1)
    return Change({"discharge_date": left, "year": left.year})


def stayed_long(row: Row) -> Change:
    return Change({"admit_date": shifted(row["discharge_date"], -70), "los": 70}, NO_PERSON)


def of_no_stay(_row: Row) -> Change:
    return Change({"los": 0, **{f"nurse_days_{level}": 0 for level in range(4)}})


def twice(row: Row) -> Change:
    return Change({name: [*row[name], row[name][0]] for name in ("proc", "proc_date", "proc_level")})


def hours_beyond(row: Row) -> float:
    return float((days(row) + 3) * DAY_HOURS)


# Where age or sex are others than those of the identity number, that number would be a second error.
NO_PERSON: dict[str, str | None] = {"birth_date": None, "id_number": None}
OTHER_HOSPITAL = words("hospitals", "code")[0]
KINDS: dict[str, Kind] = {
    "dx_missing": Kind(clean, case(dx=[], dx_present=[])),
    "principal_missing": Kind(several, principal(None)),
    "admit_date_missing": Kind(clean, case(admit_date=None)),
    "discharge_date_missing": Kind(clean, case(discharge_date=None, year=None)),
    "sex_missing": Kind(clean, case(sex=None)),
    "age_missing": Kind(clean, lambda row: Change({"age": None}, NO_PERSON)),
    "los_missing": Kind(clean, case(los=None)),
    "discharge_missing": Kind(clean, case(discharge=None)),
    "dept_missing": Kind(clean, case(dept=None)),
    "total_fee_missing": Kind(clean, case(total_fee=None)),
    "proc_date_missing": Kind(operated, first_of("proc_date", None)),
    "proc_level_missing": Kind(operated, first_of("proc_level", None)),
    "age_range": Kind(clean, lambda row: Change({"age": 130}, NO_PERSON)),
    "age_days_missing": Kind(infant, lambda row: Change({"age_days": None}, NO_PERSON)),
    "age_days_range": Kind(infant, lambda row: Change({"age_days": 400}, NO_PERSON)),
    "age_days_of_older": Kind(clean, case(age_days=20)),
    "newborn_code_of_older": Kind(clean, with_dx("P12.000")),
    "newborn_weight_missing": Kind(newborn, case(weight_g=None, birth_weight_g=None, admit_weight_g=None)),
    "birth_weight_range": Kind(newborn, case(birth_weight_g=3)),
    "admit_weight_range": Kind(newborn, case(admit_weight_g=3)),
    "pregnancy_age": Kind(delivered, lambda row: Change({"age": 70}, NO_PERSON)),
    "dx_form": Kind(several, lambda row: Change({"dx": [row["dx"][0], "I1O.900", *row["dx"][2:]]})),
    "proc_form": Kind(operated, first_of("proc", "5.4110")),
    "principal_external": Kind(clean, principal("W19.900")),
    "principal_symptom": Kind(clean, principal("R51.x00")),
    "principal_supplementary": Kind(clean, principal("B96.200")),
    "principal_asterisk": Kind(clean, principal("M49.000*")),
    "principal_acquired": Kind(clean, first_of("dx_present", 4)),
    "dx_present_code": Kind(clean, first_of("dx_present", 7)),
    "proc_level_code": Kind(operated, first_of("proc_level", 8)),
    "discharge_code": Kind(clean, case(discharge=7)),
    "admit_way_code": Kind(clean, case(admit_way=5)),
    "care_type_code": Kind(clean, case(care_type=7)),
    "external_cause_form": Kind(injured, case(external_cause="A09.900")),
    "pathology_form": Kind(tumorous, case(pathology="C34.900")),
    "dx_twice": Kind(clean, lambda row: with_dx(row["dx"][0])(row)),
    "procedure_twice": Kind(operated, twice),
    "female_dx_of_male": Kind(male, with_dx("N83.200")),
    "male_dx_of_female": Kind(female, with_dx("N40.x00")),
    "female_proc_of_male": Kind(male, with_proc("68.2900")),
    "male_proc_of_female": Kind(female, with_proc("60.2900")),
    "delivery_without_outcome": Kind(delivered, without_outcome),
    "outcome_without_pregnancy": Kind(female, with_dx("Z37.000")),
    "injury_without_cause": Kind(injured, case(external_cause=None)),
    "treatment_without_tumour": Kind(treated, without_tumour),
    "pathology_without_tumour": Kind(
        lambda row: clean(row) and not any(code[0] in "CD" for code in row["dx"]), case(pathology="M80000/3")
    ),
    "death_diagnosis_of_living": Kind(clean, with_dx("I46.100")),
    "death_with_receiver": Kind(clean, case(discharge=5, to_hospital=OTHER_HOSPITAL)),
    "death_with_plan": Kind(clean, case(discharge=5, planned_readmit=True)),
    "transfer_without_receiver": Kind(clean, case(discharge=2)),
    "level_without_procedure": Kind(operated, with_proc(None, level=3, dated=False)),
    "date_without_procedure": Kind(operated, with_proc(None, level=None)),
    "discharge_before_admission": Kind(not_operated, left_before),
    "los_least": Kind(clean, of_no_stay),
    "los_of_dates": Kind(clean, lambda row: Change({"los": row["los"] + 2})),
    "long_stay": Kind(clean, stayed_long),
    "procedure_before_stay": Kind(operated, lambda row: first_of("proc_date", shifted(row["admit_date"], -2))(row)),
    "procedure_after_stay": Kind(operated, lambda row: first_of("proc_date", shifted(row["discharge_date"], 2))(row)),
    "nursing_over_stay": Kind(clean, lambda row: Change({"nurse_days_2": row["nurse_days_2"] + 10})),
    "vent_over_stay": Kind(clean, lambda row: Change({"vent_hours": hours_beyond(row)})),
    "vent_negative": Kind(clean, case(vent_hours=-5.0)),
    "icu_over_stay": Kind(intensive, lambda row: Change({"icu_hours": hours_beyond(row)}, icu_hours=hours_beyond(row))),
    "icu_negative": Kind(intensive, lambda row: Change({"icu_hours": -6.0}, icu_hours=-6.0)),
    "icu_outside_stay": Kind(intensive, lambda row: Change(icu_days=days(row) + 2)),
    "total_negative": Kind(clean, only_a_negative_total),
    "total_zero": Kind(clean, all_zero),
    "total_high": Kind(
        clean,
        more(**dict.fromkeys(("total_fee", "fp_769", "fee_09", "drug_fee", "cash_pay", "patient_pay"), 600_000_000)),
    ),
    "frontpage_sum": Kind(clean, more(total_fee=1000)),
    "frontpage_negative": Kind(clean, negative("fp_781", "fp_752")),
    "settlement_negative": Kind(clean, negative(CATEGORIES[13], CATEGORIES[1])),
    "physical_over_parent": Kind(physically, above("fp_762", "fp_761")),
    "operation_over_parent": Kind(clean, above("fp_764", "fp_763")),
    "antibacterial_over_parent": Kind(clean, above("fp_770", "fp_769")),
    "person_over_total": Kind(clean, above("patient_pay", "total_fee")),
    "paid_sum": Kind(clean, more(pool_pay=500)),
    "person_sum": Kind(clean, more(cash_pay=500)),
}
CELLS: dict[str, dict[str, str | None]] = {
    "hospital_empty": {"hospital": None},
    "case_id_empty": {"case_id": None, "settlement_id": None},
    "admit_date_of_no_calendar": {"admit_time": "2025-02-30 08:15:00"},
    "birth_date_of_no_calendar": {"birth_date": "1961-13-05"},
    "stay_in_words": {"los": "三天"},
    "age_with_a_unit": {"age": "62岁半"},
    "stay_too_large": {"los": "99999999999"},
    "nursing_days_in_words": {"nurse_days_1": "两天"},
    "total_with_three_decimals": {"total_fee": "8123.456"},
    "total_in_words": {"total_fee": "八千元"},
    "fee_in_words": {"fp_752": "未录入"},
    "account_in_words": {"account_pay": "未录入"},
    "payment_way_unknown": {"payment_way": "X9"},
    "plan_unknown": {"plan": "7"},
    "ventilation_in_words": {"vent_duration": "两天"},
    "sex_unknown": {"sex": "3", "id_number": None},
}
