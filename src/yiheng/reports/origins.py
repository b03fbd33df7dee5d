"""Origins (取值来源): a dated policy value as pages show it, and what is said of where it comes from."""

from yiheng.base.words import word
from yiheng.policy.loader import Dated


def shown_value(dated: Dated) -> str:
    """A value as text; the members of a list behind each other."""
    return ", ".join(map(str, dated.value)) if isinstance(dated.value, list) else str(dated.value)


def origin(dated: Dated) -> str:
    """Its document and article, or who may choose it."""
    if dated.document:
        return f"{dated.document} {dated.article}"
    chosen = word(f"choice_{dated.choice}")
    return f"{chosen.zh} {chosen.en}"
