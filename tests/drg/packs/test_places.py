"""drg.packs.places, drg.kernel.dated: each case under the pack in force on its day; days before and after a change."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.drg.kernel.dated import by_day, split_by_pack
from yiheng.drg.packs.opening import open_pack
from yiheng.drg.packs.places import InForce, packs_in_force, registry
from yiheng.drg.result import OUT

DAY = "{{from: {start}, value: {{pack: {pack}, to: {end}{more}}}, choice: city, checked_until: null}}"


@pytest.fixture
def shelf(folder_of: Callable[..., Path], tmp_path: Path) -> Path:
    """A folder with two packs: `old`, and `new`, which takes one more operation."""
    folder_of().rename(tmp_path / "old")
    folder_of(adrg_list=["BB1,ss,01.1", "BB1,ss,01.2", "BR1,zd,B01", "CR1,zd,C01"]).rename(tmp_path / "new")
    return tmp_path


def in_force(shelf: Path, *periods: str, place: str = "city") -> InForce:
    text = "about: {zh: x, en: x}\ncity: {zh: x, en: x, unit: pack, values: [" + ", ".join(periods) + "]}\n"
    (shelf / "places.yaml").write_text(text, encoding="utf-8")
    return packs_in_force(place, registry(shelf), shelf)


def period(pack: str, start: str, end: str = "null", more: str = "") -> str:
    return DAY.format(pack=pack, start=start, end=end, more=more)


OLD, NEW = period("old", "2023-01-01", "2023-12-31"), period("new", "2024-01-01")


def test_the_day_before_and_the_day_of_a_change(shelf: Path) -> None:
    found = in_force(shelf, OLD, NEW)
    days = [date(2023, 1, 1), date(2023, 12, 31), date(2024, 1, 1), date(2030, 1, 1)]
    assert [found.of(day).id for day in days] == ["old", "old", "new", "new"]
    assert found.of(days[0]) is found.of(days[1])


@pytest.mark.parametrize("day", [date(2022, 12, 31), date(2025, 1, 1)])
def test_a_day_outside_is_refused_never_the_nearest(shelf: Path, day: date) -> None:
    found = in_force(shelf, OLD, period("new", "2024-01-01", "2024-12-31"))
    with pytest.raises(Refusal) as caught:
        found.of(day)
    assert str(caught.value) == (
        f"no pack is in force in city on {day} -> in force: 2023-01-01 .. 2023-12-31; 2024-01-01 .. 2024-12-31"
    )


@pytest.mark.parametrize(
    ("periods", "line"),
    [
        (
            [period("old", "2023-01-01"), NEW],
            "old and new are both in force on 2024-01-01 -> end old on the day before",
        ),
        ([period("old", "2023-01-01", "2024-01-01"), NEW], "old and new are both in force on 2024-01-01"),
        ([period("old", "2023-01-01", "2022-12-31")], "city from 2023-01-01: ends before it begins"),
        ([period("old", "2023-01-01", "soon")], "city from 2023-01-01: to is no day"),
        ([period("old", "2023-01-01", more=", x: 1")], "city from 2023-01-01: the value has pack, to and digest"),
    ],
)
def test_a_registry_that_contradicts_itself_is_refused(shelf: Path, periods: list[str], line: str) -> None:
    with pytest.raises(Refusal) as caught:
        in_force(shelf, *periods)
    assert line in str(caught.value)


def test_an_unknown_place_pack_or_digest_is_refused(shelf: Path) -> None:
    with pytest.raises(
        Refusal, match=r"column --place, value citi: .*places\.yaml has no packs for this place -> city\?"
    ):
        in_force(shelf, OLD, place="citi")
    with pytest.raises(Refusal, match="value gone: there is no such pack"):
        in_force(shelf, period("gone", "2023-01-01")).of(date(2023, 1, 1))
    digest = open_pack(str(shelf / "old")).digest
    assert in_force(shelf, period("old", "2023-01-01", more=f", digest: {digest}")).of(date(2023, 1, 1)).id == "old"
    with pytest.raises(Refusal, match=f"file old, column digest, value x: has the digest {digest}"):
        in_force(shelf, period("old", "2023-01-01", more=", digest: x")).of(date(2023, 1, 1))
    with pytest.raises(Refusal, match="there is no registry of packs in force"):
        registry(shelf / "old")


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (
            "from = 2023-01-02",
            "file old, value 2023-01-01 .. 2023-12-31: says itself that it is in force 2023-01-02 ..",
        ),
        ("to = 2023-12-30", "file old, value 2023-01-01 .. 2023-12-31: says itself that it is in force  .. 2023-12-30"),
        ("from = 2023-01-01\nto = 2023-12-31", ""),
    ],
)
def test_a_pack_is_not_in_force_outside_its_own_days(shelf: Path, toml: str, said: str) -> None:
    (shelf / "old" / "pack.toml").write_text(f'id = "old"\n{toml}\n', encoding="utf-8")
    found = in_force(shelf, OLD)
    if not said:
        assert found.of(date(2023, 5, 1)).id == "old"
        return
    with pytest.raises(Refusal) as caught:
        found.of(date(2023, 5, 1))
    assert str(caught.value) == said


def test_the_registry_with_yiheng_names_no_place() -> None:
    with pytest.raises(Refusal, match="the registry names no place"):
        packs_in_force("city", registry())


def days(*texts: str | None) -> pa.Array:
    return pa.array([None if text is None else date.fromisoformat(text) for text in texts], pa.date32())


def test_cases_are_split_by_their_day(shelf: Path) -> None:
    found = split_by_pack(days("2024-01-01", "2023-12-31", "2024-05-05"), in_force(shelf, OLD, NEW))
    assert [(pack.id, rows.to_pylist()) for pack, rows in found] == [("new", [0, 2]), ("old", [1])]
    assert split_by_pack(days(), in_force(shelf, OLD, NEW)) == []


def test_a_case_without_a_pack_is_named_by_its_row_and_date(shelf: Path) -> None:
    force = in_force(shelf, OLD, NEW)
    with pytest.raises(Refusal) as caught:
        split_by_pack(days("2024-01-01", None), force, "cases.csv")
    assert str(caught.value).startswith("file cases.csv, row 2, column discharge_date: has no discharge date")
    with pytest.raises(Refusal) as caught:
        split_by_pack(days("2024-01-01", "2022-01-01"), force, "cases.csv")
    assert str(caught.value).startswith(
        "file cases.csv, row 2, column discharge_date, value 2022-01-01: no pack is in force in city on 2022-01-01"
    )


def test_a_batch_is_grouped_by_the_packs_of_its_days(shelf: Path) -> None:
    force = in_force(shelf, OLD, NEW)
    texts = ["2024-01-01", "2023-12-31", "2023-01-01", "2024-02-01"]
    batch = pa.RecordBatch.from_pydict(
        {
            "discharge_date": days(*texts),
            "sex": pa.array([1] * 4, pa.int8()),
            "age": pa.array([60] * 4, pa.int16()),
            "dx": [["B01"]] * 4,
            "proc": [["01.2"], ["01.2"], ["01.1"], []],
        }
    )
    chosen = by_day(batch.column("discharge_date"), force, "")
    assert "discharge_date" in chosen.columns
    group = chosen.make()
    found = group(batch)
    assert found.schema.names == list(OUT)
    assert found.column("drg").to_pylist() == ["BB15", "BR19", "BB15", "BR19"]
    assert group(batch.slice(0, 0)).num_rows == 0
    assert group(batch.slice(1, 2)).column("drg").to_pylist() == ["BR19", "BB15"]
