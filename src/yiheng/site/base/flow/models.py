"""The tables of all flows (事项、办理、待办): one for items, one for acts, one for to-dos, whatever the service.

A service's own table is a subclass of `Item` and has only what is its own.
"""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from yiheng.site.base.places.models import Place
from yiheng.site.base.texts import say

if TYPE_CHECKING:
    from yiheng.site.base.flow.declare import Flow, State

_PERSON = settings.AUTH_USER_MODEL


class Waiting(models.Model):
    """What waits for a person, or for whoever holds a role at a place or above it (`party.Turn`)."""

    role = models.CharField(max_length=32, blank=True)
    path = models.CharField(max_length=400, blank=True)
    over = models.BooleanField(default=False)
    person = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True


class Item(models.Model):
    """One matter in a flow (事项).

    - flow, definition: which flow, in which version of it; state: the code of its state
    - version: counts the acts; whoever acts says the one that was seen
    - matter: the first item of all that belong together (a purchase, its contract, its payment); itself, if none
    - parent: the item that opened this one
    """

    flow = models.CharField(max_length=64)
    definition = models.PositiveSmallIntegerField()
    state = models.CharField(say("状态", "state"), max_length=32)
    version = models.PositiveIntegerField(default=0)
    number = models.CharField(say("编号", "number"), max_length=64, blank=True)
    author = models.ForeignKey(_PERSON, models.PROTECT, related_name="+", verbose_name=say("发起人", "made by"))
    matter = models.ForeignKey("self", models.PROTECT, null=True, related_name="of_matter")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    made_at = models.DateTimeField(say("发起时间", "made at"))
    changed_at = models.DateTimeField(say("更新时间", "changed at"))
    ended_at = models.DateTimeField(say("办结时间", "ended at"), null=True)

    class Meta:
        verbose_name = say("事项", "item")
        constraints = (
            models.UniqueConstraint(fields=("flow", "number"), condition=~Q(number=""), name="number_once_a_flow"),
        )
        indexes = (
            models.Index(fields=("flow", "state")),
            models.Index(fields=("flow", "changed_at"), name="item_in_order"),
        )

    def __str__(self) -> str:
        return self.number or f"{self.flow} {self.pk}"

    @property
    def its_flow(self) -> "Flow":
        """The definition that the item began with."""
        from yiheng.site.base.flow.registry import flow_of

        return flow_of(self.flow, self.definition)

    @property
    def its_state(self) -> "State":
        return self.its_flow.states[self.state]


class Was(models.Model):
    """A place that was in a field of an item before another came there (曾任)."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="former")
    field = models.CharField(max_length=64)
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    until = models.DateTimeField()


class Reached(models.Model):
    """The first time that an item came into a state."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="reached")
    state = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("item", "state"), name="reached_first_once"),)


