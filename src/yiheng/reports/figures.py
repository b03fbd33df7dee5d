"""Figures (数字): how each kind of number is rounded and written, in one place for the page and the workbook."""

from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from functools import partial

from yiheng.base.money import half_up
from yiheng.base.words import Word

Number = int | float | Decimal | Fraction
Value = Number | Word | str | None

GAP = "—"


class Kind(StrEnum):
    """What a value is. A `wan` is given in yuan and shown in units of 10,000 yuan (万元); a `ratio` is shown as %.

    `expected` is a count that is expected and need not be whole.
    """

    COUNT = "count"
    PLAIN = "plain"
    YUAN = "yuan"
    WAN = "wan"
    DAYS = "days"
    RATIO = "ratio"
    INDEX = "index"
    WEIGHT = "weight"
    POINTS = "points"
    EXPECTED = "expected"
    TEXT = "text"
    DIGEST = "digest"


TEXTS = (Kind.TEXT, Kind.DIGEST)

# Of a ratio two fewer are seen, as a percentage.
_PLACES = {
    Kind.COUNT: 0,
    Kind.PLAIN: 0,
    Kind.YUAN: 2,
    Kind.WAN: 2,
    Kind.DAYS: 2,
    Kind.RATIO: 4,
    Kind.INDEX: 3,
    Kind.WEIGHT: 4,
    Kind.POINTS: 2,
    Kind.EXPECTED: 1,
}


def exact(number: Number) -> Fraction:
    """The number as its shortest decimal says it, so that 1000.005 is a true half and not a little less."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def rounded(number: Number, kind: Kind) -> Decimal:
    """The number half up to the places of its kind; a `wan` in 10,000 yuan, a ratio still as a part of 1."""
    if isinstance(number, Fraction):
        return _rounded_fraction(number, kind)
    value = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    scaled = value.scaleb(-4) if kind is Kind.WAN else value
    return scaled.quantize(Decimal(1).scaleb(-_PLACES[kind]), rounding=ROUND_HALF_UP) + 0  # no -0.00


def _rounded_fraction(number: Fraction, kind: Kind) -> Decimal:
    scaled = number / 10_000 if kind is Kind.WAN else number
    return Decimal(half_up(scaled * 10 ** _PLACES[kind])).scaleb(-_PLACES[kind])


def shown(number: Number | None, kind: Kind) -> str:
    """The number as a reader sees it: thousands separators, a percent sign; GAP where it is not available."""
    if number is None:
        return GAP
    value = rounded(number, kind)
    if kind is Kind.PLAIN:
        return str(value)
    return f"{value * 100:,.2f}%" if kind is Kind.RATIO else f"{value:,}"


count = partial(shown, kind=Kind.COUNT)
yuan = partial(shown, kind=Kind.YUAN)
wan = partial(shown, kind=Kind.WAN)
days = partial(shown, kind=Kind.DAYS)
percent = partial(shown, kind=Kind.RATIO)
index = partial(shown, kind=Kind.INDEX)


def share(part: Number | None, whole: Number | None) -> Fraction | None:
    """part / whole, exactly; null where either is not available or the whole is 0."""
    if part is None or whole is None or not whole:
        return None
    return exact(part) / exact(whole)
