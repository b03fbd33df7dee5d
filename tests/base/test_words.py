"""The glossary has each term once, in both languages."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from yiheng.base.words import Word, glossary, word


def rows(root: Path) -> list[dict[str, str]]:
    with (root / "src/yiheng/base/words.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_ids_are_unique(root: Path) -> None:
    counted = Counter(row["id"] for row in rows(root))
    assert [term for term, times in counted.items() if times > 1] == []
    assert list(glossary()) == list(counted)


def test_every_word_is_whole(root: Path) -> None:
    broken = [
        row["id"] for row in rows(root) if None in row or not (row["id"].isidentifier() and row["zh"] and row["en"])
    ]
    assert broken == []
    assert [term for term, its in glossary().items() if "\n" in f"{its.zh}{its.en}{its.note}"] == []


def test_chinese_is_chinese_and_english_is_not() -> None:
    han = {term: any("一" <= sign <= "鿿" for sign in its.en) for term, its in glossary().items()}
    # The switch of languages names each in itself.
    assert [term for term, found in han.items() if found] == ["chinese"]


def test_a_word_is_found_by_its_id() -> None:
    assert word("yiheng") == Word("医衡", "Yiheng", "the system's name")


def test_an_unknown_word_is_an_error() -> None:
    with pytest.raises(KeyError, match="no_such_word"):
        word("no_such_word")
