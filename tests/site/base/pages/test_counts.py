"""Statistics hide small counts, and are there only for flows that say how they are counted."""

from dataclasses import replace

import pytest

from yiheng.site.base.flow.registry import flow_of
from yiheng.site.base.notices.models import Notice
from yiheng.site.base.notices.outbox import tell
from yiheng.site.base.pages import counts

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
        assert sorted(table.lines) == sorted(shown) if shown else all(line[1] == counts.STAR for line in table.lines)


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