class Act(models.Model):
    """One step that was taken (办理记录): by whom, for whom, from where to where. Never changed, never removed.

    - person: the natural person; null: the site itself; behalf: whose posts these were
    - version: the item's after it; request: the key that the sender gave, so that a repeat has no second effect
    - asked: sha256 of what was asked, so that one key cannot mean two things
    - role, path: the post that it was done in, and its place; empty where it took none
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="acts")
    matter = models.ForeignKey(Item, models.PROTECT, related_name="+")
    step = models.CharField(max_length=64)
    person = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+")
    behalf = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    from_state = models.CharField(max_length=32, blank=True)
    to_state = models.CharField(max_length=32)
    version = models.PositiveIntegerField()
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    request = models.UUIDField(unique=True)
    asked = models.CharField(max_length=64)
    role = models.CharField(max_length=32, blank=True)
    path = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("item", "version"), name="act_once_a_version"),)


class Answered(models.Model):
    """What a check said before an act (检查结论): its level, what it objected to (empty: nothing), the evidence."""

    act = models.ForeignKey(Act, models.PROTECT, related_name="answers")
    check_name = models.CharField(max_length=64)
    level = models.CharField(max_length=8)
    zh = models.TextField(blank=True)
    en = models.TextField(blank=True)
    evidence = models.JSONField(default=list)


class Bar(models.Model):
    """A person who may not take a step in a matter (回避), because of a duty done in it.

    Flow and step `*`: none at all, and the matter is not shown either.
    """

    matter = models.ForeignKey(Item, models.PROTECT, related_name="bars")
    person = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    flow = models.CharField(max_length=64)
    step = models.CharField(max_length=64)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("matter", "person", "flow", "step"), name="bar_once"),)


class Todo(Waiting):
    """A step that an item waits for, and whom it waits for (待办). One table for all flows.

    - amount: in fen, for the limit of a delegation; due: when the state's time is over
    """

    item = models.ForeignKey(Item, models.CASCADE, related_name="todos")
    matter = models.ForeignKey(Item, models.PROTECT, related_name="+")
    flow = models.CharField(max_length=64)
    step = models.CharField(max_length=64)
    since = models.DateTimeField()
    due = models.DateTimeField(null=True)
    amount = models.BigIntegerField(null=True)


class Addressed(models.Model):
    """A to-do under one key of whom it waits for (送达), with all that an inbox asks; `party.keys` says which keys.

    Written with the to-do, as what it says; of that only the due ever changes (`todos.put_off`). Moments are whole
    numbers (`todos.stamp`), as hundreds of rows are counted and sorted by them: `rank`, where it stands by its due.
    """

    todo = models.ForeignKey(Todo, models.CASCADE, related_name="addressed")
    key = models.CharField(max_length=512)
    item = models.ForeignKey(Item, models.CASCADE, related_name="+", db_index=False)
    matter = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    flow = models.CharField(max_length=64)
    step = models.CharField(max_length=64)
    rank = models.BigIntegerField()
    since = models.BigIntegerField()
    amount = models.BigIntegerField(null=True)

    class Meta:
        # All columns that an inbox asks for: it reads this index and no row.
        indexes = (
            models.Index(
                fields=("key", "rank", "flow", "item", "todo", "step", "matter", "amount", "since"),
                name="addressed_in_order",
            ),
        )


class Poll(models.Model):
    """A panel that is asked before a step (会签、表决): open until it has agreed or refused; asked again, a new one."""

    class Outcome(models.TextChoices):
        OPEN = "open", say("进行中", "open")
        AGREED = "agreed", say("通过", "agreed")
        REFUSED = "refused", say("未通过", "refused")
        RETURNED = "returned", say("退回", "returned")
        LEFT = "left", say("未完成", "left")

    item = models.ForeignKey(Item, models.PROTECT, related_name="polls")
    step = models.CharField(max_length=64)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    basis = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("item", "step"), condition=Q(closed_at=None), name="poll_open_once"),
        )


class Seat(Waiting):
    """One answer of a panel (席位): whom it waits for; who gave it, for whom, when.

    - rung: seats of a lower rung answer first; is_open: it waits for its answer now
    - value: the answer's code; score: where points are given; recused: takes no part and is not counted
    """

    poll = models.ForeignKey(Poll, models.PROTECT, related_name="seats")
    rung = models.PositiveSmallIntegerField(default=0)
    label = models.CharField(max_length=128, blank=True)
    is_open = models.BooleanField(default=False)
    recused = models.BooleanField(default=False)
    person_answered = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+")
    behalf = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(null=True)
    value = models.CharField(max_length=16, blank=True)
    score = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    comment = models.TextField(blank=True)

    class Meta:
        ordering = ("rung", "pk")
        indexes = (models.Index(fields=("role", "path"), name="seat_of_role"),)
        constraints = (
            models.UniqueConstraint(
                fields=("poll", "person_answered"),
                condition=Q(person_answered__isnull=False),
                name="answer_once_a_person",
            ),
        )


class Passed(Waiting):
    """A step that was passed on (转办): whose turn it was, and the person it waits for until the state is left."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="passed")
    step = models.CharField(max_length=64)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)


class Copied(models.Model):
    """A copy that was sent (抄送): the person sees the item from then on, all of it (no tagged field) or a stub."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="copies")
    person = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    shows = models.CharField(max_length=8)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("item", "person"), name="copied_once"),)


class Gate(models.Model):
    """A name that acts lock while they ask about it (检查锁): a supplier, an item of the budget."""

    name = models.CharField(max_length=200, unique=True)


class Event(models.Model):
    """What happened, for whoever is to be told (发件箱); written with the act, sent later, never lost."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="events")
    act = models.ForeignKey(Act, models.PROTECT, null=True, related_name="events")
    kind = models.CharField(max_length=64)
    content = models.JSONField(default=dict)
    at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("pk",)
        indexes = (models.Index(fields=("sent_at",)),)


class Deadline(models.Model):
    """A clock of an item (时限): from when, until when, what it told when that was over. Begun again, it is a new one.

    - name: of the limit in the item's flow; pauses: from when until when it stood still, as pairs of moments
    - due: when its time is over, and kept as it was while it stands still (`paused_at`); provisional: of a year whose
      calendar is not published; calendar: the digest of the calendar by which it was reckoned
    - level: how many levels were told that it is late; next_at: when the next is; null: none, or it stands still
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="deadlines")
    name = models.CharField(max_length=64)
    began_at = models.DateTimeField()
    pauses = models.JSONField(default=list)
    paused_at = models.DateTimeField(null=True)
    due = models.DateTimeField()
    provisional = models.BooleanField(default=False)
    calendar = models.CharField(max_length=64)
    level = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("item", "name"), condition=Q(ended_at=None), name="deadline_runs_once"),
        )
        indexes = (
            models.Index(fields=("next_at",)),
            models.Index(fields=("name", "due"), condition=Q(ended_at=None), name="deadline_running"),
            models.Index(fields=("calendar",), condition=Q(ended_at=None), name="deadline_calendar"),
        )


class Escalation(models.Model):
    """A level that was told that an item is late (催办升级), once a level; `due`: since when it was to be told."""

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="escalations")
    level = models.PositiveSmallIntegerField()
    due = models.DateTimeField()
    at = models.DateTimeField()
    event = models.OneToOneField(Event, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("deadline", "level"), name="level_once"),)
