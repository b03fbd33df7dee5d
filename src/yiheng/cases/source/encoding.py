"""Encodings (字符编码): which one a text file is written in, told from its first block.

UTF-8, UTF-16 and GB18030 (which holds GBK). A UTF-8 file with a few damaged bytes is still UTF-8: it is refused where
it is read, by row and column, not read as other characters.
"""

import codecs
import re
from pathlib import Path

from yiheng.cases.source.stream import first_block

_UTF8 = "utf-8"
_CHINESE = "gb18030"
_MARKS = (
    (codecs.BOM_UTF8, _UTF8),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"\x84\x31\x95\x33", _CHINESE),
)
# Delimiters, ends of lines and digits: of a table in UTF-16, at least one character in so many.
_OF_TABLES = re.compile(r'[,;\t\r\n"0-9]')
_RARE = 100

_THREE_OR_FOUR = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_TWO = re.compile(rb"[\xc2-\xdf][\x80-\xbf]")
# Latin and Greek, such as ° × · α μ: what two bytes of UTF-8 stand for in Chinese text.
_USUAL = re.compile(rb"[\xc2\xc3\xce\xcf][\x80-\xbf]")
# The characters of GB 2312, which nearly all Chinese text keeps to; a UTF-8 text read in pairs has few of them.
_CHINESE_PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_HIGH = re.compile(rb"[\x80-\xff]+")
# So many different pairs of bytes are not UTF-8 by accident.
_NO_ACCIDENT = 8
# So many bytes are enough to tell; for Chinese from the first that is not ASCII.
_SAMPLE = 64 << 10


def encoding_of(path: Path) -> str:
    """utf-8, utf-16, utf-16-le, utf-16-be or gb18030, by the first block (also inside gzip).

    A block of nothing but ASCII is utf-8: should bytes that are none follow, reading refuses them.
    """
    return encoding_in(first_block(path))


def encoding_in(block: bytes) -> str:
    """The encoding of the first block of a text; its last character may be half there."""
    for mark, encoding in _MARKS:
        if block.startswith(mark):
            return encoding
    if block.isascii() and b"\0" not in block:
        return _UTF8
    return _wide(block) or (_UTF8 if _is_utf8(block) else _CHINESE)


def _wide(block: bytes) -> str:
    """UTF-16 without a mark: read so, it has the characters that any table has."""
    if b"\0" not in block:
        return ""
    sample = block[: _SAMPLE & ~1]
    seen = {each: len(_OF_TABLES.findall(sample.decode(each, "replace"))) for each in ("utf-16-le", "utf-16-be")}
    best = max(seen, key=lambda each: seen[each])
    return best if 2 * _RARE * seen[best] >= len(sample) and min(seen.values()) < seen[best] else ""


def _is_utf8(block: bytes) -> bool:
    """Whether this is UTF-8, sound or damaged, and not Chinese in two bytes a character."""
    if _sound(block):
        if _THREE_OR_FOUR.search(block):
            return True
        # No pair either: all that is not ASCII is a character that the end of the block cuts.
        pairs = set(_TWO.findall(block))
        if not pairs or len(pairs) >= _NO_ACCIDENT:
            return True
    start = _HIGH.search(block)
    sample = block[start.start() : start.start() + _SAMPLE] if start else b""
    high = b"".join(_HIGH.findall(sample))
    left = _USUAL.sub(b"", _THREE_OR_FOUR.sub(b"", high))
    return len(left) <= len(_CHINESE_PAIR.sub(b"", high)) or _is_no_chinese(sample)


def _sound(block: bytes) -> bool:
    """Whether the block is UTF-8 to its end, where a character may be cut."""
    try:
        codecs.getincrementaldecoder(_UTF8)().decode(block)
    except UnicodeDecodeError:
        return False
    return True


def _is_no_chinese(block: bytes) -> bool:
    """Whether more than a tenth of what is not ASCII is no character of GB18030 either: then UTF-8 is refused."""
    text = codecs.getincrementaldecoder(_CHINESE)("replace").decode(block)
    strange = sum(len(run) for run in re.findall("[^\0-\x7f]+", text))
    return 10 * text.count("\ufffd") > strange
