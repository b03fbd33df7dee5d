"""Which kinds of jobs there are (作业类别): each by its code, declared in a module `jobkinds` of an app."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules

from yiheng.base.words import Word
from yiheng.site.base.jobs.models import Job
from yiheng.site.base.jobs.work import Work


@dataclass(frozen=True)
class Kind:
    """One kind of job.

    - does: (work, args) -> what came of it, in one line; a Refusal ends the job, any other fault is tried again
    - attempts: how often it is begun at most; wait: before the second time, doubled before each further one
    - about: args -> what is asked for, in one line; confirms: moment -> the roles one of whose holders, another person
      than who asks, confirms it before it begins; None: it begins at once
    - asked: (job, moment) -> nothing: tells these that one waits for them, in the transaction that lets it wait
    """

    code: str
    word: Word
    does: Callable[[Work, dict[str, Any]], str]
    attempts: int = 3
    wait: timedelta = timedelta(seconds=30)
    about: Callable[[dict[str, Any]], Word] | None = None
    confirms: Callable[[datetime], frozenset[str]] | None = None
    asked: Callable[[Job, datetime], None] | None = None

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
    _discover()
    return dict(_kinds)


@cache
def _discover() -> None:
    autodiscover_modules("jobkinds")
