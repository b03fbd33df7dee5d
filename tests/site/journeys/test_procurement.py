"""A purchase in browsers: from the request of a ward to the payment and the asset cards, by whose turn it is."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from .conftest import Come, Served

pytestmark = pytest.mark.browser

REQUEST = {
    "医院": "演示市医院", "申请科室": "心内科一病区", "类别": "货物（固定资产）", "品目代码": "B021",
    "品名与规格": "演示监护仪", "数量": "2", "预算金额": "9000.00", "预算": "心内科一病区 耗材预算",
    "需求与理由": "更新老旧设备",
}  # fmt: skip
OFFERS = (("演示供应商1", "8800.00", "70"), ("演示供应商2", "8900.00", "90"), ("演示供应商3", "8990.00", "70"))


def asked(come: Come) -> str:
    """A request that was approved; the path of its page."""
    head = come("head")
    head.open("/flows/procurement/").sees("还没有您能看到的事项").begins("新建：申请")
    head.fill(**{name: value for name, value in REQUEST.items() if name not in ("预算", "预算金额")})
    head.page.get_by_label("预算金额").fill("9000.001")
    head.page.get_by_label("预算", exact=False).last.select_option(label=REQUEST["预算"])
    head.press("确认：申请").sees("小数不超过 2 位").finds_no_barrier()
    head.page.get_by_label("预算金额").fill("9000.00")
    head.confirms("申请").sees("待审批", "9,000.00", "B采〔", "归口管理部门")
    head.finds_no_barrier()
    item = head.where
    come("office").open("/").follow("B采〔").sees("演示监护仪", "审批时限").begins("审批")
    come("office").fill(同意="是", 说明="同意购置").confirms("审批").sees("已批准", "同意购置")
    return item


def bid_for(come: Come, served: Served, item: str) -> None:
    """Three bids, scored by the experts whose turn it is."""
    buyer = come("buyer")
    buyer.open(item).does("直接征集（限额以下）", 采购方式="询价", 公告网址或编号="采购公告2026-1").sees("征集投标")
    for supplier, price, _ in OFFERS:
        buyer.open(item).begins("递交").fill(投标人=supplier, 报价=price, 联系方式="演示联系人", 投标文件="投标书.pdf")
        buyer.confirms("递交").sees("已递交（密封）").sees_not(price, "投标书.pdf")
    buyer.open(item).does("截止投标").sees("评审中")
    served.tick()
    for number in range(3):
        expert = come(f"bidder{number}")
        expert.open("/")
        for _ in range(expert.page.locator("tbody tr").count()):
            expert.open("/").page.locator("tbody a").first.click()
            points = next(score for supplier, _, score in OFFERS if supplier in expert.page.inner_text("main"))
            expert.does("评分", 评分=points)
            expert.open("/")


def came_back(come: Come, payment: str) -> None:
    """The bank sends a payment back; the cashier, on leave, has lent the post to somebody, who pays it again."""
    accounts, cashier, aide = come("accounts"), come("cashier"), come("aide")
    bounced = {"退汇凭证号": "银2026-5", "理由": "收款账号有误", "银行退汇通知": "退汇通知.pdf"}
    accounts.open(payment).does("登记退汇", **bounced).sees("退汇待重付", "银2026-5", "退汇通知.pdf").finds_no_barrier()
    aide.open(payment).sees("没有这个页面")
    last = (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=7)).date().isoformat()
    cashier.open("/lending/").sees("没有授权委托").fill(受托人登录名="aide", 最后一天=last, 委托事由="休假")
    cashier.press("委托").sees("田运营", "有效", last).finds_no_barrier()
    aide.open("/").follow("付〔").does("支付").sees("已支付", "田运营（代钱出纳）", "退汇待重付 → 已支付")
    aide.finds_no_barrier()


def test_a_ward_asks_and_the_cashier_pays(come: Come, served: Served) -> None:
    item = asked(come)
    bid_for(come, served, item)
    buyer, taker = come("buyer"), come("taker")
    award = {"中标供应商": "演示供应商1", "成交金额": "8800.00", "公告网址或编号": "成交公告2026-1"}
    buyer.open(item).begins("确定成交").fill(**award).press("确认：确定成交")
    buyer.sees("评分最高", "不同投标人联系方式相同").finds_no_barrier()
    buyer.fill(中标供应商="演示供应商2", 成交金额="8900.00", 理由="已核实，为同一代理人")
    buyer.confirms("确定成交").sees("已成交", "8,900.00", "已核实，为同一代理人", "不同投标人联系方式相同")
    deliver = (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=20)).date().isoformat()
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    contract = {"合同编号": "B-2026-1", "合同金额": "8899.99", "签订日期": today, "交付日期": deliver}
    contract |= {"公告网址或编号": "合同公告2026-1", "合同文本": "合同.pdf"}
    buyer.does("签订合同", **contract).sees("已签合同", "合同.pdf", deliver)
    taker.open(item).does("验收不合格", 理由="包装破损", 验收单="不合格记录.pdf").sees("待整改", "包装破损", "交付时限")
    accepted = {"验收数量": "2", "验收金额": "8899.99", "存放地点": "一病区库房", "验收单": "验收单.pdf"}
    taker.open(item).does("验收", **accepted).sees("已验收")
    taker.sees("资产卡片", "资B", "4,450.00", "4,449.99")

    buyer.open(item).begins("付款申请").fill(付款金额="8900.00", 发票号码="12345678", 发票="发票.pdf")
    buyer.press("确认：付款申请").sees("验收金额尚余8899.99元")
    buyer.fill(付款金额="8899.99").confirms("付款申请").sees("待审核", "8,899.99")
    payment = buyer.where
    come("accounts").open(payment).does("审核").sees("待支付")
    come("cashier").open(payment).does("支付").sees("已支付")
    came_back(come, payment)
    served.tick()
    buyer.open(item).sees("已付清", "资产卡片").finds_no_barrier()
    buyer.open(f"{item}print/").sees("演示监护仪", "8,899.99").finds_no_barrier()

    buyer.open(payment).begins("退款申请").fill(退款金额="8900.00", 理由="退货1台", 退款依据="退货单.pdf")
    buyer.press("确认：退款申请").sees("可退8899.99元")
    buyer.fill(退款金额="4450.00").confirms("退款申请").sees("待审批", "4,450.00").finds_no_barrier()
    refund = buyer.where
    come("accounts").open(refund).does("审批").sees("待到账")
    come("cashier").open(refund).does("登记到账", 到账凭证号="银2026-7", 银行到账凭证="凭证.pdf").sees("已到账")
    buyer.open(payment).sees("退款", "已到账")
