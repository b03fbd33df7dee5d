"""A number and a code let in to one item, for a while, and to nothing else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from yiheng.site.base.accounts.models import FailedTry
from yiheng.site.base.flow.models import Item
from yiheng.site.base.outsiders.door import knock, make_code, outsider
from yiheng.site.base.outsiders.models import QueryCode

from ..town import NOW, Town

LATER = NOW + timedelta(days=30)


@pytest.fixture
def item(town: Town) -> Item:
    item = town.sent()
    Item.objects.filter(pk=item.pk).update(number="差E2026000001")
    item.refresh_from_db()
    return item


def test_the_right_code_opens_its_item(item: Item) -> None:
    code = make_code(item, "患者甲", LATER)
    opened = knock(" 差E2026000001 ", code.lower(), "10.0.0.1", NOW)
    assert opened.code is not None
    actor = outsider(opened.code.pk, NOW)
    assert actor is not None
    assert actor.own.items == {item.pk}
    assert actor.own.posts == ()
    assert not FailedTry.objects.exists()


def test_the_code_is_not_kept(item: Item) -> None:
    code = make_code(item, "患者甲", LATER)
    assert code not in str(QueryCode.objects.values().get())


@pytest.mark.parametrize(("number", "shift"), [("差E2026000002", 0), ("", 0), ("差E2026000001", 31)])
def test_wrong_number_and_ended_code_are_answered_alike(item: Item, number: str, shift: int) -> None:
    code = make_code(item, "患者甲", LATER)
    opened = knock(number, code, "10.0.0.1", NOW + timedelta(days=shift))
    assert (opened.code, opened.heard) == (None, True)


def test_a_code_is_for_its_own_item(town: Town, item: Item) -> None:
    other = town.sent()
    Item.objects.filter(pk=other.pk).update(number="差E2026000002")
    other.refresh_from_db()
    code = make_code(item, "患者甲", LATER)
    assert knock("差E2026000002", code, "10.0.0.1", NOW).code is None


def test_too_many_tries_are_not_heard(item: Item) -> None:
    code = make_code(item, "患者甲", LATER)
    tries = [knock(item.number, "WRONG", "10.0.0.9", NOW).heard for _ in range(6)]
    assert tries == [True] * 5 + [False]
    assert knock(item.number, code, "10.0.0.9", NOW).code is None, "nor is the right code, for a while"
    assert knock(item.number, code, "10.0.0.9", NOW + timedelta(minutes=16)).code is not None


def test_nobody_keeps_another_out(item: Item) -> None:
    code = make_code(item, "患者甲", LATER)
    for each in range(5):
        knock(item.number, "WRONG", "10.0.0.1", NOW)
        knock(f"other-{each}", "WRONG", "10.0.0.2", NOW)
    assert [knock(item.number, code, f"10.0.0.{each}", NOW).code is not None for each in (1, 2, 3)] == [
        False, True, True
    ]  # fmt: skip


def test_an_ended_code_lets_nobody_in_any_more(item: Item) -> None:
    make_code(item, "患者甲", LATER)
    assert outsider(QueryCode.objects.get().pk, LATER) is None


def test_the_page(item: Item) -> None:
    code = make_code(item, "患者甲", timezone.now() + timedelta(days=1))
    client = Client()
    wrong = client.post("/door/", {"number": item.number, "code": "WRONG"})
    assert (wrong.status_code, client.get(f"/items/{item.pk}/").status_code) == (403, 302)
    right = client.post("/door/", {"number": item.number, "code": code})
    assert right.headers["Location"] == f"/items/{item.pk}/"
    assert client.get(f"/items/{item.pk}/").status_code == 404, "this flow shows nothing to outsiders"
    assert client.get("/").status_code == 302
    assert client.get("/flows/errand/").status_code == 302
    assert client.get("/api/flows").status_code == 401


@pytest.mark.parametrize("looks", [False, True])
def test_an_idle_outsider_is_let_out(item: Item, monkeypatch: pytest.MonkeyPatch, looks: bool) -> None:
    """Also one who never came to the page."""
    now = timezone.now()
    code = make_code(item, "患者甲", now + timedelta(days=1))
    client = Client()
    client.post("/door/", {"number": item.number, "code": code})
    if looks:
        assert client.get(f"/items/{item.pk}/").status_code == 404
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(minutes=31))
    assert client.get(f"/items/{item.pk}/").status_code == 302
