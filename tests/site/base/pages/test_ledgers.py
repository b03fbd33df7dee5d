"""Pages of ledgers: who finds them, what they add up to, limits by two hands, sheets given back."""

import base64
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import localtime, now

from yiheng.site.base.audit.models import Look
from yiheng.site.base.ledger import moves
from yiheng.site.base.ledger.limits import open_cell
from yiheng.site.base.ledger.models import Cell, Proposal
from yiheng.site.base.ledger.moves import Ask, By

from ..ledger.made import BEDS, PURSE
from ..town import NOW, Town, make_person
from .conftest import Enter

WHERE = "/ledgers/test_purse/"
HEAD = "机构代码,额度代码,名称,开始时间,额度\n"


@pytest.fixture
def bank(town: Town) -> Town:
    for name, post in {
        "fin": ("finance", town.east), "oth": ("finance", town.west), "aud": ("auditor", town.east),
        "ops": ("operations", town.east),
    }.items():  # fmt: skip
        town.people[name] = make_person(name, post)
    Authenticator.objects.create(user=town.people["aud"], type="totp", data={"secret": "x"})
    return town


def cell(town: Town, key: str = "E|A", approved: int = 100_000_00) -> Cell:
    return open_cell(PURSE, key, f"设备费{key}", NOW, approved, town.east)


