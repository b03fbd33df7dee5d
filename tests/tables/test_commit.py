"""A commit appears whole and once."""

import json
from pathlib import Path

import pytest

from yiheng.base.refusal import Refusal
from yiheng.tables.commit import Commit, Source, commit_numbers, commit_path, create_commit, read_commit

COMMIT = Commit(
    7,
    (
        Source("病例.csv", "mapped", "ab" * 32, 5, 3, 2),
        Source("b.csv", "canonical", "cd" * 32, 1, 1, 0, {"zh": "例"}, "correct"),
    ),
    {"cases": 4, "quarantine": 0}, "0.1.0+abc", made_up=True,
)  # fmt: skip


def test_a_commit_is_read_as_it_was_written(tmp_path: Path) -> None:
    create_commit(tmp_path, COMMIT)
    assert read_commit(tmp_path, 7) == COMMIT
    assert [path.name for path in tmp_path.iterdir()] == ["000007.json"]
    assert json.loads((tmp_path / "000007.json").read_text(encoding="utf-8")) == {
        "number": 7,
        "sources": [
            {
                "file": "病例.csv", "format": "mapped", "sha256": "ab" * 32,
                "rows": 5, "accepted": 3, "quarantined": 2, "about": {}, "action": "load",
                "hospital": "",
            },
            {
                "file": "b.csv", "format": "canonical", "sha256": "cd" * 32,
                "rows": 1, "accepted": 1, "quarantined": 0, "about": {"zh": "例"}, "action": "correct",
                "hospital": "",
            },
        ],
        "tables": {"cases": 4, "quarantine": 0},
        "code_version": "0.1.0+abc",
        "made_up": True,
        "key": "",
        "policy": {},
        "schema": 1,
    }  # fmt: skip


def test_a_source_of_an_older_commit_added_cases(tmp_path: Path) -> None:
    create_commit(tmp_path, COMMIT)
    path = commit_path(tmp_path, 7)
    content = json.loads(path.read_text(encoding="utf-8"))
    for source in content["sources"]:
        del source["action"]
    path.write_text(json.dumps(content), encoding="utf-8")
    assert [source.action for source in read_commit(tmp_path, 7).sources] == ["load", "load"]


def test_a_number_is_given_once(tmp_path: Path) -> None:
    create_commit(tmp_path, COMMIT)
    before = (tmp_path / "000007.json").read_bytes()
    with pytest.raises(FileExistsError):
        create_commit(tmp_path, Commit(7, (), {}, "another"))
    assert (tmp_path / "000007.json").read_bytes() == before


def test_numbers_are_in_order_beyond_six_digits(tmp_path: Path) -> None:
    assert commit_numbers(tmp_path / "none") == []
    for number in (1000001, 2, 999999, 10):
        commit_path(tmp_path, number).write_text("{}", encoding="utf-8")
    (tmp_path / ".000011.draft").write_text("{", encoding="utf-8")
    assert commit_numbers(tmp_path) == [2, 10, 999999, 1000001]


def test_a_commit_that_is_not_there_is_refused(tmp_path: Path) -> None:
    create_commit(tmp_path, COMMIT)
    for number in (0, 6, 8):
        with pytest.raises(Refusal, match=f"there is no commit {number}$"):
            read_commit(tmp_path, number)


def test_another_schema_is_refused(tmp_path: Path) -> None:
    create_commit(tmp_path, COMMIT)
    path = tmp_path / "000007.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"schema": 1', '"schema": 2'), encoding="utf-8")
    with pytest.raises(Refusal, match="written with schema 2, this version reads schema 1"):
        read_commit(tmp_path, 7)
