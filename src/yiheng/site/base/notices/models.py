"""The tables of notices (通知): what a person was told, its other ways out, events that could not be told."""

from django.conf import settings
from django.db import models

from yiheng.site.base.texts import say

_PERSON = settings.AUTH_USER_MODEL


class Notice(models.Model):
    """What one person is told of one event (通知), in both languages; of no item where the site itself tells it."""

    person = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    item = models.ForeignKey("flow.Item", models.PROTECT, null=True, related_name="+")
    event = models.ForeignKey("flow.Event", models.PROTECT, null=True, related_name="+")
    zh = models.CharField(max_length=300)
    en = models.CharField(max_length=300)
    at = models.DateTimeField(say("时间", "at"))
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = say("通知", "notice")
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("event", "person"), name="notice_once"),)
        indexes = (models.Index(fields=("person", "read_at")),)


class Tried(models.Model):
    """How often something was tried, when next, and the last fault; `given_up`: it is not tried again."""

    tries = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    fault = models.CharField(max_length=300, blank=True)
    given_up = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Sending(Tried):
    """A notice on its way by another sender than the site's own list (对外发送)."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="sendings")
    sender = models.CharField(max_length=32)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("notice", "sender"), name="sending_once"),)
        indexes = (models.Index(fields=("sent_at", "given_up", "not_before")),)


class Untold(Tried):
    """An event that could not be told (未能通知): its fault is shown to those who run the site."""

    event = models.OneToOneField("flow.Event", models.CASCADE, related_name="untold")
