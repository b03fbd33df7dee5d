"""Statistics hide small counts, and are there only for flows that say how they are counted."""

from dataclasses import replace

import pyarrow as pa
import pytest

from yiheng.site.base.flow.registry import flow_of
from yiheng.site.base.notices.models import Notice
from yiheng.site.base.notices.outbox import tell
from yiheng.site.base.pages import counts
from yiheng.tables.hiding import TOTAL

from ..town import NOW, Town
from .conftest import Enter


def test_a_flow_that_is_not_counted_has_none(town: Town, enter: Enter) -> None:  # noqa: ARG001
    assert enter("com").get("/flows/errand/statistics/").status_code == 404


def test_small_counts_are_hidden(town: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        town.sent()
    town.begin()
    flow = flow_of("errand")
    for least, shown in ((1, [["起草", "1"], ["已送出", "3"], ["合计", "4"]]), (10, None)):
        its = replace(flow, counted_by="receiver", least_count=lambda now, least=least: least)
        monkeypatch.setattr(counts, "flow_for", lambda request, code, its=its: its)
        table = enter("com").get("/flows/errand/statistics/").context["tables"][0]
        assert sorted(table.lines) == sorted(shown or [])


def test_notices_are_told_and_read(town: Town, enter: Enter) -> None:
    town.sent()
    tell(NOW)
    mine = Notice.objects.filter(person=town.people["wei"])
    assert mine.exists()
    client = enter("wei")
    assert "未读" in client.get("/notices/").content.decode()
    enter("wen").post("/notices/read/", {"notice": [each.pk for each in mine]})
    assert mine.filter(read_at=None).exists(), "nobody reads another's notices"
    client.post("/notices/read/", {"notice": [each.pk for each in mine]})
    assert not mine.filter(read_at=None).exists()
    assert "未读" not in client.get("/notices/").content.decode()


def test_a_wall_of_hidden_counts_is_its_totals_and_a_word(
    town: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        town.sent()
    for _ in range(3):
        town.begin()
    flow = flow_of("errand")

    def shown(least: int) -> list[tuple[list[list[str]], bool]]:
        its = replace(flow, counted_by="receiver", least_count=lambda now: least)
        monkeypatch.setattr(counts, "flow_for", lambda request, code: its)
        return [(each.lines, each.few) for each in enter("com").get("/flows/errand/statistics/").context["tables"]]

    assert shown(1)[0] == ([["起草", "3"], ["已送出", "3"], ["合计", "6"]], False)
    assert shown(5)[0] == ([["合计", "6"]], True)
    assert "各项件数过少，为免推知个人，只显示合计" in enter("com").get("/flows/errand/statistics/").content.decode()
    assert shown(7)[0] == ([], True)
    assert "件数过少，为免推知个人，不显示" in enter("com").get("/flows/errand/statistics/").content.decode()


@pytest.mark.django_db
def test_places_and_months_stand_apart_where_only_they_are_shown() -> None:
    keys = [("E", "2026-01"), ("E", "2026-02"), ("W", "2026-01"), ("W", "2026-02")]
    few = [{"place": place, "month": month, "items": None, "hidden": True} for place, month in keys]
    sums = {("E", TOTAL): 6, ("W", TOTAL): 7, (TOTAL, "2026-01"): 8, (TOTAL, "2026-02"): 5, (TOTAL, TOTAL): 13}
    known = [{"place": place, "month": month, "items": its, "hidden": False} for (place, month), its in sums.items()]
    place, month = counts._places(pa.Table.from_pylist(few + known))
    assert place.lines == [["E", "6"], ["W", "7"], ["合计", "13"]]
    assert month.lines == [["2026-01", "8"], ["2026-02", "5"], ["合计", "13"]]
    known[0]["hidden"] = True
    place = counts._few(counts._places(pa.Table.from_pylist(few + known))[0])
    assert place.lines == [["E", "＊"], ["W", "7"], ["合计", "13"]]
    few[0] |= {"items": 6, "hidden": False}
    (both,) = counts._places(pa.Table.from_pylist(few + known))
    assert both.lines[0] == ["E", "6", "＊", "＊"]
