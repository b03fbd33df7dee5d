"""A refusal (拒绝): bad usage or bad input, said in one clear line, with nothing changed.

No line shows an identity number (身份证号): whatever has the form of one is masked.
"""

import re
from dataclasses import dataclass
from datetime import date
from operator import mul

# GB 11643: each of the first 17 digits has a weight; the sum modulo 11 names the last sign.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
LAST = "10X98765432"
CENTURIES = ("18", "19", "20")
# 18 signs may stand inside a longer run of digits, or be spaced; 15, which have no check digit, stand alone.
_LIKE_NUMBERS = (re.compile(r"(?=((?:\d[\s-]?){17}[\dXxＸｘ]))"), re.compile(r"(?<!\d)(\d{15})(?!\d)"))
_LONGEST_NUMBER = 36
LONGEST = 80
# A path that is cut leads nowhere.
_LONGEST = {"file": 1000}
_FORM = re.compile(r"\d{17}[\dXxＸｘ]")
_OLD_FORM = re.compile(r"\d{15}")


@dataclass(eq=False, repr=False)
class Refusal(Exception):
    """What was wrong and where; `str()` is the one line a person reads.

    A refusal is an answer, not a fault: commands end with exit code 2, pages with a message. `row` counts data rows
    from 1. Empty parts are left out of the line.
    """

    what: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    cure: str = ""

    def __str__(self) -> str:
        row = "" if self.row is None else str(self.row)
        places = (
            ("file", self.file),
            ("sheet", self.sheet),
            ("row", row),
            ("column", self.column),
            ("value", self.value),
        )
        where = ", ".join(f"{name} {shown(text, _LONGEST.get(name, LONGEST))}" for name, text in places if text)
        line = f"{where}: {self.what}" if where else self.what
        return _on_one_line(masked(f"{line} -> {self.cure}" if self.cure else line))

    def __repr__(self) -> str:
        return f"Refusal({str(self)!r})"


def shown(text: str, limit: int = LONGEST) -> str:
    """`text` fit for one line: identity numbers masked, control characters escaped, cut after `limit` characters."""
    plain = _on_one_line(masked(text[: limit + _LONGEST_NUMBER])[: limit + 1])
    return plain if len(text) <= limit else plain[:limit] + "…"


def masked(text: str) -> str:
    """`text` with the first two characters of every identity number in it and asterisks for the rest."""
    found = [match for pattern in _LIKE_NUMBERS for match in pattern.finditer(text)]
    for start, number in [(match.start(), match[1]) for match in found]:
        if resident_number("".join(sign for sign in number if sign.isalnum())) is not None:
            text = f"{text[: start + 2]}{'*' * (len(number) - 2)}{text[start + len(number) :]}"
    return text


def resident_number(text: str) -> str | None:
    """The identity number that `text` is, in its form of 18 signs; None where it is none.

    15 digits are the old form: their century is 19, and the check digit is worked out. The birth date must exist.
    """
    if _OLD_FORM.fullmatch(text):
        plain = _plain(text)
        return _dated(_with_last(f"{plain[:6]}19{plain[6:]}"))
    if _FORM.fullmatch(text):
        whole = _with_last(_plain(text[:17]))
        return _dated(whole) if _plain(text[17]) == whole[17] else None
    return None


def _with_last(digits: str) -> str:
    return digits + LAST[sum(map(mul, WEIGHTS, map(int, digits))) % len(LAST)]


def _plain(text: str) -> str:
    """Digits of any script and X of any width or case as the digits and X of a number."""
    if text.isascii():
        return text.upper()
    return "".join(str(int(sign)) if sign.isdecimal() else "X" for sign in text)


def _dated(number: str) -> str | None:
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return number if number[6:8] in CENTURIES else None


def _on_one_line(text: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
