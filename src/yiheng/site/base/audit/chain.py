"""Writing the chain (审计链): one entry an act, in the act's own transaction, last of all its locks."""

from datetime import datetime
from typing import Any, Protocol

from django.db import transaction

from yiheng.site.base.audit.models import Entry, Head
from yiheng.site.base.audit.rows import Of, Recordable, digest, named, place_of
from yiheng.site.base.places.standing import Standing

DONE = "done"


class Broken(Exception):
    """The head of the chain is not what it was when it was locked: nothing is written any more."""


class Step(Protocol):
    """An act of a flow, as far as an entry names it."""

    pk: int | None
    version: int
    from_state: str
    to_state: str
    asked: str
    data: dict[str, Any]


def record(standing: Standing | None, action: str, item: Recordable, act: Step, now: datetime) -> Entry:
    """The entry of an act on an item: which fields were filled in, never with what.

    `asked` is the digest of the whole request, so that the record of the act can be held against it.
    """
    moved = {"act": act.pk, "version": act.version, "from": act.from_state, "to": act.to_state, "asked": act.asked}
    return write(standing, action, item, now, fields=sorted(act.data), **moved)


def write(standing: Standing | None, action: str, thing: Recordable | Of, now: datetime, **detail: Any) -> Entry:
    """Write an entry; the caller's transaction, if there is one, holds the head from here to its end.

    - standing: whoever acts; None: the site itself
    - detail: names of fields, counts, states: whole numbers, texts and lists of these; never a patient's data
    """
    with transaction.atomic():
        head = _locked()
        entry = Entry(
            seq=head.seq + 1,
            prev=head.digest,
            outcome=DONE,
            detail=detail,
            **who_and_what(standing, action, thing, now),
        )
        entry.digest = digest_of(entry)
        entry.save(force_insert=True)
        moved = Head.objects.filter(pk=head.pk, seq=head.seq, digest=head.digest)
        if moved.update(seq=entry.seq, digest=entry.digest) != 1:
            raise Broken(f"the chain went on beside entry {entry.seq}")
    return entry


def who_and_what(standing: Standing | None, action: str, thing: Recordable | Of, now: datetime) -> dict[str, Any]:
    """The columns that entries and looks have in common."""
    of = named(thing)
    return {
        "at": now,
        "person_id": standing.person if standing else None,
        "behalf_id": standing.behalf if standing else None,
        "action": action,
        "kind": of.kind,
        "number": of.number,
        "institution": place_of(standing),
    }


def digest_of(entry: Entry) -> str:
    """The digest that an entry must have."""
    return digest([entry.seq, entry.prev, *entry.said])


def _locked() -> Head:
    """The head, held until the transaction ends; it is made with the first entry."""
    held = Head.objects.select_for_update().filter(pk=Head.ONLY)
    if (head := held.first()) is None:
        Head.objects.bulk_create([Head(pk=Head.ONLY)], ignore_conflicts=True)
        head = held.get()
    return head
