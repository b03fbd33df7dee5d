"""Files that are gone or were changed are named by their numbers, each; those of one content share its fate."""

from pathlib import Path

import pytest
from pytest_django import Settings

from yiheng.site.base.files.keeping import keep, path_of
from yiheng.site.base.files.models import File
from yiheng.site.base.files.proving import said, torn

from ..town import NOW, Town
from .made import PDF, PNG, TEXT


@pytest.fixture(autouse=True)
def uploads(tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


def kept(town: Town, content: bytes, name: str) -> File:
    return keep(town.people["dan"], "paper", name, [content], ("pdf", "png", "text"), len(content), NOW)


def test_what_is_torn_is_named(town: Town) -> None:
    whole, one, same, gone = (
        kept(town, PDF, "a.pdf"), kept(town, PNG, "b.png"), kept(town, PNG, "c.png"), kept(town, TEXT, "d.txt"),
    )  # fmt: skip
    assert list(torn()) == []
    path_of(one.digest).write_bytes(PNG[:-1] + b"x")
    path_of(gone.digest).unlink()
    assert {file.pk for file in torn()} == {one.pk, same.pk, gone.pk}
    assert whole.pk not in {file.pk for file in torn()}
    assert said(gone).zh == f"附件 {gone.pk}：内容缺失或已被改动"
    gone.item_id = 7
    assert said(gone).en == f"file {gone.pk} of item 7: its content is gone or was changed"
