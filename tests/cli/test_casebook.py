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


@pytest.mark.slow
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


@pytest.mark.slow
def test_pages_for_one_hospital(yiheng: Any, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert yiheng("norms", "report", "--cases", data, "--viewer", "I", "--out", out).code == 0
    names = sorted(path.name for path in (out / "casebook" / "given").iterdir())
    assert names == ["dept-I-01.html", "group-g.html", "hospital-I.html", "index.html"]


@pytest.mark.slow
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
        (
            ("doctor-page", "--hospital", "H", "--physician", "z"),
            "column physician, value z: has no case in hospital H",
        ),
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
    assert not list((tmp_path / "out").rglob("*"))


def test_what_stands_in_the_way_is_refused_before_any_work(yiheng: Any, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", encoding="utf-8")
    for arguments in (("report",), ("doctor-page", "--hospital", "H", "--physician", "p")):
        ran = yiheng("norms", *arguments, "--cases", tmp_path / "none", "--out", tmp_path / "out")
        assert (ran.code, ran.err) == (2, f"yiheng: file {tmp_path / 'out'}: is not a folder\n")


@pytest.mark.slow
def test_pages_of_an_earlier_report_go_and_those_of_doctors_stay(yiheng: Any, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "casebook" / "given"
    other = tmp_path / "out" / "casebook" / "dip" / "group-old.html"
    old = [folder / name for name in ("group-old.html", "hospital-old.html", "dept-old.html")]
    kept = [folder / "doctor-H-p.html", folder / "notes.html", other]
    for path in (*old, *kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    assert yiheng("norms", "report", "--cases", data, "--out", tmp_path / "out").code == 0
    assert [path.exists() for path in old] == [False] * 3
    assert [path.exists() for path in kept] == [True] * 3


@pytest.mark.slow
def test_groups_of_an_outline_say_so_on_every_page(yiheng: Any, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    doctor = ("doctor-page", "--hospital", "H", "--physician", "p")
    for command, *more in (("report",), doctor):
        assert yiheng("norms", command, "--cases", data, "--out", out, "--as", "drg", *more).code == 0
    pages = sorted((out / "casebook" / "drg").glob("*.html"))
    assert len(pages) == 11
    assert [path.name for path in pages if "提纲版，非官方" not in plain(path)] == []
    assert [path.name for path in pages if "@page { @top-left" not in path.read_text(encoding="utf-8")] == []
    book = openpyxl.load_workbook(out / "casebook" / "drg.xlsx", read_only=True)
    for sheet in book.worksheets:
        cells = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]
        assert any("提纲版，非官方" in cell for cell in cells), sheet.title


@pytest.mark.slow
def test_a_physician_with_enough_cases_has_figures(yiheng: Any, data: Path, as_csv: Any, tmp_path: Path) -> None:
    """36 cases of H cost 200 each, of all 72 cases the mean is 150: 200 / 150."""
    more = [row | {"case_id": f"{row['case_id']}{part}"} for row in rows() if row["hospital"] == "H" for part in "ab"]
    assert yiheng("cases", "load", as_csv(tmp_path / "more.csv", more), "--to", data).code == 0
    out = tmp_path / "out"
    ran = yiheng("norms", "doctor-page", "--cases", data, "--hospital", "H", "--physician", "p", "--out", out)
    path = out / "casebook" / "given" / "doctor-H-p.html"
    assert (ran.code, ran.out) == (0, f"36 例 cases in {path}\n")
    page = plain(path)
    assert ("1.333" in page, "150.00" in page, "不列指标" in page) == (True, True, False)


@pytest.mark.slow
def test_a_physician_sees_the_last_year_alone(yiheng: Any, data: Path, as_csv: Any, tmp_path: Path) -> None:
    """Cases of the year before, ten times as dear, are neither listed nor part of what is expected."""
    before = [row | {"case_id": f"old{row['case_id']}", "discharge_date": "2023-03-01", "total_fee": "2000.00"}
              for row in rows()]  # fmt: skip
    assert yiheng("cases", "load", as_csv(tmp_path / "before.csv", before), "--to", data).code == 0
    out = tmp_path / "out"
    ran = yiheng("norms", "doctor-page", "--cases", data, "--hospital", "H", "--physician", "p", "--out", out)
    path = out / "casebook" / "given" / "doctor-H-p.html"
    assert (ran.code, ran.out) == (0, f"12 例 cases in {path}\n")
    page = plain(path)
    assert ("oldH00" in page, page.count("125.00"), page.count("75.00")) == (False, 12, 12)
