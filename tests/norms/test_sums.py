"""norms.sums: what is summed, how wide, and how shards add up; the sums themselves are tested in indices and groups."""

from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa

from yiheng.norms.sums import BY_PART, CORE, ENDS, added_up, merged, sums

MOST = Decimal("9999999999999.99")


def case(number: int, fee: Decimal | None, **its: Any) -> dict[str, Any]:
    return {"row": number, "hospital": "A", "case_id": str(number), "group": "g", "total_fee": fee} | its


def test_squares_of_the_largest_fees_are_exact(as_facts: Any) -> None:
    found = sums(as_facts([case(n, MOST) for n in range(3)]), ["group"]).to_pyarrow()
    assert found["fee"].to_pylist() == [3 * 999999999999999]
    assert found["fee_square"].to_pylist() == [3 * 999999999999999**2]
    assert found.schema.field("fee_square").type == pa.decimal128(38, 0)


def test_of_nothing_known_sums_are_0_and_ends_null(as_facts: Any) -> None:
    (row,) = sums(as_facts([case(1, None)]), ["group"]).to_pyarrow().to_pylist()
    assert {name: row[name] for name in added_up() if row[name]} == {"n": 1}
    assert {row[name] for name in ENDS} == {None}


def test_a_part_without_a_fee_is_in_no_share(as_facts: Any) -> None:
    rows = [case(1, None, drug_fee=Decimal(5)), case(2, Decimal(10), drug_fee=Decimal(4)), case(3, Decimal(7))]
    (row,) = sums(as_facts(rows), ["group"]).to_pyarrow().to_pylist()
    assert [row[name] for name in BY_PART["drug"]] == [1, 400, 1000]


def test_shards_add_up_and_ends_are_the_outer_ones(as_facts: Any) -> None:
    shards = [as_facts([case(1, Decimal(5), los=3)]), as_facts([case(2, Decimal(-1)), case(3, Decimal(2), los=9)])]
    parts = ibis.union(*(sums(shard, ["group"]) for shard in shards))
    (row,) = merged(parts, ["group"]).to_pyarrow().to_pylist()
    assert (row["n"], row["fee"], row["fee_square"], row["fee_least"], row["fee_most"]) == (3, 600, 300000, -100, 500)
    assert (row["los_cases"], row["los_least"], row["los_most"]) == (2, 3, 9)


def test_sums_with_fewer_columns_add_up_too(as_facts: Any) -> None:
    few = sums(as_facts([case(1, Decimal(5))]), ["hospital", "group"]).select("hospital", "group", "n", "fee")
    assert merged(few, ["group"]).to_pyarrow().to_pylist() == [{"group": "g", "n": 1, "fee": 500}]
    assert added_up()[: len(CORE)] == list(CORE)
