"""Chinese first; a button changes the language, for the page and for the person."""

import pytest
from django.test import Client

from ..town import Town
from .conftest import Enter


def test_chinese_is_first(db: None) -> None:  # noqa: ARG001
    page = Client(headers={"Accept-Language": "en"}).get("/accounts/login/").content.decode()
    assert '<html lang="zh-CN">' in page
    assert "登录名" in page


def test_a_change_is_kept(town: Town, enter: Enter) -> None:
    client = enter("dan")
    answer = client.post("/language/", {"language": "en", "next": "/mine/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/mine/")
    assert "My matters" in client.get("/mine/").content.decode()
    town.people["dan"].refresh_from_db()
    assert town.people["dan"].language == "en"


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil"])
def test_nobody_is_led_away(enter: Enter, where: str) -> None:
    answer = enter("dan").post("/language/", {"language": "en", "next": where})
    assert answer.headers["Location"] == "/"
