"""The hospital's policy of buying (采购政策), in force on a day."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.utils.timezone import localdate

from yiheng.policy.loader import Scheme, scheme

ID = "procurement/hospital"


@cache
def its() -> Scheme:
    """The policy file."""
    return scheme(ID)


def value(name: str, day: date) -> Any:
    """A value in force on a day."""
    return its().value(name, day)


def urge_every(now: datetime) -> timedelta:
    """The least time between two urgings of one item."""
    return timedelta(hours=value("urge_hours", localdate(now)))


def least_count(now: datetime) -> int:
    """The least count that statistics show to who sees no single item."""
    return int(value("least_count", localdate(now)))


def methods(day: date) -> dict[str, tuple[str, str]]:
    """The methods of buying: code -> (Chinese, English)."""
    return {code: (zh, en) for code, (zh, en) in value("methods", day).items()}


def band(total: int, day: date) -> list[str]:
    """Who approves a sum in fen, in order: the first band whose limit it does not exceed."""
    bands: list[tuple[int | None, list[str]]] = value("approval_bands", day)
    return next(who for limit, who in bands if limit is None or total <= limit)
