"""Tokens (令牌) by which a program speaks for a person."""

from django.conf import settings
from django.db import models

from yiheng.site.base.texts import say


class Token(models.Model):
    """A program's key (接口令牌), for one person, until a day; only its digest is kept. used_at: to the minute."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="tokens")
    name = models.CharField(say("用途", "what for"), max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(say("生成时间", "made at"))
    expires_at = models.DateTimeField(say("有效期至", "valid until"))
    used_at = models.DateTimeField(say("最近使用", "last used"), null=True)
    ended_at = models.DateTimeField(say("停用时间", "ended at"), null=True)

    class Meta:
        verbose_name = say("接口令牌", "API token")
        ordering = ("-pk",)
