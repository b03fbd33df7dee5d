"""Laboratories' quality: by institution and item, with its result."""

from typing import ClassVar

from django.db import models

from yiheng.base.words import Word
from yiheng.site.base.party import RoleAt
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import LEADER
from yiheng.site.base.register.models import RegisterRow
from yiheng.site.base.texts import say


class Quality(RegisterRow):
    KEY: ClassVar = ("org", "item")
    VALUES: ClassVar = ("passed",)
    PROPOSES = RoleAt(LEADER, "org")
    CONFIRMS = RoleAt(LEADER, "org")
    FEEDS = frozenset(("eqa",))
    WORD = Word("检验质量", "laboratory quality")

    org = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=say("机构", "institution"))
    item = models.CharField(say("项目", "item"), max_length=16)
    passed = models.BooleanField(say("合格", "passed"), default=False)

    class Meta(RegisterRow.Meta):
        verbose_name = say("检验质量", "laboratory quality")
