"""ICU stays that come with a case and ICU stays of a file of their own, in one load: none is lost silently."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from yiheng.cases.intake import CORRECT
from yiheng.cases.load import load

PAGE = {
    "P900": "H1", "P2": "1", "P3": "1", "P5": "2", "P6": "1984-03-01", "P7": "40", "P22": "2024-03-01 08:30",
    "P25": "2024-03-06 10:05", "P27": "5", "P321": "K35.800", "P6911": "1", "P6912": "2024-03-01 20:00:00",
    "P6913": "2024-03-02 08:30:00", "P782": "100.00",
}  # fmt: skip
STAYS = "hospital,case_id,stay_no,ward_type,entered,left,hours"
FIRST, SECOND = "H1,1,1,9,2024-03-03 08:00,2024-03-03 09:00,1", "H1,1,2,9,2024-03-04 08:00,2024-03-04 09:00,1"


pytestmark = pytest.mark.usefixtures("region_key")


@pytest.fixture
def page(form_file: Any) -> Path:
    """A front page with one ICU stay."""
    return Path(form_file("frontpage-hqms", "m.csv", PAGE))


def stays(rows_of: Any, root: Path) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows_of(root, "icu", "stay_no", "entered", "source_file", "source_row")]


def out(rows_of: Any, root: Path) -> list[tuple[Any, ...]]:
    columns = ("file", "row", "column", "value", "rule", "hospital", "case_id")
    return [tuple(row.values()) for row in rows_of(root, "quarantine", *columns)]


@pytest.mark.parametrize("name", ["a.csv", "z.csv"])
def test_the_stay_of_the_case_stays_and_the_other_is_quarantined(
    name: str, page: Path, csv_file: Any, rows_of: Any, whole: Any, tmp_path: Path
) -> None:
    """Whatever the files are called, as when the second is loaded after the first."""
    done = load(tmp_path / "DATA", [csv_file(name, STAYS, FIRST, SECOND), page])
    whole(done)
    assert stays(rows_of, tmp_path / "DATA") == [
        (1, datetime.fromisoformat("2024-03-01 20:00"), "m.csv", 1),
        (2, datetime.fromisoformat("2024-03-04 08:00"), name, 2),
    ]
    assert out(rows_of, tmp_path / "DATA") == [(name, 1, "stay_no", "1", "icu_duplicate", "H1", "1")]
    assert (done.accepted, done.quarantined) == (2, 1)


@pytest.mark.parametrize("name", ["a.csv", "z.csv"])
def test_one_after_the_other_gives_the_same(name: str, page: Path, csv_file: Any, rows_of: Any, tmp_path: Path) -> None:
    load(tmp_path / "DATA", [page])
    load(tmp_path / "DATA", [csv_file(name, STAYS, FIRST, SECOND)])
    assert [stay[2:] for stay in stays(rows_of, tmp_path / "DATA")] == [("m.csv", 1), (name, 2)]
    assert out(rows_of, tmp_path / "DATA") == [(name, 1, "stay_no", "1", "icu_duplicate", "H1", "1")]


@pytest.mark.slow
def test_a_correction_with_both_keeps_the_stay_of_the_case(
    page: Path, form_file: Any, csv_file: Any, rows_of: Any, whole: Any, tmp_path: Path
) -> None:
    load(tmp_path / "DATA", [page])
    again = form_file("frontpage-hqms", "n.csv", PAGE | {"P782": "120.00"})
    done = load(tmp_path / "DATA", [csv_file("a.csv", STAYS, FIRST, SECOND), again], action=CORRECT)
    whole(done)
    assert [stay[2:] for stay in stays(rows_of, tmp_path / "DATA")] == [("n.csv", 1), ("a.csv", 2)]
    assert [row[:5] for row in out(rows_of, tmp_path / "DATA")] == [("a.csv", 1, "stay_no", "1", "icu_duplicate")]


def test_stays_of_a_case_that_stays_out_leave_their_numbers_free(
    page: Path, form_file: Any, csv_file: Any, rows_of: Any, whole: Any, tmp_path: Path
) -> None:
    """The second front page of a case is quarantined with its stays; the file's second stay is the case's second."""
    twice = form_file("frontpage-hqms", "n.csv", PAGE | {"P6914": "1", "P6915": "2024-03-05 08:00:00"})
    done = load(tmp_path / "DATA", [page, twice, csv_file("a.csv", STAYS, SECOND)])
    whole(done)
    assert [stay[2:] for stay in stays(rows_of, tmp_path / "DATA")] == [("m.csv", 1), ("a.csv", 1)]
    assert [row[:5] for row in out(rows_of, tmp_path / "DATA")] == [("n.csv", 1, "case_id", "1", "duplicate")]


@pytest.fixture
def both(page: Path, csv_file: Any, tmp_path: Path) -> Path:
    """DATA with a case that brought its first stay, and its second from a file of its own."""
    load(tmp_path / "DATA", [page, csv_file("icu.csv", STAYS, SECOND)])
    return tmp_path / "DATA"


def test_a_corrected_case_takes_back_the_stays_it_brought_and_no_others(
    both: Path, form_file: Any, rows_of: Any
) -> None:
    again = {name: value for name, value in PAGE.items() if not name.startswith("P691")}
    load(both, [form_file("frontpage-hqms", "n.csv", again)], action=CORRECT)
    assert [stay[2:] for stay in stays(rows_of, both)] == [("icu.csv", 1)]


@pytest.mark.slow
def test_a_corrected_case_brings_its_stays_beside_those_of_a_file(both: Path, form_file: Any, rows_of: Any) -> None:
    """One with the number of a held one takes its place; the earlier commit has it."""
    load(both, [form_file("frontpage-hqms", "n.csv", PAGE | {"P782": "120.00"})], action=CORRECT)
    assert [stay[2:] for stay in stays(rows_of, both)] == [("n.csv", 1), ("icu.csv", 1)]
    two = PAGE | {"P782": "130.00", "P6914": "1", "P6915": "2024-03-05 08:00:00"}
    load(both, [form_file("frontpage-hqms", "o.csv", two)], action=CORRECT)
    assert [stay[0::2] for stay in stays(rows_of, both)] == [(1, "o.csv"), (2, "o.csv")]


def test_a_source_that_cannot_speak_of_stays_leaves_them(both: Path, csv_file: Any, rows_of: Any) -> None:
    own = csv_file("own.csv", "hospital,case_id,year,admit_date,discharge_date", "H1,1,2024,2024-03-01,2024-03-06")
    load(both, [own], action=CORRECT)
    assert [stay[2:] for stay in stays(rows_of, both)] == [("m.csv", 1), ("icu.csv", 1)]


def test_corrected_stays_of_a_file_take_the_place_of_all(both: Path, csv_file: Any, rows_of: Any) -> None:
    load(both, [csv_file("a.csv", STAYS, "H1,1,3,9,2024-03-03 08:00,2024-03-03 09:00,1")], action=CORRECT)
    assert [stay[0::2] for stay in stays(rows_of, both)] == [(3, "a.csv")]
