"""yiheng analyse and yiheng demo."""

import re
from pathlib import Path
from typing import Any

import pytest

from yiheng.reports.html import ASSETS, CHART_LIBRARY
from yiheng.tables.runs import read_run

needs_charts = pytest.mark.skipif(not (ASSETS / CHART_LIBRARY).is_file(), reason="no chart library: make assets")


def results(out: str) -> list[str]:
    """The lines of a command that name a result and its digest."""
    return [line for line in out.splitlines() if line.startswith(("摘要", "结果"))]


@needs_charts
def test_analyse_writes_a_report_and_keeps_its_runs(yiheng: Any, as_csv: Any, case_rows: Any, tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "made" / "report"
    assert yiheng("cases", "load", as_csv(tmp_path / "a.csv", case_rows()), "--to", data).code == 0
    first = yiheng("analyse", "--cases", data, "--out", out)
    assert first.code == 0
    assert (out / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (out / "report.xlsx").read_bytes()[:2] == b"PK"
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "report.xlsx"]
    kept = {(run.kind, run.id): run for run in map(read_run, (data / "results").glob("*/0*"))}
    assert sorted(kind for kind, _ in kept) == ["catalogues", "groupings", "norms", "norms"]
    assert sorted(run.inputs.parameters["grouping"] for run in kept.values() if run.kind == "norms") == ["dip", "given"]
    told = {(kind, run, table): value for kind, run, table, value in _told(first.out)}
    assert told == {
        (run.kind, run.id, table): value[:16] for run in kept.values() for table, value in run.digests.items()
    }
    again = yiheng("analyse", "--cases", data, "--out", tmp_path / "again")
    assert results(again.out) == results(first.out)
    assert {(run.kind, run.id) for run in map(read_run, (data / "results").glob("*/0*"))} == set(kept)


def _told(out: str) -> list[tuple[str, ...]]:
    return re.findall(r"^结果 result +(\w+)/(\S+) (\w+) (\w+)$", out, flags=re.MULTILINE)


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


@needs_charts
def test_demo_with_one_seed_gives_one_content(yiheng: Any, tmp_path: Path) -> None:
    """In two folders, and twice in one folder, which is recognised; another seed or size there is refused."""
    one, two = tmp_path / "one", tmp_path / "two"
    first = yiheng("demo", "--cases", 300, "--dir", one)
    assert first.code == 0
    assert "all of it made up" in first.out
    assert f"900 in {one}, commit 1" in first.out
    assert len(results(first.out)) > 5
    assert results(yiheng("demo", "--cases", 300, "--dir", two).out) == results(first.out)
    assert not set(results(yiheng("demo", "--cases", 300, "--dir", tmp_path / "b", "--seed", 7).out)) & set(
        results(first.out)
    )
    again = yiheng("demo", "--cases", 300, "--dir", one, "--no-serve")
    assert results(again.out) == results(first.out)
    assert [path.name for path in (one / "commits").glob("*.json")] == ["000001.json"]
    for other in (("--seed", 7), ("--cases", 301)):
        refused = yiheng("demo", "--cases", 300, "--dir", one, *other)
        assert refused.refusal == f"file {one}: holds other data -> choose another folder with --dir"
    assert [path.name for path in (one / "commits").glob("*.json")] == ["000001.json"]


def test_demo_has_no_site_to_serve(yiheng: Any, tmp_path: Path) -> None:
    ran = yiheng("demo", "--serve", "--dir", tmp_path / "d")
    assert ran.refusal == "column --serve: there is no site yet to serve"
    assert not (tmp_path / "d").exists()


def test_a_demo_in_a_file_is_refused(yiheng: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("x", encoding="utf-8")
    ran = yiheng("demo", "--cases", "10", "--dir", file)
    assert ran.refusal == f"file {file}: is not a folder -> choose another folder with --dir"
    assert file.read_text(encoding="utf-8") == "x"
