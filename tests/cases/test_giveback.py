"""Quarantined rows go back to their sender in the file's own form, and close when they come back mended."""

import csv
import json
import os
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.giveback import give_back
from yiheng.cases.load import Loaded, load

HEADER = ["hospital", "case_id", "year", "sex", "total_fee", "dx"]
GOOD = ["H1", "C1", "2024", "1", "10.00", "I10"]
BAD = ["H1", "C2", "2024", "1", "ten", "J18|E11"]
LONG = ["H1", "C3", "2024", "1", "30.00", "K35", "surplus"]


def write_csv(path: Path, rows: list[list[str]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def read_csv(path: Path, encoding: str = "utf-8-sig", delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def back_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "back"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.mark.parametrize(
    ("encoding", "read", "delimiter"),
    [
        ("utf-8", "utf-8-sig", ","),
        ("gb18030", "gb18030", ","),
        ("utf-16", "utf-16", "\t"),
        ("utf-8-sig", "utf-8-sig", ";"),
    ],
)
def test_a_csv_comes_back_in_its_own_form(tmp_path: Path, encoding: str, read: str, delimiter: str) -> None:
    rows = [["hospital", "case_id", "year", "sex", "total_fee", "dx", "dept"], [*GOOD, "内科"], [*BAD, "外科"]]
    path = write_csv(tmp_path / "a.csv", rows, encoding, delimiter)
    assert load(tmp_path / "data", [path]).quarantined == 1
    target = give_back(tmp_path / "data", path, back_folder(tmp_path))
    assert target.name == "a.returned.csv"
    assert read_csv(target, read, delimiter) == [
        [*rows[0], "退回编号", "问题", "处理办法"],
        [
            *rows[2],
            "1-1-2",
            "total_fee: 不是金额(元,最多两位小数) / is not an amount in yuan with at most two decimals",
            "",
        ],
    ]
    if os.name == "posix":
        assert target.stat().st_mode & 0o777 == 0o600


def test_a_row_that_is_too_long_or_too_short_is_whole(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [HEADER, GOOD, LONG, ["H1", "C4"]])
    load(tmp_path / "data", [path])
    _, long, short = read_csv(give_back(tmp_path / "data", path, back_folder(tmp_path)))
    assert (long[:7], short[:7]) == ([*LONG[:6], "1-1-2"], ["H1", "C4", "", "", "", "", "1-1-3"])
    assert long[7].endswith("; 多出 beyond the header: surplus")


def mend(path: Path) -> Path:
    rows = read_csv(path)
    place = rows[0].index("total_fee")
    return write_csv(
        path.with_name("mended.csv"), [rows[0], *([*row[:place], "20.00", *row[place + 1 :]] for row in rows[1:])]
    )


def test_mended_rows_go_in_and_close_what_was_found(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [HEADER, GOOD, BAD])
    load(tmp_path / "data", [path])
    target = give_back(tmp_path / "data", path, back_folder(tmp_path))
    loaded: Loaded = load(tmp_path / "data", [mend(target)])
    assert (loaded.accepted, loaded.quarantined, loaded.closed) == (1, 0, 1)
    with pytest.raises(Refusal) as caught:
        give_back(tmp_path / "data", path, _other(tmp_path))
    assert str(caught.value) == "file a.csv: no quarantined row of it is open"


def _other(tmp_path: Path) -> Path:
    (tmp_path / "other").mkdir()
    return tmp_path / "other"


def test_a_row_sent_again_as_it_was_comes_back_once_more(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [HEADER, GOOD, BAD])
    load(tmp_path / "data", [path])
    target = give_back(tmp_path / "data", path, back_folder(tmp_path))
    again = load(tmp_path / "data", [target])
    assert (again.accepted, again.quarantined, again.closed) == (0, 1, 1)
    second = read_csv(give_back(tmp_path / "data", target, _other(tmp_path)))
    assert second[0] == [*HEADER, "退回编号", "问题", "处理办法"]
    assert second[1][: len(BAD) + 1] == [*BAD, "2-1-1"]


def test_a_workbook_comes_back_as_one(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "病案"
    for row in (["演示医院"], HEADER, GOOD, BAD):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    assert load(tmp_path / "data", [tmp_path / "a.xlsx"]).quarantined == 1
    target = give_back(tmp_path / "data", tmp_path / "a.xlsx", back_folder(tmp_path))
    returned = openpyxl.load_workbook(target).active
    assert returned is not None
    assert (target.name, returned.title) == ("a.returned.xlsx", "病案")
    rows = [list(row) for row in returned.iter_rows(values_only=True)]
    assert rows[0] == [*HEADER, "退回编号", "问题", "处理办法"]
    assert rows[1][:7] == [*BAD, "1-1-2"]
    marked = [cell.column for cell in returned[2] if cell.fill.fill_type]
    assert marked == [HEADER.index("total_fee") + 1]


LIST = {
    "setlinfo": {
        "mdtrt_id": "M1", "setl_id": "S1", "fixmedins_code": "H1", "medcasno": "1", "dscg_time": "2024-05-03",
        "adm_time": "2024-05-01", "psn_cashpay": "1.50",
    },
    "diseinfo": [{"diag_type": "1", "diag_code": "I10", "maindiag_flag": "1"}],
    "iteminfo": [{"med_chrgitm": "09", "amt": 1.5}],
}  # fmt: skip


def test_lists_come_back_as_json_and_go_in_mended(tmp_path: Path) -> None:
    wrong = {**LIST, "setlinfo": {**LIST["setlinfo"], "setl_id": "S2", "dscg_time": "2024-02-30"}}  # type: ignore[dict-item]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([LIST, wrong]), encoding="utf-8")
    assert load(tmp_path / "data", [path]).quarantined == 1
    target = give_back(tmp_path / "data", path, back_folder(tmp_path))
    [its] = json.loads(target.read_text(encoding="utf-8"))
    assert its["setlinfo"]["退回编号"] == "1-1-2"
    assert its["setlinfo"]["问题"] == "dscg_time: 不是有效日期 / is not a date that exists"
    assert its["iteminfo"] == [{"med_chrgitm": "09", "amt": 1.5}]
    its["setlinfo"]["dscg_time"] = "2024-02-29"
    its["setlinfo"]["adm_time"] = "2024-02-28"
    (tmp_path / "mended.json").write_text(json.dumps([its], ensure_ascii=False), encoding="utf-8")
    loaded = load(tmp_path / "data", [tmp_path / "mended.json"])
    assert (loaded.accepted, loaded.closed) == (1, 1)


def test_numbers_come_back_as_they_were_sent(tmp_path: Path) -> None:
    """With all their digits and zeros; a text that looks like a number stays a text."""
    parts = [
        '"amt": 100.10',
        '"large": 12345678901234567.89',
        '"n": 7',
        '"small": 1E-7',
        '"text": "1.50"',
        '"no": null',
    ]
    main = json.dumps({**LIST["setlinfo"], "dscg_time": "2024-02-30"})  # type: ignore[dict-item]
    path = tmp_path / "a.json"
    path.write_text(f'[{{"setlinfo": {main[:-1]}, {", ".join(parts)}}}, "iteminfo": []}}]', encoding="utf-8")
    load(tmp_path / "data", [path])
    text = give_back(tmp_path / "data", path, back_folder(tmp_path)).read_text(encoding="utf-8")
    assert [part for part in parts if f"\n   {part}," not in text] == []
    assert json.loads(text)[0]["iteminfo"] == []


def test_rows_of_a_parquet_file_come_back_as_csv(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [HEADER, GOOD])
    load(tmp_path / "one", [path])
    rows = pa.table(
        {
            "hospital": ["H1", "H1"], "case_id": ["C8", None], "year": pa.array([2024, 2024], pa.int16()),
            "dx": pa.array([["I10"], ["J18", "E11"]]),
        }
    )  # fmt: skip
    pq.write_table(rows, tmp_path / "b.parquet")
    assert load(tmp_path / "one", [tmp_path / "b.parquet"]).quarantined == 1
    target = give_back(tmp_path / "one", tmp_path / "b.parquet", back_folder(tmp_path))
    assert read_csv(target)[1][:5] == ["H1", "", "2024", "J18|E11", "2-1-2"]


def test_what_cannot_go_back_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [HEADER, GOOD, BAD])
    load(tmp_path / "data", [path])
    folder = back_folder(tmp_path)
    with pytest.raises(Refusal, match="there is no such folder"):
        give_back(tmp_path / "data", path, tmp_path / "none")
    other = write_csv(tmp_path / "b.csv", [HEADER, GOOD])
    with pytest.raises(Refusal, match="was not loaded, or has changed since"):
        give_back(tmp_path / "data", other, folder)
    assert list(folder.iterdir()) == []
    give_back(tmp_path / "data", path, folder)
    before = (folder / "a.returned.csv").read_bytes()
    with pytest.raises(Refusal, match="is there already"):
        give_back(tmp_path / "data", path, folder)
    assert [(its.name, its.read_bytes()) for its in folder.iterdir()] == [("a.returned.csv", before)]
