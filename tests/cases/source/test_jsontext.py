"""JSON with exact numbers: what is written is read again as the same."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.cases.source.jsontext import json_text

PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.decimals(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(PLAIN, lambda its: st.lists(its) | st.dictionaries(st.text(), its), max_leaves=20)


@pytest.mark.property
@given(VALUES)
def test_what_is_written_is_read_as_the_same(value: Any) -> None:
    read = json.loads(json_text(value), parse_float=Decimal, parse_int=Decimal)
    assert read == value


@pytest.mark.parametrize("text", ["100.10", "1E-7", "1E+3", "12345678901234567.89", "-0.0"])
def test_digits_are_kept(text: str) -> None:
    assert json_text([Decimal(text)]) == f"[\n {text}\n]"


def test_the_form() -> None:
    assert json_text({"甲": [1, {}], "b": []}) == '{\n "甲": [\n  1,\n  {}\n ],\n "b": []\n}'


@pytest.mark.parametrize("text", ["NaN", "Infinity"])
def test_what_is_no_number_is_a_fault(text: str) -> None:
    with pytest.raises(ValueError, match="is no number of JSON"):
        json_text(Decimal(text))
