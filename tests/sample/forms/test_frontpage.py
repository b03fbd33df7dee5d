"""Front pages: the official columns, and what a case says in each, read back with Python's own csv."""

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from yiheng.sample.forms.frontpage import FRONTPAGE, FRONTPAGE_2019, form_columns, header, page, write_pages
from yiheng.sample.forms.told import Told
from yiheng.sample.tables import words

Row = dict[str, Any]
DOCUMENTS = {FRONTPAGE: "hqms_columns.csv", FRONTPAGE_2019: "hqms_columns_2019.csv"}


def read(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("form", "count"), [(FRONTPAGE, 346), (FRONTPAGE_2019, 642)])
def test_the_columns_are_those_of_the_document(form: str, count: int, shared: Path) -> None:
    official = read(shared / "data" / DOCUMENTS[form])
    assert [(row["code"], row["name"]) for row in official] == [(own.code, own.name) for own in form_columns(form)]
    assert len(header(form)) == len(set(header(form))) == count
    assert len(set(header(form, names=True))) == count


@pytest.mark.parametrize("form", [FRONTPAGE, FRONTPAGE_2019])
def test_what_must_be_filled_is_filled(form: str, shared: Path, whole: Told) -> None:
    """A case without a procedure has none of the fields that go with one; an infant's months are the document's own."""
    official = read(shared / "data" / DOCUMENTS[form])
    sheet = page(form, whole.part(0, 2000))
    operation = {"C14x01C", "C15x01N", "C16x01", "A20"}
    for row in official:
        if row["required"] in ("是", "必填") and row["code"] not in operation:
            assert sheet[row["code"]].null_count == 0, row["code"]


def test_a_page_says_what_the_case_says(whole: Told, tmp_path: Path) -> None:
    few = whole.part(0, 3000)
    rows = read(write_pages(tmp_path / "p.csv", FRONTPAGE, few))
    assert len(rows) == 3000
    names = dict(zip(words("diagnoses", "code"), words("diagnoses", "zh"), strict=True))
    for row, case in zip(rows, few.cases.to_pylist(), strict=True):
        assert (row["P900"], row["P3"], row["P26"]) == (case["hospital"], case["case_id"], case["dept"])
        assert (row["P5"], row["P7"], row["P27"]) == (str(case["sex"]), str(case["age"]), str(case["los"]))
        assert (row["P22"][:10], row["P25"][:10]) == (str(case["admit_date"]), str(case["discharge_date"]))
        assert row["P22"] < row["P25"]
        assert (row["P321"], row["P322"]) == (case["dx"][0], names[case["dx"][0]])
        assert [row[code] for code in ("P324", "P327", "P3274") if row[code]] == [
            case["dx"][place] for place in (1, 2, 10) if place < len(case["dx"])
        ]
        assert [row[code] for code in ("P490", "P4911", "P45050") if row[code]] == [
            case["proc"][place] for place in (0, 1, 9) if place < len(case["proc"])
        ]
        assert row["P491"][:10] == (str(case["proc_date"][0]) if case["proc"] else "")
        assert row["P22"] <= row["P491"] <= row["P25"] or not case["proc"]
        assert (row["P782"], row["P769"], row["P751"]) == tuple(
            str(case[name]) for name in ("total_fee", "fp_769", "patient_pay")
        )
        assert (
            row["P1"] == {"employee": "1", "resident": "2", "self": "7", "maternity": "8", "other": "9"}[case["payer"]]
        )
        assert row["P830"] == ("2" if case["planned_readmit"] else "1")
        assert (row["P66"] != "") == (case["age_days"] is not None)
        assert (row["P6911"] != "") == (case["icu_hours"] > 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("names", [False, True])
def test_every_encoding_and_header_reads_back_the_same(encoding: str, names: bool, whole: Told, tmp_path: Path) -> None:
    few = whole.part(0, 50)
    path = write_pages(tmp_path / "p.csv", FRONTPAGE, few, names, encoding)
    with path.open(encoding=encoding, newline="") as file:
        first, *rows = list(csv.reader(file))
    assert first == header(FRONTPAGE, names)
    sheet = page(FRONTPAGE, few)
    assert rows == [["" if cell is None else cell for cell in row.values()] for row in sheet.to_pylist()]


def test_a_workbook_has_the_same_cells(whole: Told, tmp_path: Path) -> None:
    few = whole.part(0, 20)
    book = openpyxl.load_workbook(write_pages(tmp_path / "p.xlsx", FRONTPAGE, few, names=True), read_only=True)
    first, *rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert list(first) == header(FRONTPAGE, names=True)
    assert [list(row) for row in rows] == [list(row.values()) for row in page(FRONTPAGE, few).to_pylist()]
    book.close()


def test_the_2019_layout_has_forty_other_slots(whole: Told) -> None:
    made = [column.made for column in form_columns(FRONTPAGE_2019)]
    assert [name for name in made if name.startswith("dx ")] == ["dx 1", "dx 1", *(f"dx {n}" for n in range(2, 42))]
    assert [name for name in made if name.startswith("proc ")] == [f"proc {n}" for n in range(1, 42)]
    sheet = page(FRONTPAGE_2019, whole.part(0, 500)).to_pylist()
    for row, case in zip(sheet, whole.part(0, 500).cases.to_pylist(), strict=True):
        found = [row["C03C"], *(row[f"C06x{number:02}C"] for number in range(1, 41))]
        assert found[: len(case["dx"])] == case["dx"]
        assert set(found[len(case["dx"]) :]) <= {None}
        assert row["A16"] == (None if case["age_days"] is None else str(case["age_days"]))
        assert row["D23"] == str(case["fp_769"])
