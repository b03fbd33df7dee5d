"""Terms of break-glass (紧急查阅条件): how long, who reviews it and by when; a flow reads them from its policy."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Terms:
    """How long glass is broken at most; by which roles, and how soon after its end, that is reviewed."""

    longest: timedelta
    review_within: timedelta
    reviewers: frozenset[str]


@dataclass(frozen=True)
class Breaking:
    """What a flow says of break-glass.

    - terms: those in force at a moment; found_by: the fields with one of whose whole texts an item is asked for
    """

    terms: Callable[[datetime], Terms]
    found_by: tuple[str, ...] = ("number",)
