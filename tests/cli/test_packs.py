"""yiheng policy: packs checked, shown, compared; what another pack would do to cases."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

TABLES = {
    "mdc": ["mdc,name,order,kind,logic", "B,Nerves,1,principal_dx,pdx in MDC"],
    "mdc_dx": ["mdc,code,site", "B,B01,", "B,B02,"],
    "adrg": [
        "rule,adrg,mdc,order,phase,logic,if_no_drg",
        "BB1,BB1,B,1,surgical,pproc in ss,adrg:BB1",
        "BR1,BR1,B,2,medical,pdx in zd,adrg:BR1",
    ],
    "adrg_list": ["owner,list,code", "BB1,ss,01.1", "BR1,zd,B01", "BR1,zd,B02"],
    "drg": ["rule,adrg,drg,name,order,condition", "BB1,BB1,BB15,operated,1,true", "BR1,BR1,BR19,treated,1,true"],
    "cc": ["code,level,exclusion_table"],
    "exclusion": ["principal_code,exclusion_table"],
    "icd10": ["code,name", "B01,first", "B02,second"],
    "icd9": ["code,name,is_valid_or", "01.1,operation,1", "01.2,another,1"],
}


@pytest.fixture
def national(tmp_path: Path) -> Path:
    folder = tmp_path / "national"
    folder.mkdir()
    for name, lines in TABLES.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "pack.toml").write_text('id = "national"\n', encoding="utf-8")
    return folder


@pytest.fixture
def city(national: Path) -> Path:
    """A diff over `national`: one more operation in BB1."""
    folder = national.parent / "city"
    folder.mkdir()
    (folder / "pack.toml").write_text('id = "city"\nbase = "../national"\n', encoding="utf-8")
    (folder / "adrg_list.csv").write_text("op,owner,list,code\nadd,BB1,ss,01.2\n", encoding="utf-8")
    return folder


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "cases.csv"
    rows = ["hospital,case_id,sex,age,dx,proc,total_fee", "A,1,1,60,B01,01.1,3000.00", "A,2,1,60,B01,01.2,1000.00"]
    path.write_text("\n".join([*rows, "B,1,2,70,B02,,2000.00"]) + "\n", encoding="utf-8")
    return path


Run = Callable[..., Any]


def test_check_finds_nothing_in_a_sound_pack(yiheng: Run, national: Path) -> None:
    assert yiheng("policy", "check", national).out == "0 处错误, 0 处警告\n"


def test_check_tells_warnings_and_ends_well(yiheng: Run, national: Path) -> None:
    (national / "icd10.csv").write_text("code,name\nB01,first\n", encoding="utf-8")
    ran = yiheng("policy", "check", national)
    assert ran.code == 0
    assert ran.out == (
        "警告: 编码不在编码库中 (code_not_in_book): 2\n"
        "  mdc_dx.csv 2: B02 is not in the code book\n"
        "  adrg_list.csv 3: B02 is not in the code book\n"
        "0 处错误, 2 处警告\n"
    )


def test_check_ends_with_2_where_there_are_errors(yiheng: Run, national: Path) -> None:
    (national / "adrg_list.csv").write_text("owner,list,code\nBR1,zd,B01\n", encoding="utf-8")
    ran = yiheng("policy", "check", national, "--lang", "en")
    assert ran.code == 2
    assert ran.out.startswith("error: a list that a condition names is empty: it never matches (empty_list): 1\n")
    assert ran.out.endswith("1 errors, 3 warnings\n")
    assert ran.err == ""


def test_check_refuses_what_cannot_be_read(yiheng: Run, national: Path) -> None:
    (national / "adrg.csv").write_text(TABLES["adrg"][0] + "\nBB1,BB1,B,1,x,pproc inn ss,next\n", encoding="utf-8")
    assert yiheng("policy", "check", national).refusal.startswith("file adrg.csv, row 1, column logic")
    assert yiheng("policy", "check", "nothing").refusal.startswith("value nothing: there is no such pack")
    assert yiheng("policy", "check", national, "--lang", "fr").refusal == (
        "column --lang, value fr: is neither zh nor en"
    )


def test_check_refuses_another_digest(yiheng: Run, national: Path) -> None:
    (national / "pack.toml").write_text('id = "national"\ndigest = "x"\n', encoding="utf-8")
    said = yiheng("policy", "check", national).refusal
    assert said.startswith("file pack.toml, column digest, value x: national has the digest ")


def test_show_prints_a_page(yiheng: Run, city: Path) -> None:
    out = yiheng("policy", "show", city, "BB15", "--lang", "en").out
    assert out.startswith("# BB15 operated\n")
    assert "- BB1 ss (2 codes): 01.1 operation; 01.2 another\n" in out


def test_diff_prints_and_writes_what_differs(yiheng: Run, national: Path, city: Path, tmp_path: Path) -> None:
    out = tmp_path / "diff.csv"
    ran = yiheng("policy", "diff", national, city, "--out", out, "--edits", tmp_path / "edits")
    assert ran.out == "pack.toml id: national -> city\nadrg_list.csv: 增 1, 删 0, 改 0\n  BB1 ss: +1 (01.2)\n"
    with out.open(encoding="utf-8") as file:
        assert list(csv.reader(file))[1:] == [
            ["pack.toml", "changed", "id", "", "national", "city"],
            ["adrg_list", "added", "BB1 ss 01.2", "", "", "BB1, ss, 01.2"],
        ]
    assert (tmp_path / "edits" / "adrg_list.csv").read_text(encoding="utf-8") == "op,owner,list,code\nadd,BB1,ss,01.2\n"
    yiheng("policy", "diff", national, city, "--out", tmp_path / "diff.json")
    rows = json.loads((tmp_path / "diff.json").read_text(encoding="utf-8"))
    assert rows[1]["after"] == "BB1, ss, 01.2"


def test_diff_of_equal_packs_and_bad_usage(yiheng: Run, national: Path, tmp_path: Path) -> None:
    assert yiheng("policy", "diff", national, national).out == "没有差别\n"
    assert "must end in .csv or .json" in yiheng("policy", "diff", national, national, "--out", "x.txt").refusal
    assert "is there already" in yiheng("policy", "diff", national, national, "--edits", tmp_path).refusal


def test_impact_counts_moves_and_writes_both_files(
    yiheng: Run, national: Path, city: Path, cases: Path, tmp_path: Path
) -> None:
    moved, hospitals = tmp_path / "moved.csv", tmp_path / "hospitals.parquet"
    ran = yiheng(
        "policy", "impact", national, city, "--cases", cases, "--out", moved, "--hospitals", hospitals, "--lang", "en"
    )
    assert ran.out == (
        "1 of 3 cases move\n"
        "before\tafter\tn\tweight\tweight\n"
        "BR19\tBB15\t1\t0.7500\t1.0000\n"
        "hospital\tn\tmoved\tweighed before\tCMI before\tweighed after\tCMI after\n"
        "A\t2\t1\t2\t1.1250\t2\t1.0000\n"
        "B\t1\t0\t1\t0.7500\t1\t1.0000\n"
        "national: 未与原文核对 not checked against its documents\n"
        "city: 未与原文核对 not checked against its documents\n"
    )
    assert moved.read_text(encoding="utf-8") == (
        "hospital,case_id,status_before,mdc_before,adrg_before,drg_before,status_after,mdc_after,adrg_after,drg_after,"
        "weight_before,weight_after\nA,2,grouped,B,BR1,BR19,grouped,B,BB1,BB15,0.75,1.0\n"
    )
    table = pq.read_table(hospitals)
    assert table["cmi_before"].to_pylist() == [1.125, 0.75]
    assert {b"before_pack_digest", b"after_pack_digest", b"code_version"} <= set(
        table.schema.metadata or pq.read_metadata(hospitals).metadata
    )


def test_export_makes_a_workbook_of_the_same_pack(yiheng: Run, city: Path, tmp_path: Path) -> None:
    out = tmp_path / "city.xlsx"
    assert yiheng("policy", "export", city, "--out", out).out.endswith(f" {out}\n")
    assert yiheng("policy", "diff", city, out).out == "没有差别\n"
    assert "must be a .xlsx" in yiheng("policy", "export", city, "--out", "x.csv").refusal
