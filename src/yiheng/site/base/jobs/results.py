"""Files that jobs made (作业文件): kept some hours for whoever started the job, then taken away."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils.timezone import localdate

from yiheng.policy.loader import scheme
from yiheng.site.base.audit.chain import write
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.jobs.models import Job


def path(job: int) -> Path:
    """Where a job's file lies, in the site's folder, outside every web address; the folder is made."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / str(job)


def kept_until(job: Job) -> datetime | None:
    """Until when the file of a job is kept; None where it made none."""
    return job.ended_at + kept_for(job.ended_at) if job.file and job.ended_at else None


def is_there(job: Job, now: datetime) -> bool:
    """Whether the file of a job may still be taken."""
    until = kept_until(job)
    return until is not None and now < until and path(job.pk).is_file()


def tidy(now: datetime) -> int:
    """Take away the files whose time is over, and what killed attempts left of one, with a row of the audit; how many.

    Files go after that row is kept: what a kill leaves of them goes the next time, with a row of its own.
    """
    before = (now - kept_for(now)).timestamp()
    gone = [each for each in sorted(_folder().glob("*")) if each.stat().st_mtime < before]
    if gone:
        write(None, "job.files", Of("job"), now, files=len(gone))
    for each in gone:
        each.unlink(missing_ok=True)
    return len(gone)


def kept_for(now: datetime) -> timedelta:
    """How long a file is kept."""
    return timedelta(hours=scheme("site/access").value("export_hours", localdate(now)))


def _folder() -> Path:
    return Path(settings.FOLDER) / "jobs" / "files"
