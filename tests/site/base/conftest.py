"""The town of the tests (see `town`)."""

import pytest

from .town import Town, make_town


@pytest.fixture
def town(db: None) -> Town:  # noqa: ARG001 (the tables)
    return make_town()
