"""Errors in words, in the reader's language; the policy of content is strict on every page."""

import pytest
from django.test import Client

from ..town import Town
from .conftest import Enter

STRICT = {"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"}


@pytest.mark.parametrize("where", ["/", "/mine/", "/flows/errand/", "/flows/errand/new/begin/", "/nowhere/"])
def test_nothing_is_inline(town: Town, enter: Enter, where: str) -> None:  # noqa: ARG001
    answer = enter("dan").get(where)
    policy = answer.headers["Content-Security-Policy"]
    page = answer.content.decode()
    assert set(policy.split("; ")) >= STRICT
    assert "unsafe" not in policy
    assert " style=" not in page
    assert "<script>" not in page
    assert " onclick=" not in page
    assert "http://" not in page.replace("http://testserver", "")


def test_missing_is_said(enter: Enter) -> None:
    assert "没有这个页面，或您无权查看" in enter("dan").get("/nowhere/").content.decode()
    assert "There is no such page" in enter("dan", "en").get("/nowhere/").content.decode()


def test_a_fault_is_said_without_its_cause(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret cause")

    client = Client(raise_request_exception=False)
    client.force_login(town.people["dan"], backend="allauth.account.auth_backends.AuthenticationBackend")
    monkeypatch.setattr("yiheng.site.base.pages.inboxes.waiting", broken)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "系统出错" in answer.content.decode()
    assert "secret cause" not in answer.content.decode()
