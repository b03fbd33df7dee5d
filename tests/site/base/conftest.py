"""The town of the tests (see `town`)."""

import pytest

from .signing import SECRET
from .town import Town, make_town


@pytest.fixture
def town(db: None) -> Town:  # noqa: ARG001 (the tables)
    return make_town()


@pytest.fixture
def home(town: Town) -> Town:
    """Two who can sign in."""
    for name in ("dan", "wei"):
        town.people[name].set_password(SECRET)
        town.people[name].save()
    return town
