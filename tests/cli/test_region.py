"""yiheng analyse and yiheng demo."""

import re
import socket
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from yiheng.reports.drg import PACK as OUTLINE
from yiheng.reports.html import ASSETS, CHART_LIBRARY
from yiheng.tables.runs import read_run

needs_charts = pytest.mark.skipif(not (ASSETS / CHART_LIBRARY).is_file(), reason="no chart library: make assets")


@pytest.fixture
def person_rows(case_rows: Any) -> list[dict[str, str]]:
    """75 cases with sex, age and a second diagnosis; the first of each hospital has no age."""
    known = [
        {**row, "sex": "1", "age": str(40 + place), "dx": f"{row['dx']}|J96.000"}
        for place, row in enumerate(case_rows())
    ]
    return [{**row, "age": ""} if place < 2 else row for place, row in enumerate(known)]


def results(out: str) -> list[str]:
    """The lines of a command that name a result and its digest."""
    return [line for line in out.splitlines() if line.startswith(("摘要", "结果"))]


@pytest.mark.slow
@needs_charts
def test_analyse_writes_a_report_and_keeps_its_runs(yiheng: Any, as_csv: Any, case_rows: Any, tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "made" / "report"
    assert yiheng("cases", "load", as_csv(tmp_path / "a.csv", case_rows()), "--to", data).code == 0
    first = yiheng("analyse", "--cases", data, "--out", out)
    assert first.code == 0
    assert (out / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (out / "report.xlsx").read_bytes()[:2] == b"PK"
    assert sorted(path.name for path in out.iterdir()) == ["assets", "casebook", "dip", "report.html", "report.xlsx"]
    kept = {(run.kind, run.id): run for run in map(read_run, (data / "results").glob("*/0*"))}
    dip = ["auxiliary", "catalogues", "coefficients", "points", "supervision"]
    kinds = sorted([*dip, "groupings", "groupings", "norms", "norms", "norms", "severity"])
    assert sorted(kind for kind, _ in kept) == kinds
    groupings = sorted(run.inputs.parameters["grouping"] for run in kept.values() if run.kind == "norms")
    assert groupings == ["dip", "drg", "given"]
    told = {(kind, run, table): value for kind, run, table, value in _told(first.out)}
    assert told == {
        (run.kind, run.id, table): value[:16] for run in kept.values() for table, value in run.digests.items()
    }
    again = yiheng("analyse", "--cases", data, "--out", tmp_path / "again")
    assert results(again.out) == results(first.out)
    assert {(run.kind, run.id) for run in map(read_run, (data / "results").glob("*/0*"))} == set(kept)


def _told(out: str) -> list[tuple[str, ...]]:
    return re.findall(r"^结果 result +(\w+)/(\S+) (\w+) (\w+)$", out, flags=re.MULTILINE)


@pytest.mark.slow
@needs_charts
def test_the_drg_run_is_the_one_that_drg_group_keeps(
    yiheng: Any, as_csv: Any, person_rows: Any, tmp_path: Path
) -> None:
    """And the report's counts are those of its output."""
    data, out = tmp_path / "data", tmp_path / "drg.parquet"
    assert yiheng("cases", "load", as_csv(tmp_path / "a.csv", person_rows), "--to", data).code == 0
    assert yiheng("analyse", "--cases", data, "--out", tmp_path / "r").code == 0
    runs = {run.id: run for run in map(read_run, (data / "results" / "groupings").glob("0*"))}
    its = next(run for run in runs.values() if OUTLINE in run.inputs.policy)
    assert yiheng("drg", "group", "--pack", OUTLINE, "--cases", data, "--out", out).code == 0
    assert {run.id: run for run in map(read_run, (data / "results" / "groupings").glob("0*"))} == runs
    key = [("hospital", "ascending"), ("case_id", "ascending")]
    grouped = pq.read_table(out).sort_by(key)
    assert its.table("cases").sort_by(key).to_pylist() == grouped.to_pylist()
    counts = Counter(zip(*(grouped[name].to_pylist() for name in ("hospital", "status")), strict=True))
    sheet = sheet_of(tmp_path / "r", "DRG 病组 各医院入组情况")
    shown = {row[0]: row[2:7] for row in sheet.iter_rows(4, 5, values_only=True)}
    statuses = ("grouped", "ambiguous", "ungroupable", "invalid")
    for hospital in "AB":
        wanted = [counts[hospital, status] for status in statuses]
        assert shown[hospital] == (sum(wanted), *wanted)


@pytest.mark.slow
@needs_charts
@pytest.mark.parametrize("based", [True, False])
def test_another_pack_is_unofficial_only_where_it_is_based_on_the_outline(
    yiheng: Any, as_csv: Any, person_rows: Any, tmp_path: Path, based: bool
) -> None:
    pack = own_pack(tmp_path / "own", based)
    data, out = tmp_path / "data", tmp_path / "r"
    assert yiheng("cases", "load", as_csv(tmp_path / "a.csv", person_rows), "--to", data).code == 0
    ran = yiheng("analyse", "--cases", data, "--out", out, "--pack", pack)
    assert ran.code == 0
    assert ("提纲版，非官方 / " in ran.out) == based
    assert ("提纲版" in (out / "report.html").read_text(encoding="utf-8")) == based
    said = [sheet.title for sheet in load_workbook(out / "report.xlsx") if "提纲版" in sheet["A2"].value]
    assert len(said) == (12 if based else 0)
    assert all("DRG" in title for title in said)
    groups = [row[0] for row in sheet_of(out, "DRG 病组 病组按费用排序").iter_rows(4, values_only=True)]
    assert ("FM19" in groups) == based
    assert ("OWN9" in groups) == (not based)


def test_an_unknown_pack_is_refused_and_makes_nothing(yiheng: Any, loaded: Path, tmp_path: Path) -> None:
    before = sorted((loaded / "results").rglob("*")) if (loaded / "results").exists() else []
    ran = yiheng("analyse", "--cases", loaded, "--out", tmp_path / "r", "--pack", "chs-drg-9")
    assert ran.refusal == f"value chs-drg-9: there is no such pack -> one of: {OUTLINE}"
    assert not (tmp_path / "r").exists()
    assert (sorted((loaded / "results").rglob("*")) if (loaded / "results").exists() else []) == before


def sheet_of(folder: Path, title: str) -> Any:
    book = load_workbook(folder / "report.xlsx")
    return next(sheet for sheet in book if sheet.title.partition(" ")[2] == title)


def own_pack(folder: Path, based: bool) -> Path:
    """A pack over the outline, or one of its own with a single group."""
    folder.mkdir()
    tables = {"pack.toml": f'id = "own"\nbase = "{OUTLINE}"\n'} if based else OWN
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


OWN = {
    "pack.toml": 'id = "own"\nedition = "1"\nissuer = "here"\n',
    "mdc.csv": "mdc,name,order,kind,logic\nF,心脏,1,principal_dx,pdx in MDC\n",
    "mdc_dx.csv": "mdc,code,site\nF,I21*,\n",
    "adrg.csv": "rule,adrg,mdc,order,phase,logic,if_no_drg\nOWN,OWN,F,1,medical,pdx in MDC,next\n",
    "adrg_list.csv": "owner,list,code\n",
    "drg.csv": "rule,adrg,drg,name,order,condition\nOWN,OWN,OWN9,心肌梗死,1,true\n",
    "cc.csv": "code,level,exclusion_table\n",
    "exclusion.csv": "principal_code,exclusion_table\n",
    "icd10.csv": "code,name\n",
    "icd9.csv": "code,name,is_valid_or\n",
}


@pytest.mark.slow
@needs_charts
def test_analyse_an_earlier_commit(yiheng: Any, loaded: Path, tmp_path: Path) -> None:
    ran = yiheng("analyse", "--cases", loaded, "--out", tmp_path / "r", "--commit", 1)
    assert ran.code == 0
    assert f"75 in {loaded}, commit 1" in ran.out


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.mkdir(), "no loaded data here -> yiheng cases load FILE... --to DATA"),
        (lambda path: path.write_text("hospital\nA\n"), "is not a DATA folder"),
    ],
)
def test_analyse_what_is_no_data_is_refused_and_makes_nothing(
    yiheng: Any, tmp_path: Path, make: Any, said: str
) -> None:
    make(tmp_path / "data")
    ran = yiheng("analyse", "--cases", tmp_path / "data", "--out", tmp_path / "r")
    assert ran.refusal == f"file {tmp_path / 'data'}: {said}"
    assert not (tmp_path / "r").exists()


