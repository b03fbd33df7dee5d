"""norms.indices.cluster: a real master and two workers give the sums that this machine gives, to the digest."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.norms.indices.cluster import monthly_on_cluster
from yiheng.norms.indices.monthly import KEYS
from yiheng.norms.rules import Rules
from yiheng.norms.sums import CORE
from yiheng.tables.digest import digest

ASKED = ("hospital", "case_id", "row", "group")


@pytest.mark.spark
@pytest.mark.parity
def test_a_cluster_gives_what_this_machine_gives(
    master: str,
    backend: Backend,
    as_cases: Any,
    region_rows: list[dict[str, Any]],
    region_places: pa.Table,
    region_monthly: Any,
    its_rules: Rules,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """20,000 cases with gaps in three files; patients come back to cases of another file."""
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    cases = as_cases(region_rows)
    whole = cases.drop("row", "group", "year").to_pyarrow()
    for part in range(3):
        pq.write_table(whole.take(list(range(part, whole.num_rows, 3))), tmp_path / f"{part}.parquet")
    files = [str(tmp_path / f"{part}.parquet") for part in range(3)]
    found = monthly_on_cluster(master, backend, files, cases.select(ASKED), region_places, its_rules)
    assert found.columns == (*KEYS, *CORE)
    assert digest(backend, found) == digest(backend, region_monthly)


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="Spark is installed here")
def test_without_spark_it_is_refused(
    backend: Backend, as_cases: Any, region_rows: list[dict[str, Any]], region_places: pa.Table, its_rules: Rules
) -> None:
    grouped = as_cases(region_rows[:2]).select(ASKED)
    with pytest.raises(Refusal, match="Spark is not installed"):
        monthly_on_cluster("spark://nowhere:7077", backend, ["x.parquet"], grouped, region_places, its_rules)
