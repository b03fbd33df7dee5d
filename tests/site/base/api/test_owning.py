"""Tokens: one's own, shown once, for a year at most, over when nobody uses them; a second factor for officers."""

import re
from datetime import datetime, timedelta

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.test import Client, RequestFactory
from django.utils import timezone

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.api.models import Token
from yiheng.site.base.api.tokens import NoToken, issue, make_token, person_of, revoke
from yiheng.site.base.audit.models import Entry, Look

from ..town import Town, make_person

DAY = timedelta(days=1)
SHOWN = re.compile(r'class="code">(yh_[\w-]{43})<')


def enter(town: Town, name: str, *methods: str, language: str = "zh-hans") -> Client:
    """Somebody signed in, who has proved who it is by these methods."""
    client = Client()
    client.force_login(town.people[name], backend="allauth.account.auth_backends.AuthenticationBackend")
    client.cookies["django_language"] = language
    request = RequestFactory().get("/")
    request.session = client.session
    for method in methods:
        record_authentication(request, town.people[name], method)
    request.session.save()
    return client


def by(text: str) -> int:
    return Client(headers={"Authorization": f"Bearer {text}"}).get("/api/flows").status_code


@pytest.fixture
def run(town: Town) -> Town:
    """The town with the administrators of its two hospitals."""
    town.people |= {name: make_person(name, ("administrator", town.east if name == "ade" else town.west))
                    for name in ("ade", "adw")}  # fmt: skip
    for name in ("ade", "adw"):
        Authenticator.objects.create(user=town.people[name], type="totp", data={"secret": "x"})
    return town


def asked(days: int = 30, name: str = "报表程序") -> dict[str, str]:
    return {"name": name, "until": (timezone.localdate() + days * DAY).isoformat()}


def test_a_token_is_shown_once_and_works_until_it_is_ended(run: Town) -> None:
    client = enter(run, "dan")
    assert "还没有令牌" in client.get("/tokens/").content.decode()
    page = client.post("/tokens/", asked()).content.decode()
    text = SHOWN.findall(page)[0]
    assert (by(text), by(text[:-1])) == (200, 401)
    token = Token.objects.get()
    assert (token.person, token.name, timezone.localtime(token.expires_at).date()) == (
        run.people["dan"], "报表程序", timezone.localdate() + 30 * DAY,
    )  # fmt: skip
    again = client.get("/tokens/").content.decode()
    assert (text in again, token.digest in again, "报表程序" in again) == (False, False, True)
    assert f"{timezone.localtime(token.used_at):%Y-%m-%d %H:%M}" in again
    assert client.post(f"/tokens/{token.pk}/end/").status_code == 302
    assert by(text) == 401
    assert "已停用" in client.get("/tokens/").content.decode()
    assert client.post(f"/tokens/{token.pk}/end/").status_code == 302
    assert [entry.action for entry in Entry.objects.filter(kind="token")] == ["token.make", "token.end"]
    assert "Made at" in enter(run, "dan", language="en").get("/tokens/").content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": " "}, "必填"),
        ({"name": ""}, "必填"),
        ({"until": ""}, "必填"),
        ({"until": "明天"}, "日期"),
        (asked(-1), "有效期须在今天起365日以内"),
        (asked(366), "有效期须在今天起365日以内"),
        ({"name": "11010519491231002X"}, "身份证号"),
    ],
)
def test_what_is_refused_makes_none(run: Town, given: dict[str, str], said: str) -> None:
    answer = enter(run, "dan").post("/tokens/", asked() | given)
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert not Token.objects.exists()
    assert not Entry.objects.filter(kind="token").exists()


def test_so_many_and_no_more(run: Town) -> None:
    now, dan = timezone.now(), run.actor("dan")
    for number in range(20):
        issue(dan, f"程序{number}", timezone.localdate(), now)
    with pytest.raises(NoToken, match="token_many"):
        issue(dan, "又一个", timezone.localdate(), now)
    assert Token.objects.count() == 20
    assert Look.objects.get().outcome == "token_many"


