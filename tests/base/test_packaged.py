"""Tables that come with the package are read as text."""

import pytest

from yiheng.base.packaged import packaged_rows


def test_every_cell_is_text() -> None:
    assert packaged_rows("yiheng.base", "words.csv")[0] == {
        "id": "yiheng", "zh": "医衡", "en": "Yiheng", "note": "the system's name"
    }  # fmt: skip


def test_a_table_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        packaged_rows("yiheng.base", "no.csv")
