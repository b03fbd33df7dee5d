"""Signing in: no guessing, no list of names, a new session, an end when idle, what is to be done first."""

import json
import re
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client

from yiheng.base.refusal import Refusal
from yiheng.site.base.accounts.setup import openid_providers

from ..signing import SECRET, sign_in
from ..town import Town


def test_signing_in_gives_a_new_session(home: Town) -> None:  # noqa: ARG001
    client = Client()
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = "x"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    assert sign_in(client, "dan") == 302
    assert client.session.session_key != session.session_key
    assert client.get("/").status_code == 200


def test_an_unknown_name_and_a_wrong_password_are_answered_alike(home: Town) -> None:  # noqa: ARG001
    pages = [
        Client().post("/accounts/login/", {"login": name, "password": "wrong"}).content.decode()
        for name in ("dan", "zzz")
    ]
    assert all("登录名或密码不对" in page for page in pages)
    marks = re.compile(r'value="[^"]*"|"X-CSRFToken": "[^"]*"')
    assert len({marks.sub("", page) for page in pages}) == 1


@pytest.mark.parametrize("weak", ["short-1", "1234567890123", "qwertyuiop"])
def test_weak_passwords_are_refused(home: Town, weak: str) -> None:
    client = Client()
    sign_in(client, "dan")
    new = {"oldpassword": SECRET, "password1": weak, "password2": weak}
    assert client.post("/accounts/password/", new).status_code == 200
    home.people["dan"].refresh_from_db()
    assert home.people["dan"].check_password(SECRET)


def test_a_second_factor_is_asked_for_at_the_door(home: Town) -> None:
    Authenticator.objects.create(user=home.people["dan"], type="totp", data={"secret": "x"})
    client = Client()
    answer = client.post("/accounts/login/", {"login": "dan", "password": SECRET})
    assert answer.headers["Location"] == "/accounts/second-factor/authenticate/"
    assert client.get("/").status_code == 302, "the password alone does not let in"


@pytest.mark.parametrize("where", ["signup", "reset", "email", "outside", "outside/signup"])
def test_what_is_not_offered_is_not_there(db: None, where: str) -> None:  # noqa: ARG001
    assert Client().get(f"/accounts/{where}/").status_code == 404


def test_providers_come_from_a_file_of_ones_own(tmp_path: Path) -> None:
    assert openid_providers(tmp_path) == {}
    file = tmp_path / "oidc.json"
    given = {"provider_id": "city", "name": "统一身份", "client_id": "yiheng", "secret": "s",
             "server_url": "https://id.example", "claim": "preferred_username"}  # fmt: skip
    file.write_text(json.dumps([given]), encoding="utf-8")
    file.chmod(0o600)
    app = openid_providers(tmp_path)["openid_connect"]["APPS"][0]
    assert app["settings"] == {"server_url": "https://id.example", "claim": "preferred_username"}
    file.chmod(0o644)
    with pytest.raises(Refusal, match="may be read by others"):
        openid_providers(tmp_path)


@pytest.mark.parametrize("text", ["{", "[{}]", '[{"name": "x"}]', "5"])
def test_a_file_that_names_no_providers_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "oidc.json"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(Refusal, match="does not name the providers"):
        openid_providers(tmp_path)
