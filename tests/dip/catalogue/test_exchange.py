"""dip.catalogue.exchange: a bureau's own catalogue, its points as given; bad rows named by sheet, row and column."""

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.dip.assignment.book import open_book
from yiheng.dip.assignment.reference import Patient, assign_case
from yiheng.dip.catalogue.build import SCHEMA
from yiheng.dip.catalogue.exchange import HEADINGS, SHEET, export_catalogue, import_catalogue
from yiheng.dip.plan import plan
from yiheng.policy.loader import scheme

HEADER = ["病种编码", "类型", "主要诊断", "手术操作", "综合病种诊断", "治疗方式", "病种分值"]
ROWS: list[list[Any]] = [
    ["I21.9:36.06", "core", "I21.9", "36.0600/36.0700+88.55", None, None, 1234.5678],
    ["I21-SS", "comprehensive", None, None, "I21", "surgery", 800],
]


def book(path: Path, rows: list[list[Any]], header: list[Any] = HEADER) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "目录"
    for row in [header, *rows]:
        sheet.append(row)
    made.save(path)
    return path


def test_points_are_taken_as_given(tmp_path: Path) -> None:
    groups = import_catalogue(book(tmp_path / "c.xlsx", [ROWS[0], [None] * 7, ROWS[1]]))
    assert groups.schema == SCHEMA
    found = {row["group"]: row for row in groups.to_pylist()}
    assert {name: (row["points"], row["rw"], row["n"]) for name, row in found.items()} == {
        "I21.9:36.06": (1234.5678, None, 0), "I21-SS": (800.0, None, 0),
    }  # fmt: skip
    made = open_book(groups, plan(scheme("dip/jining-370800"), date(2024, 12, 31)))
    patients = [Patient(["I21.900"], ["88.5500", "36.0700x001"]), Patient(["I21.900"], ["36.0600"])]
    assert [assign_case(each, made).group.id for each in patients] == ["I21.9:36.06", "I21-SS"]  # type: ignore[union-attr]


def test_what_is_given_out_and_taken_over_again_is_the_same(built: Any, random_cases: Any, tmp_path: Path) -> None:
    groups = built(random_cases(3, 800)).groups
    export_catalogue(groups, tmp_path / "c.xlsx")
    again = import_catalogue(tmp_path / "c.xlsx")
    assert again.select(list(HEADINGS)).equals(groups.select(list(HEADINGS)))
    assert set(again["rw"].to_pylist()) == {None}
    sheet = openpyxl.load_workbook(tmp_path / "c.xlsx")[SHEET]
    assert [cell.value for cell in sheet[1]] == list(HEADINGS.values())


def test_text_that_begins_like_a_formula_stays_text(tmp_path: Path) -> None:
    row = {name: None for name in SCHEMA.names} | {"group": "=1+1", "kind": "core", "dx": "I21.9", "points": 1.0}  # noqa: C420
    export_catalogue(pa.Table.from_pylist([row], schema=SCHEMA), tmp_path / "c.xlsx")
    assert import_catalogue(tmp_path / "c.xlsx")["group"].to_pylist() == ["=1+1"]


def changed(place: int, value: Any, row: int = 0) -> list[list[Any]]:
    rows = [list(each) for each in ROWS]
    rows[row][place] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (changed(6, "dear"), "row 1, column 病种分值, value dear: is no number"),
        (changed(6, -1), "row 1, column 病种分值, value -1: is no number that this can be"),
        (changed(6, None), "row 1, column 病种分值: is empty"),
        (changed(1, "best"), "row 1, column 类型, value best: is no kind of group"),
        (changed(3, 36.06), "row 1, column 手术操作, value 36.06: is no text: a code loses its zeros as a number"),
        (changed(3, "36.06+"), "row 1, column 手术操作, value 36.06+: is no list of operations"),
        (changed(2, "I21.9/"), "row 1, column 主要诊断, value I21.9/: is no list of codes"),
        (changed(0, "I21.9:36.06", 1), "row 2, column 病种编码, value I21.9:36.06: stands in row 1 too"),
        (changed(4, None, 1), "row 2, column 综合病种诊断: is empty: a comprehensive group needs it"),
        (changed(2, "=A1"), "row 1, column 主要诊断, value =A1: is a formula or an error"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, rows: list[list[Any]], said: str) -> None:
    with pytest.raises(Refusal) as caught:
        import_catalogue(book(tmp_path / "c.xlsx", rows))
    assert str(caught.value).startswith(f"file c.xlsx, sheet 目录, {said}")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ([*HEADER[:-1], "价格"], "file c.xlsx, sheet 目录, column 价格: is no column of a catalogue"),
        ([None, *HEADER[1:]], "file c.xlsx, sheet 目录, column 病种编码: this column is missing"),
    ],
)
def test_a_bad_header_is_named(tmp_path: Path, header: list[Any], said: str) -> None:
    with pytest.raises(Refusal) as caught:
        import_catalogue(book(tmp_path / "c.xlsx", ROWS, header))
    assert str(caught.value).startswith(said)


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.xlsx").write_bytes(b"no workbook")
    with pytest.raises(Refusal, match="is no workbook that can be read"):
        import_catalogue(tmp_path / "c.xlsx")
    with pytest.raises(Refusal, match="there is no such file"):
        import_catalogue(tmp_path / "d.xlsx")
    with pytest.raises(Refusal, match="has a header and no rows"):
        import_catalogue(book(tmp_path / "e.xlsx", []))
