"""What a file is, by its content alone; what is two things at once is nothing."""

import io
import zipfile
from pathlib import Path

import pytest

from yiheng.site.base.files.kinds import kind_of

from .made import DOCX, JPEG, OFD, PDF, PNG, TEXT, XLSX, chunk, office, package


def found(tmp_path: Path, content: bytes) -> str | None:
    path = tmp_path / "any.name"
    path.write_bytes(content)
    kind = kind_of(path)
    return kind and kind.code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (PDF, "pdf"),
        (PNG, "png"),
        (JPEG, "jpeg"),
        (DOCX, "docx"),
        (XLSX, "xlsx"),
        (OFD, "ofd"),
        (TEXT, "text"),
        ("姓名,金额\n".encode("gb18030"), "text"),
        (b"\xef\xbb\xbfa,b\n", "text"),
    ],
)
def test_each_kind(tmp_path: Path, content: bytes, code: str) -> None:
    assert found(tmp_path, content) == code


PAGE = b"<html><script>alert(1)</script></html>"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        PAGE,
        b"  \n<!DOCTYPE html><p>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
        b"hello <?php system('x')",
        b"MZ\x90\x00\x03",
        b"\x7fELF\x02",
        b"#!/bin/sh\n\x00",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100),
        b"GIF89a/*" + bytes(20) + b"*/=1;",
        # one thing with another behind it, in it, or before it
        PNG + PAGE,
        PNG + XLSX,
        JPEG + PAGE,
        JPEG[:-2] + PAGE + b"\xff\xd9",
        PDF + DOCX,
        PAGE + PDF,
        b"\x00" + PDF,
        XLSX + PAGE,
        PAGE + XLSX,
        PNG[:8] + chunk(b"tEXt", b"Comment\x00" + PAGE) + PNG[8:],
        JPEG[:20] + b"%PDF-1.4" + JPEG[20:],
        PNG[:-12],
        JPEG[:-2],
        PDF[:-10],
        # what a PDF would do by itself
        PDF.replace(b"/Catalog", b"/Catalog /OpenAction <</S /JavaScript /JS (x)>>"),
        PDF.replace(b"/Catalog", b"/Catalog /OpenAction <</S /J#61vaScript>>"),
        PDF.replace(b"/Catalog", b"/Catalog /OpenAction <</S /Launch>>"),
        # what an office document would
        office("xl__workbook_dot_xml", xl__vbaProject_dot_bin=b"x"),
        office("word__document_dot_xml", word__activeX__activeX1_dot_xml=b"x"),
        office("xl__workbook_dot_bin"),
        package(word__document_dot_xml=b"x"),
        package(readme_dot_txt=b"a zip of something"),
        # ways out of the folder
        office("word__document_dot_xml", **{"..__evil": b"x"}),
        office("word__document_dot_xml", __etc__passwd=b"x"),
        office("word__document_dot_xml", **{"C:evil": b"x"}),
    ],
)
def test_what_is_none(tmp_path: Path, content: bytes) -> None:
    assert found(tmp_path, content) is None


def test_a_bomb_is_not_opened(tmp_path: Path) -> None:
    """10 MB of nothing shrink to 10 KB; nothing is unpacked to see that."""
    bomb = office("xl__workbook_dot_xml", xl__big_dot_xml=bytes(10 << 20))
    assert len(bomb) < 20_000
    assert found(tmp_path, bomb) is None


def test_parts_twice_encrypted_or_too_many(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as whole:
        for name in ("[Content_Types].xml", "xl/workbook.xml", "XL/Workbook.xml"):
            whole.writestr(name, "x")
    assert found(tmp_path, made.getvalue()) is None
    at = XLSX.rindex(b"PK\x01\x02")
    assert found(tmp_path, XLSX[: at + 8] + b"\x01" + XLSX[at + 9 :]) is None
    many = {f"p{number}": b"" for number in range(5_000)}
    assert found(tmp_path, office("xl__workbook_dot_xml", **many)) is None
    assert found(tmp_path, XLSX[:-22] + XLSX[-22:-2] + b"\x05\x00hello") is None


def test_marks_across_blocks_are_seen(tmp_path: Path) -> None:
    """The file is read block by block; a mark that a block's end cuts is found."""
    for before in range((1 << 20) - 8, (1 << 20) + 1):
        assert found(tmp_path, b"a" * before + b"<script>") is None
