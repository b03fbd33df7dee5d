"""Whom the site takes somebody for: the address that it sees, or the one that a named server before it says."""

from http.cookies import SimpleCookie
from importlib import reload
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from yiheng.base.refusal import Refusal
from yiheng.site import wsgi
from yiheng.site.base.accounts.models import FailedTry
from yiheng.site.base.ground.proxies import proxies

PROXY, SOMEBODY = "10.0.0.1", "198.51.100.7"


def came_from(address: str, said: str) -> str:
    """The network under which a wrong password is counted, of a request from `address` that says it is for `said`."""
    FailedTry.objects.all().delete()
    sent = {"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": said, "HTTP_HOST": "localhost"}
    assert answered(posted(sent, ask(sent)["csrftoken"].value)).startswith("200")
    return str(FailedTry.objects.get().address)


def posted(sent: dict[str, Any], cookie: str) -> dict[str, Any]:
    """The same request with a wrong password."""
    form = urlencode({"login": "dan", "password": "wrong", "csrfmiddlewaretoken": cookie}).encode()
    return sent | {
        "REQUEST_METHOD": "POST", "wsgi.input": BytesIO(form), "CONTENT_LENGTH": str(len(form)),
        "CONTENT_TYPE": "application/x-www-form-urlencoded", "HTTP_COOKIE": f"csrftoken={cookie}",
    }  # fmt: skip


def ask(sent: dict[str, Any]) -> SimpleCookie:
    """The cookies of an answer."""
    got: dict[str, Any] = {}
    assert answered(sent, got).startswith("200")
    return SimpleCookie("; ".join(value for name, value in got["headers"] if name == "Set-Cookie"))


def answered(sent: dict[str, Any], got: dict[str, Any] | None = None) -> str:
    """What the application itself answers, as a server asks it: its status; `got` is told the rest."""
    kept = {} if got is None else got

    def start(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        kept.update(status=status, headers=headers)

    b"".join(wsgi.application(RequestFactory()._base_environ(PATH_INFO="/accounts/login/", **sent), start))
    return str(kept["status"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("named", "address", "said", "counted"),
    [
        ("", PROXY, SOMEBODY, PROXY),
        (PROXY, PROXY, SOMEBODY, SOMEBODY),
        ("10.0.0.0/24", PROXY, SOMEBODY, SOMEBODY),
        (f"127.0.0.1, {PROXY}", PROXY, SOMEBODY, SOMEBODY),
        (PROXY, "203.0.113.9", SOMEBODY, "203.0.113.9"),
        (PROXY, PROXY, f"192.0.2.1, {SOMEBODY}", SOMEBODY),
        (f"{PROXY},10.0.0.2", PROXY, f"192.0.2.1, {SOMEBODY}, 10.0.0.2", SOMEBODY),
        (PROXY, PROXY, "", PROXY),
    ],
    ids=["nobody is named", "named", "a network", "with a space", "another says it", "somebody adds to it",
         "two in a row", "it says nothing"],
)  # fmt: skip
def test_who_is_counted(settings: Settings, named: str, address: str, said: str, counted: str) -> None:
    settings.YIHENG_PROXY = proxies(named)
    reload(wsgi)
    assert came_from(address, said) == f"{counted}/32"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("named", "headers", "status"),
    [
        (PROXY, {"HTTP_X_FORWARDED_FOR": SOMEBODY, "HTTP_X_FORWARDED_PROTO": "https"}, 200),
        (PROXY, {"HTTP_X_FORWARDED_FOR": SOMEBODY}, 403),
        ("", {"HTTP_X_FORWARDED_FOR": SOMEBODY, "HTTP_X_FORWARDED_PROTO": "https"}, 403),
    ],
    ids=["both are said", "the protocol is not", "nobody is believed"],
)
def test_a_form_sent_by_tls_is_taken_where_it_is_said(
    settings: Settings, named: str, headers: dict[str, str], status: int
) -> None:
    settings.YIHENG_PROXY = proxies(named)
    reload(wsgi)
    sent = {"REMOTE_ADDR": PROXY, "HTTP_HOST": "localhost", "HTTP_ORIGIN": "https://localhost", **headers}
    assert answered(posted(sent, ask(sent)["csrftoken"].value)).startswith(str(status))


@pytest.mark.parametrize("text", ["*", "proxy.local", "10.0.0.1/8", "127.0.0.1;10.0.0.1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as why:
        proxies(f"127.0.0.1,{text}")
    assert str(why.value) == (f"column YIHENG_PROXY, value {text}: is no address -> 127.0.0.1,10.0.0.0/24")


def test_nothing_said_is_nobody() -> None:
    assert proxies(" , ") == []
