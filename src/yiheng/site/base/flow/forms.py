"""The form of a step (表单): the item's fields that the step asks for; pages and the API fill in the same one.

Places are given by their code and people by their sign-in name, as files and other systems know them.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Field

from yiheng.base.refusal import masked
from yiheng.base.words import Word
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.flow.declare import Flow, Step
from yiheng.site.base.flow.models import Item
from yiheng.site.base.identity import SAID, has_number
from yiheng.site.base.places.models import Place
from yiheng.site.base.refused import NotDone
from yiheng.site.base.texts import pick, say

_KEYS = {Place: "code", Person: "username"}
_LONGEST_REASON, _LONGEST_LINE = 2000, 300


class Invalid(NotDone):
    """What was filled in is not what the form asks for; `fields`: field -> what is wrong, `reason` and `files` too."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        super().__init__("invalid", Word("填写有误", "the form is not filled in rightly"))
        self.fields = fields


def form_class(flow: Flow, step: Step) -> type[forms.BaseForm]:
    """The form of a step: its own, that of its panel's answers, or one of the item's fields that it asks for."""
    if step.form is not None:
        return step.form
    if step.panel is not None:
        return step.panel.form(step)
    return forms.modelform_factory(flow.model, fields=step.asks, formfield_callback=lambda its: _field(its, step))


def cleaned(flow: Flow, step: Step, item: Item, asked: Any, files_wrong: Sequence[str] = ()) -> dict[str, Any]:
    """What was filled in, put into the item; raises Invalid with a line for each field (the item is then void).

    A value for a field that the step does not ask for is refused, not dropped. `files_wrong`: lines on the files that
    came with it. No text keeps an identity number, but one that is sealed.
    """
    kind = form_class(flow, step)
    unasked = str(say("此步骤不填写该项", "this step does not ask for it"))
    wrong: dict[str, list[str]] = {name: [unasked] for name in asked.data if name not in kind.base_fields}
    form = _filled(kind, item, asked) if kind.base_fields else None
    if form is not None:
        wrong |= {name: [_one_line(str(text)) for text in texts] for name, texts in form.errors.items()}
        wrong |= {name: [pick(SAID)] for name, value in form.cleaned_data.items() if has_number(value)}
    if line := _reason_wrong(step, asked.reason):
        wrong["reason"] = [line]
    if files_wrong:
        wrong["files"] = [*files_wrong]
    if wrong:
        raise Invalid(wrong)
    return dict(form.cleaned_data) if form is not None else {}


def _one_line(text: str) -> str:
    """A message as one line, as some repeat what was typed; never with an identity number."""
    line = masked(" ".join(text.split()))
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"


def _reason_wrong(step: Step, reason: str) -> str:
    """What is wrong with a reason; empty: nothing."""
    if "\x00" in reason or len(reason) > _LONGEST_REASON:
        return str(say(f"须为不超过{_LONGEST_REASON}字的文字", f"a text of at most {_LONGEST_REASON} characters"))
    if has_number(reason):
        return pick(SAID)
    return str(say("请填写理由", "a reason is needed")) if step.reason and not reason.strip() else ""


def _filled(kind: type[forms.BaseForm], item: Item, asked: Any) -> forms.BaseForm:
    """A form of the item's fields fills in the item; a form of its own does not touch it."""
    data = dict(asked.data)
    return kind(data=data, instance=item) if issubclass(kind, forms.ModelForm) else kind(data=data)


def _field(its: Field, step: Step) -> forms.Field | None:
    """A model's field as a field of the form; `needs` may not be empty."""
    made = its.formfield()
    if made is None:
        raise ValidationError(f"{its.name} cannot be asked for")
    if isinstance(made, forms.ModelChoiceField):
        made.to_field_name = _KEYS.get(its.related_model, "pk")
    made.required = its.name in step.needs
    return made
