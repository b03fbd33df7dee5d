"""Which kinds of jobs there are (作业类别): each by its code, declared in a module `jobkinds` of an app."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules

from yiheng.base.words import Word
from yiheng.site.base.jobs.work import Work


@dataclass(frozen=True)
class Kind:
    """One kind of job.

    - does: (work, args) -> what came of it, in one line; a Refusal ends the job, any other fault is tried again
    - attempts: how often it is begun at most; wait: before the second time, doubled before each further one
    """

    code: str
    word: Word
    does: Callable[[Work, dict[str, Any]], str]
    attempts: int = 3
    wait: timedelta = timedelta(seconds=30)

    def wait_after(self, attempt: int) -> timedelta:
        """How long to wait after an attempt that failed (1 is the first)."""
        return self.wait * 2 ** (attempt - 1)


_kinds: dict[str, Kind] = {}


def declare(kind: Kind) -> Kind:
    """Make a kind known; the same code twice is a fault of the declaration."""
    if _kinds.setdefault(kind.code, kind) is not kind:
        raise ImproperlyConfigured(f"job kind {kind.code} is declared twice")
    return kind


def kind_of(code: str) -> Kind:
    """A kind by its code; a KeyError where there is none."""
    return known()[code]


def known() -> dict[str, Kind]:
    """All kinds by code."""
    autodiscover_modules("jobkinds")
    return dict(_kinds)
