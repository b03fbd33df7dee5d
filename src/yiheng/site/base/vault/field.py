"""A service's own sealed text (加密字段): who complained, how to reach them. The table and every page have only a box.

A form takes the text; from then on it is `Plain` until it is saved and a `Box` afterwards, and both show as dots:
records of acts, logs and templates have nothing to give away. `opening.text_of` opens one.
"""

import base64
from typing import Any

from django import forms
from django.db import models

from yiheng.site.base.vault import keys
from yiheng.site.base.vault.seal import MASK, Box, closed


class Plain:
    """A text that was just typed, on its way into the vault; it shows as dots."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Plain({MASK})"

    def boxed(self, place: str) -> Box:
        """The text encrypted under the current key."""
        return closed(self._text, place, keys.read().current)


class SealedFormField(forms.CharField):
    """Takes a text and never shows the one that is there."""

    def clean(self, value: Any) -> Plain | None:
        """What was typed; None where nothing was."""
        text = super().clean(value)
        return Plain(text) if text else None

    def prepare_value(self, value: Any) -> Any:
        """What was typed now, to be mended; nothing of what is kept."""
        return value if isinstance(value, str) else ""


class SealedText(models.TextField):
    """A text that is encrypted in the database: a `Box` when read, a `Plain` or a `Box` when written; null: none."""

    description = "a sealed text"

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest | {"null": True, "blank": True})

    @property
    def where(self) -> str:
        """Where its texts belong: table and column."""
        return f"{self.model._meta.label_lower}.{self.attname}"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Box | None:
        return None if value is None else _read(value)

    def to_python(self, value: Any) -> Box | Plain | None:
        """A text from a form or a fixture is never taken for a box."""
        return Plain(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> str | None:
        """What the table has: the key's id, and nonce with ciphertext."""
        if value is None:
            return None
        given = Plain(value) if isinstance(value, str) else value
        box: Box = given.boxed(self.where) if isinstance(given, Plain) else given
        return f"{box.key}:{base64.b64encode(box.data).decode()}"

    def value_to_string(self, obj: models.Model) -> str:
        return MASK

    def formfield(self, **rest: Any) -> forms.Field | None:
        """A field that takes a text and shows none."""
        return models.Field.formfield(self, **{"form_class": SealedFormField, "widget": forms.Textarea} | rest)


def _read(value: str) -> Box:
    key, _, data = value.partition(":")
    return Box(key, base64.b64decode(data))
