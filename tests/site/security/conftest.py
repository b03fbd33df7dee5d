"""The world of the attacks (see `world`): made once a module, given anew to each test."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as its
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings

from .world import World, make_world


@pytest.fixture(scope="module")
def made(
    django_db_setup: None,  # noqa: ARG001 (the tables)
    django_db_blocker: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """In a transaction around those of the tests, which undo what they did; undone itself in the end."""
    folder = tmp_path_factory.mktemp("site")
    with (
        django_db_blocker.unblock(),  # type: ignore[attr-defined]
        override_settings(MEDIA_ROOT=folder / "uploads", FOLDER=folder),
        transaction.atomic(),
    ):
        world = make_world()
        for (role, _), person in world.people.items():
            if role in its.YIHENG_SECOND_FACTOR:
                Authenticator.objects.create(user=person, type="totp", data={"secret": "x"})
        yield world
        transaction.set_rollback(True)


@pytest.fixture
def world(made: World, db: None) -> World:  # noqa: ARG001 (each test's own transaction)
    cache.clear()
    return deepcopy(made)
