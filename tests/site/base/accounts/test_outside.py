"""Coming in by an identity service that runs: the right person, and nobody where anything of it is wrong."""

import json
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from yiheng.site.base.accounts.adapters import OutsideAdapter
from yiheng.site.base.places.models import Post

from ..town import START, Town
from .provider import CLIENT, KID, SECRET, Provider, back

LOGIN = "/accounts/oidc/city/login/"


@pytest.fixture
def city(town: Town, settings: object) -> Iterator[Provider]:  # noqa: ARG001 (the people)
    provider = Provider()
    app = {
        "provider_id": "city", "name": "统一身份", "client_id": CLIENT, "secret": SECRET,
        "settings": {"server_url": provider.address, "claim": "preferred_username"},
    }  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}  # type: ignore[attr-defined]
    yield provider
    provider.stop()


def come_in(city: Provider, client: Client) -> object:
    """There and back, as a browser goes."""
    there = client.post(LOGIN)
    assert there.status_code == 302
    assert there.headers["Location"].startswith(f"{city.address}/auth?")
    return client.get(back(city.authorize(there.headers["Location"])))


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_whoever_is_known_comes_in_and_stays_the_same(city: Provider, town: Town) -> None:
    for _ in range(2):
        client = Client()
        assert (come_in(city, client).status_code, is_in(client)) == (302, True)
        assert client.session["_auth_user_id"] == str(town.people["dan"].pk)
    assert SocialAccount.objects.get().uid == "1001"


@pytest.mark.parametrize("name", ["nobody", "", "DAN "])
def test_whoever_is_not_known_does_not(city: Provider, name: str) -> None:
    city.name = name
    client = Client()
    answer = come_in(city, client)
    assert (answer.status_code, is_in(client), SocialAccount.objects.exists()) == (403, False, False)
    assert "本站没有与此身份对应的账户" in answer.content.decode()


def test_nor_whose_account_is_closed_or_who_is_called_another_now(city: Provider, town: Town) -> None:
    assert come_in(city, Client()).status_code == 302
    city.name = "wei"
    client = Client()
    assert (come_in(city, client).status_code, is_in(client)) == (403, False)
    type(town.people["dan"]).objects.filter(username="dan").update(is_active=False)
    city.name = "dan"
    assert (come_in(city, client).status_code, is_in(client)) == (403, False)


@pytest.mark.parametrize(
    "wrong", ["signature", "unsigned", "key", "audience", "issuer", "late", "no token", "two people"]
)
def test_what_is_not_signed_for_us_lets_nobody_in(city: Provider, wrong: str) -> None:
    city.wrong = wrong
    client = Client()
    answer = come_in(city, client)
    assert (answer.status_code, is_in(client), SocialAccount.objects.exists()) == (503, False, False)
    assert "统一身份认证未成" in answer.content.decode()


def test_a_state_a_code_and_a_verifier_are_of_one_way(city: Provider) -> None:
    one, other = Client(), Client()
    first = city.authorize(one.post(LOGIN).headers["Location"])
    second = city.authorize(other.post(LOGIN).headers["Location"])
    wrong = {
        "another's state": first | {"state": second["state"]},
        "no state": {"code": first["code"]},
        "another's code": first | {"code": second["code"]},
        "a refusal": {"error": "access_denied", "state": first["state"]},
    }
    for name, query in wrong.items():
        assert (name, one.get(back(query)).status_code, is_in(one)) == (name, 503, False)


def test_a_second_factor_is_asked_for_all_the_same(city: Provider, town: Town) -> None:
    Post.objects.create(person=town.people["dan"], role="administrator", place=town.city, start=START)
    client = Client()
    come_in(city, client)
    assert client.get("/").headers["Location"] == "/accounts/second-factor/totp/activate/"
    Authenticator.objects.create(user=town.people["dan"], type="totp", data={"secret": "x"})
    again = Client()
    assert come_in(city, again).headers["Location"] == "/accounts/second-factor/authenticate/"
    assert not is_in(again)


@pytest.mark.parametrize("when", ["before", "between", "html"])
def test_a_service_that_is_away_is_told_on_a_page(city: Provider, when: str) -> None:
    client = Client()
    where = LOGIN
    if when == "between":
        where = back(city.authorize(client.post(LOGIN).headers["Location"]))
    if when == "html":
        city.wrong = "html"
    else:
        city.stop()
    answer = client.get(where) if when == "between" else client.post(where)
    assert (answer.status_code, is_in(client)) == (503, False)
    assert "暂不可用" in answer.content.decode()


DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.parametrize("answer", [[], "x", {}, {"issuer": 5}])
def test_a_service_that_does_not_say_where_it_is_asked(city: Provider, answer: object) -> None:
    city.bare[DISCOVERY] = json.dumps(answer)
    said = Client().post(LOGIN)
    assert (said.status_code, "暂不可用" in said.content.decode()) == (503, True)


LONG = "9" * 192


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/token", []),
        ("/token", 5),
        ("/token", {"access_token": ["t"], "id_token": "x"}),
        ("/token", {"access_token": "t", "id_token": {}}),
        ("/token", {"access_token": "t", "id_token": "x.y.z"}),
        ("/keys", []),
        ("/keys", {"keys": 5}),
        ("/keys", {"keys": [{}]}),
        ("/keys", {"keys": [{"kid": KID, "kty": "RSA", "n": "=", "e": 1}]}),
        ("/keys", {"keys": [{"kid": KID, "kty": "RSA", "alg": []}]}),
        ("/me", []),
        ("/me", {"sub": 1001, "preferred_username": "dan"}),
        ("/me", {"sub": LONG, "preferred_username": "dan"}),
        ("/me", {"preferred_username": "dan"}),
    ],
)
def test_answers_of_another_form_let_nobody_in(city: Provider, path: str, answer: object) -> None:
    city.bare[path] = json.dumps(answer)
    client = Client()
    said = come_in(city, client)
    assert (said.status_code, is_in(client), SocialAccount.objects.exists()) == (503, False, False)


@pytest.mark.parametrize("name", [7, ["dan"], {"dan": 1}, "da\x00n", None])
def test_a_name_that_is_no_text_is_nobodys(city: Provider, name: object) -> None:
    city.bare["/me"] = json.dumps({"sub": "1001", "preferred_username": name})
    client = Client()
    assert (come_in(city, client).status_code, is_in(client)) == (403, False)


def test_nothing_is_kept_of_the_answer_but_who_it_is(city: Provider) -> None:
    more = {"sub": "1001", "preferred_username": "dan", "email": {"x": 1}, "given_name": 5, "phone_number": "1380000"}
    city.bare["/me"] = json.dumps(more)
    assert come_in(city, Client()).status_code == 302
    assert SocialAccount.objects.get().extra_data["userinfo"] == {"sub": "1001", "preferred_username": "dan"}


@pytest.mark.parametrize("fault", [TypeError, KeyError, ValueError])
def test_a_fault_of_the_sites_own_is_not_the_services(
    city: Provider, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    client = Client()

    def broken(*_: object) -> None:
        raise fault("own")

    monkeypatch.setattr(OutsideAdapter, "pre_social_login", broken)
    with pytest.raises(fault, match="own"):
        come_in(city, client)
    assert not is_in(client)


def test_a_service_that_is_not_named_is_not_there(city: Provider) -> None:  # noqa: ARG001
    assert Client().post("/accounts/oidc/other/login/").status_code == 404
