"""A referral (转诊单): who sends whom where and why, and what came of it."""

from typing import Any, ClassVar

from django.db import models
from django.utils.timezone import localdate

from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.fields import CodeList
from yiheng.site.base.flow.models import Item
from yiheng.site.base.ledger.models import Cell
from yiheng.site.base.party import RoleAt, RoleOver
from yiheng.site.base.places.models import Place, place_of
from yiheng.site.base.places.roles import DOCTOR, INSTITUTION
from yiheng.site.base.register.models import RegisterRow
from yiheng.site.base.texts import say
from yiheng.site.base.vault.field import SealedText
from yiheng.site.region.referral import policy
from yiheng.site.region.referral.parties import CENTRE, DESK, PLACES


def _grounds() -> dict[str, tuple[str, str]]:
    return policy.grounds(localdate())


def _dangers() -> dict[str, tuple[str, str]]:
    return policy.named("dangers", localdate())


def _subjects() -> list[tuple[str, str]]:
    return [(code, say(zh, en)) for code, (zh, en) in policy.named("subjects", localdate()).items()]


class Capability(RegisterRow):
    """What an institution is registered to treat (诊疗科目登记): a medical subject, from a day on."""

    KEY: ClassVar = ("org", "subject")
    PROPOSES: ClassVar = RoleAt(DESK, "org")
    CONFIRMS: ClassVar = RoleOver(CENTRE, "org")
    FEEDS: ClassVar = frozenset(("licences",))
    WORD: ClassVar = Word("诊疗科目登记", "registered subjects")

    org = place_of(INSTITUTION, say("机构", "institution"))
    subject = models.CharField(say("诊疗科目", "subject"), max_length=8, choices=_subjects)

    class Meta(RegisterRow.Meta):
        verbose_name = say("诊疗科目登记", "registered subject")


def _doctor(label: Any) -> Any:
    """A field with a doctor, who may be named later."""
    return models.ForeignKey(
        Person,
        models.PROTECT,
        limit_choices_to={"posts__role": DOCTOR.code},
        null=True,
        blank=True,
        related_name="+",
        verbose_name=label,
    )


class Referral(Item):
    """One patient's referral. Whatever says something of the patient is tagged `clinical` in the flow."""

    class Direction(models.TextChoices):
        UP = "up", say("上转", "upwards")
        DOWN = "down", say("下转", "downwards")

    class Urgency(models.TextChoices):
        EMERGENCY = "emergency", say("危急", "emergency")
        URGENT = "urgent", say("紧急", "urgent")
        ROUTINE = "routine", say("常规", "routine")

    class Outcome(models.TextChoices):
        RECOVERED = "recovered", say("治愈或好转", "recovered or improved")
        SENT_BACK = "sent_back", say("转回", "sent back")
        DIED = "died", say("死亡", "died")
        OTHER = "other", say("其他", "other")

    direction = models.CharField(say("方向", "direction"), max_length=8, choices=Direction)
    urgency = models.CharField(say("紧急程度", "urgency"), max_length=16, choices=Urgency, default=Urgency.ROUTINE)
    sender = place_of(INSTITUTION, say("转出机构", "sender"))
    receiver = place_of(INSTITUTION, say("接收机构", "receiver"))
    subject = models.CharField(say("诊疗科目", "subject"), max_length=8, choices=_subjects)
    family_doctor = _doctor(say("家庭医生", "family doctor"))
    grounds = CodeList(say("转诊条件", "grounds"), offered=_grounds, blank=False)
    dangers = CodeList(say("危险情形", "dangers"), offered=_dangers)
    escort = models.BooleanField(say("有医务人员护送", "an escort goes along"), default=False)
    team_confirmed = models.ForeignKey(
        Place,
        models.PROTECT,
        limit_choices_to={"kind": INSTITUTION},
        null=True,
        blank=True,
        related_name="+",
        verbose_name=say("已确认接收的机构", "institution whose team has confirmed"),
    )

    patient = models.CharField(say("患者标识", "patient"), max_length=64)
    patient_name = SealedText(say("患者姓名", "patient's name"))
    phone = SealedText(say("联系电话", "phone"))
    diagnosis = models.CharField(say("主要诊断（ICD-10）", "main diagnosis (ICD-10)"), max_length=32)
    summary = models.TextField(say("病情摘要与已行诊疗", "history, findings and treatment so far"))
    plan = models.TextField(say("后续治疗与随访方案（下转）", "treatment and follow-up plan (down)"), blank=True)
    review_on = models.DateField(say("复诊日期（下转）", "review on (down)"), null=True, blank=True)
    red_flags = models.TextField(say("须立即返院的情形（下转）", "when to come back at once (down)"), blank=True)
    consent = models.CharField(say("知情同意人", "who consented"), max_length=64, blank=True)

    slot = models.ForeignKey(
        Cell,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to={"ledger": PLACES.code},
        verbose_name=say("床位或号源", "bed or appointment"),
    )
    arrived_at = models.DateTimeField(say("到院时间", "arrived at"), null=True, blank=True)
    treating_doctor = _doctor(say("经治医生", "treating doctor"))
    discharged_at = models.DateTimeField(say("出院时间", "discharged at"), null=True, blank=True)
    outcome = models.CharField(say("结局", "outcome"), max_length=16, choices=Outcome, blank=True)
    feedback = models.TextField(say("反馈", "feedback"), blank=True)
    taken_over = models.BooleanField(say("家庭医生已接续管理", "the family doctor has taken over"), default=False)

    class Meta:
        verbose_name = say("转诊单", "referral")
