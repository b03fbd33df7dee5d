"""The tables of ledgers (额度、占用、流水): cells with a limit, what holds a part of one, and every movement."""

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from yiheng.site.base.ledger.units import UNITS
from yiheng.site.base.places.models import Place
from yiheng.site.base.texts import say


class Mode(StrEnum):
    """What happens above the limit: refused, asked for a reason, or only counted (刚性、预警、不控制)."""

    RIGID = "rigid"
    WARN = "warn"
    NONE = "none"


MODES = (
    (Mode.RIGID.value, say("刚性控制", "refused")),
    (Mode.WARN.value, say("预警控制", "with a reason")),
    (Mode.NONE.value, say("不控制", "only counted")),
)


class Leg(StrEnum):
    """Where a part of a limit is. What is free of a cell is what the others leave; of a hold, what it gave back."""

    FREE = "free"
    HELD = "held"
    COMMITTED = "committed"
    USED = "used"


LEG_NAMES = (
    (Leg.FREE.value, say("可用", "free")),
    (Leg.HELD.value, say("预占", "held")),
    (Leg.COMMITTED.value, say("占用", "committed")),
    (Leg.USED.value, say("实际", "used")),
)


LEGS = (Leg.HELD, Leg.COMMITTED, Leg.USED)


class Cell(models.Model):
    """One limit of a ledger and what is taken of it (额度单元).

    - ledger, key: which; starts_at: the time that a slot begins; place: whose it is; unit: fen or what is counted
    - approved: the limit; held, committed, used: the sums of its holds' legs
    """

    ledger = models.CharField(say("台账", "ledger"), max_length=64)
    key = models.CharField(say("单元", "key"), max_length=200)
    starts_at = models.DateTimeField(say("开始时间", "starts at"), null=True)
    name = models.CharField(say("名称", "name"), max_length=200)
    place = models.ForeignKey(Place, models.PROTECT, null=True, related_name="+", verbose_name=say("机构", "place"))
    unit = models.CharField(say("单位", "unit"), max_length=8, choices=UNITS)
    mode = models.CharField(say("控制方式", "control"), max_length=8, choices=MODES)
    approved = models.BigIntegerField(say("额度", "limit"), default=0)
    held = models.BigIntegerField(say("预占", "held"), default=0)
    committed = models.BigIntegerField(say("占用", "committed"), default=0)
    used = models.BigIntegerField(say("实际", "used"), default=0)

    class Meta:
        verbose_name = say("额度单元", "cell")
        constraints = (
            models.UniqueConstraint(fields=("ledger", "key"), condition=Q(starts_at=None), name="cell_once"),
            models.UniqueConstraint(
                fields=("ledger", "key", "starts_at"), condition=Q(starts_at__isnull=False), name="cell_once_a_time"
            ),
            models.CheckConstraint(
                condition=Q(approved__gte=0, held__gte=0, committed__gte=0, used__gte=0), name="cell_never_negative"
            ),
            models.CheckConstraint(
                condition=~Q(mode=Mode.RIGID) | Q(approved__gte=F("held") + F("committed") + F("used")),
                name="cell_within_its_limit",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def taken(self) -> int:
        return self.held + self.committed + self.used

    @property
    def available(self) -> int:
        """What is left of the limit; below zero where the mode lets it be exceeded."""
        return self.approved - self.taken


class Hold(models.Model):
    """A part of a cell that is taken for an item (占用记录): amount = held + committed + used + released.

    - opened_by: the act that took it; expires_at: when what is still held lapses; null: never
    """

    cell = models.ForeignKey(Cell, models.PROTECT, related_name="holds")
    item = models.ForeignKey("flow.Item", models.PROTECT, null=True, related_name="holds")
    opened_by = models.ForeignKey("flow.Act", models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    amount = models.BigIntegerField()
    held = models.BigIntegerField(default=0)
    committed = models.BigIntegerField(default=0)
    used = models.BigIntegerField(default=0)
    released = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = say("占用记录", "hold")
        constraints = (
            models.CheckConstraint(
                condition=Q(amount__gt=0, held__gte=0, committed__gte=0, used__gte=0, released__gte=0),
                name="hold_never_negative",
            ),
            models.CheckConstraint(
                condition=Q(amount=F("held") + F("committed") + F("used") + F("released")), name="hold_adds_up"
            ),
        )
        indexes = (models.Index(fields=("expires_at",), condition=Q(held__gt=0), name="hold_that_lapses"),)

    def __str__(self) -> str:
        return f"{self.cell_id}: {self.amount}"

    @property
    def state(self) -> Leg:
        """The furthest leg that still has something; free when all was given back."""
        return next((leg for leg in reversed(LEGS) if getattr(self, leg) > 0), Leg.FREE)

    def lapsed(self, now: datetime) -> bool:
        """Whether what is still held has had its time, also before the site has taken it back."""
        return self.held > 0 and self.expires_at is not None and self.expires_at <= now


class Kind(StrEnum):
    """What a movement does."""

    LIMIT = "limit"
    HOLD = "hold"
    COMMIT = "commit"
    USE = "use"
    RELEASE = "release"
    LAPSE = "lapse"
    REHOLD = "rehold"


KINDS = (
    (Kind.LIMIT.value, say("调整额度", "limit changed")),
    (Kind.HOLD.value, say("预占", "held")),
    (Kind.COMMIT.value, say("转占用", "committed")),
    (Kind.USE.value, say("列支", "used")),
    (Kind.RELEASE.value, say("释放", "released")),
    (Kind.LAPSE.value, say("逾期释放", "lapsed")),
    (Kind.REHOLD.value, say("改占", "moved")),
)


class Movement(models.Model):
    """One movement of an amount from leg to leg (流水). Never changed, never removed.

    A change of the limit has no legs; its amount has a sign. over: the cell was above its limit afterwards.
    """

    cell = models.ForeignKey(Cell, models.PROTECT, related_name="movements")
    hold = models.ForeignKey(Hold, models.PROTECT, null=True, related_name="movements")
    kind = models.CharField(max_length=8, choices=KINDS)
    frm = models.CharField(max_length=16, choices=LEG_NAMES, blank=True)
    to = models.CharField(max_length=16, choices=LEG_NAMES, blank=True)
    amount = models.BigIntegerField()
    over = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    act = models.ForeignKey("flow.Act", models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = say("流水", "movement")
        ordering = ("pk",)


class ProposalState(StrEnum):
    """What became of a limit that was asked for."""

    DRAFT = "draft"
    HOLDS = "holds"
    REJECTED = "rejected"


PROPOSAL_STATES = (
    (ProposalState.DRAFT.value, say("待复核", "to be confirmed")),
    (ProposalState.HOLDS.value, say("已生效", "in force")),
    (ProposalState.REJECTED.value, say("已退回", "rejected")),
)


class Proposal(models.Model):
    """A limit that somebody asked for (额度申请): of a cell that is there, or of a new one.

    - cell: null until a new one is opened; was: the limit when it was asked for, null of a new one; approved: the limit
      that it is to become
    - source: the document or the reason that it is by; reason: why it was rejected
    """

    ledger = models.CharField(max_length=64)
    cell = models.ForeignKey(Cell, models.PROTECT, null=True, related_name="proposals")
    key = models.CharField(say("单元", "key"), max_length=200)
    name = models.CharField(say("名称", "name"), max_length=200)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=say("机构", "place"))
    starts_at = models.DateTimeField(say("开始时间", "starts at"), null=True)
    was = models.BigIntegerField(null=True)
    approved = models.BigIntegerField()
    source = models.CharField(say("依据", "source"), max_length=200)
    state = models.CharField(max_length=8, choices=PROPOSAL_STATES, default=ProposalState.DRAFT)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_for = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_for = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        verbose_name = say("额度申请", "limit asked for")
        constraints = (models.CheckConstraint(condition=Q(approved__gte=0), name="proposal_never_negative"),)
        indexes = (models.Index(fields=("ledger",), condition=Q(state="draft"), name="proposal_that_waits"),)

    @property
    def change(self) -> int:
        """By how much the limit rises or falls."""
        return self.approved - (self.was or 0)
