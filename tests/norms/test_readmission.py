"""norms.readmission: who came back, at the edges; the plain comparison of every two stays is in test_facts."""

from datetime import date, timedelta
from typing import Any

import pytest

from yiheng.norms.readmission import readmissions

FIRST = date(2024, 3, 1)


def stay(number: int, days: int, length: int = 3, **its: Any) -> dict[str, Any]:
    """A stay that begins `days` after the first of March."""
    start = FIRST + timedelta(days=days)
    base = {"row": number, "case_id": str(number), "hospital": "A", "patient": "p", "discharge": 1}
    return base | {"admit_date": start, "discharge_date": start + timedelta(days=length)} | its


@pytest.fixture
def found(as_cases: Any) -> Any:
    """(any, same) by row, of the stays that one can return from."""

    def made(*rows: dict[str, Any]) -> dict[int, tuple[bool, bool]]:
        table = readmissions(as_cases(list(rows)), 31, (2, 5)).to_pyarrow().to_pylist()
        return {row["row"]: (row["returned_any"], row["returned_same"]) for row in table}

    return made


@pytest.mark.parametrize(("days", "returned"), [(3, True), (4, True), (34, True), (35, False), (2, False)])
def test_from_the_day_of_discharge_to_the_last_day(found: Any, days: int, returned: bool) -> None:
    assert found(stay(1, 0), stay(2, days))[1] == (returned, returned)


def test_to_another_hospital(found: Any) -> None:
    assert found(stay(1, 0), stay(2, 10, hospital="B"))[1] == (True, False)
    assert found(stay(1, 0), stay(2, 10, hospital="B"), stay(3, 20))[1] == (True, True)


@pytest.mark.parametrize(
    "first",
    [{"discharge": 5}, {"discharge": 2}, {"planned_readmit": True}, {"interim": True}, {"patient": None},
     {"discharge_date": None}, {"admit_date": None}],
)  # fmt: skip
def test_stays_that_nobody_returns_from(found: Any, first: dict[str, Any]) -> None:
    assert set(found(stay(1, 0, **first), stay(2, 10))) == {2}


def test_an_unknown_way_out_or_plan_is_none(found: Any) -> None:
    assert found(stay(1, 0, discharge=None, planned_readmit=None, interim=None), stay(2, 10))[1] == (True, True)


def test_a_planned_stay_is_looked_at_from_the_stay_that_planned_it(found: Any) -> None:
    assert found(stay(1, 0), stay(2, 10, planned_readmit=True), stay(3, 20)) == {1: (True, True), 3: (False, False)}


def test_of_two_stays_on_one_day_only_the_first_is_returned_from(found: Any) -> None:
    assert found(stay(1, 0, 0), stay(2, 0, 0)) == {1: (True, True), 2: (False, False)}
    assert found(stay(1, 0, 0, hospital="B"), stay(2, 0, 0)) == {1: (False, False), 2: (True, False)}
    assert found(stay(1, 0, 0), stay(2, 0, 5)) == {1: (True, True), 2: (False, False)}


def test_settlements_of_one_stay_are_no_return(found: Any) -> None:
    assert found(stay(1, 0, stay_id="s"), stay(2, 3, stay_id="s"))[1] == (False, False)
    assert found(stay(1, 0, stay_id="s"), stay(2, 3, stay_id="s", hospital="B"))[1] == (True, False)


def test_somebody_else_is_no_return(found: Any) -> None:
    assert found(stay(1, 0), stay(2, 5, patient="q")) == {1: (False, False), 2: (False, False)}


def test_a_later_stay_behind_one_that_overlaps(found: Any) -> None:
    """The next stay by admission began before the discharge; the one after it is a return."""
    assert found(stay(1, 0, 10), stay(2, 5), stay(3, 12))[1] == (True, True)
