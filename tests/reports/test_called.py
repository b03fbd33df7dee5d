"""reports.called: what the data call things, as a commit has them."""

from pathlib import Path
from typing import Any

from yiheng.cases.load import load
from yiheng.reports.called import hospitals_held
from yiheng.tables.data import Data
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot


def test_a_hospital_is_called_as_its_latest_row_has_it(tmp_path: Path) -> None:
    """Also one that has closed, or will: its cases stay in the report."""
    rows: tuple[Any, ...] = (
        "H1,甲医院,3,东县,2020-01-01,2023-12-31", "H1,甲中心医院,3,东县,2024-01-01,",
        "H2,乙医院,2,西县,2020-01-01,2022-06-30", "H3,丙医院,1,西县,2020-01-01,2099-12-31",
    )  # fmt: skip
    path = tmp_path / "places.csv"
    path.write_text("\n".join(("code,name,level,county,valid_from,valid_to", *rows)) + "\n", encoding="utf-8")
    load(tmp_path / "DATA", [path])
    with engine() as backend:
        found = hospitals_held(Snapshot(backend, Data.open(tmp_path / "DATA"))).to_pylist()
    assert [(row["code"], row["name"], row["level"]) for row in found] == [
        ("H1", "甲中心医院", 3), ("H2", "乙医院", 2), ("H3", "丙医院", 1),
    ]  # fmt: skip
