"""Taking files in, giving them to an act, and who may read them."""

import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from site_small.flow import ERRAND

from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.files.giving import download, readable
from yiheng.site.base.files.keeping import is_whole, keep, path_of, take
from yiheng.site.base.files.kinds import PAPERS
from yiheng.site.base.files.models import File
from yiheng.site.base.files.refused import BadFile, NotYours
from yiheng.site.base.flow import registry
from yiheng.site.base.flow.act import Asked, act
from yiheng.site.base.flow.declare import FilesAsked
from yiheng.site.base.flow.forms import Invalid
from yiheng.site.base.flow.models import Act, Item

from ..town import NOW, Town
from .made import JPEG, PDF, PNG, XLSX


@pytest.fixture(autouse=True)
def root(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return tmp_path / "uploads"


def kept(owner: Person, content: bytes = PDF, name: str = "合同.pdf", purpose: str = "contract") -> File:
    return keep(owner, purpose, name, [content[:10], content[10:]], PAPERS, 1000, NOW)


def left(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_a_file_is_kept_under_its_digest(town: Town, root: Path) -> None:
    file = kept(town.people["dan"], name="../合同.html")
    assert (file.name, file.kind, file.size, file.item, file.act) == ("合同.html.pdf", "pdf", len(PDF), None, None)
    assert path_of(file.digest) == root / file.digest[:2] / file.digest
    assert path_of(file.digest).read_bytes() == PDF
    assert stat.S_IMODE(path_of(file.digest).stat().st_mode) == 0o600
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    again = kept(town.people["eva"])
    assert again.digest == file.digest
    assert left(root) == [file.digest]


def test_is_whole_sees_what_was_changed_beside_the_site(town: Town) -> None:
    file = kept(town.people["dan"])
    assert is_whole(file)
    path_of(file.digest).write_bytes(PDF + b" ")
    assert not is_whole(file)
    path_of(file.digest).unlink()
    assert not is_whole(file)


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.pdf", "file_empty"),
        (b"<html>", "a.pdf", "file_kind"),
        (PDF + bytes(1000), "a.pdf", "file_large"),
        (b"a,b\n", "a.csv", "file_kind"),
    ],
)
def test_what_is_refused_leaves_nothing(town: Town, root: Path, content: bytes, name: str, code: str) -> None:
    with pytest.raises(BadFile) as told:
        kept(town.people["dan"], content, name)
    assert told.value.code == code
    assert left(root) == []
    assert not File.objects.exists()


def test_refusals_say_what_is_taken(town: Town) -> None:
    with pytest.raises(BadFile) as told:
        keep(town.people["dan"], "x", "a\n.pdf", [b"MZ"], ("pdf", "png"), 1000, NOW)
    assert told.value.text.zh == "“a\\n.pdf”的内容不是可接收的格式（PDF、PNG图片）"
    assert told.value.text.en == "“a\\n.pdf” is not, by its content, one of: PDF, PNG picture"
    with pytest.raises(BadFile) as told:
        keep(town.people["dan"], "x", "a.pdf", [bytes(3 << 20)], ("pdf",), 2 << 20, NOW)
    assert told.value.text.zh == "“a.pdf”超过2 MB"


def test_no_more_is_read_than_the_limit(town: Town, root: Path) -> None:
    read = []

    def endless() -> Iterator[bytes]:
        while True:
            read.append(1)
            yield bytes(400)

    with pytest.raises(BadFile):
        keep(town.people["dan"], "x", "a.pdf", endless(), PAPERS, 1000, NOW)
    assert (len(read), left(root)) == (3, [])

    def broken() -> Iterator[bytes]:
        yield PDF
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        keep(town.people["dan"], "x", "a.pdf", broken(), PAPERS, 1000, NOW)
    assert left(root) == []


