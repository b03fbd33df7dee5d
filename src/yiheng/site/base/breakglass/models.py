"""The table of break-glass (紧急查阅): who opened what, why, until when, and what the review said."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from yiheng.site.base.texts import say

_PERSON = settings.AUTH_USER_MODEL


class Glass(models.Model):
    """One opening (一次紧急查阅).

    - path: the smallest place that has all posts of the person who opened it; its officers review it
    - ends_at: when it closes by itself; closed_at: earlier, by hand; review_by: until when it is to be reviewed
    - reviewers: the codes of the roles that review it, each between blanks
    """

    class Verdict(models.TextChoices):
        RIGHT = "right", say("理由成立", "was right")
        WRONG = "wrong", say("理由不成立", "was not right")

    person = models.ForeignKey(_PERSON, models.PROTECT, related_name="+", verbose_name=say("查阅人", "opened by"))
    item = models.ForeignKey("flow.Item", models.PROTECT, related_name="+", verbose_name=say("事项", "item"))
    path = models.CharField(max_length=400)
    reason = models.CharField(say("理由", "reason"), max_length=500)
    opened_at = models.DateTimeField(say("开始", "opened at"))
    ends_at = models.DateTimeField(say("到期", "ends at"))
    closed_at = models.DateTimeField(null=True)
    review_by = models.DateTimeField(say("复核期限", "review by"))
    reviewers = models.CharField(max_length=200)
    reviewer = models.ForeignKey(
        _PERSON, models.PROTECT, null=True, related_name="+", verbose_name=say("复核人", "reviewer")
    )
    reviewed_at = models.DateTimeField(say("复核时间", "reviewed at"), null=True)
    verdict = models.CharField(say("复核结论", "verdict"), max_length=8, choices=Verdict, blank=True)
    comment = models.CharField(say("复核意见", "comment"), max_length=500, blank=True)

    class Meta:
        verbose_name = say("紧急查阅", "break-glass")
        ordering = ("pk",)
        indexes = (models.Index(fields=("person", "ends_at")),)
        constraints = (
            models.CheckConstraint(condition=~Q(reason=""), name="glass_has_a_reason"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("opened_at")), name="glass_ends"),
            models.CheckConstraint(
                condition=Q(reviewer=None) | ~Q(reviewer=F("person")), name="glass_reviewed_by_another"
            ),
        )
