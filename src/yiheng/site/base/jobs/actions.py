"""What people do with jobs (作业办理): look after their own, and an administrator after those of the place."""

from datetime import datetime

from django.db.models import Q, QuerySet

from yiheng.base.words import Word
from yiheng.site.base.audit.looks import refusals
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.jobs import queue
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.places.roles import ADMINISTRATOR
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.refused import NotDone

# The path of the root has one code, between two slashes: its administrators look after the site's own jobs.
_ROOT = 2


class NotThere(NotDone):
    """A job that is not the actor's to look after, or is not in a state for what was asked."""

    @classmethod
    def others(cls) -> "NotThere":
        return cls("job_unknown", Word("没有这个作业，或不由您管理", "there is no such job, or it is not yours"))

    @classmethod
    def ended(cls) -> "NotThere":
        return cls("job_ended", Word("该作业已结束", "the job has ended"))

    @classmethod
    def runs(cls) -> "NotThere":
        zh, en = "只有失败或已取消的作业可以重试", "only a job that failed or was cancelled is tried again"
        return cls("job_runs", Word(zh, en))


def looked_after(actor: Actor) -> "QuerySet[Job]":
    """The actor's own jobs, and those of the places where an own post is an administrator's, the last first."""
    found = Q(person_id=actor.person)
    for held in actor.own.posts:
        if held.role == ADMINISTRATOR.code:
            found |= Q(path__startswith=held.path)
            if is_root(held.path):
                found |= Q(path="")
    return Job.objects.filter(found).order_by("-pk")


def runs_the_site(actor: Actor) -> bool:
    """Whether the actor is an administrator of the whole region."""
    return any(held.role == ADMINISTRATOR.code and is_root(held.path) for held in actor.own.posts)


def is_root(path: str) -> bool:
    """Whether a path is that of the region itself."""
    return path.count("/") == _ROOT


def stop(actor: Actor, job: Job, now: datetime) -> None:
    """Ask for the end of a job. Raises NotThere."""
    with refusals(actor.own, "job.cancel", Of("job", str(job.pk)), now):
        _demand(actor, job)
        if not queue.cancel(job, actor.own, now):
            raise NotThere.ended()


def again(actor: Actor, job: Job, now: datetime) -> None:
    """Give a job that failed or was cancelled one more attempt. Raises NotThere."""
    with refusals(actor.own, "job.again", Of("job", str(job.pk)), now):
        _demand(actor, job)
        if not queue.again(job, actor.own, now):
            raise NotThere.runs()


def _demand(actor: Actor, job: Job) -> None:
    if not looked_after(actor).filter(pk=job.pk).exists():
        raise NotThere.others()