def test_analyse_an_unknown_commit_is_refused(yiheng: Any, loaded: Path, tmp_path: Path) -> None:
    ran = yiheng("analyse", "--cases", loaded, "--out", tmp_path / "r", "--commit", 9)
    assert ran.refusal == f"file {loaded / 'commits'}: there is no commit 9"
    assert not (tmp_path / "r").exists()


def test_analyse_into_a_file_is_refused(yiheng: Any, loaded: Path, tmp_path: Path) -> None:
    (tmp_path / "r").write_text("mine", encoding="utf-8")
    ran = yiheng("analyse", "--cases", loaded, "--out", tmp_path / "r")
    assert ran.refusal == f"file {tmp_path / 'r'}: is not a folder"
    assert (tmp_path / "r").read_text(encoding="utf-8") == "mine"


@pytest.mark.slow
@needs_charts
def test_demo_with_one_seed_gives_one_content(yiheng: Any, tmp_path: Path) -> None:
    """Twice in one folder, which is recognised; another seed or size there is refused."""
    one = tmp_path / "one"
    first = yiheng("demo", "--cases", 300, "--dir", one, "--no-serve")
    assert first.code == 0
    assert "all of it made up" in first.out
    assert f"900 in {one}, commit 1" in first.out
    assert len(results(first.out)) > 5
    again = yiheng("demo", "--cases", 300, "--dir", one, "--no-serve")
    assert results(again.out) == results(first.out)
    assert [path.name for path in (one / "commits").glob("*.json")] == ["000001.json"]
    sites = [said.out for said in (first, again)]
    counts = [re.search(r"^站点 site +(.+)$", said, re.MULTILINE)[1] for said in sites]
    assert counts[0] == counts[1], "the site of before is kept"
    assert all("登录 sign in  president: 院长 president" in said for said in sites)
    passwords = [re.search(r"^密码 password (\S{14}) ", said, re.MULTILINE)[1] for said in sites]
    assert passwords[0] != passwords[1]
    assert all(password.encode() not in (one / "site/site.sqlite3").read_bytes() for password in passwords)
    for other in (("--seed", 7), ("--cases", 301)):
        refused = yiheng("demo", "--cases", 300, "--dir", one, "--no-serve", *other)
        assert refused.refusal == f"file {one}: holds other data -> choose another folder with --dir"
    assert [path.name for path in (one / "commits").glob("*.json")] == ["000001.json"]


@pytest.mark.soak
@needs_charts
def test_demo_in_two_folders_gives_one_content(yiheng: Any, tmp_path: Path) -> None:
    one, two = (yiheng("demo", "--cases", 300, "--dir", tmp_path / name, "--no-serve") for name in ("one", "two"))
    assert results(one.out) == results(two.out)


def test_a_demo_whose_port_is_taken_is_refused_before_any_work(yiheng: Any, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = yiheng("demo", "--port", port, "--dir", tmp_path / "d")
    assert ran.refusal.startswith(f"column --port, value {port}: cannot be listened on")
    assert not (tmp_path / "d").exists()


def test_a_demo_in_a_file_is_refused(yiheng: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("x", encoding="utf-8")
    ran = yiheng("demo", "--cases", "10", "--dir", file, "--no-serve")
    assert ran.refusal == f"file {file}: is not a folder -> choose another folder with --dir"
    assert file.read_text(encoding="utf-8") == "x"
