"""A chain with looks, an anchor in a folder of its own, and hands that go behind the guard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from yiheng.site.base.audit import guard
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.looks import look, refused, seal
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.places.standing import Actor

from ..town import NOW, make_person


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.FOLDER = tmp_path
    return tmp_path


@pytest.fixture
def written(db: None, folder: Path) -> list[int]:  # noqa: ARG001 (the tables, the anchor)
    """Entries 1-3, a sealed batch of three looks as entry 4, entries 5 and 6, two looks that wait."""
    reader = make_person("reader")
    for name in "abc":
        write(None, "made", Of("thing", name), NOW)
    for name in "xy":
        look(actor(reader.pk), "page", Of("thing", name), NOW)
    refused(None, "thing.open", Of("thing", "z"), "party", NOW)
    assert seal(NOW) == 3
    for name in "de":
        write(None, "made", Of("thing", name), NOW)
    for name in "vw":
        look(actor(reader.pk), "page", Of("thing", name), NOW)
    return [1, 2, 3, 4, 5, 6]


def actor(person: int) -> Actor:
    from yiheng.site.base.places.standing import Standing

    return Actor(Standing(person, person))


@pytest.fixture
def behind(db: None) -> Callable[..., None]:  # noqa: ARG001 (the tables)
    """Runs SQL with the guard lifted, and puts the guard back: an attacker with the database's own password."""

    def run(*statements: str, **values: Any) -> None:
        guard.lift(connection)
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement.format(**values))
        guard.put(connection)

    return run
