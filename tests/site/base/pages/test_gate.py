"""The gate: nobody comes in without signing in, whoever is idle goes out, some things are to be done first."""

from datetime import date, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from yiheng.site.base.places.models import Place, Post

from ..signing import SECRET, sign_in
from ..town import START, Town, lend


@pytest.mark.parametrize(
    "where", ["/", "/mine/", "/items/1/", "/flows/errand/", "/flows/errand/export.csv", "/files/1/"]
)
def test_nobody_comes_in_without_signing_in(db: None, where: str) -> None:  # noqa: ARG001
    answer = Client().get(where)
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/accounts/login/")
    part = Client().get(where, headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (204, "/accounts/login/")


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (31, 302)])
def test_idle_sessions_end(home: Town, monkeypatch: pytest.MonkeyPatch, minutes: int, status: int) -> None:  # noqa: ARG001
    client, now = Client(), timezone.now()
    sign_in(client, "dan")
    client.get("/")
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(minutes=minutes))
    assert client.get("/").status_code == status


def test_whoever_never_looks_at_a_page_is_gone_too(home: Town, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    client, now = Client(), timezone.now()
    sign_in(client, "dan")
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(minutes=31))
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(("seconds", "writes"), [(0, 0), (50, 0), (70, 1)])
def test_a_page_is_noted_once_a_minute(
    home: Town,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
    seconds: int,
    writes: int,
) -> None:
    client, now = Client(), timezone.now()
    sign_in(client, "dan")
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(seconds=seconds))
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/").status_code == 200
    assert sum(each["sql"].startswith("UPDATE") for each in asked) == writes


def test_each_page_puts_the_end_off(home: Town, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    client, now = Client(), timezone.now()
    sign_in(client, "dan")
    for minutes in (0, 20, 40, 60):
        monkeypatch.setattr("django.utils.timezone.now", lambda later=minutes: now + timedelta(minutes=later))
        assert client.get("/").status_code == 200


def test_a_password_that_another_set_is_changed_first(home: Town) -> None:
    dan = home.people["dan"]
    dan.must_change = True
    dan.save()
    client = Client()
    sign_in(client, "dan")
    for where in ("/", "/mine/", "/flows/errand/"):
        assert client.get(where).headers["Location"] == "/accounts/password/"
    assert client.get("/api/flows").status_code == 401
    new = {"oldpassword": SECRET, "password1": "another-Word-99", "password2": "another-Word-99"}
    assert client.post("/accounts/password/", new).status_code == 302
    dan.refresh_from_db()
    assert not dan.must_change
    assert client.get("/").status_code == 200


def test_some_roles_need_a_second_factor(home: Town) -> None:
    Post.objects.create(person=home.people["dan"], role="administrator", place=home.city, start=START)
    client = Client()
    sign_in(client, "dan")
    assert client.get("/").headers["Location"] == "/accounts/second-factor/totp/activate/"
    assert client.get("/api/flows").status_code == 401
    Authenticator.objects.create(user=home.people["dan"], type="totp", data={"secret": "x"})
    assert client.get("/").status_code == 200


PAST, FUTURE = date(2025, 6, 1), date(2099, 1, 1)


@pytest.mark.parametrize(
    ("post", "place", "asks"),
    [({}, {}, True), ({"start": FUTURE}, {}, False), ({"end": PAST}, {}, False), ({}, {"end": PAST}, False)],
    ids=["in force", "not begun", "ended", "its place has ended"],
)
def test_a_second_factor_is_asked_for_a_post_that_counts(
    home: Town, post: dict[str, date], place: dict[str, date], asks: bool
) -> None:
    gone = Place.objects.create(
        code="G", name="G", kind="institution", parent=home.city, path="/14/G/", start=START, **place
    )
    Post.objects.create(**{"person": home.people["dan"], "role": "administrator", "place": gone, "start": START} | post)
    client = Client()
    sign_in(client, "dan")
    assert client.get("/").status_code == (302 if asks else 200)


def test_a_lent_post_asks_for_a_second_factor_too(home: Town) -> None:
    Post.objects.create(person=home.people["wei"], role="auditor", place=home.city, start=START)
    lend(home.people["wei"], home.people["dan"])
    client = Client()
    sign_in(client, "dan")
    assert client.get("/").headers["Location"] == "/accounts/second-factor/totp/activate/"
