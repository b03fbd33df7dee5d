"""Answers (接口回答): items, forms and problems as plain data, from what pages show."""

from collections.abc import Iterable
from typing import Any

from django.db.models import ForeignKey
from django.forms import ChoiceField, Form, ModelChoiceField

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.decide import Decision
from yiheng.site.base.flow.declare import Flow, Shows, Step
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.flow.sight import Seen
from yiheng.site.base.pages.listing import looked_at
from yiheng.site.base.pages.showing import Shown, hands
from yiheng.site.base.pages.values import field_of, own_fields
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import Actor

_KEYS = {Place: "code", Person: "username"}
_OF_ALL = ("number", "state", "author", "made_at", "changed_at", "ended_at")


def step_out(step: Step, decision: Decision | None = None) -> dict[str, Any]:
    """A step and what was decided on it."""
    why = decision.why.name.lower() if decision and decision.why else None
    return {"step": step.name, "zh": step.word.zh, "en": step.word.en, "allowed": why is None, "why": why}


def item_out(its: Shown) -> dict[str, Any]:
    """An item, only with what the asker sees."""
    names = [name for name in dict.fromkeys((*_OF_ALL, *own_fields(its.flow))) if its.seen.field(its.flow, name)]
    row = {name: its.item.serializable_value(name) for name in names}
    acts = its.item.acts.select_related("person", "behalf") if its.whole else ()
    return {
        "id": its.item.pk,
        "flow": its.flow.code,
        "version": its.item.version,
        "whole": its.whole,
        "fields": plain_rows(its.flow, names, [row])[0],
        "steps": [step_out(each.step, each) for each in its.decisions()],
        "acts": [_act(act) for act in acts],
    }


def rows_out(flow: Flow, items: Iterable[Item], actor: Actor) -> list[dict[str, Any]]:
    """Rows of a list."""
    each = list(looked_at(items, actor))
    rows = plain_rows(flow, flow.listed, [_of_list(flow, item, sees) for item, sees in each])
    return [
        {"id": item.pk, "whole": sees.shows is Shows.ALL, "fields": fields}
        for (item, sees), fields in zip(each, rows, strict=True)
    ]


def _of_list(flow: Flow, item: Item, sees: Seen) -> dict[str, Any]:
    its = item.its_flow
    return {name: item.serializable_value(name) if sees.field(its, name) else None for name in flow.listed}


def plain_rows(flow: Flow, names: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Values as programs read them: places by code, people by sign-in name, other links by number."""
    keys: dict[str, dict[Any, str]] = {}
    for name in names:
        its = field_of(flow, name)
        if isinstance(its, ForeignKey) and its.related_model in _KEYS:
            wanted = {row[name] for row in rows if row[name] is not None}
            table, key = its.related_model, _KEYS[its.related_model]
            keys[name] = dict(table.objects.filter(pk__in=wanted).values_list("pk", key))
    return [{name: keys[name].get(row[name]) if name in keys else row[name] for name in names} for row in rows]


def form_out(step: Step, form: Form | None) -> dict[str, Any]:
    """The form of a step: what may be filled in, and how."""
    fields = [_field(name, field) for name, field in form.fields.items()] if form is not None else []
    return {"step": step.name, "fields": fields, "reason": step.reason}


def _field(name: str, field: Any) -> dict[str, Any]:
    choices = None
    if isinstance(field, ChoiceField) and not isinstance(field, ModelChoiceField):
        choices = {str(value): str(text) for value, text in field.choices if value != ""}
    return {
        "name": name,
        "label": str(field.label or name),
        "kind": type(field).__name__.removesuffix("Field").lower(),
        "required": field.required,
        "longest": getattr(field, "max_length", None),
        "choices": choices,
    }


def _act(act: Act) -> dict[str, Any]:
    return {
        "step": act.step,
        "at": act.at,
        "from_state": act.from_state,
        "to_state": act.to_state,
        "version": act.version,
        "who": hands(act),
        "reason": act.reason,
    }
