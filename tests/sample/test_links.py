"""Cases that are linked fit together: mother and newborn, sender and receiver, one patient over time."""

from collections import defaultdict
from datetime import date
from typing import Any

import pyarrow as pa

Row = dict[str, Any]


def chosen(cases: pa.Table, *names: str) -> list[Row]:
    found: list[Row] = cases.select(names).to_pylist()
    return found


def test_every_newborn_link_resolves_to_a_delivery_in_the_same_hospital(cases: pa.Table) -> None:
    names = ("hospital", "case_id", "mother_case", "admit_date", "discharge_date", "dx", "residence", "age_days")
    rows = chosen(cases, *names)
    by_key = {(row["hospital"], row["case_id"]): row for row in rows}
    newborns = [row for row in rows if row["mother_case"] is not None]
    assert len(newborns) > 500
    assert len({row["mother_case"] for row in newborns}) == len(newborns)
    for row in newborns:
        mother = by_key[row["hospital"], row["mother_case"]]
        assert any(code.startswith("Z37") for code in mother["dx"])
        assert mother["admit_date"] <= row["admit_date"] <= mother["discharge_date"]
        assert row["residence"] == mother["residence"]
        assert row["age_days"] == 0


def test_a_patient_is_one_person_whose_cases_follow_each_other(cases: pa.Table) -> None:
    names = ("patient", "sex", "age", "residence", "admit_date", "discharge_date", "discharge")
    by_patient: defaultdict[str, list[Any]] = defaultdict(list)
    for row in chosen(cases, *names):
        by_patient[row["patient"]].append(row)
    several = [sorted(rows, key=lambda r: r["admit_date"]) for rows in by_patient.values() if len(rows) > 1]
    assert len(several) > 2000
    for rows in several:
        assert len({(row["sex"], row["age"], row["residence"]) for row in rows}) == 1
        for earlier, later in zip(rows, rows[1:], strict=False):
            assert earlier["discharge_date"] <= later["admit_date"]
            assert earlier["discharge"] != 5


def test_chemotherapy_comes_in_cycles(cases: pa.Table) -> None:
    rows = [row for row in chosen(cases, "patient", "dx", "admit_date") if row["dx"][0] == "Z51.103"]
    by_patient: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_patient[row["patient"]].append(row["admit_date"])
    assert max(map(len, by_patient.values())) >= 4
    assert len(rows) / len(by_patient) > 1.7


def test_transfers_name_where_they_went_and_the_receiver_where_from(cases: pa.Table) -> None:
    names = ("patient", "hospital", "discharge", "from_hospital", "to_hospital", "admit_date", "admit_way")
    rows = chosen(cases, *names, "discharge_date")
    for row in rows:
        assert (row["to_hospital"] is not None) == (row["discharge"] == 2)
        assert row["to_hospital"] != row["hospital"]
        assert row["from_hospital"] != row["hospital"]
    received = [row for row in rows if row["from_hospital"] is not None]
    sent: defaultdict[tuple[str, str, str], list[date]] = defaultdict(list)
    for row in rows:
        sent[row["patient"], row["hospital"], row["to_hospital"]].append(row["discharge_date"])
    assert len(received) > 50
    for row in received:
        left = sent[row["patient"], row["from_hospital"], row["hospital"]]
        assert any(0 <= (row["admit_date"] - day).days <= 1 for day in left)
        assert row["admit_way"] == 3
