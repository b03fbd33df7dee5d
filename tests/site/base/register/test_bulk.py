"""Many rows from one file: all or none, and one clear line for each bad row."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from site_register.models import Quality

from yiheng.site.base.register.bulk import propose_file
from yiheng.site.base.register.refused import BadFile, NotAParty

from ..town import NOW, Town

HEADER = "机构,项目,合格,起,止（不含）"


def written(tmp_path: Path, *lines: str, header: str = HEADER, encoding: str = "utf-8", name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes("\n".join((header, *lines, "")).encode(encoding))
    return path


def workbook(tmp_path: Path, *rows: list[Any]) -> Path:
    book = openpyxl.Workbook()
    for row in (HEADER.split(","), *rows):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    return tmp_path / "a.xlsx"


def proposed(town: Town, path: Path, who: str = "eva", name: str = "质评.csv") -> list[Quality]:
    return propose_file(town.actor(who), Quality, path, name, "质评文件", NOW)


def refused(town: Town, path: Path, name: str = "质评.csv") -> list[str]:
    with pytest.raises(BadFile) as told:
        proposed(town, path, name=name)
    assert not Quality.objects.exists()
    return [str(line) for line in told.value.lines]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_in_any_encoding(town: Town, tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "E,GLU,true,2026-01-01,", "E,K,false,2026-01-01,2026-07-01", encoding=encoding)
    rows = proposed(town, path)
    assert [(row.org, row.item, row.passed, row.start, row.end, row.state, row.source) for row in rows] == [
        (town.east, "GLU", True, date(2026, 1, 1), None, "draft", "质评文件"),
        (town.east, "K", False, date(2026, 1, 1), date(2026, 7, 1), "draft", "质评文件"),
    ]


def test_a_workbook(town: Town, tmp_path: Path) -> None:
    path = workbook(tmp_path, ["E", "GLU", True, datetime(2026, 1, 1), None], ["E", "K", "true", "2026-01-01", None])  # noqa: DTZ001
    rows = proposed(town, path, name="质评.xlsx")
    assert [(row.item, row.passed, row.start) for row in rows] == [
        ("GLU", True, date(2026, 1, 1)),
        ("K", True, date(2026, 1, 1)),
    ]


def test_a_code_that_excel_made_a_number_is_said(town: Town, tmp_path: Path) -> None:
    (line,) = refused(town, workbook(tmp_path, ["E", 17, True, "2026-01-01", None]), "质评.xlsx")
    where, what = line.split(": ", 1)
    assert where == "file 质评.xlsx, row 1, column 项目, value 17"
    assert what == "编码被Excel存为数字,可能已丢失首尾的零 / is a number in Excel: a code may have lost its zeros"


def test_each_bad_row_has_its_line_and_nothing_is_written(town: Town, tmp_path: Path) -> None:
    lines = refused(
        town,
        written(
            tmp_path,
            "E,GLU,true,2026-01-01,",
            "X,K,true,2026-01-01,",
            "E,K,true,2026-02-30,",
            "W,K,true,2026-01-01,",
            "E,,true,2026-01-01,",
            "E,GLU,true,2026-01-01,",
            "E,NA,true",
            "E,CL,true,2026-05-01,2026-05-01",
        ),
    )
    assert [line.split(":")[0] for line in lines] == [
        "file 质评.csv, row 2, column 机构, value X",
        "file 质评.csv, row 3, column 起, value 2026-02-30",
        "file 质评.csv, row 4",
        "file 质评.csv, row 5, column 项目",
        "file 质评.csv, row 6",
        "file 质评.csv, row 7, value 3/5",
        "file 质评.csv, row 8",
    ]
    assert lines[2].endswith("您不是此登记的办理人 / you are not among those who may change this register")
    assert lines[4].endswith("与第1行重复 / stands in row 1 already")
    assert lines[6].endswith("终止日须晚于起始日")


def test_files_that_are_none(town: Town, tmp_path: Path) -> None:
    assert refused(town, written(tmp_path)) == ["file 质评.csv: 没有数据行 / has no rows"]
    (line,) = refused(town, written(tmp_path, "x", header="机构,颜色"))
    assert line == (
        "file 质评.csv, column 颜色: 没有这一列 / no such column -> 列 / columns: 机构、项目、合格、起、止（不含）"
    )
    (line,) = refused(town, written(tmp_path, "E,E", header="机构,org"))
    assert line == "file 质评.csv: 同一列出现两次 / a column stands twice"
    path = tmp_path / "no.xlsx"
    path.write_bytes(b"no workbook")
    (line,) = refused(town, path, "质评.xlsx")
    assert line.startswith("file 质评.xlsx: is not an Excel workbook (.xlsx)")


def test_a_stranger_is_told_nothing_of_the_file(town: Town, tmp_path: Path) -> None:
    with pytest.raises(NotAParty):
        proposed(town, tmp_path / "not there.csv", "dan")
