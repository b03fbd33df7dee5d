"""Values (字段显示): a field's label and how its value reads, for lists, items, exports, prints alike."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Field, ForeignKey, Model
from django.utils.text import capfirst

from yiheng.site.base.fields import CodeList, Fen
from yiheng.site.base.flow.declare import Flow, State
from yiheng.site.base.flow.registry import versions_of
from yiheng.site.base.pages.templatetags.texts import day, moment, yuan
from yiheng.site.base.texts import pick, say

Names = Mapping[tuple[type[Model], Any], str]
_YES, _NO = say("是", "yes"), say("否", "no")


def field_of(flow: Flow, name: str) -> Field:
    """The field of the flow's items by name."""
    return flow.model._meta.get_field(name)


def label(flow: Flow, name: str) -> str:
    """What a column or a line is headed by; sums say their unit."""
    return head(field_of(flow, name))


def head(field: Field) -> str:
    """What a field is headed by, in any table."""
    unit = str(say("（元）", " (yuan)")) if isinstance(field, Fen) else ""
    return f"{capfirst(str(field.verbose_name))}{unit}"


def own_fields(flow: Flow) -> list[str]:
    """The names of the fields that are the service's own, in the order in which it declares them."""
    mine = flow.model._meta.local_fields
    return [its.name for its in mine if not its.primary_key and its.editable]


def state_text(flow: str, code: str) -> str:
    """A state's name; of an item that began in an older version, from that one."""
    its = _state(flow, code)
    return capfirst(pick(its.word)) if its else code


def tone(flow: str, code: str) -> str:
    """How a state is coloured: `going`, `ended` well, or `failed`."""
    its = _state(flow, code)
    if its is None or not its.ends:
        return "going"
    return "failed" if its.fails else "ended"


def _state(flow: str, code: str) -> State | None:
    """The state as the newest version says that has it."""
    return next((its.states[code] for its in reversed(versions_of(flow)) if code in its.states), None)


def names_of(flow: Flow, fields: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> Names:
    """The names of the places and people that the rows speak of, read in one question for each table."""
    wanted: dict[type[Model], set[Any]] = {}
    given = list(rows)
    for name in fields:
        its = field_of(flow, name)
        if isinstance(its, ForeignKey):
            wanted.setdefault(its.related_model, set()).update(row[name] for row in given if row[name] is not None)
    return {
        (table, key): str(found) for table, keys in wanted.items() for key, found in table.objects.in_bulk(keys).items()
    }


def text_of(flow: Flow, name: str, value: Any, names: Names) -> str:
    """A value as it reads; what is empty, or not to be seen, reads as nothing."""
    its = field_of(flow, name)
    if value is None or value == "":
        return ""
    if isinstance(its, ForeignKey):
        return names.get((its.related_model, value), str(value))
    if name == "state":
        return state_text(flow.code, value)
    return read(its, value)


def read(its: Field, value: Any) -> str:
    """A value of any table's field as it reads: sums in yuan, codes by their names."""
    if value is None or value == "":
        return ""
    if isinstance(its, Fen):
        return yuan(value)
    if isinstance(its, CodeList):
        return its.read(value)
    if its.choices:
        return str(dict(its.flatchoices).get(value, value))
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(_YES if value else _NO)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, list):
        return "、".join(map(_plain, value))
    if isinstance(value, dict):
        return "；".join(f"{key}：{_plain(each)}" for key, each in value.items())
    return str(value)


def is_number(flow: Flow, name: str) -> bool:
    """Whether a column is set to the right, as sums and counts are."""
    return field_of(flow, name).get_internal_type() in _NUMBERS


_NUMBERS = {
    "BigIntegerField", "DecimalField", "FloatField", "IntegerField", "PositiveIntegerField", "SmallIntegerField",
    "PositiveSmallIntegerField", "PositiveBigIntegerField",
}  # fmt: skip
