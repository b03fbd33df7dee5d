"""The inbox: what waits, the earliest due first; one's own matters."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from yiheng.site.base.flow.todos import put_off
from yiheng.site.base.pages.listing import read_whole
from yiheng.site.region.telemedicine.models import Consultation

from ..town import NOW, Town
from .conftest import Enter


def test_the_earliest_due_is_first_and_what_is_late_is_marked(town: Town, enter: Enter) -> None:
    now = timezone.now()
    for subject, days in (("无期", None), ("后", 3), ("先", -1)):
        item = town.sent(subject=subject)
        put_off(item, None if days is None else now + timedelta(days=days))
    answer = enter("wei").get("/")
    rows = answer.context["rows"]
    assert [row.told.split()[-1] for row in rows] == ["先", "后", "无期"]
    assert [row.late for row in rows] == [True, False, False]
    assert answer.content.decode().count("已逾期") == 1


def test_a_filter_by_flow_and_a_number(town: Town, enter: Enter) -> None:
    town.sent()
    client = enter("wei")
    assert len(client.get("/?flow=errand").context["rows"]) == 1
    assert len(client.get("/?flow=nothing").context["rows"]) == 1, "what is no flow is no filter"
    assert client.get("/?q=无此编号").context["rows"] == []
    assert "没有符合条件的待办" in client.get("/?q=无此编号").content.decode()


def test_nothing_to_do_is_said(town: Town, enter: Enter) -> None:
    town.sent()
    assert "没有待办" in enter("out").get("/").content.decode()
    assert "Nothing to do" in enter("out", "en").get("/").content.decode()


def test_own_matters(town: Town, enter: Enter) -> None:
    made, taken = town.sent(subject="未接"), town.sent(subject="已接")
    town.act("wei", "take", taken, owner="wen")
    rows = {
        name: [row.pk for row in enter(name).get("/mine/").context["rows"]] for name in ("dan", "wei", "wen", "out")
    }
    assert rows == {"dan": [taken.pk, made.pk], "wei": [taken.pk], "wen": [], "out": []}


def test_a_part_is_sent_where_a_part_is_asked(town: Town, enter: Enter) -> None:
    town.sent()
    part = enter("wei").get("/", headers={"HX-Request": "true", "HX-Target": "list"}).content.decode()
    assert "<html" not in part
    assert "<table" in part


def test_items_of_several_services_are_read_together(
    town: Town, django_assert_num_queries: Callable[[int], Any]
) -> None:
    """One question for all items, one for the places and one for the people of all."""
    sent, taken = town.sent(), town.sent(subject="已接")
    town.act("wei", "take", taken, owner="wen")
    asked = Consultation.objects.create(
        flow="consultation", definition=1, state="asked", author=town.people["dan"], made_at=NOW, changed_at=NOW,
        inviter=town.west, invitee=town.east,
    )  # fmt: skip
    items = [("errand", sent.pk), ("consultation", asked.pk), ("errand", taken.pk)]
    with django_assert_num_queries(3):
        whole = read_whole([*items, ("errand", 0)])
    with django_assert_num_queries(0):
        assert {pk: (type(item).__name__, str(item.flow)) for pk, item in whole.items()} == {
            sent.pk: ("Errand", "errand"), asked.pk: ("Consultation", "consultation"), taken.pk: ("Errand", "errand"),
        }  # fmt: skip
        assert (whole[asked.pk].inviter, whole[asked.pk].invitee, whole[asked.pk].expert) == (
            town.west,
            town.east,
            None,
        )
        assert (whole[sent.pk].owner, whole[taken.pk].owner) == (None, town.people["wen"])
        assert (whole[sent.pk].sender, whole[sent.pk].receiver) == (town.east, town.west)


def test_a_page_asks_no_more_for_more_items(town: Town, enter: Enter, django_assert_num_queries: Any) -> None:
    client = enter("wei")
    for expected in (1, 4):
        while len(client.get("/").context["rows"]) < expected:
            town.sent()
        with django_assert_num_queries(14):
            client.get("/")
