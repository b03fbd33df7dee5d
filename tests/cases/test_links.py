"""Cases that belong together are linked: settlements of one stay, a newborn and its mother."""

from pathlib import Path
from typing import Any

import pytest

from yiheng.cases.load import load
from yiheng.cases.newborns import child_of

HEADER = "hospital,case_id,year,patient,stay_id,mother_case,admit_date,discharge_date,sex,age,age_days,interim"
LINK = ("hospital", "case_id", "kind", "other", "basis")
# A newborn that was sent under her number.
CHILD = child_of("p-1")
MOTHER = "H1,M,2024,p-1,,,2024-03-01,2024-03-06,2,30,,"


def linked(rows_of: Any, root: Path) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows_of(root, "links", *LINK)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # Settlements of one stay id link to the first by discharge; another hospital's do not.
        (
            ("H1,2,2024,,S,,2024-03-05,2024-03-09,1,40,,", "H1,1,2024,,S,,2024-03-01,2024-03-05,1,40,,",
             "H1,3,2024,,S,,2024-03-09,2024-03-12,1,40,,", "H2,4,2024,,S,,2024-03-09,2024-03-12,1,40,,"),
            [("H1", "2", "same_stay", "1", "stay_id"), ("H1", "3", "same_stay", "1", "stay_id")],
        ),
        # Without one: the same patient, from the day on which an interim settlement ended.
        (
            ("H1,1,2024,p-1,,,2024-03-01,2024-03-05,1,40,,true", "H1,2,2024,p-1,,,2024-03-05,2024-03-09,1,40,,",
             "H1,3,2024,p-1,,,2024-03-06,2024-03-09,1,40,,", "H1,4,2024,p-2,,,2024-03-05,2024-03-09,1,40,,"),
            [("H1", "2", "same_stay", "1", "dates")],
        ),
        (
            ("H1,1,2024,p-1,,,2024-03-01,2024-03-05,1,40,,false", "H1,2,2024,p-1,,,2024-03-05,2024-03-09,1,40,,"),
            [],
        ),
        # A newborn with its mother, as given, or under her number.
        ((MOTHER, "H1,N,2024,p-2,,M,2024-03-02,2024-03-06,1,0,1,"), [("H1", "N", "mother", "M", "given")]),
        ((MOTHER, f"H1,N,2024,{CHILD},,,2024-03-02,2024-03-06,1,0,1,"), [("H1", "N", "mother", "M", "number")]),
        # Born on the day of her discharge; a day after it.
        ((MOTHER, f"H1,N,2024,{CHILD},,,2024-03-26,2024-03-28,1,0,20,"), [("H1", "N", "mother", "M", "number")]),
        ((MOTHER, f"H1,N,2024,{CHILD},,,2024-03-27,2024-03-28,1,0,20,"), []),
        # Born on the day of her admission; a day before it.
        ((MOTHER, f"H1,N,2024,{CHILD},,,2024-03-03,2024-03-06,1,0,2,"), [("H1", "N", "mother", "M", "number")]),
        ((MOTHER, f"H1,N,2024,{CHILD},,,2024-03-02,2024-03-06,1,0,2,"), []),
        ((MOTHER, f"H1,N,2024,{CHILD},,,2024-03-30,2024-04-02,1,0,29,"), []),
        ((MOTHER, f"H2,N,2024,{CHILD},,,2024-03-02,2024-03-06,1,0,1,"), []),
        ((MOTHER.replace(",2,30", ",1,30"), f"H1,N,2024,{CHILD},,,2024-03-02,2024-03-06,1,0,1,"), []),
        # Her pseudonym itself, as mapped files may have it; a number of its own.
        ((MOTHER, "H1,N,2024,p-1,,,2024-03-02,2024-03-06,1,0,1,"), [("H1", "N", "mother", "M", "number")]),
        ((MOTHER, "H1,N,2024,p-2,,,2024-03-02,2024-03-06,1,0,1,"), []),
        # Ages that are none are looked at too, without a fault.
        ((MOTHER, f"H1,N,2024,{CHILD},,,2024-03-02,2024-03-06,1,0,-2147483648,"), []),
    ],
)  # fmt: skip
def test_cases_are_linked(
    rows: tuple[str, ...], expected: list[tuple[str, ...]], csv_file: Any, rows_of: Any, tmp_path: Path
) -> None:
    load(tmp_path / "DATA", [csv_file("a.csv", HEADER, *rows)])
    assert linked(rows_of, tmp_path / "DATA") == expected


def test_links_reach_across_loads(csv_file: Any, rows_of: Any, tmp_path: Path) -> None:
    root = tmp_path / "DATA"
    load(root, [csv_file("a.csv", HEADER, f"H1,N,2024,{CHILD},,,2024-03-02,2024-03-06,1,0,1,")])
    assert linked(rows_of, root) == []
    load(root, [csv_file("b.csv", HEADER, MOTHER)])
    assert linked(rows_of, root) == [("H1", "N", "mother", "M", "number")]
    load(root, [csv_file("c.csv", HEADER, "H1,9,2024,p-9,,,2024-03-02,2024-03-06,1,40,,")])
    assert linked(rows_of, root) == [("H1", "N", "mother", "M", "number")]
