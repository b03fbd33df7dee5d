"""Words (词汇): every term a person reads, in Chinese and English, from the one glossary `words.csv`."""

from dataclasses import dataclass
from functools import cache

from yiheng.base.packaged import packaged_rows


@dataclass(frozen=True)
class Word:
    """A term in both languages; `note` says what it means in one line (English)."""

    zh: str
    en: str
    note: str = ""


@cache
def glossary() -> dict[str, Word]:
    """All terms by id, in the order of the file."""
    rows = packaged_rows("yiheng.base", "words.csv")
    return {row["id"]: Word(row["zh"], row["en"], row["note"]) for row in rows}


def word(term: str) -> Word:
    """The term with this id; an unknown id is a KeyError, so that a page cannot show an unnamed thing."""
    return glossary()[term]
