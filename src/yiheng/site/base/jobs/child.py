"""The child process of one job (作业子进程): `python -m yiheng.site.base.jobs.child JOB ATTEMPT`.

It may be killed at any moment. A thread says every few seconds that it lives, and ends the process when the job was
cancelled or is no longer this attempt's. Ends with 0 when the job has ended, 1 on a fault, 3 when the job was lost.
"""

import os
import sys
import threading
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from yiheng.site.base.jobs.work import Work

SECONDS_BETWEEN_BEATS = 2.0
_LOST = 3
# The states in which an attempt has come to its end, as `Job.State` has them.
_ENDED = ("done", "failed")


def main(job: int, attempt: int) -> int:
    """Do one attempt at a job."""
    django.setup()
    from django.utils import timezone

    from yiheng.base.refusal import Refusal
    from yiheng.site.base.jobs.kinds import kind_of
    from yiheng.site.base.jobs.logs import kept
    from yiheng.site.base.jobs.models import Job
    from yiheng.site.base.jobs.work import Lost, Work, end, running
    from yiheng.site.base.refused import NotDone

    row = running(job, attempt).first()
    if row is None:
        return _LOST
    work = Work(job, attempt)
    threading.Thread(target=_beat, args=(work,), daemon=True).start()
    try:
        message = kind_of(row.kind).does(work, row.args)
        if not work.is_done:
            end(job, attempt, Job.State.DONE, timezone.now(), message)
    except (Refusal, NotDone) as why:
        said = f"{why.text.zh} / {why.text.en}" if isinstance(why, NotDone) else str(why)
        print(said, flush=True)
        work.is_done = True
        end(job, attempt, Job.State.FAILED, timezone.now(), said)
    except Lost:
        return _LOST
    sys.stdout.flush()
    Job.objects.filter(pk=job, attempt=attempt, state__in=_ENDED).update(log=kept(row))
    return 0


def _beat(work: "Work") -> None:
    """Say that the process lives, until the job has ended; where it is another's or cancelled, end the process."""
    from django.utils import timezone

    from yiheng.site.base.jobs.models import Job
    from yiheng.site.base.jobs.work import running

    pause = threading.Event()
    while running(work.job, work.attempt).filter(cancel_asked=False).update(heartbeat=timezone.now()):
        pause.wait(SECONDS_BETWEEN_BEATS)
    ended = Job.objects.filter(pk=work.job, attempt=work.attempt, state__in=_ENDED)
    if not work.is_done and not ended.exists():
        os._exit(_LOST)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
