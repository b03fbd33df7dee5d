"""Operation strings (手术操作组合): `+` joins what is all required, `/` what may stand for one another."""

from yiheng.base.refusal import Refusal

AND, OR = "+", "/"


def parts_of(text: str | None) -> tuple[tuple[str, ...], ...]:
    """The required parts, each with its alternatives; none for the empty text, which means conservative treatment.

    An empty part or alternative, and a code that stands twice in a part, are refused.
    """
    if not text or not text.strip():
        return ()
    parts = tuple(tuple(code.strip() for code in part.split(OR)) for part in text.split(AND))
    for part in parts:
        if "" in part or len(set(part)) < len(part):
            raise Refusal("is no list of operations", value=text, cure="such as 36.06+88.55/88.56")
    return parts
