"""The queue (作业队列): putting in, letting begin or lapse, taking out, giving back, cancelling.

Each is one conditional update or insert: of two at once, one wins.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.rows import Of, place_of
from yiheng.site.base.jobs.kinds import Kind, known
from yiheng.site.base.jobs.logs import kept
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.jobs.work import running
from yiheng.site.base.places.standing import Standing

# A child says that it lives every few seconds; after so long without a word it is taken for dead.
SILENT = timedelta(seconds=60)


def put(kind: Kind, args: dict[str, Any], key: str, standing: Standing | None, now: datetime) -> Job:
    """Put a job into the queue, once for each key: the same key again gives the job that is there.

    Who may is for the caller to judge: this is part of its action. A kind that another confirms waits for that.
    """
    given = {"kind": kind.code, "args": args, "made_at": now, "not_before": now, "state": _first(kind)}
    whose = {"person_id": standing.person if standing else None, "path": place_of(standing)}
    with transaction.atomic():
        made, is_new = Job.objects.get_or_create(key=key, defaults=given | whose)
        if is_new:
            write(standing, f"job.{kind.code}", Of("job", str(made.pk)), now)
            _ask(kind, made, now)
    return made


def confirm(job: Job, standing: Standing, now: datetime) -> bool:
    """Let a job begin that waits to be confirmed; False: it waits for that no more."""
    with transaction.atomic():
        asked = Job.objects.filter(pk=job.pk, state=Job.State.ASKED)
        is_put = bool(asked.update(state=Job.State.QUEUED, not_before=now, confirmed_by=standing.person))
        if is_put:
            write(standing, "job.confirm", Of("job", str(job.pk)), now)
    return is_put


def reject(job: Job, standing: Standing, reason: str, now: datetime) -> bool:
    """End a job that waits to be confirmed, for a reason; False: it waits for that no more."""
    with transaction.atomic():
        asked = Job.objects.filter(pk=job.pk, state=Job.State.ASKED)
        is_ended = bool(asked.update(state=Job.State.REJECTED, ended_at=now, message=reason))
        if is_ended:
            write(standing, "job.reject", Of("job", str(job.pk)), now)
    return is_ended


def lapse(job: Job, why: str, now: datetime) -> bool:
    """End a job that nobody has confirmed since it was asked for; False: it waits for that no more."""
    with transaction.atomic():
        asked = Job.objects.filter(pk=job.pk, state=Job.State.ASKED, not_before=job.not_before)
        is_ended = bool(asked.update(state=Job.State.CANCELLED, ended_at=now, message=why))
        if is_ended:
            write(None, "job.lapse", Of("job", str(job.pk)), now)
    return is_ended


def _first(kind: Kind) -> Any:
    """The state in which a job of a kind begins."""
    return Job.State.ASKED if kind.confirms else Job.State.QUEUED


def _ask(kind: Kind, job: Job, now: datetime) -> None:
    """Let those be told who are to confirm a job."""
    if kind.confirms and kind.asked:
        kind.asked(job, now)


def cancel(job: Job, standing: Standing, now: datetime) -> bool:
    """Ask for the end of a job: one that waits ends at once, one that runs soon; False: it had ended."""
    with transaction.atomic():
        waiting = Job.objects.filter(pk=job.pk, state__in=(Job.State.ASKED, Job.State.QUEUED))
        ended = waiting.update(state=Job.State.CANCELLED, ended_at=now, cancel_asked=True)
        asked = ended or Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_asked=True)
        if asked:
            write(standing, "job.cancel", Of("job", str(job.pk)), now)
    return bool(asked)


def again(job: Job, standing: Standing, now: datetime) -> bool:
    """Give a job that failed or was cancelled one more attempt, confirmed anew; False: it is no such job now."""
    kind = known().get(job.kind)
    if kind is None:
        return False
    with transaction.atomic():
        ended = Job.objects.filter(pk=job.pk, state__in=(Job.State.FAILED, Job.State.CANCELLED))
        put_back = {
            "state": _first(kind),
            "confirmed_by": None,
            "not_before": now,
            "ended_at": None,
            "cancel_asked": False,
            "message": "",
        }
        is_put = bool(ended.update(**put_back))
        if is_put:
            write(standing, "job.again", Of("job", str(job.pk)), now)
            _ask(kind, job, now)
    return is_put


def claim(now: datetime) -> Job | None:
    """The job that has waited longest and may be begun now, for this caller alone; None where there is none."""
    ready = Job.objects.filter(state=Job.State.QUEUED, not_before__lte=now).order_by("not_before", "pk")
    for job in ready[:20]:
        mine = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED, attempt=job.attempt)
        taken = {"state": Job.State.RUNNING, "attempt": F("attempt") + 1, "heartbeat": now, "began_at": now}
        if mine.update(**taken, done=0, total=None, title="", message=""):
            return Job.objects.get(pk=job.pk)
    return None


def failed(job: int, attempt: int, why: str, now: datetime) -> None:
    """An attempt ended without an end of its job: the job is tried again later, or has failed, or was cancelled.

    Nothing happens where the job is no longer this attempt's.
    """
    held = running(job, attempt)
    if (row := held.first()) is None:
        return
    kind = known().get(row.kind)  # none: one that an earlier version of the site had
    log = kept(row)
    if held.filter(cancel_asked=True).update(state=Job.State.CANCELLED, ended_at=now, message=why, log=log):
        return
    if kind is None or attempt >= kind.attempts:
        held.update(state=Job.State.FAILED, ended_at=now, message=why, log=log)
    else:
        later = now + kind.wait_after(attempt)
        held.update(state=Job.State.QUEUED, not_before=later, message=why, log=log)


def reap(now: datetime) -> int:
    """Give back the jobs whose child has not said for too long that it lives; how many there were."""
    silent = Job.objects.filter(Q(heartbeat__lt=now - SILENT), state=Job.State.RUNNING)
    lost = list(silent.values_list("pk", "attempt"))
    for job, attempt in lost:
        failed(job, attempt, "lost: its process has not been heard of", now)
    return len(lost)
