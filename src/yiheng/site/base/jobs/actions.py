"""What people do with jobs (作业办理): look after their own, administrators after the place's; confirm those of others.

A kind may say that another natural person confirms it before it begins: the holder, in an own post, of a role that the
kind names, at or above the place of whoever asks.
"""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.site.base.audit.looks import refusals
from yiheng.site.base.audit.rows import Of
from yiheng.site.base.identity import demand_none
from yiheng.site.base.jobs import queue
from yiheng.site.base.jobs.kinds import known
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.places.models import Post
from yiheng.site.base.places.roles import ADMINISTRATOR
from yiheng.site.base.places.standing import Actor, above, actor_of
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

    @classmethod
    def decided(cls) -> "NotThere":
        return cls("job_decided", Word("该作业已由他人复核或已取消", "it was decided by another, or cancelled"))

    @classmethod
    def own(cls) -> "NotThere":
        zh, en = (
            "不得复核本人的作业，或由本人委托岗位的人发起的作业",
            "nobody confirms the own job, or one in an own post",
        )
        return cls("job_own", Word(zh, en))

    @classmethod
    def reason(cls) -> "NotThere":
        return cls("job_reason", Word("请填写理由", "say why"))


def looked_after(actor: Actor) -> "QuerySet[Job]":
    """The actor's own jobs, and those of the places where an own post is an administrator's, the last first."""
    found = Q(person_id=actor.person)
    for held in actor.own.posts:
        if held.role == ADMINISTRATOR.code:
            found |= Q(path__startswith=held.path)
            if is_root(held.path):
                found |= Q(path="")
    return Job.objects.filter(found).order_by("-pk")


def confirms(actor: Actor, now: datetime) -> bool:
    """Whether a post of the actor's own confirms jobs of some kind."""
    return any(held.role in roles for roles in _confirmed(now).values() for held in actor.own.posts)


def to_confirm(actor: Actor, now: datetime) -> "QuerySet[Job]":
    """The jobs that wait for the actor to confirm them, the first first."""
    return _seconded(actor, now).filter(state=Job.State.ASKED).order_by("pk")


def seconds(job: Job, now: datetime) -> set[int]:
    """The people, by their numbers, who may confirm a job."""
    day, roles = localdate(now), _confirmed(now).get(job.kind, frozenset())
    posts = Post.objects.filter(Post.on(day), Post.on(day, "place__"), role__in=roles, person__is_active=True)
    over = posts.filter(place__path__in=above(job.path)) if job.path else posts.filter(place__parent=None)
    hands = _hands(job.person_id, now) if job.person_id is not None else set()
    return set(over.values_list("person_id", flat=True)) - hands


def confirm(actor: Actor, job: Job, now: datetime) -> None:
    """Let the job of another begin. Raises NotThere."""
    with refusals(actor.own, "job.confirm", Of("job", str(job.pk)), now):
        _demand_second(actor, job, now)
        if not queue.confirm(job, actor.own, now):
            raise NotThere.decided()


def reject(actor: Actor, job: Job, reason: str, now: datetime) -> None:
    """End the job of another before it begins. Raises NotThere, NumberTyped (an identity number)."""
    with refusals(actor.own, "job.reject", Of("job", str(job.pk)), now):
        _demand_second(actor, job, now)
        if not reason.strip():
            raise NotThere.reason()
        demand_none(reason)
        if not queue.reject(job, actor.own, reason.strip(), now):
            raise NotThere.decided()


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


def _demand_second(actor: Actor, job: Job, now: datetime) -> None:
    """Refuse whoever may not confirm it, and whoever asked: in person, or by posts lent to the person."""
    if job.person_id is not None and actor.person in _hands(job.person_id, now):
        raise NotThere.own()
    if not _seconded(actor, now).filter(pk=job.pk).exists():
        raise NotThere.others()


def _seconded(actor: Actor, now: datetime) -> "QuerySet[Job]":
    """The jobs of others, of whatever state, that a post of the actor's own confirms."""
    found = Q(pk__in=())
    for kind, roles in _confirmed(now).items():
        for held in actor.own.posts:
            if held.role in roles:
                here = Q(path__startswith=held.path) | (Q(path="") if is_root(held.path) else Q(pk__in=()))
                found |= Q(here, kind=kind)
    return Job.objects.filter(found).exclude(person_id=actor.person)


def _hands(person: int, now: datetime) -> set[int]:
    """A person, and whoever has lent that person the own posts."""
    return {standing.behalf for standing in actor_of(person, localdate(now))}


def _confirmed(now: datetime) -> dict[str, frozenset[str]]:
    """The kinds that are confirmed, each with the roles that do it."""
    return {code: kind.confirms(now) for code, kind in known().items() if kind.confirms}
