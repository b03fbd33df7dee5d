"""The inbox: what waits, the earliest due first; one's own matters."""

from datetime import timedelta

from django.utils import timezone

from yiheng.site.base.flow.todos import put_off

from ..town import Town
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
