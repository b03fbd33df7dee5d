"""What is told of some made-up cases, shared by the tests of the forms."""

import pyarrow as pa
import pytest

from yiheng.sample.forms.settlement import insured
from yiheng.sample.forms.told import Told, told

SEED = 20


@pytest.fixture(scope="session")
def some(cases: pa.Table) -> pa.Table:
    """The first 12,000 cases of 2024."""
    return cases.slice(0, 12_000)


@pytest.fixture(scope="session")
def whole(some: pa.Table) -> Told:
    return told(SEED, some)


@pytest.fixture(scope="session")
def lists(whole: Told) -> Told:
    """Those for whom a settlement list is sent."""
    return whole.chosen(insured(whole.cases))
