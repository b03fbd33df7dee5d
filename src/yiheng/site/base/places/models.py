"""The tree of places, groups, posts and delegations (机构、集团、岗位、授权委托), all with the days they hold."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from yiheng.site.base.places.roles import DEPARTMENT, INSTITUTION, REGION
from yiheng.site.base.texts import say


class Dated(models.Model):
    """What holds from a day on, until the day before `end` (null: until further notice)."""

    start = models.DateField(say("起", "from"))
    end = models.DateField(say("止（不含）", "until (not included)"), null=True, blank=True)

    class Meta:
        abstract = True

    @staticmethod
    def on(day: date, prefix: str = "") -> Q:
        """What holds on `day`, as a condition; `prefix` leads to it from another table (`place__`)."""
        open_end = Q(**{f"{prefix}end__isnull": True}) | Q(**{f"{prefix}end__gt": day})
        return Q(**{f"{prefix}start__lte": day}) & open_end


class Place(Dated):
    """A region, an institution or a department (区域、机构、科室).

    `path` is the codes from the root, each between slashes (`/140600/140602/H001/`): a place is inside another where
    its path begins with the other's.
    """

    class Kind(models.TextChoices):
        REGION = REGION, say("区域", "region")
        INSTITUTION = INSTITUTION, say("机构", "institution")
        DEPARTMENT = DEPARTMENT, say("科室", "department")

    code = models.CharField(say("代码", "code"), max_length=64, unique=True)
    name = models.CharField(say("名称", "name"), max_length=128)
    kind = models.CharField(say("类别", "kind"), max_length=16, choices=Kind)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=400, unique=True, editable=False)

    class Meta:
        verbose_name = say("机构", "place")
        constraints = (
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="place_ends_after_start"
            ),
        )

    def __str__(self) -> str:
        return self.name


def place_of(kind: str, label: Any) -> Any:
    """A field with a place of one kind (机构、科室字段), by its name for readers."""
    return models.ForeignKey(
        Place, models.PROTECT, limit_choices_to={"kind": kind}, related_name="+", verbose_name=label
    )


class Group(models.Model):
    """A group of institutions (集团、医共体、专科联盟): who is a member changes by the day."""

    code = models.CharField(say("代码", "code"), max_length=64, unique=True)
    name = models.CharField(say("名称", "name"), max_length=128)
    lead = models.ForeignKey(Place, models.PROTECT, related_name="leads", verbose_name=say("牵头机构", "lead"))

    class Meta:
        verbose_name = say("集团", "group")

    def __str__(self) -> str:
        return self.name


class Membership(Dated):
    """An institution in a group, from a day on."""

    group = models.ForeignKey(Group, models.PROTECT, related_name="members")
    place = models.ForeignKey(Place, models.PROTECT, related_name="memberships")


class Post(Dated):
    """A person in a role at a place (岗位)."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="posts")
    role = models.CharField(say("角色", "role"), max_length=32)
    place = models.ForeignKey(Place, models.PROTECT, related_name="posts", verbose_name=say("机构", "place"))

    class Meta:
        verbose_name = say("岗位", "post")
        constraints = (
            models.UniqueConstraint(
                fields=("person", "role", "place"), condition=Q(end__isnull=True), name="post_once"
            ),
        )


class Delegation(Dated):
    """Posts lent to another (授权委托): for some days, up to an amount, in one flow or in all; never passed on.

    - cap: the largest amount in fen that may be acted on; null: no limit
    - flow: the code of the only flow it is for; empty: all
    """

    giver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="lends")
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="borrows")
    cap = models.BigIntegerField(say("限额（分）", "limit (fen)"), null=True, blank=True)
    flow = models.CharField(say("业务", "service"), max_length=64, blank=True)
    reason = models.CharField(say("事由", "reason"), max_length=200)

    class Meta:
        verbose_name = say("授权委托", "delegation")
        constraints = (
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="delegation_to_another"),
            models.CheckConstraint(condition=Q(end__isnull=False, end__gte=F("start")), name="delegation_ends"),
        )
