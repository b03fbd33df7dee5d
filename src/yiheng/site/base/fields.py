"""Fields (字段) that several services need: money in fen, typed in yuan; codes of a list that policy gives."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.db import models

from yiheng.base.money import fen_of, yuan_of
from yiheng.base.words import Word
from yiheng.site.base.texts import pick

_DIGITS, _PLACES = 15, 2


class YuanField(forms.DecimalField):
    """A sum typed in yuan with at most two decimals; its value is in fen."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(**{"max_digits": _DIGITS, "decimal_places": _PLACES} | rest)

    def clean(self, value: Any) -> int | None:
        """The sum in fen; None where nothing was typed."""
        yuan: Decimal | None = super().clean(value)
        return None if yuan is None else fen_of(yuan)

    def prepare_value(self, value: Any) -> Any:
        """What the form shows: a stored sum in yuan, what was typed as it was."""
        return yuan_of(value) if isinstance(value, int) else value


class Fen(models.BigIntegerField):
    """A sum of money in fen (金额)."""

    def formfield(self, **rest: Any) -> forms.Field | None:
        """A field that is filled in in yuan."""
        return models.Field.formfield(self, **{"form_class": YuanField} | rest)


Offered = Callable[[], Mapping[str, tuple[str, str]]]


class CodeList(models.JSONField):
    """Codes of a list that policy gives (多选代码), asked for as boxes to tick; kept as they were, in the list's order.

    `offered` gives code -> (Chinese, English) when the form is made.
    """

    def __init__(self, *args: Any, offered: Offered | None = None, **rest: Any) -> None:
        self.offered = offered
        super().__init__(*args, **{"default": list, "blank": True} | rest)

    def read(self, codes: Iterable[str]) -> str:
        """Codes as people read them; one that the list does not have any more stays a code."""
        offered = self.offered() if self.offered else {}
        return "、".join(pick(Word(*offered[code])) if code in offered else str(code) for code in codes)

    def formfield(self, **rest: Any) -> forms.Field | None:
        """Boxes to tick."""
        offered = self.offered() if self.offered else {}
        choices = [(code, pick(Word(zh, en))) for code, (zh, en) in offered.items()]
        boxes = forms.CheckboxSelectMultiple
        return forms.MultipleChoiceField(
            choices=choices, required=not self.blank, label=self.verbose_name, widget=boxes, **rest
        )
