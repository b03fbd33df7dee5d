"""Holding the audit against itself (审计核验): what was deleted, changed, reordered, emptied, cut off, set back.

Four things are held against each other: each entry against its digest and the entry before, sealed looks against their
seal, the head against the last entry, the anchor file against the chain.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain as joined

from django.db import connection
from django.db.models import Exists, OuterRef

from yiheng.base.words import Word
from yiheng.site.base.audit import anchor, guard
from yiheng.site.base.audit.chain import digest_of
from yiheng.site.base.audit.looks import SEAL, batch_digest
from yiheng.site.base.audit.models import Entry, Head, Look

# An act's time is taken before it waits for another's locks: so much may entries stand out of their order.
WAITED = timedelta(minutes=2)
_CHUNK = 2000


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was written: its code, the entry that it is about, and what it says."""

    code: str
    seq: int
    text: Word


def verify() -> list[Finding]:
    """Everything that is wrong with the audit; nothing: it is whole."""
    return list(joined(_chain(), _head(), _seals(), _anchors(), _guards()))


def _chain() -> Iterator[Finding]:
    """Each entry against its number, its digest and the one before."""
    seq, before, latest = 0, "", _Latest()
    for entry in Entry.objects.order_by("seq").iterator(chunk_size=_CHUNK):
        whole = entry.digest == digest_of(entry)
        if entry.seq != seq + 1:
            yield _finding(
                "deleted", seq + 1, f"缺第 {seq + 1} 至 {entry.seq - 1} 条", f"{seq + 1} to {entry.seq - 1} are missing"
            )
        if not whole:
            yield _finding("changed", entry.seq, "内容与摘要不符", "does not have its digest")
        if entry.seq == seq + 1 and entry.prev != before:
            yield _finding("order", entry.seq, "与前一条不相接", "does not follow the one before")
        yield from latest.told(entry)
        seq, before = entry.seq, entry.digest


class _Latest:
    """The latest time so far; a run of entries that lie before it is one finding."""

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._is_back = False

    def told(self, entry: Entry) -> Iterator[Finding]:
        was_back, self._is_back = self._is_back, self._at is not None and entry.at < self._at - WAITED
        if self._is_back and not was_back:
            yield _finding(
                "clock", entry.seq, f"时间早于此前的 {self._at:%F %T}", f"is earlier than {self._at:%F %T} before it"
            )
        if self._at is None or entry.at > self._at:
            self._at = entry.at


def _head() -> Iterator[Finding]:
    """The head against the last entry."""
    head, last = Head.objects.filter(pk=Head.ONLY).first(), Entry.objects.order_by("seq").last()
    seq, digest = (head.seq, head.digest) if head else (0, "")
    has, its = (last.seq, last.digest) if last else (0, "")
    if (seq, digest) != (has, its):
        yield _finding(
            "head",
            has,
            f"链头记为第 {seq} 条，表中末条为第 {has} 条",
            f"is the last one; the head says {seq}, or another digest",
        )


def _seals() -> Iterator[Finding]:
    """Sealed looks against the entry that sealed them."""
    for entry in Entry.objects.filter(action=SEAL).order_by("seq").iterator(chunk_size=_CHUNK):
        rows = list(Look.objects.filter(seal=entry).order_by("pk"))
        count = entry.detail.get("count")
        if len(rows) != count:
            yield _finding(
                "look_missing",
                entry.seq,
                f"封存 {count} 条查阅，现有 {len(rows)} 条",
                f"sealed {count} looks, {len(rows)} are there",
            )
        elif batch_digest(rows) != entry.detail.get("rows"):
            yield _finding(
                "look_changed", entry.seq, "封存的查阅与摘要不符", "its sealed looks do not have their digest"
            )
    sealed = Entry.objects.filter(action=SEAL, seq=OuterRef("seal_id"))
    for row in Look.objects.exclude(seal=None).exclude(Exists(sealed)).order_by("pk").iterator(chunk_size=_CHUNK):
        yield _finding(
            "look_unsealed", row.seal_id, f"查阅 {row.pk} 所称的封存不存在", f"is no seal, as look {row.pk} says"
        )


def _anchors() -> Iterator[Finding]:
    """The anchor file against the chain; where something was sealed there is an anchor."""
    marks = anchor.marks()
    if not marks and (first := Entry.objects.filter(action=SEAL).order_by("seq").first()):
        yield _finding("anchor_missing", first.seq, "锚点文件缺失", "was sealed, and the anchor file is not there")
    for some in _batches(marks):
        there = dict(Entry.objects.filter(seq__in=[mark.seq for mark in some]).values_list("seq", "digest"))
        for mark in some:
            if mark.seq not in there:
                yield _finding("cut", mark.seq, "锚点记有此条，表中已无", "is in the anchor and not in the table")
            elif there[mark.seq] != mark.digest:
                yield _finding(
                    "rewritten", mark.seq, "与锚点所记摘要不符", "does not have the digest that the anchor says"
                )


def _guards() -> Iterator[Finding]:
    """The triggers of the database that keep rows as they are."""
    for name in guard.missing(connection):
        yield Finding("guard", 0, Word(f"数据库触发器 {name} 缺失", f"the database's trigger {name} is missing"))


def _batches(marks: list[anchor.Mark]) -> Iterable[list[anchor.Mark]]:
    return (marks[start : start + _CHUNK // 4] for start in range(0, len(marks), _CHUNK // 4))


def _finding(code: str, seq: int, zh: str, en: str) -> Finding:
    return Finding(code, seq, Word(f"审计第 {seq} 条：{zh}", f"audit entry {seq} {en}"))
