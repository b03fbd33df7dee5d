"""The hospital's policy of buying (采购政策), in force on a day."""

from datetime import date
from functools import cache
from typing import Any

from yiheng.policy.loader import Scheme, scheme

ID = "procurement/hospital"


@cache
def its() -> Scheme:
    """The policy file."""
    return scheme(ID)


def value(name: str, day: date) -> Any:
    """A value in force on a day."""
    return its().value(name, day)


def methods(day: date) -> dict[str, tuple[str, str]]:
    """The methods of buying: code -> (Chinese, English)."""
    return {code: (zh, en) for code, (zh, en) in value("methods", day).items()}


def band(total: int, day: date) -> list[str]:
    """Who approves a sum in fen, in order: the first band whose limit it does not exceed."""
    bands: list[tuple[int | None, list[str]]] = value("approval_bands", day)
    return next(who for limit, who in bands if limit is None or total <= limit)
