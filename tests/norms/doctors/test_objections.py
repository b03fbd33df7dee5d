"""Objections: recorded, answered, kept in history; what is refused changes nothing."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.norms.doctors.objections import Key, answer_objection, covers, objections, raise_objection
from yiheng.tables.contract import contract
from yiheng.tables.data import Data, loading
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot

DAY, LATER = date(2024, 5, 1), date(2024, 5, 9)
KEY = Key("H", "p", "1", "fee")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """DATA with three cases: of p, of q and of nobody; its first commit has a key and is made up."""
    names = contract("cases").schema.names
    given = [
        {"hospital": "H", "case_id": str(place), "physician": who, "year": 2024}
        for place, who in ((1, "p"), (2, "q"), (3, None))
    ]
    table = pa.Table.from_pylist([dict.fromkeys(names) | row for row in given], schema=contract("cases").schema)
    with loading(tmp_path / "data") as new, new.stage("cases") as staged:
        staged.write(table)
        new.commit((), made_up=True, key="0a1b2c3d")
    return tmp_path / "data"


def held(root: Path, commit: int | None = None) -> list[dict[str, Any]]:
    with engine() as backend:
        rows: list[dict[str, Any]] = objections(Snapshot(backend, Data.open(root), commit)).to_pyarrow().to_pylist()
    return rows


def files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def test_an_objection_is_a_row_and_a_commit(data: Path) -> None:
    made = raise_objection(data, KEY, " came in dying ", DAY)
    assert (made.number, made.sources, made.made_up, made.key) == (2, (), True, "0a1b2c3d")
    assert held(data) == [
        {"hospital": "H", "physician": "p", "case_id": "1", "figure": "fee", "reason": "came in dying",
         "raised_on": DAY, "state": "raised", "answer": None, "answered_on": None}
    ]  # fmt: skip
    assert held(data, 1) == []


def test_an_answer_changes_the_row_and_leaves_the_earlier_commit(data: Path) -> None:
    raise_objection(data, KEY, "why", DAY)
    raise_objection(data, Key("H", "q", "2", "all"), "because", DAY)
    assert answer_objection(data, KEY, "accepted", "true", LATER).number == 4
    answer_objection(data, Key("H", "q", "2", "all"), "declined", "no", LATER)
    assert [(row["case_id"], row["state"], row["answer"], row["answered_on"]) for row in held(data)] == [
        ("1", "accepted", "true", LATER),
        ("2", "declined", "no", LATER),
    ]
    assert [row["state"] for row in held(data, 3)] == ["raised", "raised"]
    assert [row["reason"] for row in held(data)] == ["why", "because"]


def test_cases_are_untouched(data: Path) -> None:
    before = Data.open(data).commit().tables
    raise_objection(data, KEY, "why", DAY)
    after = Data.open(data).commit().tables
    assert after["cases"] == before["cases"]
    assert set(after) - set(before) == {"objections"}


def test_the_same_case_in_another_figure_is_another_objection(data: Path) -> None:
    for figure in ("los", "fee", "death", "all"):
        raise_objection(data, KEY._replace(figure=figure), "why", DAY)
    assert [row["figure"] for row in held(data)] == ["all", "death", "fee", "los"]
    assert (covers("all"), covers("los")) == (("fee", "los", "death"), ("los",))


@pytest.mark.parametrize(
    ("key", "reason", "said"),
    [
        (Key("H", "p", "2", "fee"), "why", "column H p, value 2: is no case of this physician"),
        (Key("H", "p", "9", "fee"), "why", "column H p, value 9: is no case of this physician"),
        (Key("I", "p", "1", "fee"), "why", "column I p, value 1: is no case of this physician"),
        (Key("H", "", "3", "fee"), "why", "column H , value 3: is no case of this physician"),
        (KEY._replace(figure="income"), "why",
         "column --figure, value income: is no figure of a case -> one of: fee, los, death, all"),
        (KEY, " ", "column --reason: needs a reason"),
        (KEY, "of 11010519491231002X", "column --reason, value of 11****************: carries an identity number"),
    ],
)  # fmt: skip
def test_a_bad_objection_is_refused_and_nothing_changes(data: Path, key: Key, reason: str, said: str) -> None:
    before = files(data)
    with pytest.raises(Refusal) as refused:
        raise_objection(data, key, reason, DAY)
    assert str(refused.value) == said
    assert files(data) == before


def test_what_was_objected_to_or_answered_is_not_again(data: Path) -> None:
    raise_objection(data, KEY, "why", DAY)
    before = files(data)
    with pytest.raises(Refusal, match="value 1: was objected to already: raised"):
        raise_objection(data, KEY, "again", LATER)
    with pytest.raises(Refusal, match="column H p, value 1 los: there is no such objection"):
        answer_objection(data, KEY._replace(figure="los"), "accepted", "true", LATER)
    with pytest.raises(Refusal, match="column --reason: needs a reason"):
        answer_objection(data, KEY, "declined", "", LATER)
    assert files(data) == before
    answer_objection(data, KEY, "declined", "no", LATER)
    before = files(data)
    with pytest.raises(Refusal, match="value 1: was answered already: declined"):
        answer_objection(data, KEY, "accepted", "true", LATER)
    assert files(data) == before


def test_no_data_no_objection(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refusal, match="no loaded data here"):
        raise_objection(tmp_path / "empty", KEY, "why", DAY)
    assert list((tmp_path / "empty").iterdir()) == []
    with pytest.raises(Refusal, match="no loaded data here"):
        answer_objection(tmp_path / "empty", KEY, "accepted", "true", DAY)
    assert list((tmp_path / "empty").iterdir()) == []


def test_while_somebody_loads_nothing_is_recorded(data: Path) -> None:
    with loading(data), pytest.raises(Refusal, match="another load is writing here"):
        raise_objection(data, KEY, "why", DAY)
    assert held(data) == []
