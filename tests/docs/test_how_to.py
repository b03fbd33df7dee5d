"""The how-to pages do what they say: their own blocks are run."""

import re
from pathlib import Path

from yiheng.cases.load import load
from yiheng.tables.data import Data
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot


def block(page: Path, language: str) -> str:
    """The first block of this language on a page."""
    found = re.search(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def test_map_your_own_file(root: Path, tmp_path: Path) -> None:
    page = root / "docs" / "how-to" / "map-your-own-file.md"
    file, mapping = tmp_path / "discharges.csv", tmp_path / "mapping.yaml"
    file.write_text(block(page, "csv"), encoding="gb18030")
    mapping.write_text(block(page, "yaml"), encoding="utf-8")
    loaded = load(tmp_path / "region", [file], mapping)
    total = loaded.accepted + loaded.quarantined
    said = f"accepted {loaded.accepted}, quarantined {loaded.quarantined}, of {total} rows"
    assert said in page.read_text(encoding="utf-8")
    with engine() as backend:
        cases = Snapshot(backend, Data.open(tmp_path / "region")).table("cases").order_by("case_id")
        columns = ["case_id", "year", "sex", "age", "dx", "proc", "total_fee"]
        rows = [list(map(str, row.values())) for row in cases.select(columns).to_pyarrow().to_pylist()]
    assert rows == [
        ["A-1", "2024", "1", "71", "['I63.900', 'I10.x00', 'E11.900']", "None", "12345.60"],
        ["A-2", "2024", "2", "70", "['H25.900']", "['13.4100x001', '13.7100x001']", "6200.00"],
    ]
