"""The places: exact columns, names that are plainly invented, and all that the cases refer to."""

from typing import Any

import pyarrow as pa
import pytest

from yiheng.sample.places import places
from yiheng.sample.region import region
from yiheng.tables.contract import contract

Tables = dict[str, list[dict[str, Any]]]

TABLES = ("institution", "membership", "dept", "physician", "beds", "staff", "population", "names")


@pytest.fixture(scope="module")
def made() -> Tables:
    return {name: table.to_pylist() for name, table in places(20).items()}


def test_columns_are_those_of_the_contract() -> None:
    tables = places(1)
    assert tuple(tables) == TABLES
    for name, table in tables.items():
        assert table.schema == contract(name).schema
        keys = table.group_by(list(contract(name).key)).aggregate([([], "count_all")])
        assert keys.num_rows == table.num_rows > 0


def test_names_and_areas_are_plainly_invented(made: Tables) -> None:
    assert all("演示" in row["name"] for row in made["institution"])
    assert all(row["area"][:2] in {"98", "99"} and len(row["area"]) == 6 for row in made["institution"])


def test_the_region_has_22_public_hospitals_and_three_stand_outside(made: Tables) -> None:
    inside = {row["institution"] for row in made["membership"]}
    assert len(inside) == 22
    assert len(made["institution"]) == 25
    assert {row["kind"] for row in made["institution"]} == {
        "general", "tcm", "maternal_child", "infectious", "psychiatric", "township", "specialist",
    }  # fmt: skip
    assert {row["level"] for row in made["institution"] if row["code"] in inside} == {1, 2, 3}


def test_six_county_groups_and_the_city_group_have_one_lead_each(made: Tables) -> None:
    groups = {row["group"] for row in made["membership"]}
    leads = [row["group"] for row in made["membership"] if row["role"] == "lead"]
    assert len(groups) == 7
    assert sorted(leads) == sorted(groups)


def test_the_insured_of_the_first_month_are_96_in_100(made: Tables) -> None:
    first = min(row["month"] for row in made["population"])
    assert sum(row["persons"] for row in made["population"] if row["month"] == first) == 1_536_000
    assert len({row["month"] for row in made["population"]}) == 36


def test_everything_a_case_refers_to_is_listed(made: Tables, cases: pa.Table) -> None:
    depts = {(row["hospital"], row["code"]) for row in made["dept"]}
    physicians = {(row["hospital"], row["code"], row["dept"]) for row in made["physician"]}
    institutions = {row["code"] for row in made["institution"]}
    names = {(row["kind"], row["code"]) for row in made["names"]}
    columns = (
        "hospital",
        "dept",
        "admit_dept",
        "physician",
        "to_hospital",
        "dx",
        "proc",
        "external_cause",
        "pathology",
    )
    for row in cases.select(columns).slice(0, 10_000).to_pylist():
        assert (row["hospital"], row["dept"]) in depts
        assert (row["hospital"], row["admit_dept"]) in depts
        assert (row["hospital"], row["physician"], row["dept"]) in physicians
        assert row["to_hospital"] is None or row["to_hospital"] in institutions
        coded = {*row["dx"], row["external_cause"], row["pathology"]} - {None}
        assert {("dx", code) for code in coded} | {("proc", code) for code in row["proc"]} <= names


def test_only_physicians_depend_on_the_seed() -> None:
    one, other = places(1), places(2)
    assert one["physician"].equals(places(1)["physician"])
    assert [name for name in TABLES if not one[name].equals(other[name])] == ["physician"]


def test_some_physicians_are_systematically_dearer() -> None:
    fee = region(20).physician_fee
    assert 0.03 < (fee > 0.15).mean() < 0.16
