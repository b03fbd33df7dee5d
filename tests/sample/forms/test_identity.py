"""Identity numbers: right by their own rule, and consistent with the cases."""

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.sample.forms.identity import identities, with_check
from yiheng.sample.forms.told import Told


def years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def is_right(number: str) -> bool:
    """ISO 7064 MOD 11-2, worked out another way: by the digits from the left."""
    left = 0
    for digit in number[:17]:
        left = (left + int(digit)) * 2 % 11
    return (12 - left) % 11 == (10 if number[17] == "X" else int(number[17]))


@pytest.mark.property
@given(st.integers(10**16, 10**17 - 1))
def test_the_check_digit_is_right_for_any_digits(digits: int) -> None:
    number = with_check(str(digits))
    assert number[:17] == str(digits)
    assert is_right(number)
    wrong = number[:16] + str((int(number[16]) + 1) % 10) + number[17]
    assert not is_right(wrong)


def test_numbers_fit_sex_birth_and_age(whole: Told) -> None:
    rows = pa.Table.from_batches([whole.identity]).to_pylist()
    kinds = dict.fromkeys(("id18", "id15", "passport", "mother", "none"), 0)
    for row, case in zip(rows, pa.Table.from_batches([whole.cases]).to_pylist(), strict=True):
        kinds[row["kind"]] += 1
        number = row["number"]
        if case["age_days"] is not None:
            assert (case["admit_date"] - row["birth_date"]).days == case["age_days"]
        assert years(row["birth_date"], case["admit_date"]) == case["age"]
        if row["kind"] in ("id18", "id15") and len(number) == 18:
            assert is_right(number)
            assert number.startswith("99")
            assert number[6:14] == row["birth_date"].strftime("%Y%m%d")
            assert int(number[16]) % 2 == case["sex"] % 2
        elif row["kind"] == "id15":
            assert number[6:12] == row["birth_date"].strftime("%y%m%d")
            assert row["birth_date"].year < 2000
            assert int(number[14]) % 2 == case["sex"] % 2
        elif row["kind"] == "passport":
            assert len(number) == 9
            assert number.startswith("DM")
        elif row["kind"] == "none":
            assert number is None
        assert row["name"].startswith("演示")
        assert len(row["name"]) == 4
    assert all(count > 10 for count in kinds.values())


def test_a_patient_has_one_number_and_a_number_one_patient(whole: Told) -> None:
    by_patient: dict[str, set[str | None]] = {}
    by_number: dict[str, set[str]] = {}
    for patient, kind, number in zip(
        whole.cases["patient"].to_pylist(),
        whole.identity["kind"].to_pylist(),
        whole.identity["number"].to_pylist(),
        strict=True,
    ):
        if kind != "mother" and number is not None:
            by_patient.setdefault(patient, set()).add(number)
            by_number.setdefault(number, set()).add(patient)
    assert all(len(numbers) == 1 for numbers in by_patient.values())
    assert all(len(patients) == 1 for patients in by_number.values())
    assert len(by_patient) < whole.cases.num_rows - 500


def test_a_newborn_may_have_the_mothers_number(whole: Told) -> None:
    number = dict(zip(whole.cases["case_id"].to_pylist(), whole.identity["number"].to_pylist(), strict=True))
    mother = dict(zip(whole.cases["case_id"].to_pylist(), whole.cases["mother_case"].to_pylist(), strict=True))
    own = [row for row in whole.identity.to_pylist() if row["kind"] == "mother" and row["number"]]
    assert len(own) > 20
    assert all(row["number"] == number[mother[row["case_id"]]] for row in own)


@pytest.mark.property
def test_the_order_of_the_cases_does_not_matter(some: pa.Table) -> None:
    few = some.slice(0, 2000)
    turned = few.take(list(range(1999, -1, -1)))
    assert identities(20, turned).take(pa.array(range(1999, -1, -1))).equals(identities(20, few))
