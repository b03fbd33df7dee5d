"""Keys that stand twice are found among very many, part by part."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.cases import repeats
from yiheng.cases.repeats import repeated
from yiheng.tables.engine import engine, held

HASHES = st.integers(0, 2**64 - 1) | st.integers(0, 5)


def of(numbers: list[int], rows: int) -> list[int]:
    with engine() as backend:
        table = held(backend, pa.table({"hash": pa.array(numbers, pa.uint64())}))
        found: list[int] = repeated(backend, f"SELECT hash FROM {table.get_name()}", rows).to_pylist()
        return found


def test_what_stands_twice_or_more_is_told_once() -> None:
    assert of([7, 2**64 - 1, 7, 3, 2**64 - 1, 7], 6) == [7, 2**64 - 1]


@pytest.mark.parametrize("numbers", [[], [1], [1, 2, 3]])
def test_nothing_stands_twice(numbers: list[int]) -> None:
    assert of(numbers, len(numbers)) == []


@pytest.mark.slow
@pytest.mark.property
@given(numbers=st.lists(HASHES, max_size=60), at_once=st.integers(1, 80))
def test_parts_do_not_matter(numbers: list[int], at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "_SORTED", at_once)
        found = of(numbers, len(numbers))
    assert sorted(found) == sorted({each for each in numbers if numbers.count(each) > 1})


def test_nothing_stays_in_the_folder_of_the_engine() -> None:
    with engine() as backend:
        repeated(backend, "SELECT hash(i) FROM range(10) AS t(i)", 10)
        assert list(repeats.scratch(backend).iterdir()) == []


def test_the_hash_of_a_key_tells_its_parts_apart() -> None:
    keys = "SELECT hash(a, b) FROM (VALUES ('x', 'yz'), ('xy', 'z'), ('x', 'yz')) AS t(a, b)"
    with engine() as backend:
        assert len(repeated(backend, keys, 3)) == 1
