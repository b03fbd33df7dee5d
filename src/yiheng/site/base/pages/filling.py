"""Forms (表单) as pages show them: dressed for the style sheet, never filled with what the reader does not see."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.db.models.fields import BLANK_CHOICE_DASH
from django.forms.models import ModelChoiceField
from django.utils.text import capfirst

from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.declare import Step
from yiheng.site.base.flow.forms import form_class
from yiheng.site.base.flow.models import Item
from yiheng.site.base.pages.showing import Shown
from yiheng.site.base.party import own_places
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.register.models import RegisterRow, RowState
from yiheng.site.base.texts import pick, say

_MOST_CHOICES = 60
_EMPTY = say("—— 请选择 ——", "—— choose ——")


def blank_form(flow: Any, step: Step, its: Shown | None, actor: Actor, given: Any = None) -> forms.Form | None:
    """The form of a step for a reader: with what is there and seen, or was typed; None where nothing is asked."""
    kind = form_class(flow, step)
    if not kind.base_fields:
        return None
    if not issubclass(kind, forms.ModelForm):
        form = kind(data=given)
    else:
        item: Item = its.item if its else flow.model()
        form = kind(data=given, instance=item)
        form.initial = {name: _known(its, item, name, form.initial.get(name)) for name in form.fields}
    for name, field in form.fields.items():
        if isinstance(field, ModelChoiceField):
            field.queryset = _near(_own(field.queryset, step, name, actor), actor)
            _choose(form, name, field)
        dress(field)
    return form


def in_sections(flow: Any, form: forms.Form | None) -> list[tuple[str, list[forms.BoundField]]]:
    """The fields that are seen, under the flow's headings; one part without a heading where it has none for them."""
    left = {field.name: field for field in (form.visible_fields() if form else ())}
    found = [(pick(part.word), [left.pop(name) for name in part.fields if name in left]) for part in flow.sections]
    parts = [(word, fields) for word, fields in (*found, ("", list(left.values()))) if fields]
    return parts if len(parts) > 1 else [("", fields) for _, fields in parts]


def _own(offered: QuerySet, step: Step, name: str, actor: Actor) -> QuerySet:
    """Of the places of a field by which somebody may begin, those at which the reader may."""
    if offered.model is not Place or not step.begins:
        return offered
    paths = own_places(step.who, name, actor)
    return offered if paths is None else offered.filter(path__in=paths)


def _choose(form: forms.Form, name: str, field: ModelChoiceField) -> None:
    """People with the places of their posts; what is the only choice is chosen."""
    if field.queryset.model is Person:
        field.queryset = field.queryset.filter(is_active=True).order_by("name", "pk")
        posts = dict(field.queryset.filter(posts__end=None).values_list("pk", "posts__place__name"))
        field.label_from_instance = lambda person: (
            f"{person.name}（{posts[person.pk]}）" if posts.get(person.pk) else person.name
        )
    elif field.queryset.model is Place and field.required and not form.is_bound:
        only = list(field.queryset[:2])
        if len(only) == 1 and form.initial.get(name) is None:
            form.initial[name] = only[0]


def _near(offered: QuerySet, actor: Actor) -> QuerySet:
    """Of what belongs to places (budgets, beds, suppliers) that of the reader's own: others' are not listed."""
    places = [its.name for its in offered.model._meta.get_fields() if its.many_to_one and its.related_model is Place]
    if issubclass(offered.model, RegisterRow):
        offered = offered.filter(state=RowState.HOLDS)
    if offered.model is Place or not places:
        return offered
    near = Q(pk__in=())
    for held in (held for standing in actor for held in standing.posts):
        for name in places:
            near |= Q(**{f"{name}__path__in": held.above}) | Q(**{f"{name}__path__startswith": held.path})
    return offered.filter(near)


def put_errors(form: forms.Form | None, wrong: dict[str, list[str]]) -> list[str]:
    """Put each line to its field; what belongs to no field of the form is given back."""
    left = []
    for name, lines in wrong.items():
        if form is not None and name in form.fields:
            form.errors[name] = form.error_class(lines)
            form.fields[name].widget.attrs |= {
                "aria-invalid": "true",
                "class": f"{_class(form.fields[name])} is-invalid",
            }
        elif name not in ("reason", "files"):
            left.extend(lines)
    return left


def _known(its: Shown | None, item: Item, name: str, value: Any) -> Any:
    """What a field is filled with: nothing that the reader does not see; places and people as such, not by number."""
    if its is None:
        return value
    if not its.seen.field(its.flow, name):
        return None
    return getattr(item, name, value)


def dress(field: forms.Field) -> None:
    """Clothe a field for the style sheet; its label begins large; days and moments by the browser's own fields."""
    _as_typed(field)
    if field.label:
        field.label = capfirst(field.label)
    if isinstance(field, ModelChoiceField):
        field.empty_label = _EMPTY
        if field.queryset.count() > _MOST_CHOICES:
            code = say("请输入代码", "type the code")
            field.widget = forms.TextInput(attrs={"placeholder": code, "list": f"choices-{field.to_field_name}"})
    elif isinstance(field, forms.TypedChoiceField) and ("", BLANK_CHOICE_DASH[0][1]) in list(field.choices):
        field.choices = [("", _EMPTY) if value == "" else (value, text) for value, text in field.choices]
    field.widget.attrs["class"] = _class(field)
    if isinstance(field.widget, forms.Textarea):
        field.widget.attrs["rows"] = 4


def _as_typed(field: forms.Field) -> None:
    """Days and moments by the browser's own fields, which take and give ISO form."""
    if isinstance(field, forms.DateTimeField):
        field.widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
    elif isinstance(field, forms.DateField):
        field.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def _class(field: forms.Field) -> str:
    match field.widget:
        case forms.CheckboxInput() | forms.RadioSelect() | forms.CheckboxSelectMultiple():
            return "form-check-input"
        case forms.Select():
            return "form-select"
        case _:
            return "form-control"
