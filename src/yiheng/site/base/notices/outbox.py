"""The outbox (发件箱): events become notices, each person once an event; what fails is tried again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from yiheng.base.refusal import Refusal
from yiheng.site.base.flow.facts import known_of
from yiheng.site.base.flow.models import Event
from yiheng.site.base.flow.registry import flow_of
from yiheng.site.base.flow.sight import seen
from yiheng.site.base.notices.audience import concerned
from yiheng.site.base.notices.models import Notice, Sending, Tried, Untold
from yiheng.site.base.notices.senders import TRIES, NotSent, Sender, wait_after
from yiheng.site.base.notices.wording import wording
from yiheng.site.base.places.standing import actors_of
from yiheng.site.base.refused import NotDone

_BATCH = 500
_LONGEST = 300
# What an event's item or its flow may be wrong in; a database that is away ends the whole call.
_FAULTS = (
    LookupError,
    ObjectDoesNotExist,
    ValueError,
    TypeError,
    AttributeError,
    ImproperlyConfigured,
    NotDone,
    Refusal,
)


@dataclass(frozen=True)
class Told:
    """How many events were told, how many people got a notice, how many events could not be told this time."""

    events: int
    notices: int
    untold: int


def tell(now: datetime, senders: Sequence[Sender] = ()) -> Told:
    """Tell what waits in the outbox, in its order; `senders` are the ways out beside the site's own list."""
    told = notices = untold = 0
    for number in list(_waiting(now).values_list("pk", flat=True)[:_BATCH]):
        try:
            made = _tell_one(number, senders, now)
        except _FAULTS as fault:
            untold += 1
            _put_off(Untold.objects.get_or_create(event_id=number, defaults={"not_before": now})[0], fault, now)
        else:
            told += made is not None
            notices += made or 0
    return Told(told, notices, untold)


def send(now: datetime, senders: Sequence[Sender]) -> int:
    """Send by the other ways what is due there; how many went out. One that fails is tried TRIES times."""
    by_name = {sender.name: sender for sender in senders}
    due = Sending.objects.filter(sent_at=None, given_up=False, not_before__lte=now, sender__in=by_name)
    sent = 0
    for sending in due.select_related("notice").order_by("pk")[:_BATCH]:
        mine = Sending.objects.filter(pk=sending.pk, sent_at=None, not_before=sending.not_before)
        if not mine.update(not_before=now + wait_after(sending.tries + 1)):
            continue
        try:
            by_name[sending.sender].send(sending.notice, f"{sending.notice.event_id}-{sending.notice.person_id}")
        except NotSent as fault:
            _put_off(sending, fault, now)
        else:
            sent += Sending.objects.filter(pk=sending.pk).update(sent_at=now, tries=sending.tries + 1, fault="")
    return sent


def _waiting(now: datetime) -> "QuerySet[Event]":
    may = Q(untold=None) | Q(untold__given_up=False, untold__not_before__lte=now)
    return Event.objects.filter(may, sent_at=None).order_by("pk")


@transaction.atomic
def _tell_one(number: int, senders: Sequence[Sender], now: datetime) -> int | None:
    """Tell one event: how many people; None where another has told it meanwhile."""
    if not Event.objects.filter(pk=number, sent_at=None).update(sent_at=now):
        return None
    event = Event.objects.select_related("item", "act").get(pk=number)
    made = _notices(event, now)
    Notice.objects.bulk_create(made, ignore_conflicts=True)
    there = Notice.objects.filter(event=event)
    Sending.objects.bulk_create(
        [Sending(notice=notice, sender=sender.name, not_before=now) for notice in there for sender in senders],
        ignore_conflicts=True,
    )
    return len(made)


def _notices(event: Event, now: datetime) -> list[Notice]:
    """A notice for each who is concerned and may see the item now."""
    flow = flow_of(event.item.flow, event.item.definition)
    event.item = flow.model.objects.get(pk=event.item_id)
    known, day = known_of([event.item])[event.item_id], localdate(now)
    found = []
    for person, actor in sorted(actors_of(concerned(event, known, day), day).items()):
        sees = seen(flow, known, actor)
        if sees.shows is not None:
            text = wording(flow, event, sees)
            found.append(Notice(person_id=person, item_id=event.item_id, event=event, zh=text.zh, en=text.en, at=now))
    return found


def _put_off(tried: Tried, fault: Exception, now: datetime) -> None:
    tries = tried.tries + 1
    told: dict[str, Any] = {"tries": tries, "fault": f"{type(fault).__name__}: {fault}"[:_LONGEST]}
    told |= {"not_before": now + wait_after(tries), "given_up": tries >= TRIES}
    type(tried).objects.filter(pk=tried.pk).update(**told)
