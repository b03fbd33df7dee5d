"""Identity numbers (身份证号): no text that somebody types keeps one; only what is sealed in the vault may have it."""

import unicodedata
from typing import Any

from yiheng.base.refusal import masked
from yiheng.base.words import Word
from yiheng.site.base.refused import NotDone

SAID = Word("不得含身份证号，请删去", "has an identity number: take it out")
# Signs that nobody sees and that would part a number: zero width, direction of writing.
_HIDDEN = "Cf"


class NumberTyped(NotDone):
    """A text has an identity number in it."""

    def __init__(self) -> None:
        super().__init__("identity", SAID)


def has_number(value: Any) -> bool:
    """Whether a text, or one of several, has an identity number in it, whatever hidden signs part it."""
    if isinstance(value, str):
        seen = _seen(value)
        return masked(seen) != seen
    return isinstance(value, list | tuple) and any(map(has_number, value))


def covered(text: str) -> str:
    """A text as it may be shown: without hidden signs, its identity numbers masked."""
    return masked(_seen(text))


def _seen(text: str) -> str:
    return "".join(sign for sign in text if unicodedata.category(sign) != _HIDDEN)


def demand_none(*texts: str) -> None:
    """Raise NumberTyped where one of these texts has an identity number."""
    if has_number(texts):
        raise NumberTyped
