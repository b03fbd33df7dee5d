"""tables.codelists: the same codes of each case whatever form they came in, as numbers of one form."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from yiheng.tables.codelists import CodeLists, code_lists, given

LIST = pa.list_(pa.string())
CODED = pa.list_(pa.dictionary(pa.int32(), pa.string()))
ROWS = [["I10", "E11"], None, [], ["E11"], ["I10", None, "I10"], None]


def coded(rows: list[list[str | None] | None], numbers: pa.DataType) -> pa.Array:
    """Lists of dictionary-encoded codes whose places are of this type."""
    plain = pa.array(rows, LIST)
    codes = plain.values.dictionary_encode()
    values = pa.DictionaryArray.from_arrays(codes.indices.cast(numbers), codes.dictionary)
    return pa.ListArray.from_arrays(plain.offsets, values, mask=plain.is_null())


FORMS = {
    "plain": pa.array(ROWS, LIST),
    "int8": coded(ROWS, pa.int8()),
    "int32": coded(ROWS, pa.int32()),
    "slice": pa.array([["Z99"], *ROWS, ["Z98"]], LIST).slice(1, len(ROWS)),
    "slice of coded": coded([["Z99"], *ROWS, ["Z98"]], pa.int16()).slice(1, len(ROWS)),
    "through a file": pa.array(ROWS, CODED),
}


def codes_of(lists: CodeLists) -> list[list[Any]]:
    texts = [*lists.texts.to_pylist(), None]
    return [
        [texts[place] for place in lists.places[start:end]] for start, end in zip(lists.starts, lists.ends, strict=True)
    ]


@pytest.mark.parametrize("form", FORMS)
def test_the_codes_of_each_case_are_found(form: str) -> None:
    lists = code_lists(FORMS[form], len(ROWS))
    assert codes_of(lists) == [row or [] for row in ROWS]
    texts = [*lists.texts.to_pylist(), None]
    assert [texts[place] for place in lists.first()] == ["I10", None, None, "E11", "I10", None]


@pytest.mark.parametrize("form", [*FORMS, "no column", "nulls", "no rows"])
def test_all_numbers_are_of_one_form(form: str) -> None:
    columns = FORMS | {"no column": None, "nulls": pa.nulls(3), "no rows": pa.array([], LIST)}
    lists = code_lists(columns[form], 3)
    for numbers in (lists.starts, lists.ends, lists.places):
        assert (numbers.dtype, numbers.flags.writeable, numbers.flags.c_contiguous) == (np.int32, False, True)


@pytest.mark.parametrize("column", [None, pa.nulls(3)], ids=["no column", "nulls"])
def test_without_a_column_no_case_has_a_code(column: pa.Array | None) -> None:
    lists = code_lists(column, 3)
    assert codes_of(lists) == [[], [], []]
    assert (lists.first().tolist(), lists.texts.to_pylist()) == ([0, 0, 0], [])


def test_a_column_is_given_where_the_batch_has_it() -> None:
    batch = pa.record_batch({"dx": pa.array([["I10"]], LIST)})
    found = given(batch, "dx")
    assert found is not None
    assert found.to_pylist() == [["I10"]]
    assert given(batch, "proc") is None
