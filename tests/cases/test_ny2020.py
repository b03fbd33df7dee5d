"""36,631 real discharges go through the example mapping, and every one is accounted for."""

import csv
import gzip
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from yiheng.cases.load import load


@pytest.fixture(scope="module")
def raw(shared: Path) -> list[dict[str, str]]:
    """The file as the csv module of Python reads it."""
    with gzip.open(shared / "real" / "ny2020_musculoskeletal.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def loaded(shared: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("ny") / "DATA"
    path = shared / "real" / "ny2020_musculoskeletal.csv.gz"
    return folder, load(folder, [path], root / "examples" / "ny2020.yaml")


@pytest.fixture(scope="module")
def cases(loaded: tuple[Path, Any], rows_of: Any) -> list[dict[str, Any]]:
    columns = (
        "case_id",
        "hospital",
        "sex",
        "age",
        "los",
        "discharge",
        "dx",
        "proc",
        "total_fee",
        "group",
        "payer",
        "year",
    )
    found: list[dict[str, Any]] = rows_of(loaded[0], "cases", *columns)
    return sorted(found, key=lambda row: int(row["case_id"]))


def present(text: str) -> str | None:
    return None if text in ("", "NA") else text


def test_every_row_is_accounted_for(loaded: tuple[Path, Any], raw: list[dict[str, str]], rows_of: Any) -> None:
    [source] = loaded[1].commit.sources
    unfit = {row["row"] for row in rows_of(loaded[0], "quarantine", "row")}
    assert source.rows == len(raw) == 36_631
    assert source.accepted + source.quarantined == 36_631
    assert source.quarantined == len(unfit)
    # The only rows that have no place in the case table are those without a hospital.
    nameless = {n for n, row in enumerate(raw, 1) if present(row["Permanent.Facility.Id"]) is None}
    assert unfit == nameless


def test_sums_are_those_of_another_reader(cases: list[dict[str, Any]], raw: list[dict[str, str]]) -> None:
    kept = [raw[int(case["case_id"]) - 1] for case in cases]
    fees = [Decimal(row["Total.Costs"]) for row in kept if present(row["Total.Costs"])]
    stays = [int(row["los"]) for row in kept if present(row["los"])]
    assert sum(case["total_fee"] for case in cases if case["total_fee"] is not None) == sum(fees)
    assert sum(case["los"] for case in cases if case["los"] is not None) == sum(stays)
    assert sum(case["total_fee"] is not None for case in cases) == len(fees)


def test_every_cell_is_what_the_file_says(cases: list[dict[str, Any]], raw: list[dict[str, str]]) -> None:
    left = {"Home or Self Care": 1, "Left Against Medical Advice": 4, "Expired": 5, "Short-term Hospital": 2}
    for case in cases:
        row = raw[int(case["case_id"]) - 1]
        assert case["hospital"] == row["Permanent.Facility.Id"]
        assert case["sex"] == {"M": 1, "F": 2, "U": None}[row["Gender"]]
        assert str(case["age"]) == row["age"].split()[0].rstrip("+")
        assert case["dx"] == ([row["CCSR.Diagnosis.Code"]] if present(row["CCSR.Diagnosis.Code"]) else None)
        assert case["proc"] == ([row["CCSR.Procedure.Code"]] if present(row["CCSR.Procedure.Code"]) else None)
        assert case["group"] == f"{row['APR.DRG.Code']}-{row['illseveritydesc']}"
        disposition = present(row["Patient.Disposition"])
        assert case["discharge"] == (None if disposition is None else left.get(disposition, 9))
        assert case["year"] == 2020


def test_names_of_codes_are_kept(loaded: tuple[Path, Any], raw: list[dict[str, str]], rows_of: Any) -> None:
    names = rows_of(loaded[0], "names", "kind", "code", "en")
    counted = Counter(row["kind"] for row in names)
    assert counted["dx"] == len({row["CCSR.Diagnosis.Code"] for row in raw} - {"", "NA"})
    described = {row["CCSR.Diagnosis.Code"]: row["CCSR.Diagnosis.Description"] for row in reversed(raw)}
    assert {row["code"]: row["en"] for row in names if row["kind"] == "dx"} == {
        code: text.strip() for code, text in described.items() if present(code)
    }
