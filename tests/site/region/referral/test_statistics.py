"""The statistics of referral, against what was done, counted by hand; a chart beside its table."""

from datetime import timedelta
from pathlib import Path

import pytest

from yiheng.site.base.flow.models import Item

from ...counted import counted
from .county import DOWN, County, make_county

OUT = {"outcome": "recovered", "feedback": "好转"}
# Minutes from sending to accepting, and hours in care, of those who came.
WAITED, STAYED = (10, 20, 30, 40), (5, 30, 100, 200)


@pytest.fixture
def region(db: None, settings: object, tmp_path: Path) -> County:  # noqa: ARG001 (the tables)
    """Fourteen referrals to two hospitals: four came, three were refused, two redirected, two never answered, one did
    not come, one waits, one is a draft."""
    settings.MEDIA_ROOT = tmp_path / "uploads"  # type: ignore[attr-defined]
    county = make_county(places=9)
    came = [_came(county, waited, stayed) for waited, stayed in zip(WAITED, STAYED, strict=True)]
    for item in came[:2]:
        county.act("doc", "close", item)
    for _ in range(3):
        county.act("desk", "reject", county.submitted(), "无此专科")
    for _ in range(2):
        item = county.submitted()
        county.act("centre", "redirect", item, "床位不足", receiver="O")
        county.now += timedelta(minutes=50)
        county.act("desk2", "accept", item)
    for _ in range(2):
        county.submitted()
    county.later(hours=4)  # both have expired
    waits = county.submitted(**DOWN)
    county.act("desk", "accept", waits)
    county.act("desk", "schedule", waits, slot=str(county.slot.pk))
    county.later(days=30)  # and this one did not come
    county.submitted()
    county.written()
    return county


def _came(county: County, waited: int, stayed: int) -> Item:
    item = county.submitted()
    county.now += timedelta(minutes=waited)
    county.act("desk", "accept", item)
    county.act("desk", "schedule", item, slot=str(county.slot.pk))
    county.act("desk", "arrive", item, arrived_at=f"{county.now:%Y-%m-%d %H:%M}")
    county.now += timedelta(hours=stayed)
    county.act("desk", "feedback", item, **OUT)
    return item


@pytest.mark.slow
def test_every_figure_is_what_was_done_and_every_bar_a_row_of_its_table(region: County) -> None:
    page = counted(region.people["centre"], "referral")  # it sees every referral that was sent
    assert page.rows("按状态") == {
        ("已办结",): "2", ("已反馈",): "2", ("已拒绝",): "3", ("已接收",): "2", ("逾期未答复",): "2",
        ("未到院",): "1", ("已提交",): "1", ("合计",): "13",
    }  # fmt: skip
    assert page.rows("按方向") == {("下转",): "1", ("上转",): "12", ("合计",): "13"}
    assert page.cells("按机构和月份（件）") == {
        ("市医院", "2026-03"): "10", ("二院", "2026-03"): "2", ("市医院", "2026-04"): "1", ("二院", "2026-04"): "0",
        ("市医院", "合计"): "11", ("二院", "合计"): "2",
        ("合计", "2026-03"): "12", ("合计", "2026-04"): "1", ("合计", "合计"): "13",
    }  # fmt: skip
    assert page.figures == {
        "接收率": ("53.8%", "7 / 13"),
        "改转率": ("15.4%", "2 / 13"),
        "逾期未答复": ("15.4%", "2 / 13"),
        "未到院": ("20.0%", "1 / 5"),
        "反馈率": ("100.0%", "4 / 4"),
        "提交至接收": ("0.5 小时", "7 件的中位数"),
        "接诊至反馈": ("30.0 小时", "4 件的中位数"),
    }
    # Accepted, refused or redirected in time: 4, 3 and 2, and the one who did not come; late: 2 expired, 1 waits.
    assert [line for line in page.tables["按时办理"] if line[0] == "答复时限"] == [("答复时限", "13", "10")]
    assert "已办结 8" in page.text
    states = {name: int(count) for (name,), count in page.rows("按状态").items() if name != "合计"}
    assert page.bars["按状态"] == states
    months = {
        month: int(count) for (place, month), count in page.cells("按机构和月份（件）").items() if place == "合计"
    }
    assert page.bars["按月份"] == {"2026-03": 12, "2026-04": 1} == {key: months[key] for key in sorted(months)[:2]}
    few = counted(region.people["com"], "referral")
    shown = [cell for lines in few.tables.values() for line in lines for cell in line[1:] if cell.isdecimal()]
    assert all(cell == "0" or int(cell) >= 10 for cell in shown), few.tables
    assert set(few.figures.values()) == {("—", "过少，不显示")}
    assert all(count >= 10 for bars in few.bars.values() for count in bars.values())
