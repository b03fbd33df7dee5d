"""A browser of somebody of the town, without a browser."""

from collections.abc import Callable

import pytest
from django.test import Client

from ..town import Town

Enter = Callable[..., Client]


@pytest.fixture
def enter(town: Town) -> Enter:
    """A client in which somebody is signed in, in a language."""

    def entered(name: str, language: str = "zh-hans") -> Client:
        client = Client()
        client.force_login(town.people[name], backend="allauth.account.auth_backends.AuthenticationBackend")
        client.cookies["django_language"] = language
        return client

    return entered
