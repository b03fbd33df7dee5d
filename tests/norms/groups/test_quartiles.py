"""norms.groups.quartiles: values that occurred, the same as quantile_disc, and merged shards as the whole."""

from math import ceil
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.norms.groups.quartiles import counted, merged, quartiles
from yiheng.tables.engine import fetch, held


def made(backend: Any, values: list[int | None], key: str | None = "g") -> Any:
    columns = {"group": pa.array([key] * len(values), pa.string()), "fee": pa.array(values, pa.int64())}
    return held(backend, pa.table(columns))


def found(backend: Any, values: list[int | None]) -> Any:
    rows = quartiles(counted(made(backend, values), ["group"], "fee"), ["group"]).to_pyarrow().to_pylist()
    return [(row["p25"], row["median"], row["p75"]) for row in rows]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([7], (7, 7, 7)),
        ([1, 2], (1, 1, 2)),
        ([1, 2, 3], (1, 2, 3)),
        ([4, 3, 2, 1], (1, 2, 3)),
        ([5, 1, 3, 2, 4], (2, 3, 4)),
        ([1, 1, 1, 9], (1, 1, 1)),
        ([-5, 0, None, 5, None, 10], (-5, 0, 5)),
    ],
)
def test_worked_out_by_hand(backend: Any, values: list[int | None], expected: tuple[int, ...]) -> None:
    assert found(backend, values) == [expected]


def test_of_nothing_known_there_is_no_row(backend: Any) -> None:
    assert found(backend, [None, None]) == []


def test_cases_in_no_group_are_a_key_of_their_own(backend: Any) -> None:
    values = counted(made(backend, [1, 2, 3], None), ["group"], "fee")
    assert quartiles(values, ["group"]).to_pyarrow().to_pylist() == [{"group": None, "p25": 1, "median": 2, "p75": 3}]


@pytest.mark.property
@pytest.mark.parity
@given(st.lists(st.one_of(st.none(), st.integers(-(10**15), 10**15), st.integers(0, 3)), min_size=1, max_size=60))
@settings(max_examples=25)
def test_the_same_as_the_definition_and_as_quantile_disc(backend: Any, values: list[int | None]) -> None:
    known = sorted(value for value in values if value is not None)
    table = made(backend, values)
    expected = [tuple(known[ceil(len(known) * quarter / 4) - 1] for quarter in (1, 2, 3))] if known else []
    assert found(backend, values) == expected
    query = f"SELECT quantile_disc(fee, [0.25, 0.5, 0.75]) AS q FROM {table.get_name()} WHERE fee IS NOT NULL"
    (by_engine,) = fetch(backend, query)["q"].to_pylist()
    assert [tuple(by_engine)] == expected if known else by_engine is None


@pytest.mark.property
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 2)), min_size=1, max_size=60), st.randoms())
@settings(max_examples=15)
def test_shards_in_any_order_are_the_whole(backend: Any, pairs: list[tuple[int, int]], chance: Any) -> None:
    whole = found(backend, [value for value, _ in pairs])
    chance.shuffle(pairs)
    shards = [[value for value, place in pairs if place == shard] for shard in range(3)]
    parts = [counted(made(backend, its), ["group"], "fee") for its in shards]
    together = merged(ibis.union(*parts), ["group"])
    assert [(r["p25"], r["median"], r["p75"]) for r in quartiles(together, ["group"]).to_pyarrow().to_pylist()] == whole
