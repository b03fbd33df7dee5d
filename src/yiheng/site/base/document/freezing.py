"""Freezing (内容固定): named fields of an item as plain values in canonical JSON, and their digest."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Field, ForeignKey, Model

from yiheng.site.base.document.models import Content
from yiheng.site.base.document.refused import Changed
from yiheng.site.base.locks import RANKS

if TYPE_CHECKING:
    from yiheng.site.base.flow.act import Acting
    from yiheng.site.base.flow.models import Item


@dataclass(frozen=True)
class Freeze:
    """Effect: the item's `fields` become the next version of the document `name`; unchanged, the last version stays."""

    name: str
    fields: tuple[str, ...]
    rank: ClassVar[int] = RANKS["plain"]

    def apply(self, acting: "Acting") -> None:
        """Freeze what the item says after the step."""
        person = acting.standing.person if acting.standing else None
        freeze(acting.item, self.name, self.fields, acting.now, person, acting.act and acting.act.pk)


def freeze(
    item: "Item", name: str, fields: Sequence[str], now: datetime, person: int | None = None, act: int | None = None
) -> Content:
    """The document's newest version, made if the fields say something else than the last did."""
    last = latest(item, name)
    data = plain(item, fields)
    if last is not None and last.data == data:
        return last
    made = Content(item_id=item.pk, name=name, version=last.version + 1 if last else 1, data=data)
    made.digest, made.frozen_at = digest_of(made), now
    made.person_id, made.act_id = person, act
    made.save(force_insert=True)
    return made


def latest(item: "Item", name: str) -> Content | None:
    """The newest version of a document of an item."""
    return Content.objects.filter(item=item.pk, name=name).order_by("-version").first()


def digest_of(content: Content) -> str:
    """sha256 of the item, the document's name, its version and every field, in canonical JSON."""
    said = {"item": content.item_id, "name": content.name, "version": content.version, "data": content.data}
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON in one way only: keys sorted, no spaces, characters as they are."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def plain(item: "Item", fields: Sequence[str]) -> dict[str, Any]:
    """The fields as plain values: texts, whole numbers, true, false or null; what they refer to as its key and name."""
    return {name: _plain(item._meta.get_field(name), getattr(item, name)) for name in fields}


def check(content: Content, item: "Item | None" = None) -> None:
    """Changed where the content has not its digest any more, or where the item says something else than it by now."""
    if digest_of(content) != content.digest:
        raise Changed(())
    if item is not None:
        now = plain(item, tuple(content.data))
        wrong = [
            str(item._meta.get_field(name).verbose_name) for name in content.data if now[name] != content.data[name]
        ]
        if wrong:
            raise Changed(wrong)


def damaged() -> list[Content]:
    """All contents whose digest is not theirs: changed beside the site."""
    return [content for content in Content.objects.order_by("pk").iterator() if digest_of(content) != content.digest]


def _plain(field: Field, value: Any) -> Any:
    if isinstance(field, ForeignKey):
        return None if value is None else _referred(value)
    match value:
        case None | bool() | int() | str():
            return value
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case Decimal():
            return format(value.normalize(), "f")
        case list() | dict():
            return json.loads(canonical(value))
    raise TypeError(f"{field.name} cannot be frozen: {type(value).__name__}")


def _referred(row: Model) -> dict[str, Any]:
    key = getattr(row, "code", None) or getattr(row, "username", None) or row.pk
    return {"key": key, "name": str(row)}
