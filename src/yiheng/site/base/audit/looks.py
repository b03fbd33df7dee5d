"""Looks and refusals (查阅与拒绝): kept in a buffer without any lock, and sealed in batches into the chain.

A page, a list, an export, a print, an opened vault: each is one row. A refusal is written after the transaction that it
ended has been undone, so that it stays.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction

from yiheng.site.base.audit import anchor
from yiheng.site.base.audit.chain import who_and_what, write
from yiheng.site.base.audit.models import Entry, Head, Look
from yiheng.site.base.audit.rows import Of, Recordable, digest
from yiheng.site.base.places.standing import Actor, Standing
from yiheng.site.base.refused import NotDone

SEEN = "seen"
SEAL = "audit.seal"
_BATCH = 500


def look(actor: Actor, what: str, thing: Recordable | Of, now: datetime, **detail: Any) -> Look:
    """Keep that somebody looked; `what` is `page`, `list`, `file`, `export`, `print`, `vault` and the like.

    - thing: the item; for a list or an export `Of(flow)`, with its count of rows and names of columns in detail
    - detail: as in the chain; `glass` is put in where the item was opened by break-glass
    """
    if getattr(thing, "pk", None) in actor.own.opened:
        detail = {"glass": True} | detail
    return Look.objects.create(outcome=SEEN, detail=detail, **who_and_what(actor.own, f"look.{what}", thing, now))


def refused(
    standing: Standing | None, action: str, thing: Recordable | Of, code: str, now: datetime, **detail: Any
) -> Look:
    """Keep that something was refused, by the code of the refusal; names that somebody made up are cut."""
    said = who_and_what(standing, action, thing, now)
    said |= {
        name: said[name].replace("\0", "")[:size] for name, size in (("action", 128), ("kind", 64), ("number", 64))
    }
    return Look.objects.create(outcome=code, detail=detail, **said)


@contextmanager
def refusals(standing: Standing | None, action: str, thing: Recordable | Of, now: datetime) -> Iterator[None]:
    """Keep what is refused inside; put it around the transaction, so that the row outlives it."""
    try:
        yield
    except NotDone as why:
        refused(standing, action, thing, why.code, now)
        raise


def seal(now: datetime) -> int:
    """Seal what waits in the buffer, in batches, and put the chain's end into the anchor; how many rows were sealed.

    Each batch is one entry with the digest of its rows, which name it. Two at once seal nothing twice.
    """
    sealed = 0
    while entry := _seal_batch(now):
        sealed += entry.detail["count"]
    head = Head.objects.filter(pk=Head.ONLY).first()
    if head is not None and head.seq:
        anchor.append(anchor.Mark(head.seq, head.digest), now)
    return sealed


@transaction.atomic(durable=True)
def _seal_batch(now: datetime) -> Entry | None:
    rows = list(Look.objects.select_for_update().filter(seal=None).order_by("pk")[:_BATCH])
    if not rows:
        return None
    numbers = [row.pk for row in rows]
    entry = write(
        None, SEAL, Of("look"), now, count=len(rows), first=numbers[0], last=numbers[-1], rows=batch_digest(rows)
    )
    Look.objects.filter(pk__in=numbers, seal=None).update(seal=entry)
    return entry


def batch_digest(rows: list[Look]) -> str:
    """The digest of a batch: over its rows with their numbers, in the order of these."""
    return digest([row.pk, *row.said] for row in rows)
