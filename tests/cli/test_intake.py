"""yiheng cases correct, withdraw, forms, back, summary, history."""

from pathlib import Path
from typing import Any

import pytest

HEADER = "hospital,case_id,year,sex,discharge_date,total_fee\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.slow
def test_from_a_bad_row_to_a_withdrawal(yiheng: Any, tmp_path: Path) -> None:
    root, back = tmp_path / "data", tmp_path / "back"
    back.mkdir()
    source = write(tmp_path / "a.csv", HEADER + "H1,C1,2024,,2024-05-01,10.00\nH1,C2,2024,2,2024-05-01,ten\n")
    ran = yiheng("cases", "load", source, "--to", root, "--back", back)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == "a.csv: 出院病例 / discharges"
    assert f"问题行已退回 rows that do not fit are in {back / 'a.returned.csv'}" in lines
    assert lines[-1] == "accepted 1, quarantined 1, of 2 rows"
    mended = (back / "a.returned.csv").read_text(encoding="utf-8-sig").replace(",ten,", ",20.00,")
    ran = yiheng("cases", "load", write(tmp_path / "b.csv", mended), "--to", root)
    assert "已关闭原隔离行 quarantined rows closed: 1" in ran.out.splitlines()
    ran = yiheng("cases", "summary", "--cases", root, "--out", tmp_path / "summary.csv")
    assert "H1 202405 sex_missing 性别为空 / no sex: 1 of 2 cases (50.00 %)" in ran.out.splitlines()
    assert (tmp_path / "summary.csv").read_text(encoding="utf-8").startswith("hospital,month,rule,severity,zh,en,")
    ran = yiheng(
        "cases", "correct", write(tmp_path / "c.csv", HEADER + "H1,C1,2024,1,2024-05-01,10.00\n"), "--to", root
    )
    assert ran.out.splitlines()[-1] == "accepted 1, quarantined 0, of 1 rows"
    ran = yiheng("cases", "history", "--cases", root, "--hospital", "H1", "--case-id", "C1")
    assert ran.out.splitlines() == [
        "commit 1: 第1版 version (a.csv 1)",
        "commit 3: 第2版 version (c.csv 1)",
        "  sex 性别: - → 1",
    ]
    gone = write(tmp_path / "d.csv", "医疗机构代码,病例号,原因\nH1,C1,重复\n")
    assert (
        yiheng("cases", "withdraw", gone, "--to", root).out.splitlines()[-1] == "accepted 1, quarantined 0, of 1 rows"
    )
    ran = yiheng("cases", "history", "--cases", root, "--hospital", "H1", "--case-id", "C1")
    assert ran.out.splitlines()[-1] == "commit 4: 撤回 withdrawn"


def test_a_folder_that_is_not_there_is_refused_before_anything_is_loaded(yiheng: Any, tmp_path: Path) -> None:
    source = write(tmp_path / "a.csv", HEADER + "H1,C1,2024,1,2024-05-01,ten\n")
    ran = yiheng("cases", "load", source, "--to", tmp_path / "data", "--back", tmp_path / "none")
    assert ran.refusal == f"file {tmp_path / 'none'}: there is no such folder"
    assert not (tmp_path / "data").exists()


def test_forms_are_listed_and_shown(yiheng: Any) -> None:
    lines = yiheng("cases", "forms").out.splitlines()
    told = "frontpage-hqms: 病案首页（HQMS 接口 P 码） / front page (HQMS interface, P codes)"
    assert f"{told} (--format frontpage, 346 列 columns)" in lines

    header = yiheng("cases", "forms", "icu").out.strip()
    assert header == "hospital,case_id,stay_no,ward_type,entered,left,hours"
    assert yiheng("cases", "forms", "papyrus").refusal.startswith(
        "value papyrus: there is no such form -> one of: cases"
    )


def test_a_file_that_is_no_known_form_is_told(yiheng: Any, tmp_path: Path) -> None:
    ran = yiheng("cases", "load", write(tmp_path / "a.csv", "x,y\n1,2\n"), "--to", tmp_path / "data")
    assert ran.refusal == (
        "file a.csv, value x, y: no known form has these columns -> give a mapping file, or see: yiheng cases forms"
    )
