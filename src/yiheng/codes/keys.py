"""The key of a code (编码归并键): its first characters in normal form, or the whole code where it is not ICD.

`key` is the readable definition; `keycolumns` says the same as Ibis expressions, and a test holds them equal.
"""

from yiheng.codes.normal import normal

POINT_AFTER = {"dx": 3, "proc": 2}


def is_icd(edition: str | None) -> bool:
    """Whether codes of this edition have the hierarchy of ICD; a source that names no edition uses ICD."""
    return edition is None or edition.upper().startswith("ICD")


def key(kind: str, code: str, chars: int, edition: str | None) -> str:
    """The key of a `dx` or `proc` code: `chars` characters, the point not counted and set where ICD sets it.

    I63.900 with 4 is I63.9, 36.0600x004 with 4 is 36.06; a code of another system is its own key.
    """
    if not is_icd(edition):
        return code
    signs = normal(code).replace(".", "")[:chars]
    head = POINT_AFTER[kind]
    return signs if len(signs) <= head else f"{signs[:head]}.{signs[head:]}"
