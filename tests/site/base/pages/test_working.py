"""Jobs on pages: one's own, an administrator's those of the place; cancel, retry, log, and a file for its maker."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from yiheng.base.words import Word
from yiheng.site.base.api.tokens import make_token
from yiheng.site.base.audit.models import Entry
from yiheng.site.base.breakglass.actions import actor_at
from yiheng.site.base.flow.models import Item
from yiheng.site.base.jobs import actions, kinds, queue, results
from yiheng.site.base.jobs.kinds import Kind
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.jobs.work import Work
from yiheng.site.base.notices import confirming
from yiheng.site.base.notices.models import Notice
from yiheng.site.base.pages.jobkinds import EXPORT, export_list
from yiheng.site.base.places.standing import actor_of

from ..town import Town, lend, made_up_number, make_person
from .conftest import Enter

SLEEP = kinds.declare(Kind("test.page", Word("演练", "drill"), lambda work, args: ""))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.FOLDER = tmp_path
    return tmp_path


@pytest.fixture
def run(town: Town) -> Town:
    """The town with administrators, of the region and of the east hospital, and with security officers."""
    posts = {
        "root": ("administrator", town.city), "adm": ("administrator", town.east), "sec": ("security", town.east),
        "far": ("security", town.west), "top": ("security", town.city),
    }  # fmt: skip
    town.people |= {name: make_person(name, post, name=name) for name, post in posts.items()}
    for name in posts:
        Authenticator.objects.create(user=town.people[name], type="totp", data={"secret": "x"})
    return town


def put(town: Town, name: str, key: str = "one") -> Job:
    return queue.put(SLEEP, {}, key, town.actor(name).own, timezone.now())


def test_each_sees_the_own_and_an_administrator_those_of_the_place(run: Town, enter: Enter) -> None:
    east, west = put(run, "dan"), put(run, "wei", "two")
    site = queue.put(SLEEP, {}, "three", None, timezone.now())
    seen = {
        name: {job.pk for job in (east, west, site) if enter(name).get(f"/jobs/{job.pk}/").status_code == 200}
        for name in ("dan", "wei", "adm", "root", "com", "out")
    }
    assert seen == {
        "dan": {east.pk}, "wei": {west.pk}, "adm": {east.pk}, "root": {east.pk, west.pk, site.pk}, "com": set(),
        "out": set(),
    }  # fmt: skip
    page = enter("root").get("/jobs/").content.decode()
    assert all(f'href="/jobs/{job.pk}/"' in page for job in (east, west, site))
    assert "还没有后台作业" in enter("com").get("/jobs/").content.decode()
    assert "No jobs yet" in enter("com", "en").get("/jobs/").content.decode()


def test_progress_and_log_while_it_runs(run: Town, enter: Enter) -> None:
    job = put(run, "dan")
    claimed = queue.claim(timezone.now())
    assert claimed == job
    work = Work(job.pk, 1)
    work.step("数一数", 4)
    work._told = 0.0
    work.advance(1)
    page = enter("dan").get(f"/jobs/{job.pk}/").content.decode()
    assert [text for text in ("运行中", "数一数", 'value="25"', "1 / 4") if text not in page] == []
    assert f'hx-get="/jobs/{job.pk}/?times=1"' in page
    assert "hx-get" not in enter("dan").get(f"/jobs/{job.pk}/?times=60").content.decode().split('id="job"')[1][:40]
    part = enter("dan").get(f"/jobs/{job.pk}/?times=x", headers={"HX-Request": "true", "HX-Target": "job"})
    assert part.content.decode().startswith('<div id="job"')


def test_cancelled_and_tried_again(run: Town, enter: Enter) -> None:
    job = put(run, "dan")
    for name in ("wei", "com"):
        assert enter(name).post(f"/jobs/{job.pk}/do/cancel/").status_code == 404
    assert enter("dan").post(f"/jobs/{job.pk}/do/nothing/").status_code == 404
    assert enter("dan").get(f"/jobs/{job.pk}/do/cancel/").status_code == 405
    assert Job.objects.get().state == "queued"
    assert enter("dan").post(f"/jobs/{job.pk}/do/again/").status_code == 422
    assert enter("adm").post(f"/jobs/{job.pk}/do/cancel/").status_code == 302
    assert Job.objects.get().state == "cancelled"
    assert enter("adm").post(f"/jobs/{job.pk}/do/cancel/").status_code == 422
    assert enter("dan").post(f"/jobs/{job.pk}/do/again/").status_code == 302
    assert (Job.objects.get().state, Job.objects.get().cancel_asked) == ("queued", False)
    said = [entry.action for entry in Entry.objects.filter(kind="job")]
    assert said == ["job.test.page", "job.cancel", "job.again"]


def test_only_an_administrator_of_the_region_publishes(run: Town, enter: Enter) -> None:
    for name in ("dan", "adm", "com"):
        assert enter(name).post("/jobs/publish/").status_code == 404
        assert "发布数据表" not in enter(name).get("/jobs/").content.decode()
    assert "发布数据表" in enter("root").get("/jobs/").content.decode()
    assert enter("root").post("/jobs/publish/").status_code == 302
    assert [(job.kind, job.person) for job in Job.objects.all()] == [("tables.publish", run.people["root"])]


def long_list(town: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch, **asked: str) -> Job:
    """A list of three that is too long to wait for, asked for by dan."""
    for _ in range(3):
        town.begin()
    monkeypatch.setattr("yiheng.site.base.pages.taking.most_at_once", lambda now: 2)
    client = enter("dan")
    to = client.get("/flows/errand/export.csv?sort=subject")
    assert (to.status_code, to.headers["Location"]) == (302, "/flows/errand/export.csv/later/?sort=subject")
    assert "3 行" in client.get(to.headers["Location"]).content.decode()
    sent = {"request": "6b1f4c7e-53d7-4b0c-93f0-0d5e2b6d9b11", "sort": "subject", "reason": "年度核对"} | asked
    answers = [client.post("/flows/errand/export.csv/later/", sent) for _ in range(2)]
    job = Job.objects.get()  # the form that was sent twice is one job
    assert [answer.headers["Location"] for answer in answers] == [f"/jobs/{job.pk}/"] * 2
    return job


def confirmed(enter: Enter, job: Job) -> Job:
    """The job, let begin by the security officer, and begun."""
    assert enter("sec").post(f"/jobs/{job.pk}/do/confirm/").status_code == 302
    begun = queue.claim(timezone.now())
    assert begun == job
    return job


def test_a_long_list_begins_once_another_person_has_confirmed_it(
    run: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = long_list(run, enter, monkeypatch)
    here = f"/jobs/{job.pk}/"
    assert (job.state, queue.claim(timezone.now())) == ("asked", None)
    own = enter("dan").get(here).content.decode()
    assert [text for text in ("待复核", "须由另一人复核后开始", "理由：年度核对") if text not in own] == []
    assert "do/confirm/" not in own
    assert [enter(name).get(here).status_code for name in ("sec", "top", "adm", "far", "com")] == [
        200, 200, 200, 404, 404,
    ]  # fmt: skip
    for name, status in {"dan": 422, "adm": 422, "far": 404, "com": 404}.items():
        assert (name, enter(name).post(f"{here}do/confirm/").status_code) == (name, status)
    job.refresh_from_db()
    assert (job.state, job.confirmed_by) == ("asked", None)
    for name in ("sec", "top"):
        page = enter(name).get("/jobs/?show=waiting").content.decode()
        assert [text for text in (f'href="{here}"', "差事 · 3行 · 理由：年度核对") if text not in page] == []
        assert '<span class="count">1</span>' in page
    assert enter("far").get("/jobs/?show=waiting").context["rows"] == []
    assert "没有待您复核的作业" in enter("far").get("/jobs/?show=waiting").content.decode()
    assert "jobs/?show=waiting" not in enter("dan").get("/").content.decode()
    answer = enter("sec").post(f"{here}do/confirm/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/jobs/?show=waiting")
    job.refresh_from_db()
    assert (job.state, job.confirmed_by, queue.claim(timezone.now())) == ("queued", run.people["sec"], job)
    assert "复核人" in enter("dan").get(here).content.decode()
    assert enter("top").post(f"{here}do/confirm/").status_code == 404
    said = Entry.objects.filter(kind="job", number=str(job.pk)).values_list("action", "person")
    assert list(said) == [
        ("job.list.export", run.people["dan"].pk), ("job.confirm", run.people["sec"].pk),
    ]  # fmt: skip


def test_what_is_sent_back_never_begins(run: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    job = long_list(run, enter, monkeypatch)
    here = f"/jobs/{job.pk}/do/"
    for reason in ("", made_up_number()):
        assert enter("sec").post(f"{here}reject/", {"reason": reason}).status_code == 422
    assert Job.objects.get().state == "asked"
    assert enter("sec").post(f"{here}reject/", {"reason": "范围过大"}).status_code == 302
    assert (Job.objects.get().state, Job.objects.get().message) == ("rejected", "范围过大")
    assert "范围过大" in enter("dan").get(f"/jobs/{job.pk}/").content.decode()
    assert enter("dan").post(f"{here}again/").status_code == 422
    assert (queue.claim(timezone.now()), Job.objects.get().state) == (None, "rejected")


def test_a_second_try_is_confirmed_anew(run: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    job = long_list(run, enter, monkeypatch)
    here = f"/jobs/{job.pk}/do/"
    assert enter("dan").post(f"{here}cancel/").status_code == 302
    assert enter("dan").post(f"{here}again/").status_code == 302
    assert (Job.objects.get().state, queue.claim(timezone.now())) == ("asked", None)
    confirmed(enter, job)
    Job.objects.update(state="failed")
    assert enter("dan").post(f"{here}again/").status_code == 302
    assert (Job.objects.get().state, Job.objects.get().confirmed_by) == ("asked", None)


def test_whose_posts_were_lent_to_who_asks_confirms_nothing(
    run: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = long_list(run, enter, monkeypatch)
    Job.objects.update(person=run.people["wei"])  # nobody lends to who audits or secures: the officer lends here
    lend(run.people["sec"], run.people["wei"])
    answer = enter("sec").post(f"/jobs/{job.pk}/do/confirm/")
    assert (answer.status_code, "不得复核本人的作业" in answer.content.decode()) == (422, True)
    assert Job.objects.get().state == "asked"
    assert enter("top").post(f"/jobs/{job.pk}/do/confirm/").status_code == 302


def test_a_long_list_is_a_file_for_its_maker_for_a_day(
    run: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = long_list(run, enter, monkeypatch)
    assert enter("dan").get(f"/jobs/{job.pk}/file/").status_code == 404
    confirmed(enter, job)
    assert export_list(Work(job.pk, 1), job.args) == ""
    job.refresh_from_db()
    assert (job.state, job.message, results.path(job.pk).stat().st_mode & 0o777) == ("done", "3 行 / rows", 0o600)
    answer = enter("dan").get(f"/jobs/{job.pk}/file/")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines == [
        "编号,状态,派出机构,接收机构,事由,金额（元）,备注", *([",起草,东院,西院,血样,90.00,加急"] * 3),
    ]  # fmt: skip
    assert job.file in answer.headers["Content-Disposition"]
    assert f'href="/jobs/{job.pk}/file/"' in enter("dan").get("/jobs/").content.decode()
    for name in ("adm", "root", "wei", "sec"):  # also not for whoever looks after the job, or confirmed it
        assert enter(name).get(f"/jobs/{job.pk}/file/").status_code == 404
    Job.objects.update(ended_at=timezone.now() - timedelta(hours=24))
    assert enter("dan").get(f"/jobs/{job.pk}/file/").status_code == 404
    assert results.tidy(timezone.now()) == 0
    assert not Entry.objects.filter(action="job.files").exists()
    assert results.tidy(timezone.now() + timedelta(hours=25)) == 1
    gone = Entry.objects.get(action="job.files")
    assert (gone.person, gone.detail) == (None, {"files": 1})
    assert not results.path(job.pk).exists()


def test_what_its_maker_may_see_is_asked_when_it_is_written(
    run: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    job = confirmed(enter, long_list(run, enter, monkeypatch))
    run.people["dan"].posts.update(end=timezone.localdate())
    export_list(Work(job.pk, 1), job.args)
    assert results.path(job.pk).read_text(encoding="utf-8-sig").count("加急") == 3  # as their author
    settings.YIHENG_ROWS_A_DAY = 5
    again = queue.put(kinds.kind_of("list.export"), job.args, "again", run.actor("adm").own, timezone.now())
    Job.objects.filter(pk=again.pk).update(person=run.people["dan"])
    confirmed(enter, again)
    with pytest.raises(Exception, match="quota"):
        export_list(Work(again.pk, 1), again.args)
    assert not results.path(again.pk).exists()
    type(run.people["dan"]).objects.update(is_active=False)
    with pytest.raises(Exception, match="inactive"):
        export_list(Work(again.pk, 1), again.args)


def test_a_long_list_needs_a_reason_where_there_are_many(
    run: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.YIHENG_ROWS_WITHOUT_REASON = 1
    for _ in range(3):
        run.begin()
    monkeypatch.setattr("yiheng.site.base.pages.taking.most_at_once", lambda now: 2)
    answer = enter("dan").post("/flows/errand/export.xlsx/later/", {"reason": " "})
    assert (answer.status_code, "请填写导出理由" in answer.content.decode()) == (422, True)
    assert not Job.objects.exists()


def test_who_may_confirm_is_told_and_what_nobody_confirms_lapses(
    run: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = long_list(run, enter, monkeypatch)
    monday = run_at(job, datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Asia/Shanghai")))

    def told(name: str) -> list[str]:
        return list(Notice.objects.filter(person=run.people[name]).order_by("pk").values_list("zh", flat=True))

    assert {name: len(told(name)) for name in ("sec", "top", "far", "adm", "dan")} == {
        "sec": 1, "top": 1, "far": 0, "adm": 0, "dan": 0,
    }  # fmt: skip
    assert told("sec")[0].startswith("丹申请导出列表（差事 · 3行 · 理由：年度核对），请在“后台作业复核”中办理，最迟")
    assert actions.seconds(job, monday) == {run.people["sec"].pk, run.people["top"].pk}
    assert "2026-03-09" in enter("dan").get(f"/jobs/{job.pk}/").content.decode()
    over = datetime(2026, 3, 9, 23, 59, 59, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert (confirming.lapse(over), Job.objects.get().state) == (0, "asked")
    assert [confirming.lapse(over + timedelta(seconds=1)) for _ in range(2)] == [1, 0]
    ended = Job.objects.get()
    assert (ended.state, ended.ended_at, ended.message) == (
        "cancelled", over + timedelta(seconds=1),
        "5个工作日内无人复核，已失效 / nobody confirmed it within 5 working days: it has lapsed",
    )  # fmt: skip
    row = Entry.objects.get(action="job.lapse")
    assert (row.person, row.number) == (None, str(job.pk))
    assert told("dan") == ["您申请的导出列表（差事 · 3行 · 理由：年度核对）：5个工作日内无人复核，已失效"]
    assert enter("sec").post(f"/jobs/{job.pk}/do/confirm/").status_code == 404
    assert enter("dan").post(f"/jobs/{job.pk}/do/again/").status_code == 302
    assert (Job.objects.get().state, len(told("sec")), len(told("far"))) == ("asked", 2, 0)
    assert confirming.lapse(timezone.now()) == 0


def run_at(job: Job, moment: datetime) -> datetime:
    """The job as if it had been asked for at a moment."""
    Job.objects.filter(pk=job.pk).update(not_before=moment)
    return moment


def test_who_lent_to_whoever_asks_is_not_told(run: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    lend(run.people["sec"], run.people["dan"])
    Authenticator.objects.create(user=run.people["dan"], type="totp", data={"secret": "x"})
    job = long_list(run, enter, monkeypatch)
    assert set(Notice.objects.values_list("person", flat=True)) == {run.people["top"].pk}
    assert actions.seconds(job, timezone.now()) == {run.people["top"].pk}


def test_a_file_never_holds_what_break_glass_alone_has_opened(run: Town, enter: Enter) -> None:
    """The west's doctor sees nothing of the east's errand but by break-glass: on pages, and in no file or answer."""
    run.people["doc"] = make_person("doc", ("doctor", run.west), name="医")
    item, now = run.sent(), timezone.now()
    doc = enter("doc")
    Item.objects.filter(pk=item.pk).update(number="差E2026000001")
    opened = {"flow": "errand", "number": "差E2026000001", "reason": "抢救需要查看病情", "hours": "2"}
    assert doc.post("/glass/", opened).status_code == 302
    assert "差E2026000001" in doc.get("/flows/errand/").content.decode()
    taken = doc.get("/flows/errand/export.csv")
    assert (taken.status_code, taken.headers["X-Rows"]) == (200, "0")
    token = make_token(run.people["doc"], "x", now, now + timedelta(days=1))
    client = Client(headers={"Authorization": f"Bearer {token}"})
    assert client.get(f"/api/items/{item.pk}").json()["code"] == "glass_page"
    assert doc.get("/flows/errand/export.csv/later/").context["rows"] == 0
    args = {"flow": "errand", "kind": "csv", "wanted": {"state": "", "q": "", "sort": ""}, "reason": "核对"}
    job = queue.put(EXPORT, args | {"rows": 1, "language": "zh-hans"}, "glass", run.actor("doc").own, now)
    top = enter("top").post(f"/jobs/{job.pk}/do/confirm/")
    assert (top.status_code, queue.claim(timezone.now())) == (302, job)
    export_list(Work(job.pk, 1), job.args)
    assert results.path(job.pk).read_text(encoding="utf-8-sig").count("\n") == 1
    now = timezone.now()
    assert actor_at(run.people["doc"].pk, now).own.opened == {item.pk}
    assert actor_at(run.people["doc"].pk, now).unopened == actor_of(run.people["doc"].pk, timezone.localdate(now))
