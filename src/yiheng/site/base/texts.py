"""Texts of pages (页面文字): Chinese and English side by side, shown in the reader's language."""

from django.utils.functional import lazy
from django.utils.translation import get_language

from yiheng.base.words import Word, word


def pick(text: Word) -> str:
    """A text in the language of the page that is being made; Chinese where none is."""
    return text.en if (get_language() or "zh").startswith("en") else text.zh


def say(zh: str, en: str) -> str:
    """A text that becomes Chinese or English when it is shown, for labels that are written before anyone reads them."""
    return _later(zh, en)


def term(name: str) -> str:
    """A term of the glossary, likewise."""
    found = word(name)
    return _later(found.zh, found.en)


_later = lazy(lambda zh, en: pick(Word(zh, en)), str)
