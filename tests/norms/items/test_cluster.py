"""norms.items.cluster: a real master and two workers give the standards that this machine gives, to the digest."""

import sys
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.norms.items.build import standard_table
from yiheng.norms.items.cluster import gather_on_cluster
from yiheng.norms.items.gather import gather
from yiheng.norms.items.months import line_files
from yiheng.norms.items.roster import Roster
from yiheng.norms.items.rules import RULES, rules_of
from yiheng.policy.loader import scheme
from yiheng.tables.digest import digest
from yiheng.tables.snapshot import Snapshot

PACKAGED = rules_of(scheme(RULES), date(2025, 12, 31))


@pytest.mark.spark
@pytest.mark.parity
def test_a_cluster_gives_what_this_machine_gives(
    master: str,
    backend: Backend,
    opened: Callable[[Path], tuple[Snapshot, Roster]],
    large_data: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A quarter of a million lines; `make soak`: five million."""
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    snapshot, its = opened(large_data)
    months = line_files(snapshot)
    here = digest(backend, standard_table(gather(snapshot, its, months), PACKAGED))
    found = gather_on_cluster(master, backend, its, months)
    assert digest(backend, standard_table(found, PACKAGED)) == here


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="Spark is installed here")
def test_without_spark_it_is_refused(
    backend: Backend, opened: Callable[[Path], tuple[Snapshot, Roster]], sample_data: Path
) -> None:
    snapshot, its = opened(sample_data)
    with pytest.raises(Refusal, match="Spark is not installed"):
        gather_on_cluster("spark://nowhere:7077", backend, its, line_files(snapshot))
