"""The tables of jobs (作业): each piece of work, how far it is; and when what is due every minute was last done."""

from django.conf import settings
from django.db import models

from yiheng.site.base.texts import say


class Job(models.Model):
    """One piece of work (作业).

    - kind: what is done, by its code in `kinds`; args: plain values that its function is given
    - key: one for each piece of work: made twice with one key it is one job
    - attempt: how often it was begun; a child may write only while its attempt is the job's
    - title, done, total: how far it is; message: what came of it, or the refusal; log: what its children printed
    - path: the smallest place that has all posts in which it was started, empty for the site's own; its administrators
      look after it; file: how the file that it made is to be called, empty: it made none
    - heartbeat: when its child last said that it lives; not_before: when it may be tried next
    - confirmed_by: who let it begin, of a kind that another person confirms
    """

    class State(models.TextChoices):
        ASKED = "asked", say("待复核", "to be confirmed")
        QUEUED = "queued", say("排队", "queued")
        RUNNING = "running", say("运行中", "running")
        DONE = "done", say("完成", "done")
        FAILED = "failed", say("失败", "failed")
        CANCELLED = "cancelled", say("已取消", "cancelled")
        REJECTED = "rejected", say("已退回", "rejected")

    kind = models.CharField(say("类别", "kind"), max_length=64)
    args = models.JSONField(default=dict)
    key = models.CharField(max_length=128, unique=True)
    state = models.CharField(say("状态", "state"), max_length=16, choices=State, default=State.QUEUED)
    title = models.CharField(say("进展", "progress"), max_length=200, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    message = models.TextField(say("结果", "outcome"), blank=True)
    log = models.TextField(say("日志", "log"), blank=True)
    attempt = models.PositiveSmallIntegerField(say("次数", "attempt"), default=0)
    not_before = models.DateTimeField()
    heartbeat = models.DateTimeField(null=True)
    cancel_asked = models.BooleanField(default=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=say("发起人", "started by")
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=say("复核人", "confirmed by"),
    )
    path = models.CharField(max_length=400, blank=True)
    file = models.CharField(max_length=128, blank=True)
    made_at = models.DateTimeField(say("发起时间", "made at"))
    began_at = models.DateTimeField(say("开始时间", "began at"), null=True)
    ended_at = models.DateTimeField(say("结束时间", "ended at"), null=True)

    class Meta:
        verbose_name = say("作业", "job")
        ordering = ("pk",)
        indexes = (models.Index(fields=("state", "not_before")), models.Index(fields=("person",)))


class Pulse(models.Model):
    """What is due every minute (每分钟事务): when it last began and ended, and the fault that it ended with."""

    name = models.CharField(max_length=64, unique=True)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    fault = models.TextField(blank=True)
