"""Printing (规范表单打印): the official form of an item as a page to print, from what was frozen.

A service's template extends `document/form.html`; it is given the number, the title, fields with their labels, the
content's digest and version, the acts and the signings. What the reader may not see is not given to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import DateField, DateTimeField, Field, ForeignKey
from django.template.loader import render_to_string
from django.utils import timezone

from yiheng.base.money import yuan_of
from yiheng.base.words import Word
from yiheng.site.base.document.freezing import check, latest
from yiheng.site.base.document.models import Content
from yiheng.site.base.document.refused import NothingFrozen
from yiheng.site.base.document.signing import method
from yiheng.site.base.fields import CodeList, Fen
from yiheng.site.base.texts import pick, say

if TYPE_CHECKING:
    from yiheng.site.base.flow.models import Act, Item


@dataclass(frozen=True)
class Row:
    """One field of the form: its name in the table, its label, and its value as people read it."""

    name: str
    label: str
    text: str


@dataclass(frozen=True)
class Done:
    """One act or signing in the form."""

    what: str
    who: str
    at: datetime
    behalf: str = ""
    digest: str = ""


def official_form(
    item: "Item",
    name: str,
    shows: Callable[[str], bool],
    printed_by: str,
    now: datetime,
    template: str = "document/form.html",
    title: Word | None = None,
) -> str:
    """The newest version of the document `name` of an item as HTML; NothingFrozen or Changed where none is sound.

    `shows`: whether the reader may see a field.
    """
    content = latest(item, name)
    if content is None:
        raise NothingFrozen
    check(content)
    rows = rows_of(item, content, shows)
    flow = item.its_flow
    its = {
        "title": pick(title or flow.word),
        "item": item,
        "number": item.number,
        "state": pick(item.its_state.word),
        "rows": rows,
        "by_name": {row.name: row.text for row in rows},
        "content": content,
        "acts": [_act(flow, act) for act in _acts(item)],
        "signings": [_signing(each) for each in content.signatures.select_related("person", "behalf")],
        "printed_by": printed_by,
        "printed_at": now,
    }
    return render_to_string(template, its)


def rows_of(item: "Item", content: Content, shows: Callable[[str], bool]) -> list[Row]:
    """The frozen fields that the reader may see, in the order of the item's table."""
    fields = [field for field in item._meta.get_fields() if field.name in content.data and shows(field.name)]
    return [Row(each.name, str(each.verbose_name), shown_as(each, content.data[each.name])) for each in fields]


def shown_as(field: Field, value: Any) -> str:
    """A frozen value as people read it: yuan, days, yes or no, the name of what is referred to."""
    if value is None or value == "":
        return ""
    if isinstance(field, ForeignKey):
        return str(value["name"])
    if isinstance(field, Fen):
        return str(say(f"{yuan_of(value):,}元", f"{yuan_of(value):,} yuan"))
    if isinstance(field, DateTimeField):
        return timezone.localtime(datetime.fromisoformat(value)).strftime("%Y-%m-%d %H:%M")
    if isinstance(field, DateField):
        return date.fromisoformat(value).isoformat()
    if isinstance(value, bool):
        return str(say("是", "yes") if value else say("否", "no"))
    if isinstance(field, CodeList):
        return field.read(value)
    return str(dict(field.flatchoices).get(value, value))


def _acts(item: "Item") -> Any:
    return item.acts.select_related("person", "behalf").order_by("pk")


def _act(flow: Any, act: "Act") -> Done:
    step = flow.by_name.get(act.step)
    return Done(pick(step.word) if step else act.step, _name(act), act.at, _behalf(act))


def _signing(signature: Any) -> Done:
    word = pick(method(signature.method).word)
    return Done(word, _name(signature), signature.at, _behalf(signature), signature.digest)


def _name(row: Any) -> str:
    return row.person.name if row.person else str(say("系统", "the site"))


def _behalf(row: Any) -> str:
    return "" if row.behalf is None or row.behalf_id == row.person_id else row.behalf.name
