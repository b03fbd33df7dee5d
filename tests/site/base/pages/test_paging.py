"""Pages: how many lines there are is said only as far as they were counted, and none is out of reach."""

import pytest

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.pages import paging
from yiheng.site.base.pages.paging import Page, Rows, page_asked, page_of

from ..town import Town
from .conftest import Enter


@pytest.fixture
def ten(db: None, monkeypatch: pytest.MonkeyPatch) -> Rows[Person]:  # noqa: ARG001
    """Ten rows, of which seven are counted."""
    monkeypatch.setattr(paging, "MOST", 7)
    Person.objects.bulk_create(Person(username=f"p{number}", name="演示") for number in range(10))
    return Rows(Person.objects.order_by("-username"))


def names(page: Page[Person]) -> str:
    return "".join(person.username[1:] for person in page.rows)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ("9876", 1, True)),
        ("1", ("9876", 1, True)),
        ("2", ("5432", 2, True)),
        ("3", ("10", 3, False)),
        ("4", ("5432", 2, True)),
        ("0", ("9876", 1, True)),
        ("-1", ("9876", 1, True)),
        ("x", ("9876", 1, True)),
        ("9" * 40, ("5432", 2, True)),
    ],
)
def test_the_page_that_is_asked_for(ten: Rows[Person], asked: str, found: tuple[str, int, bool]) -> None:
    page = page_asked(ten, asked, 4)
    assert (names(page), page.number, page.follows) == found
    assert (page.count, page.more, page.last) == (7, True, None)


def test_few_are_counted_whole(ten: Rows[Person]) -> None:  # noqa: ARG001
    few = Rows(Person.objects.filter(username__in=("p1", "p2", "p3", "p4", "p5")).order_by("username"))
    page = page_asked(few, "9", 2)
    assert (names(page), page.number, page.follows, page.count, page.more, page.last) == ("5", 3, False, 5, False, 3)
    beyond = page_of(few, 9, 2)
    assert (beyond.rows, beyond.number, beyond.count) == ([], 9, 5)


def test_none(ten: Rows[Person]) -> None:  # noqa: ARG001
    page = page_asked(Rows(Person.objects.filter(username="no")), "3", 2)
    assert (page.rows, page.follows, page.count, page.more, page.last) == ([], False, 0, False, 1)


def test_what_was_not_counted_is_said(town: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST", 1)
    monkeypatch.setattr("yiheng.site.base.pages.inboxes.MOST", 1)
    for _ in range(2):
        town.sent()
    for address in ("/", "/flows/errand/"):
        assert "条以上" in enter("wei").get(address).content.decode()
        assert "At least 1" in " ".join(enter("wei", "en").get(address).content.decode().split())
    api = enter("wei").get("/api/inbox?size=1").json()
    assert (api["count"], api["more"], len(api["items"])) == (1, True, 1)
    assert len(enter("wei").get("/api/inbox?size=1&page=2").json()["items"]) == 1