def test_who_may_read(town: Town) -> None:
    dan, wei = town.people["dan"], town.people["wei"]
    file = kept(dan)
    item = town.begin()
    yes, no = (lambda item: True), (lambda item: False)
    assert readable(file.pk, dan.pk, no) == file
    for number, person in ((file.pk, wei.pk), (file.pk, None), (file.pk + 1, dan.pk)):
        with pytest.raises(NotYours):
            readable(number, person, yes)
    take(Act.objects.get(item=item), [file])
    assert readable(file.pk, wei.pk, lambda its: its.pk == item.pk) == file
    with pytest.raises(NotYours):  # now the item's: not even its owner's
        readable(file.pk, dan.pk, no)


def test_a_file_is_taken_once_and_by_its_owner(town: Town) -> None:
    file, other = kept(town.people["dan"]), kept(town.people["wei"])
    first, second = (Act.objects.get(item=town.begin()) for _ in range(2))
    take(first, [file])
    for files in ([file], [other]):
        with pytest.raises(NotYours), transaction.atomic():
            take(second, files)
    file.refresh_from_db()
    assert (file.act, file.item_id) == (first, first.item_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        File.objects.filter(pk=file.pk).update(act=None)


def test_a_download_is_saved_and_never_shown(town: Town) -> None:
    response = download(kept(town.people["dan"], PNG, '图"片.png'))
    assert b"".join(response.streaming_content) == PNG
    response.close()
    assert response["Content-Type"] == "image/png"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%E5%9B%BE_%E7%89%87.png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "private, no-store"


PAPER = FilesAsked("contract", Word("合同", "contract"), 2, ("pdf", "png"), 500)


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def declared(*files: FilesAsked) -> None:
        steps = tuple(replace(step, files=files if step.name == "send" else ()) for step in ERRAND.steps)
        monkeypatch.setitem(registry._flows, "errand", (replace(ERRAND, steps=steps),))

    return declared


def send(town: Town, item: Item, *files: File) -> Act:
    numbers = tuple(file.pk for file in files)
    return act(town.actor("dan"), Asked("errand", "send", uuid4(), item.pk, seen=item.version, files=numbers), NOW)


def wrong(town: Town, item: Item, *files: File) -> list[str]:
    with pytest.raises(Invalid) as told:
        send(town, item, *files)
    assert set(told.value.fields) == {"files"}
    its = Item.objects.get(pk=item.pk)
    assert (its.state, its.version) == ("draft", item.version)
    assert not File.objects.exclude(act=None).exists()
    return told.value.fields["files"]


def test_a_step_takes_the_files_that_it_asks_for(town: Town, asking: Callable[..., None]) -> None:
    asking(PAPER)
    item = town.begin()
    one, two = kept(town.people["dan"]), kept(town.people["dan"], PNG, "b.png")
    done = send(town, item, one, two)
    assert list(File.objects.filter(act=done, item=item)) == [one, two]
    assert list(done.files.all()) == list(Item.objects.get(pk=item.pk).files.all()) == [one, two]


def test_what_is_missing_or_not_asked_for_is_said(town: Town, asking: Callable[..., None]) -> None:
    asking(PAPER)
    dan, item = town.people["dan"], town.begin()
    one = kept(dan)
    assert wrong(town, item) == ["“合同”至少2个附件，现有0个"]
    assert wrong(town, item, one) == ["“合同”至少2个附件，现有1个"]
    assert wrong(town, item, one, one) == ["“合同”至少2个附件，现有1个"]
    other = kept(dan, name="别的.pdf", purpose="invoice")
    assert wrong(town, item, one, other) == ["“别的.pdf”不是此步骤需要的附件", "“合同”至少2个附件，现有1个"]
    for content, name in ((JPEG, "c.jpg"), (XLSX, "d.xlsx")):
        strange = kept(dan, content, name)
        assert wrong(town, item, one, kept(dan), strange) == [f"“{name}”不是此步骤需要的附件"]
    assert wrong(town, item, one, kept(town.people["wei"])) == ["没有这个附件"]


def test_a_step_that_asks_for_none_takes_none(town: Town, asking: Callable[..., None]) -> None:
    asking()
    assert wrong(town, town.begin(), kept(town.people["dan"])) == ["“合同.pdf”不是此步骤需要的附件"]
