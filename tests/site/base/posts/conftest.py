"""Who grants, lends and founds in these tests: the town with two administrators."""

import pytest

from ..town import Town, make_person


@pytest.fixture
def ruled(town: Town) -> Town:
    """The town with administrators of the city and the east hospital, and two people without posts."""
    for name, post in {"adc": ("administrator", town.city), "ade": ("administrator", town.east)}.items():
        town.people[name] = make_person(name, post)
    town.people |= {name: make_person(name) for name in ("new", "two")}
    return town
