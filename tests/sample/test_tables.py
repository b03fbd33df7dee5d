"""The frequencies and effects hang together."""

from fractions import Fraction
from pathlib import Path

import pytest

import yiheng.sample
from yiheng.sample.fees import CATEGORIES
from yiheng.sample.tables import numbers, table, weighted, words


def codes_of(name: str, column: str) -> set[str]:
    return {code for row in table(name) for code in weighted(row[column])}


def test_frequencies_are_per_100_000() -> None:
    assert numbers("diseases", "frequency").sum() == 100_000


def test_every_fee_structure_adds_up_to_one() -> None:
    for row in table("fee_structure"):
        assert sum(Fraction(row[name]) for name in CATEGORIES) == 1, row["structure"]


@pytest.mark.parametrize("name", ["age_bands", "physician_effects", "titles"])
def test_shares_add_up_to_one(name: str) -> None:
    assert sum(Fraction(share) for share in words(name, "share")) == 1


@pytest.mark.parametrize("level", ["primary", "secondary", "tertiary"])
def test_the_packages_of_a_disease_are_no_more_than_its_cases(level: str) -> None:
    for disease in words("diseases", "id"):
        packages = [row for row in table("packages") if disease in row["diseases"].split("|")]
        assert sum(Fraction(row[level]) for row in packages) <= 1, disease


def test_every_code_has_a_name_and_every_name_a_use() -> None:
    used = codes_of("diseases", "codes") | codes_of("diseases", "with") | codes_of("diseases", "pathology")
    used |= {row["code"] for name in ("comorbidities", "external", "external_of") for row in table(name)}
    assert used == set(words("diagnoses", "code"))
    done = {code for row in table("packages") for code in row["codes"].split("|")} | set(words("extras", "code"))
    assert done == set(words("operations", "code"))


@pytest.mark.parametrize("name", ["diagnoses", "operations"])
def test_codes_are_listed_once_and_named_in_both_languages(name: str) -> None:
    codes = words(name, "code")
    assert len(set(codes)) == len(codes)
    assert all(row["zh"] and row["en"] and "?" not in row["zh"] for row in table(name))


@pytest.mark.parametrize(
    ("column", "name", "key"),
    [
        ("family", "families", "family"),
        ("season", "seasons", "season"),
        ("dept", "departments", "code"),
        ("where", "where", "where"),
        ("structure", "fee_structure", "structure"),
    ],
)
def test_every_disease_names_rows_that_exist(column: str, name: str, key: str) -> None:
    assert set(words("diseases", column)) <= set(words(name, key))


def test_every_candidate_names_families_that_exist() -> None:
    known = set(words("families", "family")) | {f"@{common}" for common in words("families", "common")}
    for name in ("comorbidities", "extras"):
        assert {family for row in table(name) for family in row["families"].split("|")} <= known


def test_every_package_names_diseases_that_exist() -> None:
    assert {disease for row in table("packages") for disease in row["diseases"].split("|")} <= set(
        words("diseases", "id")
    )


def test_a_weighted_cell() -> None:
    assert weighted("I63.900:4|C73.x00|M81400/3:0.5") == {"I63.900": 4, "C73.x00": 1, "M81400/3": 0.5}
    assert weighted("") == {}


def test_every_setting_is_used() -> None:
    room = Path(yiheng.sample.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in room.rglob("*.py"))
    assert [name for name in words("settings", "name") if f'setting("{name}")' not in code] == []
