"""Texts in templates (模板文字): both languages side by side, sums in yuan, times as people write them."""

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.text import capfirst

from yiheng.base.money import yuan_of
from yiheng.base.words import Word
from yiheng.base.words import word as glossary_word
from yiheng.site.base.texts import pick

register = template.Library()


@register.simple_tag
def say(zh: str, en: str) -> str:
    """`{% say "提交" "Submit" %}`: in the language of the page."""
    return pick(Word(zh, en))


@register.simple_tag
def term(name: str) -> str:
    """`{% term "hospital" %}`: a term of the glossary."""
    return pick(glossary_word(name))


@register.filter
def word(text: Word) -> str:
    """A Word in the language of the page, as a line or a button begins."""
    return capfirst(pick(text))


@register.filter
def yuan(fen: int | None) -> str:
    """A sum in fen as yuan with two decimals: 1,234.50."""
    return "" if fen is None else f"{yuan_of(fen):,.2f}"


@register.filter
def moment(at: datetime | None) -> str:
    """A moment in local time, to the minute: 2026-03-02 09:00."""
    return "" if at is None else timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


@register.filter
def day(on: date | datetime | None) -> str:
    """A day: 2026-03-02."""
    if on is None:
        return ""
    return (timezone.localtime(on) if isinstance(on, datetime) else on).strftime("%Y-%m-%d")


@register.filter
def at(values: list[object], place: int) -> object:
    """The value at a place, counted from 0."""
    return values[place]
