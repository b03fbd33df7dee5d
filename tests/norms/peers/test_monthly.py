"""Monthly sums kept as a run serve as well as the cases themselves."""

import ibis.expr.types as ir
import pytest
from ibis.backends.duckdb import Backend

from yiheng.norms.indices.monthly import monthly
from yiheng.norms.peers.opportunity import opportunity
from yiheng.norms.peers.peers import Peers
from yiheng.norms.peers.published import KEYS, published
from yiheng.norms.peers.rules import Comparing
from yiheng.norms.peers.trend import trend
from yiheng.norms.sums import sums
from yiheng.tables.engine import held


@pytest.mark.slow
@pytest.mark.parity
def test_from_monthly_sums_as_from_cases(backend: Backend, sample_facts: ir.Table, comparing: Comparing) -> None:
    kept = held(backend, monthly(sample_facts).to_pyarrow())
    hospitals = sorted(sample_facts.hospital.name("h").as_table().distinct().to_pyarrow()["h"].to_pylist())
    peers = Peers((hospitals[0],), tuple((code,) for code in hospitals[1:9]))
    direct = sums(sample_facts, ("hospital", "dept", "group"))
    assert opportunity(kept, peers, comparing).equals(opportunity(direct, peers, comparing))
    assert published(kept, 10).equals(published(sums(sample_facts, KEYS), 10))
    for figure in ("mean_fee", "death_rate", "drug_share", "return_rate"):
        by_month = sums(sample_facts, ("hospital", "month"))
        assert trend(kept, ("hospital",), figure, comparing).equals(trend(by_month, ("hospital",), figure, comparing))
