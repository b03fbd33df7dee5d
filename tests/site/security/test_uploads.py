"""A8 (上传攻击): files that are two things, names that climb, packed paths, pages, pickles; none is kept."""

import io
import pickle
import zipfile

import pytest
from django.conf import settings as its
from django.core.files.uploadedfile import SimpleUploadedFile

from yiheng.site.base.audit.models import Look
from yiheng.site.base.files.models import File
from yiheng.site.base.flow.models import Item

from ..region.referral.county import PDF
from .picked import few
from .world import World, entered

pytestmark = pytest.mark.slow

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\x00IEND\xaeB`\x82"
)
DOCX = {"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}


def packed(parts: dict[str, str], after: bytes = b"", before: bytes = b"") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as package:
        for name, text in parts.items():
            package.writestr(name, text)
    return before + held.getvalue() + after


class Evil:
    """What a reader of pickles would run."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("run",)


BAD = {
    "page.pdf": b"<html><script>alert(1)</script></html>",
    "picture.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "both.pdf": PDF + packed(DOCX),
    "script.pdf": b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF\n",
    "hidden.pdf": b"%PDF-1.4\n1 0 obj<</OpenAction<</S/Java#53cript/J#53(x)>>>>endobj\n%%EOF\n",
    "behind.png": PNG + b"<script>alert(1)</script>",
    "also.png": PNG[:-12] + b"\x00\x00\x00\x09tEXt<script>x" + b"\x00" * 4 + PNG[-12:],
    "climbs.docx": packed(DOCX | {"../../evil.sh": "x"}),
    "root.docx": packed(DOCX | {"/etc/passwd": "x"}),
    "drive.docx": packed(DOCX | {"C:\\evil.exe": "x"}),
    "back.docx": packed(DOCX | {"a\\..\\..\\evil": "x"}),
    "macro.docx": packed(DOCX | {"word/vbaProject.bin": "x"}),
    "twice.docx": packed(DOCX, before=PDF),
    "bomb.docx": b"",
    "pickle.pdf": pickle.dumps(Evil()),
    "yaml.pdf": b"!!python/object/apply:os.system ['id']",
    "xxe.pdf": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "php.pdf": b"%PDF-1.4\n<?php system($_GET[0]); ?>\n%%EOF\n",
    "empty.pdf": b"",
    "exe.pdf": b"MZ\x90\x00" + b"\x00" * 100,
    "sh.pdf": b"#!/bin/sh\nid\n",
}


def _bomb() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in DOCX.items():
            package.writestr(name, text)
        package.writestr("word/bomb.xml", b"\x00" * (30 << 20))
    return held.getvalue()


BAD["bomb.docx"] = _bomb()


def kept() -> list[str]:
    root = its.MEDIA_ROOT
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def send(world: World, who: object, name: str, content: bytes) -> object:
    item = world.items["draft"]
    form = {"seen": Item.objects.get(pk=item.pk).version, "consent": "本人"}
    upload = SimpleUploadedFile(name, content)
    return entered(who).post(f"/items/{item.pk}/do/consent/", form | {"file.consent": upload})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", few(BAD, 6))
def test_what_is_not_only_a_paper_is_not_kept(world: World, name: str) -> None:
    before, files = kept(), File.objects.count()
    answer = send(world, world.person("doc"), name, BAD[name])
    assert answer.status_code == 422
    assert ("的内容不是可接收的格式" in answer.content.decode()) or ("是空文件" in answer.content.decode())
    assert (kept(), File.objects.count(), Item.objects.get(pk=world.items["draft"].pk).state) == (
        before,
        files,
        "draft",
    )
    assert Look.objects.filter(action="referral.consent", outcome="files").count() == 1


@pytest.mark.parametrize(
    "name",
    few(
        [
            "../../../etc/cron.d/x.pdf",
            "..\\..\\x.pdf",
            "/etc/x.pdf",
            "a\x00b.pdf",
            "x.pdf.exe",
            "<script>.pdf",
            "C:x.pdf",
        ],
        2,
    ),
)
def test_a_name_leads_nowhere_but_to_its_digest(world: World, name: str) -> None:
    assert send(world, world.person("doc"), name, PDF).status_code == 302
    file = File.objects.order_by("pk").last()
    assert not set(file.name) & set('/\\<>:"\x00')
    assert file.name.endswith(".pdf")
    assert all(path.split("/")[0] == path.split("/")[1][:2] for path in kept()), "only digests lie there"
    answer = entered(world.person("doc")).get(f"/files/{file.pk}/")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    answer.close()


def test_who_may_not_take_the_step_leaves_no_file(world: World) -> None:
    before, files = kept(), File.objects.count()
    for role, side in (("referral_desk", "own"), ("doctor", "other"), ("administrator", "own")):
        assert send(world, world.people[role, side], "a.pdf", PDF).status_code in (403, 404)
    assert (kept(), File.objects.count()) == (before, files)


def test_anothers_file_is_not_put_into_an_item(world: World) -> None:
    """By its number: of another person, of another item, of none."""
    item = world.items["draft"]
    taken = File.objects.filter(item=world.items["referral"].pk).get()
    for number in (taken.pk, 987654, 0, -1):
        form = {"seen": Item.objects.get(pk=item.pk).version, "consent": "本人", "files": str(number)}
        assert entered(world.person("doc")).post(f"/items/{item.pk}/do/consent/", form).status_code == 422
    taken.refresh_from_db()
    assert (taken.item_id, Item.objects.get(pk=item.pk).state) == (world.items["referral"].pk, "draft")
