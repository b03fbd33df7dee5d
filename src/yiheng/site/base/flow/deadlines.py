"""Deadlines (时限): the clocks of an item, begun, paused, continued and ended by its acts as its flow's limits say.

One that was late and is done before the next tick tells nobody any more; its row says how late it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils.timezone import localtime

from yiheng.site.base.clock.calendar import Calendar, china
from yiheng.site.base.clock.due import Due, Pause, due, end_of
from yiheng.site.base.clock.span import Span
from yiheng.site.base.flow.declare import Flow, Limit, State
from yiheng.site.base.flow.models import Deadline, Item


@dataclass(frozen=True)
class Overdue:
    """A system step's `when`: the time of a limit is over, and so many levels have been told of it.

    `rows` is the same as a condition on items, so that a tick asks only those that it may be true of.
    """

    name: str
    told: int = 0

    def __call__(self, item: Item, now: datetime) -> bool:
        return item.deadlines.filter(self._over(now)).exists()

    def rows(self, now: datetime) -> Q:
        """The items of which it is true."""
        return Q(pk__in=Deadline.objects.filter(self._over(now)).values("item"))

    def _over(self, now: datetime) -> Q:
        return Q(name=self.name, ended_at=None, paused_at=None, due__lte=now, level__gte=self.told)


def renew(flow: Flow, item: Item, now: datetime, calendar: Calendar | None = None) -> datetime | None:
    """Bring an item's deadlines to what its state asks for, and give the earliest due of those that run.

    Whoever calls it holds the lock of the item's matter. Called again it changes nothing; with another calendar than
    China's published one it reckons every due anew.
    """
    by = calendar or china()
    running = {row.name: row for row in item.deadlines.filter(ended_at=None)}
    rows = [_renewed(limit, item, running.pop(limit.name, None), now, by) for limit in flow.limits]
    for unknown in running.values():
        _end(unknown, now)
    return min((row.due for row in rows if row is not None and row.paused_at is None), default=None)


def told(row: Deadline, limit: Limit, item: Item, calendar: Calendar) -> None:
    """Count one more level that was told; the next comes when it comes, or there is none."""
    row.level += 1
    _reckon(row, limit, item, calendar)
    row.save()


def _renewed(limit: Limit, item: Item, row: Deadline | None, now: datetime, by: Calendar) -> Deadline | None:
    """The limit's clock after an act; None where it does not run and does not stand still."""
    runs, stands = _among(item, limit.states), _among(item, limit.pauses)
    since = _since(limit, item, row, now)
    if row is not None and (not (runs or stands) or since != row.began_at):
        _end(row, now)
        row = None
    if since is None or (row is None and not runs):
        return None
    row = row or Deadline(item=item, name=limit.name, began_at=since)
    if stands and row.paused_at is None:
        row.paused_at = now
    if runs and row.paused_at is not None:
        row.pauses = [*row.pauses, [_text(row.paused_at), _text(now)]]
        row.paused_at = None
    return _kept(row, limit, item, now, by)


def _text(moment: datetime) -> str:
    return localtime(moment).isoformat()


def _kept(row: Deadline, limit: Limit, item: Item, now: datetime, by: Calendar) -> Deadline | None:
    if _reckon(row, limit, item, by):
        row.save()
        return row
    if row.pk is not None:
        _end(row, now)
    return None


def _end(row: Deadline, now: datetime) -> None:
    row.ended_at, row.next_at = now, None
    row.save(update_fields=("ended_at", "next_at"))


def _among(item: Item, states: tuple[State, ...]) -> bool:
    return item.state in {state.code for state in states}


def _since(limit: Limit, item: Item, row: Deadline | None, now: datetime) -> datetime | None:
    if limit.since is not None:
        return limit.since(item)
    return now if row is None else row.began_at


def _reckon(row: Deadline, limit: Limit, item: Item, by: Calendar) -> bool:
    """Set when the time is over and when the next level comes; False where the item has no such limit."""
    length = limit.span(item, row.began_at)
    if length is None:
        return False
    end = _due(length, row, by)
    row.due, row.provisional, row.calendar = end.at, end.provisional, by.digest
    row.next_at = None if row.paused_at else next(_levels(row, limit, item, by), None)
    return True


def _due(length: Span | date, row: Deadline, by: Calendar) -> Due:
    """When a clock's time is over; a day or moment that was named does not move."""
    if isinstance(length, datetime):
        return Due(length)
    if isinstance(length, date):
        return Due(end_of(length, by))
    return due(row.began_at, length, by, _pauses(row))


def _levels(row: Deadline, limit: Limit, item: Item, by: Calendar) -> Iterator[datetime]:
    """When each level comes that was not told yet, reckoned from the due and not from when the one before was told."""
    at = row.due
    for level in range(1, len(limit.late) + 1):
        if level > 1 and limit.every is not None:
            at = due(at, limit.every(item, row.began_at, level), by, _pauses(row)).at
        if level > row.level:
            yield at


def _pauses(row: Deadline) -> Iterator[Pause]:
    return ((datetime.fromisoformat(stop), datetime.fromisoformat(resume)) for stop, resume in row.pauses)
