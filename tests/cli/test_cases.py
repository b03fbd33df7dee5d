"""yiheng cases load."""

from pathlib import Path
from typing import Any

MAPPING = """
columns:
  hospital: Site
  case_id: {row_number: true}
  year: {constant: 2024}
  total_fee: Cost
"""


def test_a_load_ends_with_its_counts(yiheng: Any, as_csv: Any, case_rows: Any, tmp_path: Path) -> None:
    rows = case_rows()
    rows[3]["total_fee"] = "dear"
    source = as_csv(tmp_path / "a.csv", rows)
    ran = yiheng("cases", "load", source, "--to", tmp_path / "data")
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == "accepted 74, quarantined 1, of 75 rows"
    assert ran.out.splitlines()[0] == "a.csv: 出院病例 / discharges"
    assert ran.out.splitlines()[1].startswith("a.csv 第4行 total_fee “dear”: ")
    assert (tmp_path / "data" / "commits" / "000001.json").is_file()


def test_several_files_are_one_commit(yiheng: Any, as_csv: Any, case_rows: Any, tmp_path: Path) -> None:
    files = [as_csv(tmp_path / f"{year}.csv", case_rows(year)) for year in (2023, 2024)]
    ran = yiheng("cases", "load", *files, "--to", tmp_path / "data")
    assert ran.out.splitlines()[-2:] == [f"commit 1 in {tmp_path / 'data'}", "accepted 150, quarantined 0, of 150 rows"]


def test_a_mapped_file(yiheng: Any, as_csv: Any, tmp_path: Path) -> None:
    source = as_csv(tmp_path / "a.csv", [{"Site": "A", "Cost": "1.50"}, {"Site": "B", "Cost": "2"}])
    (tmp_path / "map.yaml").write_text(MAPPING, encoding="utf-8")
    ran = yiheng(
        "cases", "load", source, "--to", tmp_path / "data", "--format", "mapped", "--mapping", tmp_path / "map.yaml"
    )
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "accepted 2, quarantined 0, of 2 rows")


def test_a_format_without_its_mapping_is_refused(yiheng: Any, cases_csv: Path, tmp_path: Path) -> None:
    for kind, more in (("mapped", ()), ("canonical", ("--mapping", tmp_path / "map.yaml"))):
        ran = yiheng("cases", "load", cases_csv, "--to", tmp_path / "data", "--format", kind, *more)
        assert ran.refusal == "--format mapped and --mapping FILE go together"
    assert not (tmp_path / "data").exists()


def test_a_file_that_is_not_there_is_refused(yiheng: Any, tmp_path: Path) -> None:
    ran = yiheng("cases", "load", tmp_path / "no.csv", "--to", tmp_path / "data")
    assert ran.refusal == f"file {tmp_path / 'no.csv'}: there is no such file"
    assert not (tmp_path / "data").exists()


def test_a_file_loaded_before_is_refused_and_nothing_changes(
    yiheng: Any, as_csv: Any, case_rows: Any, tmp_path: Path
) -> None:
    source = as_csv(tmp_path / "a.csv", case_rows())
    assert yiheng("cases", "load", source, "--to", tmp_path / "data").code == 0
    before = sorted(path for path in (tmp_path / "data").rglob("*"))
    again = source.rename(tmp_path / "b.csv")
    assert "already loaded as a.csv in commit 1" in yiheng("cases", "load", again, "--to", tmp_path / "data").refusal
    assert sorted(path for path in (tmp_path / "data").rglob("*")) == before
