"""Jobs that wait for a second person (作业复核): who may confirm one is told; what nobody confirms in time lapses."""

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.policy.loader import scheme
from yiheng.site.base.clock.calendar import china
from yiheng.site.base.clock.due import due
from yiheng.site.base.clock.span import Span, working_days
from yiheng.site.base.jobs import queue
from yiheng.site.base.jobs.actions import seconds
from yiheng.site.base.jobs.kinds import known
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.notices.models import Notice

_LONGEST = 300


def ask(job: Job, now: datetime) -> None:
    """Tell everybody who may confirm a job that it waits; a kind's `asked`."""
    what, who = _named(job), job.person.name if job.person else ""
    until = f"{lapses_at(job):%Y-%m-%d}"
    zh = f"{who}申请{what.zh}，请在“后台作业复核”中办理，最迟{until}"
    en = f"{who} asks for {what.en}: confirm it or send it back by {until}, under “Jobs to confirm”"
    Notice.objects.bulk_create([_notice(person, Word(zh, en), now) for person in sorted(seconds(job, now))])


def lapse(now: datetime) -> int:
    """End what nobody has confirmed in time, and tell whoever asked for it; how many there were."""
    waiting = Job.objects.filter(state=Job.State.ASKED).order_by("pk")
    return sum(_lapse_one(job, now) for job in waiting if lapses_at(job) < now)


def lapses_at(job: Job) -> datetime:
    """When a job that waits lapses: working days after it was asked for, as the policy of that day says."""
    return due(job.not_before, _within(job), china()).at


@transaction.atomic
def _lapse_one(job: Job, now: datetime) -> bool:
    within = _within(job).word
    why = Word(f"{within.zh}内无人复核，已失效", f"nobody confirmed it within {within.en}: it has lapsed")
    if not queue.lapse(job, f"{why.zh} / {why.en}", now):
        return False
    if job.person_id is not None:
        what = _named(job)
        _notice(job.person_id, Word(f"您申请的{what.zh}：{why.zh}", f"Your {what.en}: {why.en}"), now).save()
    return True


def _within(job: Job) -> Span:
    return working_days(scheme("site/jobs").value("confirm_days", localdate(job.not_before)))


def _named(job: Job) -> Word:
    """A job's kind and what is asked for; its code where the site has no such kind any more."""
    kind = known().get(job.kind)
    if kind is None:
        return Word(job.kind, job.kind)
    if kind.about is None:
        return kind.word
    about = kind.about(job.args)
    return Word(f"{kind.word.zh}（{about.zh}）", f"{kind.word.en} ({about.en})")


def _notice(person: int, text: Word, now: datetime) -> Notice:
    return Notice(person_id=person, zh=text.zh[:_LONGEST], en=text.en[:_LONGEST], at=now)
