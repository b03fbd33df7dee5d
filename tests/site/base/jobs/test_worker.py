"""The worker with real processes, killed at any moment: what is lost is noticed, and each job has one effect."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.fault

SETUP = """
import django, json, time; django.setup()
from django.utils.timezone import now
from site_small import jobkinds as kinds
from yiheng.site.base.audit.models import Entry
from yiheng.site.base.jobs import queue, worker
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.places.standing import Standing
def put(kind, key, **args): return queue.put(kind, args, key, None, now())
def once():
    queue.reap(now())
    if (job := queue.claim(now())) is None:
        return None
    child = worker.begin(job)
    while not worker.settled(child, now()):
        time.sleep(0.05)
    return Job.objects.get(pk=job.pk)
def told(job): job = Job.objects.get(pk=job.pk); return [job.state, job.attempt, job.message, job.log, job.title]
"""
KILLS = 20
FOREVER = "worker.run_forever([], lambda: False, at_once=2)"
QUICK = f"queue.SILENT = queue.SILENT / 12; {FOREVER}"


class Site:
    """A site with a database of its own, and Python processes that work in it."""

    def __init__(self, folder: Path) -> None:
        paths = [str(Path(path).resolve()) for path in sys.path if path]
        own = {"YIHENG_SITE_DIR": str(folder), "YIHENG_HTTPS": "no", "PYTHONPATH": os.pathsep.join(paths)}
        self.env = os.environ | own
        self._started: list[subprocess.Popen[bytes]] = []

    def run(self, code: str) -> Any:
        """What `told` is after the code."""
        return json.loads(self._run("-c", f"{SETUP}\n{code}\nprint(json.dumps(result))").splitlines()[-1])

    def start(self, code: str = FOREVER) -> subprocess.Popen[bytes]:
        self._started.append(subprocess.Popen([sys.executable, "-c", f"{SETUP}\n{code}"], env=self.env))
        return self._started[-1]

    def stop(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()

    def wait_for(self, code: str, seconds: int = 60) -> Any:
        """Ask until the answer is true."""
        until = time.monotonic() + seconds
        while not (answer := self.run(code)):
            assert time.monotonic() < until, code
        return answer

    def migrate(self) -> None:
        self._run("-m", "django", "migrate", "--verbosity", "0")

    def _run(self, *words: str) -> str:
        done = subprocess.run([sys.executable, *words], env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an empty site."""
    folder = tmp_path_factory.mktemp("migrated") / "site"
    Site(folder).migrate()
    return folder


@pytest.fixture
def site(migrated: Path, tmp_path: Path) -> Iterator[Site]:
    made = Site(shutil.copytree(migrated, tmp_path / "site"))
    yield made
    made.stop()


def test_a_job_is_done_in_a_child_with_its_progress_message_and_log(site: Site) -> None:
    once = "once()"
    result = site.run(f"job = put(kinds.EFFECT, 'a', name='x'); {once}; result = [told(job), {once} is None]")
    assert result == [["done", 1, "made x", "#1\ncounting\n\n", "counting"], True]


def test_a_refusal_ends_a_job_at_once_and_a_death_is_tried_again(site: Site) -> None:
    twice = "; ".join(["once()"] * 4)
    result = site.run(
        f"a, b = put(kinds.REFUSE, 'a', file='f.csv'), put(kinds.DIE, 'b'); {twice}; result = [told(a), told(b)]"
    )
    line = "file f.csv: is not a table"
    assert result[0] == ["failed", 1, line, f"#1\n{line}\n\n", ""]
    assert result[1] == ["failed", 2, "ended with code -9", "#1\ndying\n\n#2\ndying\n\n", "dying"]


def test_a_running_job_is_cancelled(site: Site) -> None:
    site.run("result = put(kinds.STAY, 'a').pk")
    site.start()
    site.wait_for("result = Job.objects.filter(state='running').exists()")
    site.run(
        "from yiheng.site.base.accounts.models import Person; p = Person.objects.create_user('p', name='p').pk\n"
        "result = queue.cancel(Job.objects.get(), Standing(p, p), now())"
    )
    assert site.wait_for("job = Job.objects.get(); result = told(job)[:2] if job.ended_at else None") == [
        "cancelled",
        1,
    ]


def test_a_child_outlives_its_worker_and_ends_its_job(site: Site) -> None:
    site.run("result = put(kinds.EFFECT, 'a', name='x', pause=0.4).pk")
    worker = site.start()
    site.wait_for("result = Job.objects.filter(state='running').exists()")
    worker.kill()
    assert site.wait_for("job = Job.objects.get(); result = told(job)[:3] if job.ended_at else None") == [
        "done",
        1,
        "made x",
    ]
    assert site.run("result = Entry.objects.filter(action='small.effect').count()") == 1


@pytest.mark.soak
def test_killed_at_random_moments_each_job_has_one_effect(site: Site) -> None:
    """Children, and at times their worker, are killed while jobs run; then everything is worked off."""
    chance, jobs, kills = random.Random(7), [f"{number:02}" for number in range(KILLS)], 0
    site.run(f"result = [put(kinds.EFFECT, name, name=name, pause=0.05).pk for name in {jobs}]")
    until = time.monotonic() + 200
    while kills < KILLS and time.monotonic() < until:
        worker = site.start(QUICK)
        for _ in range(4):
            time.sleep(chance.uniform(0.5, 2.5))
            for child in _children(worker.pid):
                os.kill(child, signal.SIGKILL)
                kills += 1
        if chance.random() < 0.5:
            worker.kill()
        else:
            worker.terminate()
        worker.wait()
    assert kills >= KILLS
    site.start(QUICK)
    site.wait_for("result = not Job.objects.exclude(state='done').exists()", 180)
    effects = "sorted(Entry.objects.filter(action='small.effect').values_list('number', flat=True))"
    assert site.run(f"result = {effects}") == jobs
    assert site.run("from yiheng.site.base.audit.verify import verify; result = [f.code for f in verify()]") == []


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children")
    return [int(each) for each in listed.read_text().split()] if listed.exists() else []
