"""Text to typed columns, held against a parser in plain Python that shares nothing with it."""

import math
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yiheng.cases.parse import blank_to_null, parse, split_lists

MONEY = pa.decimal128(18, 2)
DIGITS = frozenset("0123456789")
TEXTS = st.lists(
    st.none()
    | st.text("0123456789+-.eE ", min_size=1, max_size=22)
    | st.from_regex(r"\A[+-]?[0-9]{1,20}(\.[0-9]{0,4})?\Z")
    | st.from_regex(r"\A[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\Z")
    | st.sampled_from(["十", "１", "1,000", "NaN", "inf", "1e400", "-1e400", "0x1f", "1_000", "٣", "x\n1", "1\n"]),
    max_size=20,
)

Answer = tuple[Any, str]


def is_number(text: str) -> bool:
    return bool(text) and set(text) <= DIGITS


def unsigned(text: str) -> str:
    return text[1:] if text[:1] in ("+", "-") else text


def a_whole_number(text: str, bits: int) -> Answer:
    whole, point, part = unsigned(text).partition(".")
    if not is_number(whole) or len(whole) > 18 or (point and set(part) != {"0"}):
        return None, "whole_number"
    value = int(whole) * (-1 if text.startswith("-") else 1)
    return (value, "") if -(2 ** (bits - 1)) <= value < 2 ** (bits - 1) else (None, "range")


def an_amount(text: str) -> Answer:
    whole, _, part = unsigned(text).partition(".")
    if not is_number(whole) or len(whole) > 16 or not set(part) <= DIGITS or set(part[2:]) - {"0"}:
        return None, "money"
    fen = int(whole) * 100 + int((part + "00")[:2])
    return Decimal(-fen if text.startswith("-") else fen) / 100, ""


def a_number(text: str) -> Answer:
    mantissa, mark, power = unsigned(text).lower().partition("e")
    whole, _, part = mantissa.partition(".")
    shaped = set(whole + part) <= DIGITS and (whole or part) and mantissa.count(".") <= 1
    if not shaped or (mark and not (is_number(unsigned(power)) and len(unsigned(power)) <= 3)):
        return None, "number"
    value = float(text)
    return (value, "") if math.isfinite(value) else (None, "range")


def a_date(text: str) -> Answer:
    year, _, rest = text.partition("-")
    month, _, day = rest.partition("-")
    if not all(map(is_number, (year, month, day))) or len(year) != 4 or len(month) > 2 or len(day) > 2:
        return None, "date"
    leap = int(year) % 4 == 0 and (int(year) % 100 != 0 or int(year) % 400 == 0)
    longest = {2: 29 if leap else 28, 4: 30, 6: 30, 9: 30, 11: 30}.get(int(month), 31)
    if int(year) < 1000 or not 1 <= int(month) <= 12 or not 1 <= int(day) <= longest:
        return None, "date"
    return date(int(year), int(month), int(day)), ""


def a_truth(text: str) -> Answer:
    known = {"true": True, "1": True, "false": False, "0": False}
    return (known[text.lower()], "") if text.lower() in known else (None, "yes_no")


PARSERS = [
    (pa.int8(), lambda text: a_whole_number(text, 8)),
    (pa.int16(), lambda text: a_whole_number(text, 16)),
    (pa.int32(), lambda text: a_whole_number(text, 32)),
    (pa.int64(), lambda text: a_whole_number(text, 64)),
    (MONEY, an_amount),
    (pa.float64(), a_number),
    (pa.date32(), a_date),
    (pa.bool_(), a_truth),
    (pa.string(), lambda text: (text, "")),
]


def parsed(texts: list[Any], kind: pa.DataType, **options: Any) -> list[Answer]:
    """Each cell's value and the rule it breaks, as the module under test says."""
    found = parse(pa.array(texts, pa.string()), kind, **options)
    assert found.values.type == kind
    rules = [""] * len(texts)
    for rule, mask in found.broken.items():
        assert mask.any()
        for place in np.flatnonzero(mask):
            assert rules[place] == ""
            rules[place] = rule
    return list(zip(found.values.to_pylist(), rules, strict=True))


