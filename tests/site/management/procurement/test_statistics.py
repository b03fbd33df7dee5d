"""The statistics of procurement, against what was done, counted by hand; a chart beside its table."""

from datetime import timedelta
from pathlib import Path

import pytest

from yiheng.site.management.procurement.models import Procurement

from ...counted import counted
from .hospital import Hospital, make_hospital


@pytest.fixture
def bought(db: None, settings: object, tmp_path: Path) -> Hospital:  # noqa: ARG001 (the tables)
    """Nine purchases: one paid, one without an award, two approved, two not, two taken back, one waits."""
    settings.MEDIA_ROOT = tmp_path / "uploads"  # type: ignore[attr-defined]
    hospital = make_hospital()
    items = [hospital.ask(code=f"N{number}") for number in range(8)]
    hospital.now += timedelta(hours=6)
    for item in items[:2]:
        hospital.act("office", "approve", item, value="agree", comment="")
    hospital.now += timedelta(hours=18)
    for item in items[2:4]:
        hospital.act("office", "approve", item, value="refuse", comment="库存充足")
    for item in items[4:6]:
        hospital.act("head", "cancel", item, reason="改用库存")
    hospital.act("office", "approve", items[6], value="agree", comment="")
    hospital.act("buyer", "inquire", items[6], method="inquiry")
    hospital.act("buyer", "fail", items[6], reason="无人投标")
    _paid(hospital, items[7])
    hospital.now += timedelta(days=31)
    hospital.ask(code="N9")
    return hospital


def _paid(hospital: Hospital, item: Procurement) -> None:
    hospital.awarded(item)
    contract = {"contract_number": "1", "contract_amount": "890.00", "deliver_on": "2026-04-01"}
    hospital.act("buyer", "contract", item, files=hospital.file("buyer", "contract"), **contract)
    hospital.now += timedelta(hours=48)
    accepted = {"accepted_quantity": "2", "accepted_amount": "890.00", "location": "库房"}
    hospital.act("taker", "accept", item, files=hospital.file("taker", "acceptance"), **accepted)
    bill = hospital.file("buyer", "invoice")
    payment = hospital.act("buyer", "apply", flow="payment", parent=item, files=bill, amount="890.00", invoice="1").item
    hospital.act("accounts", "check", payment, flow="payment")
    hospital.act("cashier", "pay", payment, flow="payment")
    hospital.later(minutes=1)


@pytest.mark.slow
def test_every_figure_is_what_was_done_and_every_bar_a_row_of_its_table(bought: Hospital) -> None:
    page = counted(bought.people["president"], "procurement")
    assert page.rows("按状态") == {
        ("已批准",): "3", ("未通过",): "2", ("已撤销",): "2", ("已付清",): "1", ("待审批",): "1", ("合计",): "9",
    }  # fmt: skip
    assert page.cells("按机构和月份（件）") == {
        ("市医院", "2026-03"): "8", ("市医院", "2026-04"): "1", ("市医院", "合计"): "9",
        ("合计", "2026-03"): "8", ("合计", "2026-04"): "1", ("合计", "合计"): "9",
    }  # fmt: skip
    assert page.figures == {
        "批准率": ("44.4%", "4 / 9"),
        "废标率": ("50.0%", "1 / 2"),
        "撤销率": ("22.2%", "2 / 9"),
        "签约率": ("100.0%", "1 / 1"),
        "验收不合格率": ("0.0%", "0 / 1"),
        "合同解除率": ("0.0%", "0 / 1"),
        "申请至批准": ("6.0 小时", "4 件的中位数"),
        "征集至成交": ("0.0 小时", "1 件的中位数"),
        "签约至验收": ("48.0 小时", "1 件的中位数"),
    }
    assert "已办结 5" in page.text
    assert page.bars["按状态"] == {name: int(n) for (name,), n in page.rows("按状态").items() if name != "合计"}
    assert page.bars["按月份"] == {"2026-03": 8, "2026-04": 1}
    few = counted(bought.people["commission"], "procurement")
    assert not [cell for lines in few.tables.values() for line in lines for cell in line if cell.isdecimal()]
    assert "按时办理" not in few.tables, "1 of 10 was late"
    assert "件数过少，为免推知个人，不显示。" in few.text
    assert (set(few.figures.values()), few.bars) == ({("—", "过少，不显示")}, {})
