"""A3 (登录攻击): guessing, names, planted and stolen sessions, replay, a skipped factor, passwords in logs."""

import hashlib
import hmac
import logging
import struct
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from yiheng.site.base.accounts import tries
from yiheng.site.base.accounts.models import FailedTry, LastStep, Person
from yiheng.site.base.audit.models import Look

from ..base.town import Town, make_town

SECRET, SEED = "Long-pass-12", "JBSWY3DPEHPK3PXP"
LOGIN, FACTOR = "/accounts/login/", "/accounts/second-factor/authenticate/"


@pytest.fixture
def home(db: None) -> Town:  # noqa: ARG001 (the tables)
    cache.clear()
    town = make_town()
    for name in ("dan", "wei"):
        town.people[name].set_password(SECRET)
        town.people[name].save()
    return town


def try_in(name: str, password: str, client: Client | None = None) -> object:
    return (client or Client()).post(LOGIN, {"login": name, "password": password})


def failures(what: str = "sign_in") -> int:
    return Look.objects.filter(action=f"account.{what}", outcome="wrong").count()


def code_now(shift: int = 0) -> str:
    """The code that an authenticator app shows (RFC 6238)."""
    import base64

    counter = struct.pack(">Q", int(time.time()) // 30 + shift)
    digest = hmac.new(base64.b32decode(SEED), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


@pytest.fixture
def factor(home: Town) -> Person:
    Authenticator.objects.create(user=home.people["dan"], type="totp", data={"secret": encrypt(SEED)})
    return home.people["dan"]


@pytest.mark.parametrize("names", [["dan"] * 5, ["dan", "DAN", "Dan", " dan", "dan "]])
def test_guessing_is_locked_out_and_kept(home: Town, names: list[str]) -> None:
    here = Client(REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": "10.7.7.7"})
    for at, name in enumerate(names):
        here.post(LOGIN, {"login": name, "password": f"guess-{at}"})
    spoofed = Client(REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": "10.8.8.8"})
    assert [try_in("dan", SECRET, each).status_code for each in (here, spoofed)] == [429, 429]
    assert failures() >= 5
    assert {row.number for row in Look.objects.filter(action="account.sign_in")} == {str(home.people["dan"].pk)}
    assert try_in("wei", SECRET, here).status_code == 302, "nobody else is locked out"
    own = Client(REMOTE_ADDR="10.9.9.9")
    assert try_in("dan", SECRET, own).status_code == 302, "nor is the person, elsewhere"
    assert try_in("dan", SECRET, spoofed).status_code == 429, "whose coming in frees no other address"


def test_a_name_is_locked_everywhere_after_a_hundred_tries(home: Town) -> None:  # noqa: ARG001
    name, now = tries._digest("dan"), timezone.now()
    FailedTry.objects.bulk_create(
        FailedTry(where="sign_in", name=name, address=f"10.2.{at}.1", at=now) for at in range(99)
    )
    assert try_in("dan", "wrong", Client(REMOTE_ADDR="10.3.0.1")).status_code == 429
    assert try_in("dan", SECRET, Client(REMOTE_ADDR="10.4.0.1")).status_code == 429
    assert try_in("wei", SECRET, Client(REMOTE_ADDR="10.4.0.1")).status_code == 302


def test_one_address_locks_no_name(home: Town) -> None:  # noqa: ARG001
    """Tries that are not heard are not counted, however many."""
    here = Client(REMOTE_ADDR="10.0.0.1")
    for at in range(9):
        try_in("dan", f"guess-{at}", here)
    assert FailedTry.objects.count() == 5


def test_a_code_is_good_once_for_all_processes(factor: Person) -> None:
    """Another process remembers nothing of what this one has taken but what is in the database."""
    code, statuses = code_now(), []
    for _ in range(2):
        client = Client()
        try_in("dan", SECRET, client)
        client.post(FACTOR, {"code": code})
        cache.clear()
        statuses.append(client.get("/").status_code)
    assert statuses == [200, 302]
    assert failures("second_factor") == 1
    assert LastStep.objects.get().person == factor


def test_unknown_names_are_answered_and_locked_alike(home: Town) -> None:  # noqa: ARG001
    statuses = {name: [try_in(name, "wrong").status_code for _ in range(6)] for name in ("dan", "nobody-here")}
    assert statuses["dan"] == statuses["nobody-here"]


def test_what_was_typed_is_in_no_log_and_no_table(home: Town, caplog: pytest.LogCaptureFixture) -> None:  # noqa: ARG001
    caplog.set_level(logging.DEBUG)
    try_in("dan", "Typed-wrong-77")
    try_in("Typed-as-name-88", "x")
    try_in("dan", SECRET)
    kept = caplog.text + str(list(FailedTry.objects.values())) + str(list(Look.objects.values()))
    assert "Typed-wrong-77" not in kept
    assert SECRET not in kept
    assert "Typed-as-name-88" not in str(list(Look.objects.values()))


def test_a_planted_session_is_not_taken_on(home: Town) -> None:  # noqa: ARG001
    thief, victim = Client(), Client()
    thief.get("/door/")
    session = thief.session
    session["planted"] = 1
    session.save()
    planted = session.session_key
    victim.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert try_in("dan", SECRET, victim).status_code == 302
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert thief.get("/").status_code == 302
    invented = Client()
    invented.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    try_in("dan", SECRET, invented)
    assert invented.cookies[settings.SESSION_COOKIE_NAME].value != "a" * 32


def test_a_stolen_cookie_ends_with_its_session(home: Town) -> None:
    """By signing out, by a new password, by closing the account; nor does a script read it."""
    dan = home.people["dan"]
    ends = {
        "out": lambda own: own.post("/accounts/logout/"),
        "password": lambda own: own.post(
            "/accounts/password/", {"oldpassword": SECRET, "password1": "Other-word-99", "password2": "Other-word-99"}
        ),
        "closed": lambda own: Person.objects.filter(pk=dan.pk).update(is_active=False),
    }
    for name, end in ends.items():
        dan.set_password(SECRET)
        dan.save()
        own, thief = Client(), Client()
        try_in("dan", SECRET, own)
        cookie = own.cookies[settings.SESSION_COOKIE_NAME]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
        if name == "password":  # changed elsewhere: another session of the same person
            try_in("dan", SECRET, thief)
        else:
            thief.cookies[settings.SESSION_COOKIE_NAME] = cookie.value
        assert thief.get("/").status_code == 200
        end(own)
        assert (name, thief.get("/").status_code) == (name, 302)


def test_the_password_alone_opens_nothing(factor: Person) -> None:  # noqa: ARG001
    client = Client()
    assert try_in("dan", SECRET, client).headers["Location"] == FACTOR
    for where in ("/", "/mine/", "/flows/errand/", "/accounts/password/", "/accounts/second-factor/"):
        assert client.get(where).status_code == 302
    assert client.get("/api/flows").status_code == 401


def test_codes_are_not_guessed(factor: Person) -> None:
    """After five wrong codes the name is locked, also for the right one, and for the next try of the password."""
    client = Client()
    try_in("dan", SECRET, client)
    for guess in range(5):
        client.post(FACTOR, {"code": f"{guess:06}"})
    client.post(FACTOR, {"code": code_now()})
    assert client.get("/").status_code == 302
    assert try_in("dan", SECRET).status_code == 429
    assert failures("second_factor") == 5
    assert {row.number for row in Look.objects.filter(action="account.second_factor")} == {str(factor.pk)}


def test_a_code_is_good_once(factor: Person) -> None:  # noqa: ARG001
    code = code_now()
    statuses = []
    for _ in range(2):
        client = Client()
        try_in("dan", SECRET, client)
        client.post(FACTOR, {"code": code})
        statuses.append(client.get("/").status_code)
    assert statuses == [200, 302]


def test_an_old_code_is_none(factor: Person) -> None:  # noqa: ARG001
    client = Client()
    try_in("dan", SECRET, client)
    client.post(FACTOR, {"code": code_now(-3)})
    assert client.get("/").status_code == 302


def test_coming_in_is_kept(home: Town) -> None:
    try_in("dan", SECRET)
    row = Look.objects.get(action="look.sign_in")
    assert (row.person, row.number, row.outcome) == (home.people["dan"], str(home.people["dan"].pk), "seen")


def test_what_was_shown_stays_in_no_browser(home: Town) -> None:  # noqa: ARG001
    client = Client()
    try_in("dan", SECRET, client)
    for where in ("/", "/mine/", "/flows/errand/", "/flows/errand/export.csv"):
        assert client.get(where).headers["Cache-Control"] == "private, no-store"


def test_tries_at_the_outsiders_door_are_kept(home: Town) -> None:  # noqa: ARG001
    statuses = [Client().post("/door/", {"number": "x\x00", "code": f"C{at}"}).status_code for at in range(6)]
    assert statuses == [403] * 5 + [429]
    kept = list(Look.objects.filter(action="door.knock").values_list("outcome", flat=True))
    assert kept == ["wrong"] * 5 + ["too_many"]