@pytest.mark.slow
@pytest.mark.property
@pytest.mark.parametrize(("kind", "expected"), PARSERS, ids=[str(kind) for kind, _ in PARSERS])
@given(texts=TEXTS)
@example(
    texts=["127", "128", "-128", "-129", "1.0", "1.", "1.5", "+5", "-0", "0" * 18, "0" * 19, None, "true", "FALSE"]
)
@example(texts=["1.005", "1.500", "1.", ".5", "9999999999999999.99", "10000000000000000", "-0.01", "1e3"])
@example(
    texts=["2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29", "2023-04-31", "2023-00-10", "2023-1-5", "20-01-05"]
)
@example(texts=["0000-01-01", "0999-12-31", "1000-01-01", "9999-12-31", "10000-01-01", "2023-01-01x", " 2023-01-01"])
@example(
    texts=["1e308", "1e309", "1e-400", ".5", "5.", ".", "e5", "1e", "-.5e+3", "0.1", "4.35", "123456789.123456789"]
)
def test_a_cell_means_what_plain_python_says(kind: pa.DataType, expected: Any, texts: list[str | None]) -> None:
    assert parsed(texts, kind) == [(None, "") if text is None else expected(text) for text in texts]


@pytest.mark.property
@pytest.mark.parametrize("kind", [pa.int8(), MONEY, pa.date32(), pa.string()], ids=str)
@given(cells=st.lists(st.none() | st.lists(st.text("019.-x ", max_size=4), min_size=1, max_size=5), max_size=8))
def test_a_list_is_its_items(kind: pa.DataType, cells: list[list[str] | None]) -> None:
    single = dict(PARSERS)[kind]
    texts = pa.array([None if items is None else "|".join(items) for items in cells], pa.string())
    found = parse(split_lists(blank_to_null(texts), "|"), pa.list_(kind))
    assert found.values.type == pa.list_(kind)
    for place, items in enumerate(cells):
        if items is None or not "|".join(items).strip():
            assert found.values[place].as_py() is None
            continue
        answers = [single(item.strip()) if item.strip() else (None, "") for item in items]
        assert found.values[place].as_py() == [value for value, _ in answers]
        assert {rule for rule, mask in found.broken.items() if mask[place]} == {rule for _, rule in answers} - {""}


def test_empty_items_stay_in_their_place() -> None:
    lists = split_lists(pa.array(["a||b", "|", "|a", None, "a"]), "|")
    assert lists.to_pylist() == [["a", None, "b"], [None, None], [None, "a"], None, ["a"]]
    numbers = parse(split_lists(pa.array(["1||3", None, "|2"]), "|"), pa.list_(pa.int8()))
    assert numbers.values.to_pylist() == [[1, None, 3], None, [None, 2]]
    assert numbers.broken == {}


def test_white_space_and_missing_marks_are_empty() -> None:
    text = pa.array([" a ", "", "  ", "\u3000医\u3000", "NA", "-", None, "\t"])
    assert blank_to_null(text).to_pylist() == ["a", None, None, "医", "NA", "-", None, None]
    assert blank_to_null(text, frozenset({"NA", "-"})).to_pylist() == ["a", None, None, "医", None, None, None, None]


@pytest.mark.parametrize(
    ("form", "text", "day"),
    [
        ("%Y%m%d", "20240229", date(2024, 2, 29)), ("%Y%m%d", "20230229", None), ("%Y%m%d", "2023015", None),
        ("%Y/%m/%d", "2024/2/9", date(2024, 2, 9)), ("%d/%m/%Y", "31/4/2024", None),
        ("%d/%m/%Y", "05/04/2024", date(2024, 4, 5)), ("%Y年%m月%d日", "2024年2月29日", date(2024, 2, 29)),
        ("%Y-%m-%d %H:%M:%S", "2024-02-29 23:59:59", date(2024, 2, 29)), ("%Y-%m-%d %H:%M:%S", "2024-02-29", None),
    ],
)  # fmt: skip
def test_dates_in_other_forms(form: str, text: str, day: date | None) -> None:
    assert parsed([text], pa.date32(), dates=(form,)) == [(day, "" if day else "date")]


def test_every_day_of_four_centuries() -> None:
    days = [date(1900, 1, 1) + timedelta(days=n) for n in range(146_097)]
    found = parse(pa.array([day.isoformat() for day in days]), pa.date32())
    assert found.values.to_pylist() == days
    assert found.broken == {}
