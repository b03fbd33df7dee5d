"""Monthly sums, classes of risk and marks of the 20,000 cases."""

from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from yiheng.norms.indices.counts import with_marks
from yiheng.norms.indices.figures import weights
from yiheng.norms.indices.marks import marks
from yiheng.norms.indices.monthly import monthly
from yiheng.norms.indices.risk import risk_of_sums
from yiheng.norms.rules import Rules


@pytest.fixture(scope="session")
def as_monthly(backend: Backend) -> Callable[[ir.Table], ir.Table]:
    """The monthly sums of facts, held by the engine."""

    def made(facts: ir.Table) -> ir.Table:
        return backend.create_table(ibis.util.gen_name("monthly"), monthly(facts), temp=True)

    return made


@pytest.fixture(scope="session")
def region_monthly(region_facts: ir.Table, as_monthly: Any) -> ir.Table:
    return as_monthly(region_facts)


@pytest.fixture(scope="session")
def region_risk(region_monthly: ir.Table, its_rules: Rules) -> pa.Table:
    return risk_of_sums(region_monthly, its_rules.risk)


@pytest.fixture(scope="session")
def marked(
    backend: Backend, region_facts: ir.Table, region_monthly: ir.Table, region_risk: pa.Table, its_rules: Rules
) -> ir.Table:
    return with_marks(backend, region_facts, marks(weights(region_monthly), region_risk, its_rules))
