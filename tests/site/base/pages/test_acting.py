"""A form is sent once, told what is wrong in it line by line, and never does what `act` would not."""

from uuid import uuid4

import pytest
from django.test import Client

from yiheng.site.base.flow.models import Act, Item

from ..town import Town
from .conftest import Enter

GOOD = {"sender": "E", "receiver": "W", "subject": "血样", "amount": "90.00", "note": ""}


def counts() -> tuple[int, int]:
    return Item.objects.count(), Act.objects.count()


def test_an_item_is_made_and_moved(town: Town, enter: Enter) -> None:  # noqa: ARG001
    client = enter("dan")
    made = client.post("/flows/errand/new/begin/", GOOD | {"request": str(uuid4())})
    item = Item.objects.get()
    assert made.status_code == 302
    assert made.headers["Location"] == f"/items/{item.pk}/?done={Act.objects.get().pk}"
    moved = client.post(
        f"/items/{item.pk}/do/send/", {"seen": "1", "request": str(uuid4())}, headers={"HX-Request": "true"}
    )
    assert (moved.status_code, moved.headers["HX-Redirect"]) == (204, f"/items/{item.pk}/?done={Act.objects.last().pk}")
    item.refresh_from_db()
    assert (item.state, item.version) == ("sent", 2)


def test_the_same_form_sent_again_has_no_second_effect(town: Town, enter: Enter) -> None:  # noqa: ARG001
    client, form = enter("dan"), GOOD | {"request": str(uuid4())}
    first, second = (client.post("/flows/errand/new/begin/", form) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert counts() == (1, 1)


@pytest.mark.parametrize(("language", "line"), [("zh-hans", "输入一个数字。"), ("en", "Enter a number.")])
def test_each_field_is_told_its_line_and_nothing_changes(enter: Enter, language: str, line: str) -> None:
    answer = enter("dan", language).post("/flows/errand/new/begin/", GOOD | {"amount": "九十"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'<div class="invalid-feedback" id="id_amount_error">{line}</div>' in page
    assert 'value="九十"' in page, "what was typed stays"
    assert counts() == (0, 0)


@pytest.mark.parametrize("extra", [{"state": "closed"}, {"author": "1"}, {"version": "9"}, {"owner": "wei"}])
def test_fields_that_the_form_does_not_have_are_refused(enter: Enter, extra: dict[str, str]) -> None:
    assert enter("dan").post("/flows/errand/new/begin/", GOOD | extra).status_code == 422
    assert counts() == (0, 0)


def test_a_reason_that_is_missing_is_told_at_its_field(town: Town, enter: Enter) -> None:
    item = town.sent()
    before = counts()
    answer = enter("wei").post(f"/items/{item.pk}/do/refuse/", {"seen": "2", "reason": " "})
    assert answer.status_code == 422
    assert "请填写理由" in answer.content.decode()
    assert counts() == before


def test_who_comes_second_is_told_who_was_first(town: Town, enter: Enter) -> None:
    item = town.sent()
    town.act("wen", "take", item, owner="wen")
    before = counts()
    answer = enter("wei").post(f"/items/{item.pk}/do/take/", {"seen": "2", "owner": "wei"})
    assert answer.status_code == 409
    assert "事项已由文办理，现为“已接收”" in answer.content.decode()
    assert "重新查看此事项" in answer.content.decode()
    assert counts() == before


def test_who_may_not_is_refused(town: Town, enter: Enter) -> None:
    item = town.sent()
    before = counts()
    assert enter("dan").post(f"/items/{item.pk}/do/take/", {"seen": "2", "owner": "dan"}).status_code == 403
    assert counts() == before


def test_a_form_that_could_not_be_sent_is_not_shown(town: Town, enter: Enter) -> None:
    item = town.sent()
    assert enter("dan").get(f"/items/{item.pk}/do/take/").status_code == 404
    assert enter("wei").get("/flows/errand/new/begin/").status_code == 404
    assert enter("dan").get("/flows/errand/new/take/").status_code == 404


def test_a_form_says_nothing_that_its_reader_does_not_see(town: Town, enter: Enter) -> None:
    item = town.sent(note="机要")
    assert "机要" not in enter("wei").get(f"/items/{item.pk}/do/take/").content.decode()


def test_another_sites_form_is_refused(town: Town) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(town.people["dan"], backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.post("/flows/errand/new/begin/", GOOD)
    assert answer.status_code == 403
    assert "页面已过期" in answer.content.decode()
    assert counts() == (0, 0)
