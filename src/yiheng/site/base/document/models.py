"""The tables of documents (文书内容、签署记录、编号序列)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from yiheng.site.base.texts import say

_PERSON = settings.AUTH_USER_MODEL


class Content(models.Model):
    """What an item said at one moment (固定内容). Never changed, never removed; said anew, it is the next version.

    - name: which document of the item; data: field -> plain value; digest: sha256, as `freezing.digest_of` says
    """

    item = models.ForeignKey("flow.Item", models.PROTECT, related_name="contents")
    name = models.CharField(max_length=64)
    version = models.PositiveIntegerField(say("版本", "version"))
    data = models.JSONField()
    digest = models.CharField(say("内容摘要", "digest"), max_length=64)
    act = models.ForeignKey("flow.Act", models.PROTECT, null=True, related_name="contents")
    person = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+")
    frozen_at = models.DateTimeField(say("固定时间", "frozen at"))

    class Meta:
        verbose_name = say("固定内容", "frozen content")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("item", "name", "version"), name="content_once_a_version"),
            models.CheckConstraint(condition=Q(version__gt=0), name="content_from_version_one"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Signature(models.Model):
    """That a person signed a frozen content (签署记录): who, for whom, when, which digest, by which method."""

    content = models.ForeignKey(Content, models.PROTECT, related_name="signatures")
    person = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    behalf = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    method = models.CharField(max_length=32)
    evidence = models.TextField(blank=True)
    act = models.ForeignKey("flow.Act", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = say("签署记录", "record of signing")
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("content", "person"), name="signed_once_a_person"),)


class Series(models.Model):
    """A series of numbers (编号序列): the last one given. Its row is held until the act that takes one ends."""

    name = models.CharField(max_length=200, unique=True)
    last = models.PositiveBigIntegerField(default=0)
