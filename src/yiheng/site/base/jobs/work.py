"""What a job's function is given (作业句柄): it tells its progress here, and here it commits."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from yiheng.site.base.jobs.models import Job

_SECONDS_BETWEEN = 0.5


class Lost(Exception):
    """The job is no longer this attempt's: it was cancelled, or taken for dead and begun again."""


class Work:
    """One attempt at a job, as `yiheng.base.progress.Progress` and as the one door to its end."""

    def __init__(self, job: int, attempt: int) -> None:
        self.job, self.attempt = job, attempt
        self._done, self._told = 0, 0.0
        self.is_done = False

    def step(self, title: str, total: int | None = None) -> None:
        """Begin the next piece of work."""
        self._done = 0
        print(title, flush=True)
        self._tell(title=title[:200], done=0, total=total)

    def advance(self, amount: int) -> None:
        """`amount` more is done; it is written down at most twice a second."""
        self._done += amount
        if time.monotonic() - self._told >= _SECONDS_BETWEEN:
            self._tell(done=self._done)

    @contextmanager
    def commit(self, message: str = "", state: Any = Job.State.DONE) -> Iterator[None]:
        """The job's effect on the database and its end, in one transaction: so a job that ran twice has one effect.

        It ends in `state`: failed, where what it found is a fault. Raises Lost, and undoes the effect, where the job is
        no longer this attempt's.
        """
        with transaction.atomic():
            end(self.job, self.attempt, state, timezone.now(), message)
            yield
        self.is_done = True

    def _tell(self, **told: object) -> None:
        self._told = time.monotonic()
        if not running(self.job, self.attempt).filter(cancel_asked=False).update(**told):
            raise Lost


def running(job: int, attempt: int) -> "QuerySet[Job]":
    """The job's row as long as this attempt at it runs."""
    return Job.objects.filter(pk=job, attempt=attempt, state=Job.State.RUNNING)


def end(job: int, attempt: int, state: Any, now: datetime, message: str) -> None:
    """End an attempt's job; raises Lost where it is no longer this attempt's."""
    if not running(job, attempt).update(state=state, ended_at=now, heartbeat=now, message=message):
        raise Lost
