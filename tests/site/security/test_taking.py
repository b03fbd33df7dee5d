"""A7, A11, A12 (导出与统计攻击): formulas in files, small counts and their differences, many rows without a word."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from yiheng.site.base.api.tokens import make_token
from yiheng.site.base.audit.models import Look
from yiheng.site.base.flow.registry import flow_of
from yiheng.site.base.pages import counts
from yiheng.site.base.pages.export import harmless

from ..base.town import Town, make_town
from .world import entered

pytestmark = pytest.mark.slow

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1|x",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "＋1",
    "－x",
    "＠x",
    "=cmd|'/C calc'!A0",
    '=HYPERLINK("http://evil.example","x")',
    "-1-cmd",
    "+86 10",
    "--1",
    "=\x00x",
]


@pytest.fixture
def town(db: None) -> Town:  # noqa: ARG001 (the tables)
    return make_town()


# A7


def test_no_cell_of_an_export_is_a_formula(town: Town) -> None:
    wei = town.people["wei"]
    type(wei).objects.filter(pk=wei.pk).update(name="=1+2")
    type(town.east).objects.filter(pk=town.east.pk).update(name="@east")
    for formula in FORMULAS:
        if formula.strip() == formula and "\x00" not in formula:
            town.sent(subject=formula)
    client = entered(wei)
    rows = list(csv.reader(io.StringIO(client.get("/flows/errand/export.csv").content.decode("utf-8-sig"), newline="")))
    assert len(rows) > 10
    book = load_workbook(io.BytesIO(client.get("/flows/errand/export.xlsx").content))
    cells = [(cell.data_type, str(cell.value or "")) for sheet in book for row in sheet for cell in row]
    assert [cell for cell in cells if cell[0] == "f" or (cell[0] != "s" and cell[1])] == []
    for text in [cell for row in rows for cell in row] + [text for _, text in cells]:
        assert not text.startswith(("=", "+", "@", "\t", "\r", "＝", "＋", "＠")), text
        assert not text.startswith("-") or text[1:].replace(",", "").replace(".", "").isdigit()


@given(st.one_of(st.sampled_from(FORMULAS), st.text()))
def test_whatever_is_written_begins_no_formula(text: str) -> None:
    made = harmless(text)
    assert not made.startswith(("=", "+", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert not made.startswith("-") or made[1:].replace(",", "").replace(".", "", 1).isdigit()


# A11


def counted(town: Town, monkeypatch: pytest.MonkeyPatch, query: str = "") -> list[list[list[str]]]:
    its = replace(flow_of("errand"), counted_by="receiver", least_count=lambda now: 5)
    monkeypatch.setattr(counts, "flow_for", lambda request, code: its)
    page = entered(town.people["com"]).get(f"/flows/errand/statistics/{query}")
    return [table.lines for table in page.context["tables"]]


def test_small_counts_and_what_would_give_them_away_are_hidden(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """11 are sent, 2 are drafts: neither the 2 is shown, nor both 11 and their sum 13."""
    for _ in range(11):
        town.sent()
    for _ in range(2):
        town.begin()
    states, places, _ = counted(town, monkeypatch)
    assert states == [["合计", "13"]], "neither part, as either would tell the other"
    assert not {"2", "1"} & {line[-1] for line in places}


def test_no_two_questions_differ(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counts take no filter: nothing can be subtracted from them. Who counts lists nothing."""
    for _ in range(6):
        town.sent()
    town.begin()
    first = counted(town, monkeypatch)
    for query in ("?state=draft", "?q=x", "?receiver=W", "?month=2026-03", "?least=1", "?sort=amount", "?by=author"):
        assert counted(town, monkeypatch, query) == first
    client = entered(town.people["com"])
    assert client.get("/api/flows/errand/items").json()["count"] == 0
    assert client.get("/api/flows/errand/items?q=%E8%A1%80").json()["count"] == 0


# A12


def test_many_rows_at_once_need_a_reason(town: Town, settings: object) -> None:
    settings.YIHENG_ROWS_WITHOUT_REASON = 1  # type: ignore[attr-defined]
    for _ in range(2):
        town.sent()
    client = entered(town.people["wei"])
    for kind in ("csv", "xlsx"):
        for reason in ("", "?reason=", "?reason=%20%20", "?reason=%00"):
            answer = client.get(f"/flows/errand/export.{kind}{reason}")
            assert (answer.status_code, "X-Rows" in answer.headers) == (422, False)
            assert "请填写导出理由" in answer.content.decode()
    assert Look.objects.filter(action="look.export", outcome="reason_asked").count() == 8
    given_ = client.get("/flows/errand/export.csv?reason=%E5%AF%B9%E8%B4%A6")
    assert (given_.status_code, given_.headers["X-Rows"]) == (200, "2")
    assert Look.objects.get(action="look.export", outcome="seen").detail["reason"] == "对账"


def test_nobody_takes_more_than_the_quota_by_files_or_pages(town: Town, settings: object) -> None:
    settings.YIHENG_ROWS_A_DAY = 5  # type: ignore[attr-defined]
    for _ in range(2):
        town.sent()
    wei, now = town.people["wei"], timezone.now()
    program = Client(headers={"Authorization": f"Bearer {make_token(wei, 'x', now, now + timedelta(days=1))}"})
    assert entered(wei).get("/flows/errand/export.csv").status_code == 200
    assert program.get("/api/flows/errand/items").status_code == 200
    page = entered(wei).get("/flows/errand/export.xlsx")
    assert (page.status_code, "24小时内取数不得超过5行" in page.content.decode()) == (422, True)
    answer = program.get("/api/flows/errand/items")
    assert (answer.status_code, answer.json()["code"]) == (422, "quota")
    assert Look.objects.filter(outcome="quota").count() == 2
    assert entered(town.people["wen"]).get("/flows/errand/export.csv").status_code == 200


def test_lists_are_kept_too(town: Town) -> None:
    town.sent()
    entered(town.people["wei"]).get("/flows/errand/")
    row = Look.objects.get(action="look.list")
    assert (row.person, row.detail["rows"], "subject" in row.detail["fields"]) == (town.people["wei"], 1, True)
