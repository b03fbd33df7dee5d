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


def test_the_page_is_as_the_flows_are() -> None:
    kept = (ROOT / PAGE).read_text(encoding="utf-8")
    assert kept == make_docs.NOTICE + make_docs.PAGES[PAGE]().strip() + "\n", "run make docs"
