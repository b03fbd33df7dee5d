"""Every version that DATA has had of a case, and what each changed."""

from pathlib import Path

import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.history import history
from yiheng.cases.load import load


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.slow
def test_the_versions_of_a_case(tmp_path: Path) -> None:
    root, head = tmp_path / "data", "hospital,case_id,year,sex,total_fee\n"
    load(root, [write(tmp_path / "a.csv", head + "H1,C1,2024,1,10.00\nH1,C2,2024,2,5.00\n")])
    load(root, [write(tmp_path / "b.csv", head + "H1,C9,2024,1,1.00\n")])
    load(root, [write(tmp_path / "c.csv", head + "H1,C1,2025,2,10.00\n")], action="correct")
    withdrawal = write(tmp_path / "d.csv", "hospital,case_id,reason\nH1,C1,重复上报\n")
    load(root, [withdrawal], format="withdrawn", action="withdraw")
    told = [
        (its.commit, its.action, its.case and (its.case["list_version"], its.case["source_file"]), its.changed)
        for its in history(root, "H1", "C1")
    ]
    assert told == [
        (1, "load", (1, "a.csv"), {}),
        (3, "correct", (2, "c.csv"), {"year": (2024, 2025), "sex": (1, 2)}),
        (4, "withdraw", None, {}),
    ]
    assert [its.commit for its in history(root, "H1", "C2")] == [1]


def test_a_case_that_never_was_is_refused(tmp_path: Path) -> None:
    load(tmp_path / "data", [write(tmp_path / "a.csv", "hospital,case_id,year\nH1,C1,2024\n")])
    with pytest.raises(Refusal, match="there never was such a case"):
        history(tmp_path / "data", "H1", "C7")
