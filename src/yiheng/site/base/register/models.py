"""What every register has (登记簿的表): rows with dates, source and the two people; and the locks by key."""

from enum import StrEnum
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, ForeignKey, Q

from yiheng.base.words import Word
from yiheng.site.base.party import Party
from yiheng.site.base.party.facts import Concerned
from yiheng.site.base.places.models import Dated, Place
from yiheng.site.base.texts import say

_PERSON = settings.AUTH_USER_MODEL


class RowState(StrEnum):
    """What became of a row."""

    DRAFT = "draft"
    HOLDS = "holds"
    REJECTED = "rejected"
    REPLACED = "replaced"


ROW_STATES = (
    (RowState.DRAFT.value, say("待复核", "to be confirmed")),
    (RowState.HOLDS.value, say("有效", "in force")),
    (RowState.REJECTED.value, say("未通过", "rejected")),
    (RowState.REPLACED.value, say("已更正", "replaced")),
)


class RegisterKey(models.Model):
    """A register and the digest of a key (登记锁): held by whoever writes a row of them."""

    name = models.CharField(max_length=400, unique=True)


class RegisterRow(Dated):
    """A row of a register (登记行), from `start` until the day before `end`.

    A service's table says: KEY, the fields of which one row holds a day; VALUES, its other fields; who PROPOSES and who
    CONFIRMS, as parties over its people and places; FEEDS, the names of sources that write without a person.

    - source: the document or file that it comes from; feed: who brought it, where no person did
    - replaces: the row that ends where this one begins
    - ending: a last day that was proposed and not confirmed yet; its proposer, and why
    """

    KEY: ClassVar[tuple[str, ...]] = ()
    VALUES: ClassVar[tuple[str, ...]] = ()
    PROPOSES: ClassVar[Party] = Party()
    CONFIRMS: ClassVar[Party] = Party()
    FEEDS: ClassVar[frozenset[str]] = frozenset()
    WORD: ClassVar[Word] = Word("登记簿", "register")

    key_digest = models.CharField(max_length=64, editable=False)
    state = models.CharField(
        say("状态", "state"), max_length=8, choices=ROW_STATES, default=RowState.DRAFT, editable=False
    )
    source = models.CharField(say("来源", "source"), max_length=200)
    feed = models.CharField(max_length=64, blank=True, editable=False)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, editable=False, related_name="+")
    proposed_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, editable=False, related_name="+")
    proposed_for = models.ForeignKey(_PERSON, models.PROTECT, null=True, editable=False, related_name="+")
    proposed_at = models.DateTimeField(editable=False)
    confirmed_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, editable=False, related_name="+")
    confirmed_for = models.ForeignKey(_PERSON, models.PROTECT, null=True, editable=False, related_name="+")
    confirmed_at = models.DateTimeField(null=True, editable=False)
    reason = models.TextField(editable=False, blank=True)
    ending = models.DateField(null=True, editable=False)
    ending_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, editable=False, related_name="+")
    ending_for = models.ForeignKey(_PERSON, models.PROTECT, null=True, editable=False, related_name="+")
    ending_reason = models.TextField(editable=False, blank=True)
    ended_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, editable=False, related_name="+")
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
        constraints = (
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=F("start")),
                name="%(app_label)s_%(class)s_ends_after_start",
                violation_error_message=say("终止日须晚于起始日", "the end must be after the start"),
            ),
            models.UniqueConstraint(
                fields=("key_digest", "start"),
                condition=Q(state=RowState.HOLDS),
                name="%(app_label)s_%(class)s_start_once",
            ),
            models.UniqueConstraint(
                fields=("key_digest",),
                condition=Q(state=RowState.HOLDS, end__isnull=True),
                name="%(app_label)s_%(class)s_open_once",
            ),
        )

    @property
    def key(self) -> dict[str, Any]:
        """The values of the key's fields; of what they refer to, its number."""
        return {name: getattr(self, self._meta.get_field(name).attname) for name in self.KEY}

    @property
    def values(self) -> dict[str, Any]:
        """The values of the other fields, likewise."""
        return {name: getattr(self, self._meta.get_field(name).attname) for name in self.VALUES}

    def concerned(self) -> Concerned:
        """Its people and places, for the parties that may change it."""
        people: dict[str, int | None] = {}
        places: dict[str, str | None] = {}
        for name in (*self.KEY, *self.VALUES):
            field = self._meta.get_field(name)
            if not isinstance(field, ForeignKey):
                continue
            its = getattr(self, name, None) if getattr(self, field.attname) is not None else None
            if field.related_model is Place:
                places[name] = its and its.path
            elif field.related_model._meta.label == _PERSON:
                people[name] = its and its.pk
        return Concerned(self.pk or 0, self.proposed_by_id or 0, people, places)
