"""The page of an item shows what its reader sees, and nothing else; each look is kept."""

import re
from uuid import uuid4

import pytest

from yiheng.site.base.audit.models import Look

from ..town import Town
from .conftest import Enter


def test_a_reader_sees_fields_buttons_and_history(town: Town, enter: Enter) -> None:
    item = town.sent(subject="送<b>检</b>", note="机要")
    page = enter("wei").get(f"/items/{item.pk}/").content.decode()
    assert "送&lt;b&gt;检&lt;/b&gt;" in page
    assert "已送出" in page
    assert f'href="/items/{item.pk}/do/take/"' in page
    assert f'href="/items/{item.pk}/do/send/"' not in page
    assert "机要" not in page, "the note is for others than the desk"


def test_a_tagged_field_is_shown_to_its_reader(town: Town, enter: Enter) -> None:
    item = town.sent(note="机要")
    assert "机要" in enter("dan").get(f"/items/{item.pk}/").content.decode()
    assert "机要" not in enter("wei").get(f"/items/{item.pk}/print/").content.decode()
    assert "机要" in enter("dan").get(f"/items/{item.pk}/print/").content.decode()


@pytest.mark.parametrize("where", ["", "print/", "do/take/", "do/nothing/"])
@pytest.mark.parametrize("who", ["out", "edd", "com"])
def test_what_is_not_seen_is_not_there(town: Town, enter: Enter, who: str, where: str) -> None:
    item = town.sent()
    client = enter(who)
    there, nowhere = client.get(f"/items/{item.pk}/{where}"), client.get(f"/items/999999/{where}")
    assert (there.status_code, nowhere.status_code) == (404, 404)
    marks = re.compile(r'value="[^"]*"|"X-CSRFToken": "[^"]*"|/items/[0-9]+/')
    assert marks.sub("", there.content.decode()) == marks.sub("", nowhere.content.decode())
    assert list(Look.objects.values_list("outcome", flat=True)) == ["missing"] * 2, "the refusals alone are kept"


def test_a_stub_has_its_fields_only(town: Town, enter: Enter) -> None:
    item = town.sent(subject="血样甲")
    town.act("wei", "redirect", item, "本院不做", receiver="E")
    page = enter("wei").get(f"/items/{item.pk}/").content.decode()
    assert "只能看到此事项的存根" in page
    assert "血样甲" not in page
    assert "本院不做" not in page
    assert "/do/" not in page


def test_looks_and_prints_are_kept(town: Town, enter: Enter) -> None:
    item = town.sent()
    client = enter("wei")
    client.get(f"/items/{item.pk}/")
    client.get(f"/items/{item.pk}/print/")
    kept = list(Look.objects.order_by("pk").values_list("action", "person_id"))
    wei = town.people["wei"].pk
    assert kept == [("look.page", wei), ("look.print", wei)]


def test_numbers_beyond_the_database_are_not_there(enter: Enter) -> None:
    assert enter("dan").get(f"/items/{10**30}/").status_code == 404


def test_english(town: Town, enter: Enter) -> None:
    item = town.sent()
    page = enter("wei", "en").get(f"/items/{item.pk}/")
    assert '<html lang="en">' in page.content.decode()
    assert "Waiting for" in page.content.decode()
    assert page.headers["Content-Language"] == "en"


def test_a_comment_is_read_by_whoever_sees_the_item(town: Town, enter: Enter) -> None:
    item = town.sent()
    sent = enter("dan").post(f"/items/{item.pk}/do/comment/", {"seen": "2", "text": "请尽快<i>"})
    assert sent.status_code == 302
    assert "请尽快&lt;i&gt;" in enter("wei").get(f"/items/{item.pk}/").content.decode()


def test_the_way_names_a_state_each_time_that_it_was_reached(town: Town, enter: Enter) -> None:
    item = town.sent()
    sent = item.acts.latest("pk")
    for number, (frm, to) in enumerate((("sent", "draft"), ("draft", "sent"), ("sent", "sent")), start=1):
        sent.pk, sent.version, sent.request = None, 10 + number, uuid4()
        sent.from_state, sent.to_state = frm, to
        sent.save(force_insert=True)
    way = enter("dan").get(f"/items/{item.pk}/").context["way"]
    assert [(each.text, each.here) for each in way] == [
        ("起草", False), ("已送出", False), ("起草", False), ("已送出", True),
    ]  # fmt: skip
