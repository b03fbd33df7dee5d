"""What these tests ask for, and what a refusal leaves."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from yiheng.site.base.audit.models import Entry, Look
from yiheng.site.base.places.models import Delegation, Group, Membership, Post
from yiheng.site.base.posts.actions import NotGranted, grant
from yiheng.site.base.posts.lending import lend

from ..town import DAY, NOW, Town

LATER = DAY + timedelta(days=30)
_TABLES = (Post, Delegation, Group, Membership)


def refused(code: str, does: Callable[[], object]) -> None:
    """It is refused with this code, nothing has changed, and the refusal is kept."""
    before = [list(table.objects.values()) for table in _TABLES]
    entries, looks = Entry.objects.count(), Look.objects.count()
    with pytest.raises(NotGranted) as why:
        does()
    assert why.value.code == code
    assert why.value.text.zh
    assert why.value.text.en
    assert [list(table.objects.values()) for table in _TABLES] == before
    assert Entry.objects.count() == entries
    assert [look.outcome for look in Look.objects.order_by("pk")][looks:] == [code]


def give(town: Town, by: str, to: str, role: str, place: str, start: date = DAY, end: date | None = None) -> Post:
    return grant(town.actor(by), town.people[to], role, getattr(town, place), start, end, NOW)


def borrow(town: Town, by: str, to: str, start: date = DAY, end: date = LATER, cap: int | None = None) -> Delegation:
    return lend(town.actor(by), town.people[to], start, end, cap, "", "休假", NOW)