def test_a_token_that_nobody_uses_is_over(run: Town) -> None:
    now = timezone.now()
    text = make_token(run.people["dan"], "闲", now, now + 365 * DAY)
    assert person_of(text, now + 89 * DAY) == run.people["dan"]
    assert person_of(text, now + 178 * DAY) == run.people["dan"]
    assert person_of(text, now + 268 * DAY) is None
    Token.objects.update(used_at=now - 91 * DAY)
    assert "闲置失效" in enter(run, "dan").get("/tokens/").content.decode()
    assert by(text) == 401


def test_a_use_is_noted_once_a_minute(run: Town) -> None:
    now = timezone.now()
    text = make_token(run.people["dan"], "忙", now, now + DAY)
    noted: list[datetime | None] = []
    for seconds in (0, 30, 60):
        person_of(text, now + timedelta(seconds=seconds))
        noted.append(Token.objects.get().used_at)
    assert noted == [now, now, now + timedelta(seconds=60)]


def test_who_may_not_use_the_pages_may_not_use_a_token(run: Town) -> None:
    now = timezone.now()
    text, admin = (make_token(run.people[name], "x", now, now + DAY) for name in ("dan", "ade"))
    assert (by(text), by(admin)) == (200, 200)
    Person.objects.update(must_change=True)
    assert by(text) == 401
    Person.objects.update(must_change=False)
    Authenticator.objects.all().delete()
    assert (by(text), by(admin)) == (200, 401)


def test_an_administrator_proves_it_with_the_second_factor_first(run: Town) -> None:
    for client in (enter(run, "ade"), enter(run, "ade", "password")):
        for answer in (client.get("/tokens/"), client.post("/tokens/", asked())):
            assert answer.status_code == 302
            assert answer.headers["Location"] == "/accounts/second-factor/reauthenticate/?next=%2Ftokens%2F"
    assert not Token.objects.exists()
    assert SHOWN.search(enter(run, "ade", "password", "mfa").post("/tokens/", asked()).content.decode())


def test_an_administrator_ends_those_of_the_place_and_makes_none_for_others(run: Town) -> None:
    now = timezone.now()
    text = make_token(run.people["dan"], "东院的", now, now + DAY)
    token = Token.objects.get()
    assert "东院的" in enter(run, "ade", "mfa").get("/tokens/").content.decode()
    assert "东院的" not in enter(run, "adw", "mfa").get("/tokens/").content.decode()
    for name in ("adw", "wei", "com"):
        assert enter(run, name, "mfa").post(f"/tokens/{token.pk}/end/").status_code == 404
    with pytest.raises(NoToken, match="token_unknown"):
        revoke(run.actor("adw"), token, now)
    assert by(text) == 200
    assert enter(run, "ade", "mfa").post(f"/tokens/{token.pk}/end/").status_code == 302
    assert by(text) == 401
    assert Entry.objects.get(kind="token").detail == {"whose": run.people["dan"].pk}
    with pytest.raises(NoToken, match="token_ended"):
        revoke(run.actor("ade"), token, now)


def test_tokens_of_a_place_are_paged_beside_the_own(run: Town) -> None:
    now = timezone.now()
    for number in range(27):
        make_token(run.people["dan"], f"丹{number}", now, now + DAY)
        make_token(run.people["ade"], f"管{number}", now, now + DAY)
    client = enter(run, "ade", "mfa")
    first = client.get("/tokens/")
    assert (len(first.context["rows"]), len(first.context["others"])) == (25, 25)
    page = first.content.decode()
    assert [text in page for text in ("?others=1&amp;sort=&amp;page=2", "?page=1&amp;sort=&amp;others=2")] == [True] * 2
    second = client.get("/tokens/?page=1&others=2")
    assert [each.token.name for each in second.context["others"]] == ["丹1", "丹0"]
    assert [each.token.name for each in second.context["rows"]][:2] == ["管26", "管25"]
    assert "共 27 条" in second.content.decode()
