"""What jobs print (作业日志): a file for each attempt while it runs, kept with the job for some time after its end."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from yiheng.base.refusal import masked
from yiheng.policy.loader import scheme
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.jobs.models import Job

_KEPT = 20_000


def path(job: int, attempt: int) -> Path:
    """The file that an attempt's child prints to, in the site's folder."""
    return _folder() / f"{job}-{attempt}.log"


def kept(job: Job) -> str:
    """What the job has printed: what is kept, and the end of this attempt's file; identity numbers masked."""
    return f"{job.log}#{job.attempt}\n{tail(job.pk, job.attempt)}\n"[-_KEPT:]


def tail(job: int, attempt: int) -> str:
    """The end of an attempt's file; empty where there is none."""
    try:
        with path(job, attempt).open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _KEPT))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return masked(text).replace("\x00", "")


def tidy(now: datetime) -> int:
    """Take away the logs of jobs whose time is over, with one row of the audit; of how many jobs.

    Files go after that row is kept: what a kill leaves of them goes the next time, with a row of its own.
    """
    before = now - timedelta(days=scheme("site/jobs").value("log_days", localdate(now)))
    files = _files_before(before)
    with transaction.atomic():
        over = Job.objects.filter(ended_at__lt=before).exclude(log="")
        jobs = {*over.values_list("pk", flat=True), *files}
        over.update(log="")
        if jobs:
            write(None, "job.logs", Of("job"), now, jobs=len(jobs), files=sum(map(len, files.values())))
    for path in (each for its in files.values() for each in its):
        path.unlink(missing_ok=True)
    return len(jobs)


def _files_before(moment: datetime) -> dict[int, list[Path]]:
    """The files of attempts that were last written before a moment, by job; none of a job that has not ended."""
    found: dict[int, list[Path]] = {}
    for each in sorted(_folder().glob("*-*.log")):
        if each.stat().st_mtime < moment.timestamp():
            found.setdefault(int(each.name.partition("-")[0]), []).append(each)
    open_still = set(Job.objects.filter(pk__in=found, ended_at=None).values_list("pk", flat=True))
    return {job: its for job, its in found.items() if job not in open_still}


def _folder() -> Path:
    return Path(settings.FOLDER) / "jobs"
