"""Many rows from one file (批量登记): CSV or Excel, its header has labels or names of fields; all rows or none."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from django import forms
from django.db import transaction
from django.db.models import Model

from yiheng.base.refusal import Refusal
from yiheng.site.base.accounts.models import Person
from yiheng.site.base.identity import demand_none
from yiheng.site.base.places.models import Place
from yiheng.site.base.places.standing import Actor
from yiheng.site.base.refused import NotDone
from yiheng.site.base.register.changing import Proposed, hold_keys, propose
from yiheng.site.base.register.models import RegisterRow
from yiheng.site.base.register.refused import BadFile, NotAParty
from yiheng.site.base.sheet import Columns, faults, rows_of

Row = TypeVar("Row", bound=RegisterRow)
_KEYS: Mapping[type[Model], str] = {Place: "code", Person: "username"}


def propose_file(actor: Actor, register: type[Row], path: Path, name: str, source: str, now: datetime) -> list[Row]:
    """Draft every row of a file, or none: BadFile has a line for each that is wrong; NumberTyped: the source is one.

    Columns: those of the key, the values, `start` and `end`, by label or by name; any other is refused. `name` is what
    the sender calls the file.
    """
    if not any(register.PROPOSES.possible(standing) for standing in actor):
        raise NotAParty
    demand_none(source)
    rows, lines = _read(register, path, name, source, now)
    made: list[Row] = []
    with transaction.atomic():
        hold_keys(register, list(rows.values()), now)
        for number, proposed in rows.items():
            try:
                made.append(propose(actor, register, proposed, now))
            except NotDone as refused:
                lines.append(Refusal(f"{refused.text.zh} / {refused.text.en}", name, row=number))
        if wrong := faults(lines, rows, name):
            raise BadFile(wrong)
    return made


def _read(
    register: type[Row], path: Path, name: str, source: str, now: datetime
) -> tuple[dict[int, Proposed], list[Refusal]]:
    """The rows that can be proposed, by their numbers, and a line for each that cannot."""
    form = _form(register)
    columns = Columns({field: str(its.label) for field, its in form.base_fields.items()}, codes=register.KEY)
    rows: dict[int, Proposed] = {}
    lines: list[Refusal] = []
    seen: dict[tuple[Any, ...], int] = {}
    for number, cells in rows_of(path, name, columns, lines):
        try:
            proposed = _proposed(form, cells, source, now)
        except _Wrong as wrong:
            lines += [Refusal(what, name, row=number, column=column, value=value) for column, value, what in wrong.said]
            continue
        key = (proposed.start, *(proposed.fields[field] for field in register.KEY))
        if (first := seen.setdefault(key, number)) != number:
            lines.append(Refusal(f"与第{first}行重复 / stands in row {first} already", name, row=number))
        rows[number] = proposed
    return rows, lines


class _Wrong(Exception):
    """What is wrong with a row's cells: column, value, why."""

    def __init__(self, said: list[tuple[str, str, str]]) -> None:
        super().__init__()
        self.said = said


def _form(register: type[Row]) -> type[forms.ModelForm]:
    return forms.modelform_factory(
        register, fields=(*register.KEY, *register.VALUES, "start", "end"), formfield_callback=_field
    )


def _field(its: Any) -> forms.Field | None:
    """Places by their code and people by their sign-in name."""
    made = its.formfield()
    if isinstance(made, forms.ModelChoiceField):
        made.to_field_name = _KEYS.get(its.related_model, "pk")
    return made


def _proposed(form: type[forms.ModelForm], cells: dict[str, str], source: str, now: datetime) -> Proposed:
    filled = form(data=cells)
    filled.instance.source, filled.instance.proposed_at = source, now
    if filled.errors:
        raise _Wrong(
            [(_label(form, field), cells.get(field, ""), str(texts[0])) for field, texts in filled.errors.items()]
        )
    given = dict(filled.cleaned_data)
    start: date = given.pop("start")
    end: date | None = given.pop("end")
    return Proposed(start, source, given, end)


def _label(form: type[forms.ModelForm], field: str) -> str:
    return str(form.base_fields[field].label) if field in form.base_fields else ""
