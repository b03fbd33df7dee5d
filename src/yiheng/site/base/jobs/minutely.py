"""What is due every minute (每分钟事务): once a minute over all workers; a fault neither stops others nor hides."""

import sys
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

from django.db import close_old_connections, connections
from django.db.models import Q

from yiheng.base.refusal import masked
from yiheng.site.base.jobs.models import Pulse


@dataclass(frozen=True)
class Minutely:
    """Something that is due every minute: its name, and the function that is given the moment."""

    name: str
    does: Callable[[datetime], object]


class Pulses:
    """Calls what is due, one after another, in a thread of its own: a fault ends the call, not the worker."""

    def __init__(self, due: Sequence[Minutely]) -> None:
        self._due = due
        self._minute: datetime | None = None
        self._thread = ThreadPoolExecutor(1)

    def __enter__(self) -> "Pulses":
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._thread.submit(connections.close_all)
        self._thread.shutdown()

    def beat(self, now: datetime) -> None:
        """Call everything whose minute has come and which no other worker has begun."""
        minute = now.replace(second=0, microsecond=0)
        if minute == self._minute:
            return
        self._minute = minute
        for each in self._due:
            if _claimed(each.name, minute):
                fault = self._thread.submit(_called, each, now).exception()
                _ended(each.name, now, fault)


def _called(each: Minutely, now: datetime) -> None:
    close_old_connections()
    each.does(now)


def _claimed(name: str, minute: datetime) -> bool:
    """Whether this minute's call is this worker's."""
    Pulse.objects.bulk_create([Pulse(name=name)], ignore_conflicts=True)
    open_still = Q(began_at=None) | Q(began_at__lt=minute)
    return bool(Pulse.objects.filter(open_still, name=name).update(began_at=minute))


def _ended(name: str, now: datetime, fault: BaseException | None) -> None:
    text = masked("".join(traceback.format_exception(fault))) if fault else ""
    if text:
        print(f"{now:%F %T} {name}: {text}", file=sys.stderr, flush=True)
    Pulse.objects.filter(name=name).update(ended_at=now, fault=text)
