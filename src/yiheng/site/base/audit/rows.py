"""What a row of the audit says, as plain values (审计行): of what, in which place, and its digest."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from yiheng.site.base.places.standing import Standing


class Recordable(Protocol):
    """An item of a flow, as far as the audit names it."""

    flow: str
    pk: int | None


@dataclass(frozen=True)
class Of:
    """A thing that is not an item of a flow, or a kind as a whole where it has no number."""

    kind: str
    number: str = ""


def named(thing: Recordable | Of) -> Of:
    """A thing by its kind and number: an item is of the kind of its flow."""
    return thing if isinstance(thing, Of) else Of(thing.flow, str(thing.pk or ""))


def place_of(standing: Standing | None) -> str:
    """The path of the smallest place that has all posts of a standing; empty without posts."""
    paths = [held.path for held in standing.posts] if standing else []
    if not paths:
        return ""
    codes = [path.strip("/").split("/") for path in paths]
    shared = []
    for level in zip(*codes, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return f"/{'/'.join(shared)}/" if shared else "/"


def digest(values: Iterable[Any]) -> str:
    """sha256 of plain values written in one way: moments in UTC to the microsecond, keys sorted."""
    text = json.dumps(list(values), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_moment)
    return hashlib.sha256(text.encode()).hexdigest()


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
