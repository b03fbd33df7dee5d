"""A referral in browsers: from the doctor's sign-in to the close by the family doctor, in five people's sessions."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from .conftest import Come, Served
from .reader import Reader

pytestmark = pytest.mark.browser

WRITTEN = {
    "方向": "上转", "紧急程度": "紧急", "转出机构": "演示县医院", "接收机构": "演示市医院", "诊疗科目": "内科",
    "患者标识": "演示-001",
    "患者姓名": "演示患者", "联系电话": "演示电话",
    "主要诊断": "I21.0", "病情摘要与已行诊疗": "胸痛2小时，心电图示前壁抬高", "家庭医生": "刘家医（演示县医院）",
}  # fmt: skip


def now() -> datetime:
    return datetime.now(ZoneInfo("Asia/Shanghai"))


def written(doctor: Reader, **fields: str) -> str:
    """A referral as far as it is sent; the path of its page."""
    doctor.open("/flows/referral/").begins("新建：起草转诊单")
    doctor.fill(**WRITTEN | fields)
    doctor.page.get_by_label("超出本机构诊疗能力").check()
    doctor.confirms("起草转诊单").sees("起草", "演示县医院", "演示市医院", "内科", "紧急")
    doctor.does("登记知情同意", 知情同意人="患者本人", 知情同意书="同意书.pdf").sees("已知情同意", "同意书.pdf")
    doctor.does("提交").sees("已提交", "转S")
    return doctor.where


def test_a_patient_is_referred_up_and_comes_home(come: Come) -> None:
    doctor, desk, colleague, treating = come("zhang"), come("wang"), come("zhao"), come("ma")
    item = written(doctor)
    doctor.finds_no_barrier()
    number = doctor.page.locator("h1").inner_text().split()[-1]

    desk.open("/").sees(number, "双向转诊", "接收").finds_no_barrier()
    desk.follow(number).sees("演示县医院", "I21.0", "胸痛2小时", "超出本机构诊疗能力", "答复时限").finds_no_barrier()
    colleague.open(item).begins("接收")
    desk.does("接收").sees("已接收")
    colleague.press("确认：接收").sees("王接诊", "已接收", "重新查看此事项").finds_no_barrier()
    colleague.follow("重新查看此事项").sees("已接收")

    desk.does("预约床位或号源", 床位或号源="心内科床位（明日）").sees("已预约")
    doctor.open(item).does("登记转出").sees("转运中")
    treating.open(item).sees("没有这个页面")
    came = {"到院时间": f"{now():%Y-%m-%dT%H:%M}", "经治医生": "马主治（演示市医院）"}
    desk.open(item).begins("登记到院").fill(**came).confirms("登记到院").sees("已接诊", "马主治")
    treating.open("/").sees(number, "反馈诊疗结果").open(item).sees("胸痛2小时", "I21.0")
    treating.begins("反馈诊疗结果").press("确认：反馈诊疗结果").sees("这个字段是必填项").finds_no_barrier()
    treating.fill(结局="治愈或好转", 反馈="支架植入，恢复良好").confirms("反馈诊疗结果").sees("已反馈")

    family = come("liu")
    family.open(item).sees("治愈或好转", "支架植入").does("确认接续管理", 家庭医生已接续管理="是").sees("是")
    family.does("办结").sees("已办结", "已办结，不再等待")
    family.open(f"{item}print/").sees(number, "办理记录", "张医生", "王接诊", "马主治").finds_no_barrier()


def test_whoever_was_redirected_from_sees_a_stub(come: Come, served: Served) -> None:
    doctor, desk, second = come("zhang"), come("wang"), come("sun")
    tomorrow = (now() + timedelta(days=14)).date().isoformat()
    item = written(doctor, **{"复诊日期（下转）": tomorrow})
    desk.open(item).begins("改转其他机构")
    desk.fill(接收机构="演示二院", 理由="导管室检修").confirms("改转其他机构")
    desk.sees("您只能看到此事项的存根", "演示二院").sees_not("胸痛", "I21.0", "导管室检修").finds_no_barrier()
    second.open(item).sees("胸痛2小时", "导管室检修").does("拒绝", 理由="无床位").sees("已拒绝")
    served.tick()
    doctor.open("/notices/").sees("已拒绝").finds_no_barrier()


def test_a_patient_looks_with_a_code_and_cancels(come: Come) -> None:
    doctor, patient = come("zhang"), come("")
    item = written(doctor)
    number = doctor.page.locator("h1").inner_text().split()[-1]
    doctor.follow("查询码").fill(查询人="演示患者").press("生成查询码").sees(number, "只显示这一次").finds_no_barrier()
    code = doctor.page.locator(".code").inner_text()
    patient.open("/door/").fill(编号=number, 查询码="WRONG").press("查询").sees("编号或查询码不对")
    patient.fill(编号=number, 查询码=code).press("查询").sees(number, "已提交", "演示市医院")
    patient.sees_not("胸痛", "I21.0", "查询码")
    patient.finds_no_barrier().does("取消", 理由="病情好转，不去了").sees("已取消")
    doctor.open(item).sees("已取消", "病情好转，不去了")


def test_every_kind_of_page_can_be_used_by_everybody(come: Come) -> None:
    nobody, doctor, office = come(""), come("zhang"), come("com")
    nobody.open("/").sees("登录").finds_no_barrier()
    nobody.open("/door/").sees("查询码").finds_no_barrier()
    doctor.open("/").finds_no_barrier()
    doctor.open("/mine/").sees("我的事项").finds_no_barrier()
    doctor.open("/flows/referral/").sees("双向转诊").finds_no_barrier()
    doctor.begins("新建：起草转诊单").finds_no_barrier()
    doctor.open("/items/999999/").sees("没有这个页面").finds_no_barrier()
    office.open("/flows/referral/").follow("统计").sees("按状态", "按时办理").finds_no_barrier()
