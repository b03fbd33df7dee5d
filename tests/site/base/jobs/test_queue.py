"""The queue: one job for a key, one claim for a job, bounded tries with waits, an end by its own attempt alone."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.audit.models import Entry
from yiheng.site.base.jobs import kinds, logs, queue
from yiheng.site.base.jobs.kinds import Kind
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.jobs.work import Lost, Work, end
from yiheng.site.base.places.standing import Standing

from ..town import NOW

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
COUNT = kinds.declare(Kind("test.count", Word("计数", "count"), lambda work, args: "", 3, 30 * SECOND))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.FOLDER = tmp_path
    (tmp_path / "jobs").mkdir()
    return tmp_path


def put(key: str = "one") -> Job:
    return queue.put(COUNT, {"to": 3}, key, None, NOW)


def state(job: Job) -> tuple[str, int]:
    job.refresh_from_db()
    return job.state, job.attempt


def test_the_same_key_is_the_same_job() -> None:
    person = Person.objects.create_user("p", name="p")
    first = queue.put(COUNT, {"to": 3}, "one", Standing(person.pk, person.pk), NOW)
    assert queue.put(COUNT, {"to": 9}, "one", None, NOW) == first
    assert (Job.objects.get().args, Job.objects.get().person) == ({"to": 3}, person)
    assert [(entry.action, entry.number) for entry in Entry.objects.all()] == [("job.test.count", str(first.pk))]


def test_logs_go_some_time_after_their_jobs_have_ended(folder: Path) -> None:
    old, late, runs = put("old"), put("late"), put("runs")
    over, open_still = NOW - timedelta(days=180, seconds=1), {"state": "running", "ended_at": None}
    Job.objects.update(log="第一次", state="done", ended_at=over)
    Job.objects.filter(pk=late.pk).update(ended_at=NOW - timedelta(days=180))
    Job.objects.filter(pk=runs.pk).update(**open_still)
    names = [f"{old.pk}-1.log", f"{old.pk}-2.log", f"{runs.pk}-1.log", "999-1.log"]
    for name in (*names, f"{late.pk}-1.log"):
        (folder / "jobs" / name).write_text("x")
    for name in names:
        os.utime(folder / "jobs" / name, (over.timestamp(), over.timestamp()))
    os.utime(folder / "jobs" / f"{late.pk}-1.log", (NOW.timestamp(), NOW.timestamp()))
    assert (logs.tidy(NOW), logs.tidy(NOW)) == (2, 0)
    assert dict(Job.objects.values_list("key", "log")) == {"old": "", "late": "第一次", "runs": "第一次"}
    assert {path.name for path in (folder / "jobs").iterdir()} == {f"{late.pk}-1.log", f"{runs.pk}-1.log"}
    told = Entry.objects.get(action="job.logs")
    assert (told.person, told.detail) == (None, {"jobs": 2, "files": 3})


def test_a_job_is_claimed_once_the_oldest_first() -> None:
    first, second = put("one"), put("two")
    assert [queue.claim(NOW), queue.claim(NOW), queue.claim(NOW)] == [first, second, None]
    assert (state(first), first.began_at, first.heartbeat) == (("running", 1), NOW, NOW)


def test_tries_are_bounded_and_wait_longer_each_time() -> None:
    job = put()
    now = NOW
    for attempt, wait in ((1, 30 * SECOND), (2, 60 * SECOND)):
        assert queue.claim(now) == job
        queue.failed(job.pk, attempt, "ended with code 1", now)
        assert (state(job), job.not_before) == (("queued", attempt), now + wait)
        assert queue.claim(now + wait - SECOND) is None
        now += wait
    queue.claim(now)
    queue.failed(job.pk, 3, "ended with code -9", now)
    assert (state(job), job.message, job.ended_at) == (("failed", 3), "ended with code -9", now)
    assert queue.claim(now + timedelta(days=1)) is None


def test_an_old_attempt_changes_nothing() -> None:
    job = put()
    queue.claim(NOW)
    old = Work(job.pk, 1)
    queue.failed(job.pk, 1, "lost", NOW)
    queue.claim(NOW + 30 * SECOND)
    for does in (
        lambda: old.step("late"),
        lambda: end(job.pk, 1, Job.State.DONE, NOW, "late"),
        lambda: old.commit().__enter__(),
    ):
        with pytest.raises(Lost):
            does()
    queue.failed(job.pk, 1, "late", NOW)
    assert (state(job), job.title, job.message) == (("running", 2), "", "")


def test_the_effect_of_a_lost_attempt_is_undone() -> None:
    job = put()
    queue.claim(NOW)
    with Work(job.pk, 1).commit("made"):
        Person.objects.create_user("first", name="a")
    with pytest.raises(Lost), Work(job.pk, 1).commit("made again"):
        Person.objects.create_user("second", name="b")
    assert (state(job), job.message) == (("done", 1), "made")
    assert list(Person.objects.values_list("username", flat=True)) == ["first"]


def test_an_effect_that_fails_leaves_its_job_running() -> None:
    job = put()
    queue.claim(NOW)
    with pytest.raises(ZeroDivisionError), Work(job.pk, 1).commit():
        raise ZeroDivisionError
    assert state(job) == ("running", 1)


def test_a_silent_child_is_taken_for_dead() -> None:
    job = put()
    queue.claim(NOW)
    assert queue.reap(NOW + queue.SILENT) == 0
    assert queue.reap(NOW + queue.SILENT + SECOND) == 1
    assert (state(job), job.message) == (("queued", 1), "lost: its process has not been heard of")


def test_one_that_waits_is_cancelled_at_once_and_one_that_runs_is_asked() -> None:
    person = Person.objects.create_user("p", name="p")
    by = Standing(person.pk, person.pk)
    waiting, running, over = put("one"), put("two"), put("three")
    assert queue.cancel(waiting, by, NOW)
    queue.claim(NOW)
    assert queue.cancel(running, by, NOW)
    with pytest.raises(Lost):
        Work(running.pk, 1).step("more")
    queue.failed(running.pk, 1, "ended with code -9", NOW)
    queue.claim(NOW)
    end(over.pk, 1, Job.State.DONE, NOW, "")
    assert not queue.cancel(over, by, NOW)
    assert [state(job)[0] for job in (waiting, running, over)] == ["cancelled", "cancelled", "done"]
    assert Entry.objects.filter(action="job.cancel").count() == 2


def test_a_kind_that_is_gone_fails_and_stops_no_worker() -> None:
    job = put()
    Job.objects.update(kind="gone")
    queue.claim(NOW)
    queue.failed(job.pk, 1, "ended with code 1", NOW)
    assert state(job) == ("failed", 1)


def test_progress_is_kept_and_its_lines_go_to_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    job = put()
    queue.claim(NOW)
    work = Work(job.pk, 1)
    work.step("reading", 10)
    work._told = -1000.0
    work.advance(4)
    work.advance(1)
    job.refresh_from_db()
    assert (job.title, job.done, job.total) == ("reading", 4, 10)
    assert capsys.readouterr().out == "reading\n"


def test_logs_of_all_attempts_are_kept_with_identity_numbers_masked() -> None:
    job = put()
    queue.claim(NOW)
    logs.path(job.pk, 1).write_text("read 11010519491231002X\0\n")
    queue.failed(job.pk, 1, "ended with code 1", NOW)
    queue.claim(NOW + 30 * SECOND)
    logs.path(job.pk, 2).write_text("again\n")
    queue.failed(job.pk, 2, "ended with code 1", NOW)
    job.refresh_from_db()
    assert job.log == "#1\nread 11****************\n\n#2\nagain\n\n"


def test_a_code_is_declared_once() -> None:
    with pytest.raises(ImproperlyConfigured):
        kinds.declare(Kind("test.count", Word("计数", "count"), lambda work, args: ""))
