"""Jobs on pages: one's own, an administrator's those of the place; cancel, retry, log, and a file for its maker."""

from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.utils import timezone
from pytest_django import Settings

from yiheng.base.words import Word
from yiheng.site.base.audit.models import Entry
from yiheng.site.base.jobs import kinds, queue, results
from yiheng.site.base.jobs.kinds import Kind
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.jobs.work import Work
from yiheng.site.base.pages.jobkinds import export_list

from ..town import Town, make_person
from .conftest import Enter

SLEEP = kinds.declare(Kind("test.page", Word("演练", "drill"), lambda work, args: ""))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.FOLDER = tmp_path
    return tmp_path


@pytest.fixture
def run(town: Town) -> Town:
    """The town with administrators: of the region, and of the east hospital."""
    posts = {"root": ("administrator", town.city), "adm": ("administrator", town.east)}
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


def test_a_long_list_is_a_file_for_its_maker_for_a_day(
    run: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = long_list(run, enter, monkeypatch)
    assert enter("dan").get(f"/jobs/{job.pk}/file/").status_code == 404
    queue.claim(timezone.now())
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
    for name in ("adm", "root", "wei"):  # also not for whoever looks after the job
        assert enter(name).get(f"/jobs/{job.pk}/file/").status_code == 404
    Job.objects.update(ended_at=timezone.now() - timedelta(hours=24))
    assert enter("dan").get(f"/jobs/{job.pk}/file/").status_code == 404
    assert results.tidy(timezone.now()) == 0
    assert results.tidy(timezone.now() + timedelta(hours=25)) == 1
    assert not results.path(job.pk).exists()


def test_what_its_maker_may_see_is_asked_when_it_is_written(
    run: Town, enter: Enter, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    job = long_list(run, enter, monkeypatch)
    run.people["dan"].posts.update(end=timezone.localdate())
    queue.claim(timezone.now())
    export_list(Work(job.pk, 1), job.args)
    assert results.path(job.pk).read_text(encoding="utf-8-sig").count("加急") == 3  # as their author
    settings.YIHENG_ROWS_A_DAY = 5
    again = queue.put(kinds.kind_of("list.export"), job.args, "again", run.actor("dan").own, timezone.now())
    queue.claim(timezone.now())
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
