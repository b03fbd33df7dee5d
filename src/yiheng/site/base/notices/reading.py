"""A person's notices (我的通知): the last first; reading is marked once. The item is seen through `flow.sight`."""

from datetime import datetime

from django.db.models import QuerySet

from yiheng.site.base.notices.models import Notice


def notices(person: int) -> "QuerySet[Notice]":
    """A person's own notices, the last first."""
    return Notice.objects.filter(person_id=person).order_by("-pk")


def unread(person: int) -> int:
    """How many of them were not read yet."""
    return notices(person).filter(read_at=None).count()


def mark_read(person: int, numbers: list[int], now: datetime) -> int:
    """Mark own notices as read; those of others stay as they are; how many were."""
    return notices(person).filter(pk__in=numbers, read_at=None).update(read_at=now)
