"""A consultation (会诊单), and the agreements (协议) between hospitals that allow it."""

from typing import ClassVar

from django.db import models

from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.models import Item
from yiheng.site.base.party import RoleAt, RoleOver
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.roles import COMMISSION, INSTITUTION, role
from yiheng.site.base.register.models import RegisterRow
from yiheng.site.base.texts import say

DESK = role("tele_desk", "远程医疗办公室", "telemedicine desk", INSTITUTION)


class Kind(models.TextChoices):
    CONSULT = "consult", say("会诊", "consultation")
    IMAGING = "imaging", say("影像诊断", "imaging")
    ECG = "ecg", say("心电诊断", "ECG")
    PATHOLOGY = "pathology", say("病理诊断", "pathology")
    LAB = "lab", say("检验诊断", "laboratory")


RATINGS = tuple((number, str(number)) for number in range(1, 6))


class Agreement(RegisterRow):
    """That two hospitals have agreed on a kind of service, from a day on (远程医疗协议)."""

    KEY: ClassVar = ("inviter", "invitee", "kind")
    PROPOSES: ClassVar = RoleAt(DESK, "invitee")
    CONFIRMS: ClassVar = RoleOver(COMMISSION, "invitee")
    WORD: ClassVar = Word("远程医疗协议", "agreements on remote services")

    inviter = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=say("邀请方", "inviter"))
    invitee = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=say("受邀方", "invited"))
    kind = models.CharField(say("类别", "kind"), max_length=16, choices=Kind)


class Consultation(Item):
    """One request for an opinion. What says something of the patient is tagged `clinical`."""

    kind = models.CharField(say("类别", "kind"), max_length=16, choices=Kind)
    inviter = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=say("邀请方", "inviter"))
    invitee = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=say("受邀方", "invited"))
    patient = models.CharField(say("患者标识", "patient"), max_length=64)
    consent = models.BooleanField(say("患者已知情同意", "the patient has consented"), default=False)
    materials = models.TextField(say("病情与资料", "history and materials"))
    expert = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=say("专家", "expert")
    )
    session_at = models.DateTimeField(say("会诊时间", "session at"), null=True, blank=True)
    opinion = models.TextField(say("会诊意见", "opinion"), blank=True)
    rating = models.PositiveSmallIntegerField(
        say("评价（1至5）", "rating, 1 to 5"), null=True, blank=True, choices=RATINGS
    )

    class Meta:
        verbose_name = say("远程会诊", "remote consultation")
