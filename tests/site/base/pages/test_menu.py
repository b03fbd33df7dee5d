"""The menu has what its reader can reach."""

import pytest

from yiheng.site.base.pages.menu import beginnings, reachable

from ..town import Town
from .conftest import Enter


@pytest.mark.parametrize(
    ("who", "reached", "begins"),
    [("dan", True, ["begin"]), ("wei", True, []), ("com", True, []), ("lin", True, []), ("out", False, [])],
)
def test_reachable(town: Town, who: str, reached: bool, begins: list[str]) -> None:
    found = {flow.code: flow for flow in reachable(town.actor(who))}
    assert ("errand" in found) == reached
    if reached:
        assert [step.name for step in beginnings(found["errand"], town.actor(who))] == begins


def test_the_page_shows_it(town: Town, enter: Enter) -> None:  # noqa: ARG001
    assert 'href="/flows/errand/"' in enter("wei").get("/").content.decode()
    assert 'href="/flows/errand/"' not in enter("out").get("/").content.decode()


def test_how_much_waits(town: Town, enter: Enter) -> None:
    town.sent()
    town.sent()
    assert '<span class="count">2</span>' in enter("wei").get("/mine/").content.decode()
    assert 'class="count"' not in enter("out").get("/mine/").content.decode()
