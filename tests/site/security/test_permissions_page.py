"""The page of permissions is written from the flows and is up to date; each role of a flow is on it."""

from pathlib import Path

import make_docs
from permissions_page import permissions_page
from yiheng.site.base.flow.registry import flows

PAGE = make_docs.REFERENCE / "permissions.md"
ROOT = Path(__file__).resolve().parents[3]


def test_every_step_sight_and_role_is_on_the_page() -> None:
    page = permissions_page(make_docs.table)
    for flow in flows().values():
        if flow.model.__module__.startswith("yiheng.site."):
            section = page.split(f"\n## {flow.code}\n")[1].split("\n## ")[0]
            assert all(f"| `{step.name}` | {step.word.zh} |" in section for step in flow.steps)
            assert section.count("\n| ") == len(flow.steps) + len(flow.sights) + 4
    assert "errand" not in page
    roles = page.split("## By role")[1]
    assert "| `referral_desk` | 转诊办公室 · referral desk | `referral` |" in roles
    assert "| `auditor` | 审计管理员 · auditor | `procurement` |  | all |" in roles


def test_who_asks_for_limits_confirms_them_and_sees_them_is_on_the_page() -> None:
    page = permissions_page(make_docs.table)
    section = page.split("\n## Ledgers 额度台账\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    assert [line.split("|")[1].strip() for line in lines] == ["`budget`", "`referral`"]
    asks, confirms, sees = (cell.strip() for cell in lines[0].split("|")[4:7])
    assert asks == "`finance` at place"
    assert confirms == "`accountant` at place; `president` at place; `leader` at place"
    assert sees == f"{asks}; {confirms}; `purchasing` at place; `auditor` at place"
    assert lines[1].split("|")[5].strip() == "it holds at once"
    roles = page.split("## By role")[1]
    assert "| `finance` | 医院财务部门 · hospital finance office | ledger `budget` | ask for a limit | cells |" in roles
    assert "| `auditor` | 审计管理员 · auditor | ledger `budget` |  | cells |" in roles


def test_who_proposes_rows_and_confirms_them_is_on_the_page() -> None:
    page = permissions_page(make_docs.table)
    section = page.split("\n## Registers 登记簿\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line[:3] == "| `"]
    assert rows == [
        [
            "`procurement.supplier`", "供应商", "suppliers", "`purchasing` at org", "`purchase_office` at org",
            "`suppliers`",
        ],
        [
            "`referral.capability`", "诊疗科目登记", "registered subjects", "`referral_desk` at org",
            "`referral_centre` over org", "`licences`",
        ],
        [
            "`telemedicine.agreement`", "远程医疗协议", "agreements on remote services", "`tele_desk` at invitee",
            "`commission` over invitee", "",
        ],
    ]  # fmt: skip
    office = "| `purchase_office` | 归口管理部门 · office in charge | register `procurement.supplier` |"
    assert f"{office} confirm a row | rows |" in page.split("## By role")[1]


def test_the_page_is_as_the_flows_are() -> None:
    kept = (ROOT / PAGE).read_text(encoding="utf-8")
    assert kept == make_docs.NOTICE + make_docs.PAGES[PAGE]().strip() + "\n", "run make docs"
