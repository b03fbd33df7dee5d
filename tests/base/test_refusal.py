"""A refusal is one clear line."""

import pytest

from yiheng.base.refusal import Refusal, shown


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
