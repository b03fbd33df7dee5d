"""The tables of the audit (审计记录): the chain, its head, and the looks and refusals that are sealed into it.

The database itself refuses to change or remove a row (`guard`).
"""

from typing import Any

from django.conf import settings
from django.db import models

from yiheng.site.base.texts import say

_PERSON = settings.AUTH_USER_MODEL


class Recorded(models.Model):
    """What one row says.

    - person: the natural person, null for the site itself; behalf: whose posts these were
    - action: `<flow>.<step>` or `<room>.<verb>`; kind, number: the thing it was done to
    - institution: the path of the smallest place that has all posts in which it was done
    - outcome: done, seen, or the code of a refusal; detail: names of fields, versions, counts; never a patient's data
    """

    at = models.DateTimeField(say("时间", "at"))
    person = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+", verbose_name=say("操作人", "by"))
    behalf = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+", verbose_name=say("代", "for"))
    action = models.CharField(say("操作", "action"), max_length=128)
    kind = models.CharField(say("对象类别", "kind of object"), max_length=64)
    number = models.CharField(say("对象编号", "object"), max_length=64, blank=True)
    institution = models.CharField(say("机构", "institution"), max_length=400, blank=True)
    outcome = models.CharField(say("结果", "outcome"), max_length=64)
    detail = models.JSONField(say("详情", "detail"), default=dict)

    class Meta:
        abstract = True

    @property
    def said(self) -> list[Any]:
        """The row as plain values, for its digest."""
        who = [self.person_id, self.behalf_id]
        return [self.at, *who, self.action, self.kind, self.number, self.institution, self.outcome, self.detail]


class Entry(Recorded):
    """One link of the chain (审计链): `digest` is over the row and `prev`, the digest of the entry before."""

    seq = models.BigIntegerField(say("序号", "number"), primary_key=True)
    prev = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = say("审计记录", "audit entry")
        ordering = ("seq",)
        indexes = (models.Index(fields=("kind", "number")), models.Index(fields=("person", "at")))


class Head(models.Model):
    """The end of the chain: its one row is locked by whoever writes the next entry."""

    ONLY = 1

    seq = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)


class Look(Recorded):
    """A look at somebody's data, or a refusal (查阅与拒绝): written without a lock, sealed into the chain later."""

    seal = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = say("查阅记录", "look")
        ordering = ("pk",)
        indexes = (
            models.Index(fields=("kind", "number", "at")),
            models.Index(fields=("person", "at")),
            models.Index(fields=("seal",), condition=models.Q(seal=None), name="look_not_sealed"),
        )
