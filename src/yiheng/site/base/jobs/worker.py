"""The worker (作业进程): begins jobs in child processes, notices those that die, and calls what is due every minute.

Any number of workers may run, and each may be killed at any moment: a child that outlives it ends its job itself.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from yiheng.site.base.jobs import logs, queue
from yiheng.site.base.jobs.minutely import Minutely, Pulses
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.jobs.work import running

SECONDS_BETWEEN_ROUNDS = 0.5


@dataclass(frozen=True)
class Child:
    """A process and the attempt that it makes."""

    job: int
    attempt: int
    process: subprocess.Popen[bytes]


def run_forever(due: Sequence[Minutely], stopped: Callable[[], bool], at_once: int = 1) -> None:
    """Work until `stopped` says so: at most `at_once` jobs side by side. Children go on by themselves."""
    children: list[Child] = []
    with Pulses(due) as pulses:
        while not stopped():
            now = timezone.now()
            pulses.beat(now)
            children = [child for child in children if not settled(child, now)]
            queue.reap(now)
            if len(children) < at_once and (job := queue.claim(now)) is not None:
                children.append(begin(job))
            else:
                time.sleep(SECONDS_BETWEEN_ROUNDS)


def begin(job: Job) -> Child:
    """Start a job's child; what it prints goes into the attempt's file."""
    its = logs.path(job.pk, job.attempt)
    its.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "yiheng.site.base.jobs.child", str(job.pk), str(job.attempt)]
    with its.open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    return Child(job.pk, job.attempt, process)


def settled(child: Child, now: datetime) -> bool:
    """Whether a child has ended, and if so, what became of its job; a child whose job was cancelled is ended."""
    code = child.process.poll()
    if code is None:
        _look_after(child, now)
        return False
    queue.failed(child.job, child.attempt, f"ended with code {code}", now)
    return True


def _look_after(child: Child, now: datetime) -> None:
    """End a child whose job was cancelled; say for one that is slow to begin that it lives."""
    held = running(child.job, child.attempt)
    if (row := held.first()) is not None and row.cancel_asked:
        child.process.kill()
    elif row is not None and row.heartbeat < now - queue.SILENT / 4:
        held.update(heartbeat=now)