def sheet(rows: str, name: str = "limits.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, (HEAD + rows).encode())


def test_cells_with_their_sums(bank: Town, enter: Enter) -> None:
    one, _ = cell(bank), cell(bank, "E|B", 50_000_00)
    hold = moves.hold([Ask(one.pk, 30_000_00)], By(NOW))[0]
    moves.commit([hold.pk], By(NOW), 20_000_00)
    moves.use([hold.pk], By(NOW), 5_000_00)
    moves.release([hold.pk], By(NOW), 1_000_00)
    page = enter("fin").get(WHERE)
    total = page.context["total"]
    assert (total.approved, total.held, total.committed, total.used, total.released, total.free, total.percent) == (
        "150,000.00", "9,000.00", "15,000.00", "5,000.00", "1,000.00", "121,000.00", "19.3%"
    )  # fmt: skip
    assert [legs.free for _, legs in page.context["rows"]] == ["71,000.00", "50,000.00"]
    assert [its.key for its, _ in enter("fin").get(f"{WHERE}?q=费E|B").context["rows"]] == ["E|B"]
    assert "没有符合条件的额度" in enter("fin").get(f"{WHERE}?q=无").content.decode()
    look = Look.objects.filter(action="look.list", kind="ledger").earliest("pk")
    assert (look.number, look.detail["rows"]) == ("test_purse", 2)


def test_who_finds_a_ledger(bank: Town, enter: Enter) -> None:
    its = cell(bank)
    for name, status in {
        "fin": 200,
        "eva": 200,
        "aud": 200,
        "oth": 200,
        "lin": 200,
        "com": 404,
        "dan": 404,
        "out": 404,
    }.items():
        assert (name, enter(name).get(WHERE).status_code) == (name, status)
        seen = 200 if name in ("fin", "eva", "aud") else 404
        assert (name, enter(name).get(f"{WHERE}{its.pk}/").status_code) == (name, seen)
        changes = 200 if name in ("fin", "oth") else 404
        assert (name, enter(name).get(f"{WHERE}new/").status_code) == (name, changes)
        assert (name, enter(name).post(f"{WHERE}file/").status_code) == (name, 422 if name in ("fin", "oth") else 404)
    assert "还没有额度" in enter("oth").get(WHERE).content.decode()
    assert enter("fin").get("/ledgers/nothing/").status_code == 404
    menu = 'href="/ledgers/test_purse/"'
    assert [menu in enter(name).get("/").content.decode() for name in ("fin", "out")] == [True, False]


def test_a_cell_names_only_items_that_its_reader_sees(bank: Town, enter: Enter) -> None:
    its, item = cell(bank), bank.sent()
    type(item).objects.filter(pk=item.pk).update(number="差E1")
    moves.hold([Ask(its.pk, 300)], By(NOW, item=item.pk))
    seen = enter("eva").get(f"{WHERE}{its.pk}/").content.decode()
    assert f'<a href="/items/{item.pk}/">差E1</a>' in seen
    hidden = enter("fin").get(f"{WHERE}{its.pk}/").content.decode()
    assert "您无权查看的事项" in hidden
    assert "差E1" not in hidden
    assert f"/items/{item.pk}/" not in hidden
    assert "3.00" in hidden
    assert "an item that you may not see" in enter("fin", "en").get(f"{WHERE}{its.pk}/").content.decode()


def test_a_limit_is_asked_for_by_one_and_confirmed_by_another(bank: Town, enter: Enter) -> None:  # noqa: ARG001
    fin, eva = enter("fin"), enter("eva")
    new = {"place": "E", "code": "2026设备", "name": "设备购置", "approved": "1200.50", "source": "院发3号"}
    bad = fin.post(f"{WHERE}new/", new | {"approved": "1.234", "source": ""})
    assert (bad.status_code, set(bad.context["form"].errors), Proposal.objects.count()) == (
        422,
        {"approved", "source"},
        0,
    )
    assert fin.post(f"{WHERE}new/", new | {"place": "W"}).status_code == 422
    assert fin.post(f"{WHERE}new/", new).headers["Location"] == f"{WHERE}?show=waiting"
    draft = Proposal.objects.get()
    assert "1,200.50" in eva.get(f"{WHERE}?show=waiting").content.decode()
    own = fin.post(f"{WHERE}asked/{draft.pk}/confirm/")
    assert (own.status_code, "申请人不能复核自己的额度申请" in own.content.decode()) == (422, True)
    assert eva.get(f"{WHERE}asked/{draft.pk}/nothing/").status_code == 404
    assert enter("lin").post(f"{WHERE}asked/{draft.pk}/confirm/").status_code == 404
    assert eva.post(f"{WHERE}asked/{draft.pk}/confirm/").status_code == 302
    its = Cell.objects.get()
    assert (its.key, its.approved) == ("E|2026设备", 1_200_50)
    change = {"cell": its.pk, "approved": "1000", "source": "压减"}
    assert fin.post(f"{WHERE}new/", change).status_code == 302
    draft = Proposal.objects.get(state="draft")
    assert (draft.was, draft.approved) == (1_200_50, 1_000_00)
    assert eva.post(f"{WHERE}asked/{draft.pk}/reject/", {"reason": ""}).status_code == 422
    assert eva.post(f"{WHERE}asked/{draft.pk}/reject/", {"reason": "不同意"}).status_code == 302
    late = eva.post(f"{WHERE}asked/{draft.pk}/confirm/")
    assert (late.status_code, "该额度申请已办结" in late.content.decode()) == (422, True)
    its.refresh_from_db()
    assert (its.approved, eva.get(f"{WHERE}asked/{draft.pk}/confirm/").status_code) == (1_200_50, 404)


def test_what_is_counted_holds_at_once_and_is_shown_from_today_on(bank: Town, enter: Enter) -> None:
    ops, tomorrow = enter("ops"), localtime(now()) + timedelta(days=1)
    open_cell(BEDS, "E|old", "旧", NOW, 2, bank.east, starts_at=NOW)
    new = {"place": "E", "code": "外科", "name": "外科床位", "approved": "3", "source": "排班",
           "starts_at": f"{tomorrow:%Y-%m-%dT%H:%M}"}  # fmt: skip
    answer = ops.post("/ledgers/test_beds/new/", new)
    its = Cell.objects.get(key="E|外科")
    assert (answer.headers["Location"], its.approved) == (f"/ledgers/test_beds/{its.pk}/", 3)
    assert [each.key for each, _ in ops.get("/ledgers/test_beds/").context["rows"]] == ["E|外科"]
    assert [each.key for each, _ in ops.get("/ledgers/test_beds/?past=1").context["rows"]] == ["E|old", "E|外科"]


def test_bad_rows_of_a_sheet_are_given_back(bank: Town, enter: Enter) -> None:
    cell(bank)
    rows = "E,E|A,,,2000\nW,B,西,,5\nE,C,,,x\nE,D,丁,,7\nE,D,丁,,8\n"
    bad = enter("fin").post(f"{WHERE}file/", {"file": sheet(rows), "source": "预算"})
    handed = bad.context["handed"]
    assert (bad.status_code, Proposal.objects.count(), len(handed.lines)) == (422, 0, 3)
    assert handed.said.zh == "文件有3处错误，一行也未写入"
    back = base64.b64decode(handed.back.partition("base64,")[2]).decode("utf-8-sig").splitlines()
    assert back[0] == HEAD.strip() + ",问题"
    assert [line.split(",")[:2] for line in back[1:]] == [
        ["E", "E|A"],
        ["W", "B"],
        ["E", "C"],
        ["E", "D"],
        ["E", "D"],
    ]
    assert [line.split(",")[-1] != "" for line in back[1:]] == [False, True, True, False, True]
    assert "您不是此额度的管理人" in back[2]
    good = enter("fin").post(f"{WHERE}file/", {"file": sheet("E,E|A,,,2000\nE,D,丁,,7.5\n"), "source": "预算"})
    assert good.headers["Location"] == f"{WHERE}?show=waiting"
    assert list(Proposal.objects.order_by("pk").values_list("key", "was", "approved")) == [
        ("E|A", 100_000_00, 2_000_00), ("E|D", None, 7_50)
    ]  # fmt: skip
    assert enter("fin").post(f"{WHERE}file/", {"file": sheet("E,F,己,,1\n"), "source": " "}).status_code == 422
    assert Proposal.objects.count() == 2


def test_a_sheet_is_decided_on_one_page(bank: Town, enter: Enter) -> None:
    cell(bank)
    fin, eva = enter("fin"), enter("eva")
    fin.post(f"{WHERE}file/", {"file": sheet("E,E|A,,,2000\nE,D,丁,,7.5\nE,F,己,,1\n"), "source": "预算批复"})
    fin.post(f"{WHERE}new/", {"place": "E", "code": "单", "name": "单项", "approved": "3", "source": "预算批复"})
    one, two, three, alone = Proposal.objects.order_by("pk")
    where = f"{WHERE}sheets/{two.pk}/confirm/"
    first = f"{WHERE}sheets/{one.pk}/"
    seen = eva.get(f"{WHERE}?show=waiting").content.decode()
    assert [seen.count(f'href="{first}{verb}/"') for verb in ("confirm", "reject")] == [1, 1]
    assert "3 项，增减合计 -97,991.50" in seen
    own = fin.get(f"{WHERE}?show=waiting").content.decode()
    assert [own.count(f'href="{first}{verb}/"') for verb in ("confirm", "reject")] == [0, 1]
    statuses = {name: enter(name).get(where).status_code for name in ("fin", "aud", "oth", "dan", "eva")}
    assert statuses == {"fin": 404, "aud": 404, "oth": 404, "dan": 404, "eva": 200}
    page = eva.get(where)
    assert page.context["numbers"] == f"{one.pk} {two.pk} {three.pk}"
    assert (page.context["others"], page.context["change"]) == (0, "-97,991.50")
    given = {"numbers": page.context["numbers"]}
    assert eva.post(where, {"numbers": f"x {alone.pk}"}).status_code == 404
    assert fin.post(f"{WHERE}asked/{three.pk}/reject/", {"reason": "填错"}).status_code == 302
    late = eva.post(where, given)
    assert (late.status_code, late.context["numbers"]) == (422, f"{one.pk} {two.pk}")
    assert "有1项不能办理，一项也未写入：己" in late.content.decode()
    assert "该额度申请已办结" in late.content.decode()
    assert set(Proposal.objects.exclude(pk=three.pk).values_list("state", flat=True)) == {"draft"}
    assert enter("aud").post(where, given).status_code == 422
    assert eva.post(where, {"numbers": late.context["numbers"]}).headers["Location"] == f"{WHERE}?show=waiting"
    assert list(Cell.objects.order_by("key").values_list("key", "approved")) == [("E|A", 2_000_00), ("E|D", 7_50)]
    assert (Proposal.objects.get(state="draft"), eva.get(where).status_code) == (alone, 404)


def test_a_sheet_is_sent_back_on_one_page(bank: Town, enter: Enter) -> None:  # noqa: ARG001
    eva = enter("eva")
    enter("fin").post(f"{WHERE}file/", {"file": sheet("E,D,丁,,7.5\nE,F,己,,1\n"), "source": "预算批复"})
    where = f"{WHERE}sheets/{Proposal.objects.earliest('pk').pk}/"
    given = {"numbers": eva.get(f"{where}reject/").context["numbers"]}
    assert eva.get(f"{where}nothing/").status_code == 404
    bare = eva.post(f"{where}reject/", given)
    assert (bare.status_code, "请填写依据或理由" in bare.content.decode()) == (422, True)
    assert "whole sheet" in enter("eva", "en").get(f"{where}reject/").content.decode()
    assert eva.post(f"{where}reject/", given | {"reason": "依据不足"}).status_code == 302
    assert list(Proposal.objects.values_list("state", "reason")) == [("rejected", "依据不足")] * 2
    assert not Cell.objects.exists()


@pytest.mark.slow
@pytest.mark.postgres
def test_all_of_this_is_so_on_postgresql(postgres: str, tmp_path: Path) -> None:
    """This file again, in a process whose database it is: sums, searches by text and time, two hands, sheets."""
    import psycopg

    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as link:
        link.execute("CREATE DATABASE ledgers")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("YIHENG_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-m", "not postgres", __file__]
    command += [
        "--basetemp",
        str(tmp_path / "own"),
    ]  # else pytest shuts the folder in which the server lies
    env = own | {"YIHENG_DATABASE": f"{postgres}/ledgers"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "8 passed, 1 deselected" in done.stdout
