"""Break-glass, tokens and jobs in a browser: asked for with a reason, said on every page, ended, and then gone."""

import pytest
from playwright.sync_api import expect

from .conftest import Come
from .test_referral import written

pytestmark = pytest.mark.browser


def test_an_emergency_doctor_opens_what_is_elsewhere(come: Come) -> None:
    doctor, emergency = come("zhang"), come("er")
    item = written(doctor)
    number = doctor.page.locator("h1").inner_text().split()[-1]
    emergency.open(item).sees("没有这个页面")
    emergency.open("/glass/").sees("紧急查阅", "最长4小时").finds_no_barrier()
    emergency.press("开始紧急查阅").sees("填写有误", "这个字段是必填项").finds_no_barrier()
    emergency.fill(编号或患者标识=number, 理由="急").press("开始紧急查阅").sees("不少于6字")
    emergency.fill(理由="抢救需要了解转诊病情").press("开始紧急查阅").sees("胸痛2小时", "I21.0").finds_no_barrier()
    banner = emergency.page.locator(".glass")
    for path in ("/", f"{item}print/", "/notices/"):
        emergency.open(path)
        expect(banner).to_contain_text(f"双向转诊 {number}")
    emergency.finds_no_barrier().press("结束查阅")
    expect(banner).to_have_count(0)
    emergency.open(item).sees("没有这个页面")


def test_a_token_is_shown_once_and_ended(come: Come) -> None:
    office = come("com")
    office.open("/tokens/").sees("还没有令牌").finds_no_barrier()
    office.fill(用途="报送程序").press("生成令牌").sees("令牌已生成", "yh_", "从未使用").finds_no_barrier()
    office.open("/tokens/").sees("报送程序", "有效").sees_not("yh_")
    office.page.get_by_role("button", name="停用 报送程序").click()
    office.sees("已停用").finds_no_barrier()
    office.open("/jobs/").sees("还没有后台作业").finds_no_barrier()
