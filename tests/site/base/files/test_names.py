"""Names that senders give, and what is left of them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.site.base.files.kinds import KINDS
from yiheng.site.base.files.names import LONGEST, cleaned


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("合同.pdf", "合同.pdf"),
        ("合同.PDF", "合同.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\temp\\报价单.pdf", "报价单.pdf"),
        ("page.html", "page.html.pdf"),
        ("a.pdf.exe", "a.pdf.exe.pdf"),
        ("photo\u202efdp.exe", "photofdp.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        ("nul.pdf", "_nul.pdf"),
        ("a\x00b.pdf", "ab.pdf"),
        ("<script>.pdf", "_script_.pdf"),
        ("...", "file.pdf"),
        ("", "file.pdf"),
        (".pdf", "pdf.pdf"),
        ("e\u0301.pdf", "\u00e9.pdf"),
    ],
)
def test_names(name: str, left: str) -> None:
    assert cleaned(name, KINDS["pdf"]) == left


def test_a_kind_with_two_suffixes_keeps_the_one_it_has() -> None:
    assert cleaned("a.jpeg", KINDS["jpeg"]) == "a.jpeg"
    assert cleaned("a.png", KINDS["jpeg"]) == "a.png.jpg"


@pytest.mark.property
@given(st.text(max_size=400), st.sampled_from(sorted(KINDS)))
def test_any_name(name: str, code: str) -> None:
    kind = KINDS[code]
    left = cleaned(name, kind)
    assert left.endswith(kind.suffixes)
    assert 0 < len(left) <= LONGEST
    assert not set(left) & set('/\\<>:"|?*\r\n\0')
    assert not left.startswith(".")
    assert all(unicodedata.category(sign) not in ("Cc", "Cf") for sign in left)
    assert cleaned(left, kind) == left
