"""A refusal is one clear line, which shows no identity number."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal, masked, resident_number, shown

WEIGHTS = [2 ** (17 - place) % 11 for place in range(17)]


def number_of(area: str, born: str, order: str) -> str:
    """A number of 18 signs, its check digit worked out as GB 11643 says (weights are powers of two modulo 11)."""
    digits = area + born + order
    rest = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=True)) % 11
    return digits + "10X98765432"[rest]


# Made up here, so that none stands in the tree.
MADE_UP = number_of("990000", "19900228", "123")
WITH_X = next(found for n in range(100) if (found := number_of("990000", "20000229", f"{n:03}")).endswith("X"))
OLD = MADE_UP[:6] + MADE_UP[8:17]
HIDDEN = "99" + "*" * 16


@pytest.mark.parametrize(
    ("refusal", "line"),
    [
        (Refusal("the file is empty"), "the file is empty"),
        (Refusal("the file is empty", file="a.csv"), "file a.csv: the file is empty"),
        (
            Refusal("no", "a.xlsx", "Sheet 1", 12, "年龄", "x", "look"),
            "file a.xlsx, sheet Sheet 1, row 12, column 年龄, value x: no -> look",
        ),
        (Refusal("no", row=0), "row 0: no"),
        (Refusal("no", value=""), "no"),
    ],
)
def test_says_what_and_where(refusal: Refusal, line: str) -> None:
    assert str(refusal) == line


def test_what_a_file_holds_never_breaks_the_line() -> None:
    line = str(Refusal("not\nhere", "a\nb.csv", value="x\r\ny\0\x1b[31m", column="a\tb", cure="one of: c\nd"))
    assert line == r"file a\nb.csv, column a\tb, value x\r\ny\x00\x1b[31m: not\nhere -> one of: c\nd"
    assert len(line.splitlines()) == 1


def test_long_values_are_cut() -> None:
    assert shown("x" * 80) == "x" * 80
    assert shown("x" * 81) == "x" * 80 + "…"
    assert shown("y" * 10**6, limit=3) == "yyy…"


def test_is_an_exception_that_keeps_its_parts() -> None:
    with pytest.raises(Refusal) as caught:
        raise Refusal("no", file="a.csv", row=3)
    assert (caught.value.file, caught.value.row, caught.value.column) == ("a.csv", 3, "")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (MADE_UP, HIDDEN),
        (WITH_X, HIDDEN),
        (WITH_X.lower(), HIDDEN),
        (f"证件号{MADE_UP}。", f"证件号{HIDDEN}。"),
        (f"id{MADE_UP}x", f"id{HIDDEN}x"),
        (f"{MADE_UP},{WITH_X}", f"{HIDDEN},{HIDDEN}"),
        (f"00{MADE_UP}01", f"00{HIDDEN}01"),
        (f"{MADE_UP[:6]} {MADE_UP[6:14]}-{MADE_UP[14:]}", f"{HIDDEN}**"),
        (OLD, HIDDEN[:15]),
        (f"{OLD} 2024-01-02", f"{HIDDEN[:15]} 2024-01-02"),
        (WITH_X.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789X"}), "９９" + "*" * 16),
    ],
)
def test_an_identity_number_is_masked(text: str, line: str) -> None:
    assert shown(text) == masked(text) == line
    told = Refusal(f"what {text}", f"{text}.csv", text, 1, text, text, f"cure {text}")
    assert str(told).count("99***") + str(told).count("９９***") == 6 * (line.count("99*") + line.count("９９*"))
    for said in (str(told), repr(told)):
        assert not any(number in said for number in (text, MADE_UP, OLD, WITH_X))


def another_last(number: str) -> str:
    return number[:17] + ("0" if number[17] != "0" else "1")


@pytest.mark.parametrize(
    "text",
    [
        another_last(MADE_UP),
        another_last(WITH_X),
        number_of("990000", "19900230", "123"),
        number_of("990000", "20010229", "123"),
        number_of("990000", "17991231", "123"),
        number_of("990000", "21000101", "123"),
        "990000901301123",
        f"{OLD}1",
        MADE_UP[:17],
        "202401021234567",
        "",
    ],
)
def test_what_is_no_identity_number_is_shown(text: str) -> None:
    assert shown(text) == text
    assert resident_number(text) is None


def test_a_number_at_the_cut_is_masked_too() -> None:
    for before in range(60, 84):
        line = shown("x" * before + MADE_UP)
        assert MADE_UP[:3] not in line
        assert len(line) == min(81, before + 18)
        spaced = shown("x" * before + " ".join(MADE_UP))
        assert sum(sign.isdecimal() for sign in spaced) <= 2


def test_both_forms_are_one_number() -> None:
    assert resident_number(OLD) == resident_number(MADE_UP) == MADE_UP
    assert resident_number(WITH_X.lower()) == WITH_X


@given(st.dates(date(1800, 1, 1), date(2099, 12, 31)), st.integers(0, 999), st.text(max_size=20), st.text(max_size=20))
def test_a_number_is_masked_in_any_text(born: date, order: int, before: str, after: str) -> None:
    number = number_of("990000", f"{born:%Y%m%d}", f"{order:03}")
    assert number not in masked(f"{before}{number}{after}")
    assert len(masked(f"{before}{number}{after}")) == len(before) + 18 + len(after)
