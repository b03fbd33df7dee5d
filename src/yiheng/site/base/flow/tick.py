"""The tick (定时办理): what is done because its time has come, by no person; the worker calls it every minute.

Late or repeated it does the same: what became due in the meantime is done once, in its order. Two at once do nothing
twice: each holds the matter's lock, looks again, and leaves a row that there can be only one of.
"""

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localtime

from yiheng.site.base.audit.chain import write
from yiheng.site.base.clock.calendar import Calendar, china
from yiheng.site.base.flow import deadlines, todos
from yiheng.site.base.flow.act import lock, system_act
from yiheng.site.base.flow.declare import Flow, Limit, Ripe, Step
from yiheng.site.base.flow.facts import facts_of
from yiheng.site.base.flow.models import Act, Deadline, Escalation, Event, Item
from yiheng.site.base.flow.registry import all_versions

LATE = "late"

_log = logging.getLogger(__name__)
_BATCH = 500


@dataclass(frozen=True)
class Fault:
    """What could not be done, of which item, and why; the next tick tries again."""

    item: int
    what: str
    error: Exception


@dataclass
class Ticked:
    """What a tick did: deadlines reckoned by a new calendar (items), levels told, steps taken; and its faults."""

    reckoned: list[int] = field(default_factory=list)
    told: list[Escalation] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def tick(now: datetime, calendar: Calendar | None = None) -> Ticked:
    """Reckon deadlines anew where the calendar has changed, tell who is late, then take the steps whose time has come.

    `calendar`: the working calendar, China's published one where none is given. A fault of one item leaves that item
    as it was and the others their turn; it is in the answer's `faults` and in the log.
    """
    done, by = Ticked(), calendar or china()
    _reckon(done, now, by)
    _tell(done, now, by)
    for flow in all_versions():
        for step in flow.steps:
            if step.is_the_systems and not step.begins:
                _take(done, flow, step, now)
    return done


def request_of(item: Item, step: Step) -> UUID:
    """The key of a system step of an item in this version: a repeat has the same."""
    return uuid5(NAMESPACE_OID, f"{item.pk}/{step.name}/{item.version}")


@dataclass(frozen=True)
class _Turn:
    """An item's turn: its fault is kept and logged, and the next has its own. An interrupt is no fault and goes on."""

    done: Ticked
    item: int
    what: str

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, Exception):
            return False
        _log.error("item %s: %s", self.item, self.what, exc_info=error)
        self.done.faults.append(Fault(self.item, self.what, error))
        return True


def _reckon(done: Ticked, now: datetime, by: Calendar) -> None:
    """Deadlines that were reckoned by another calendar: a year was published, or its notice was changed."""
    old = Deadline.objects.filter(ended_at=None).exclude(calendar=by.digest)
    for number in sorted(set(old.values_list("item", flat=True))):
        with _Turn(done, number, "calendar"), transaction.atomic():
            flow, item = lock(number)
            todos.put_off(item, deadlines.renew(flow, item, now, by))
            done.reckoned.append(number)


def _tell(done: Ticked, now: datetime, by: Calendar) -> None:
    late = Deadline.objects.filter(next_at__lte=now).order_by("next_at", "pk")
    for number, item in list(late.values_list("pk", "item")):
        with _Turn(done, item, LATE):
            while (told := _tell_next(number, item, now, by)) is not None:
                done.told.append(told)


def _tell_next(number: int, item_number: int, now: datetime, by: Calendar) -> Escalation | None:
    """Tell the next level of a deadline, if its time has come and nobody else has: one transaction a level."""
    with transaction.atomic():
        flow, item = lock(item_number)
        row = Deadline.objects.get(pk=number)
        if not _has_come(row, now):
            return None
        limit = {each.name: each for each in flow.limits}[row.name]
        level, came = row.level + 1, row.next_at
        told = Escalation.objects.create(
            deadline=row, level=level, due=came, at=now, event=_event(flow, item, limit, row, level, now)
        )
        deadlines.told(row, limit, item, by)
        write(None, f"{flow.code}.{LATE}", item, now, limit=limit.name, level=level)
        return told


def _has_come(row: Deadline, now: datetime) -> bool:
    return row.next_at is not None and row.next_at <= now


def _event(flow: Flow, item: Item, limit: Limit, row: Deadline, level: int, now: datetime) -> Event:
    """The event that says so: whom it is to be told to, as turns."""
    turns = limit.late[level - 1].turns(facts_of(flow, item).concerned)
    whom = [asdict(turn) for turn in turns]
    content = {"limit": limit.name, "level": level, "due": localtime(row.due).isoformat(), "turns": whom}
    return Event.objects.create(item=item, kind=LATE, content=content, at=now)


def _take(done: Ticked, flow: Flow, step: Step, now: datetime) -> None:
    """Take a system step of every item whose time for it has come; `system_act` looks again under the lock."""
    for item in _waiting(flow, step, now):
        with _Turn(done, item.pk, f"{flow.code}.{step.name}"):
            if step.when is not None and step.when(item, now):
                taken = system_act(item, step, request_of(item, step), now)
                done.acts += [taken] if taken is not None else []


def _waiting(flow: Flow, step: Step, now: datetime) -> Iterator[Item]:
    states = [state.code for state in step.frm]
    ripe = step.when.rows(now) if isinstance(step.when, Ripe) else Q()
    rows = flow.model.objects.filter(ripe, flow=flow.code, definition=flow.version, state__in=states)
    yield from _batches(rows)


def _batches(rows: "QuerySet[Item]") -> Iterator[Item]:
    """Rows in the order of their keys, some at a time, so that they may be changed in between."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        yield from batch
        last = batch[-1].pk
