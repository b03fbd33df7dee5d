"""yiheng norms report and doctor-page: pages from DATA, for a region, for one hospital, for one physician."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest


def rows() -> list[dict[str, str]]:
    """Group g in four hospitals with 12 cases each; those of H cost 200 and take 6 days, the others 100 and 4."""
    return [
        {"hospital": name, "case_id": f"{name}{place:02}", "dept": "01", "physician": "p",
         "discharge_date": "2024-03-01", "total_fee": "200.00" if name == "H" else "100.00",
         "los": "6" if name == "H" else "4", "group": "g", "dx": "J18.900", "age": "50", "discharge": "1"}
        for name in "HIJK" for place in range(12)
    ]  # fmt: skip


@pytest.fixture
def data(yiheng: Any, as_csv: Any, tmp_path: Path) -> Path:
    places = [{"code": name, "name": f"医院{name}", "level": "2", "class": "甲"} for name in "HIJK"]
    for name, its in (("cases", rows()), ("institution", places)):
        ran = yiheng("cases", "load", as_csv(tmp_path / f"{name}.csv", its), "--to", tmp_path / "data")
        assert ran.code == 0, ran
    return tmp_path / "data"


def plain(path: Path) -> str:
    return unescape(re.sub(r"<[^>]+>", "", path.read_text(encoding="utf-8")))


def test_pages_of_a_region(yiheng: Any, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = yiheng("norms", "report", "--cases", data, "--out", out)
    folder = out / "casebook" / "given"
    told = ["10 页 pages in " + str(out), f"从这里打开 open {folder / 'index.html'}"]
    assert (ran.code, ran.out.splitlines()) == (0, told)
    assert sorted(path.name for path in folder.iterdir()) == [
        *(f"dept-{name}-01.html" for name in "HIJK"), "group-g.html", *(f"hospital-{name}.html" for name in "HIJK"),
        "index.html",
    ]  # fmt: skip
    page = plain(folder / "hospital-H.html")
    assert (
        "1. g g：12 例，次均费用 200.00 → 100.00 元（同类中位数），可少 1,200.00 元（区间 1,200.00 ~ 1,200.00）" in page
    )
    assert "平均住院日 6.00 → 4.00 天，可少 24.00 床日" in page
    book = openpyxl.load_workbook(out / "casebook" / "given.xlsx", read_only=True)
    cells = [row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True)]
    assert [row[2] for row in cells if row[0] in ("H", "I", "J", "K")] == [12] * 4


def test_pages_for_one_hospital(yiheng: Any, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert yiheng("norms", "report", "--cases", data, "--viewer", "I", "--out", out).code == 0
    names = sorted(path.name for path in (out / "casebook" / "given").iterdir())
    assert names == ["dept-I-01.html", "group-g.html", "hospital-I.html", "index.html"]


def test_a_page_for_one_physician(yiheng: Any, data: Path, tmp_path: Path) -> None:
    """12 cases are too few for a figure; each is listed with what was expected of it: (200 + 3 x 100) / 4 = 125."""
    out = tmp_path / "out"
    ran = yiheng("norms", "doctor-page", "--cases", data, "--hospital", "H", "--physician", "p", "--out", out)
    path = out / "casebook" / "given" / "doctor-H-p.html"
    assert (ran.code, ran.out) == (0, f"12 例 cases in {path}\n")
    page = plain(path)
    assert "入组病例少于 30 例，不列指标；下面仍列出全部病例。" in page
    assert page.count("125.00") == 12
    assert page.count("75.00") == 12


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report", "--as", "icd"), "column --as, value icd: is no kind of groups -> one of: given, dip, drg"),
        (("report", "--viewer", "Z"), "column viewer, value Z: has no case of this year"),
        (("doctor-page", "--hospital", "H", "--physician", "z"), "column H, value z: has no case in the data"),
    ],
)
def test_what_is_not_there_is_refused_and_nothing_written(
    yiheng: Any, data: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    command, *more = arguments
    ran = yiheng("norms", command, "--cases", data, "--out", tmp_path / "out", *more)
    assert (ran.code, [line for line in ran.err.splitlines() if line.startswith("yiheng: ")]) == (
        2,
        [f"yiheng: {said}"],
    )
    assert not (tmp_path / "out").exists()
