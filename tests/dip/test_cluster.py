"""dip.cluster: what a node does with its part; two real workers: `tests/cli/test_dip.py`."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from yiheng.base.refusal import Refusal
from yiheng.dip.catalogue.build import build, from_statistics
from yiheng.dip.catalogue.statistics import STATISTICS
from yiheng.dip.cluster import LEFT_OUT, assigning, build_on_cluster, counting
from yiheng.dip.file import Held
from yiheng.dip.plan import plan
from yiheng.tables.cluster import FILE, PLACE
from yiheng.tables.contract import contract
from yiheng.tables.engine import held

DAY = date(2024, 12, 31)


def batches(rows: list[dict[str, Any]], parts: int) -> list[pa.RecordBatch]:
    """Rows as batches of the case table's types."""
    schema = pa.schema([contract("cases").schema.field(name) for name in rows[0]])
    size = -(-len(rows) // parts)
    return [
        pa.RecordBatch.from_pylist(rows[start : start + size], schema=schema) for start in range(0, len(rows), size)
    ]


@pytest.mark.parity
@pytest.mark.parametrize("scheme_id", ["1.0", "2.0"])
def test_what_nodes_count_makes_the_catalogue(
    backend: Any, table: Any, random_cases: Any, national: Any, two: Any, scheme_id: str
) -> None:
    scheme = national if scheme_id == "1.0" else two
    rows = random_cases(21, 1500)
    whole = build(backend, table(rows), scheme)
    node = counting(plan(scheme, DAY), (2022, 2023, 2024))
    counted = [batch for part in batches(rows, 3) for batch in node([part])]
    parts = pa.Table.from_batches(counted)
    statistics = parts.filter(pc.is_null(parts[LEFT_OUT])).select(STATISTICS.names)
    found = from_statistics(backend, held(backend, statistics), plan(scheme, DAY))
    assert found.groups.equals(whole.groups)
    assert found.levels.equals(whole.levels)
    assert (found.check, found.riv) == (whole.check, whole.riv)
    left = parts.filter(pc.is_valid(parts[LEFT_OUT])).group_by(LEFT_OUT).aggregate([("n", "sum")]).to_pylist()
    assert {row[LEFT_OUT]: row["n_sum"] for row in left} == whole.left_out


def test_a_node_assigns_what_the_assigner_assigns(built: Any) -> None:
    rows = [{"dx": ["I21.9"], "total_fee": 100, "year": 2024}] * 15
    made = built(rows)
    node = assigning(Held(made.groups, made.scheme, made.day), ("case_id",))
    batch = pa.RecordBatch.from_pylist(
        [{"case_id": "1", "dx": ["I21.900"], FILE: "f", PLACE: 7}, {"case_id": "2", "dx": [], FILE: "f", PLACE: 8}]
    )
    (found,) = node([batch])
    assert found.to_pylist() == [
        {"case_id": "1", "status": "grouped", "group": "I21.9", "kind": "core", "rw": 1.0, "points": 1000.0,
         "reason": None, FILE: "f", PLACE: 7},
        {"case_id": "2", "status": "invalid", "group": None, "kind": "none", "rw": None, "points": None,
         "reason": "no principal diagnosis", FILE: "f", PLACE: 8},
    ]  # fmt: skip


def test_a_scheme_that_trims_needs_the_cases(backend: Any, table: Any, with_value: Any, tmp_path: Path) -> None:
    scheme = with_value(trimming={"kind": "iqr", "factor": 1.5})
    cases = table([{"dx": ["I21.9"], "total_fee": 100, "year": 2024}])
    with pytest.raises(Refusal, match="trimming: cannot be done from statistics alone"):
        build_on_cluster(backend, "spark://127.0.0.1:1", cases, scheme, ["none.parquet"], tmp_path / "parts")
    with pytest.raises(Refusal, match="trimming: cannot be done from statistics alone"):
        from_statistics(backend, cases, plan(scheme, DAY))
    assert not list(tmp_path.iterdir())
