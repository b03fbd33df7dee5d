"""What jobs print (作业日志): a file for each attempt while it runs, kept with the job when it has ended."""

from pathlib import Path

from django.conf import settings

from yiheng.base.refusal import masked
from yiheng.site.base.jobs.models import Job

_KEPT = 20_000


def path(job: int, attempt: int) -> Path:
    """The file that an attempt's child prints to, in the site's folder."""
    return Path(settings.FOLDER) / "jobs" / f"{job}-{attempt}.log"


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
