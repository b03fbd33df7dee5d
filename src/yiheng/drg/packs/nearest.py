"""The nearest known word (最相近的词): the cure for one that is not known."""

from collections.abc import Collection
from difflib import get_close_matches


def near(word: str, known: Collection[str]) -> str:
    """The nearest of the known words, all of them where none is near."""
    nearest = get_close_matches(word, known, n=1)
    return f"{nearest[0]}?" if nearest else f"one of: {', '.join(known)}"
