"""Headers (表头): the names of a source's columns, each once."""

from collections.abc import Sequence
from pathlib import Path

from yiheng.base.refusal import Refusal


def checked(names: list[str], path: Path) -> list[str]:
    """The names themselves; none at all, or the same one twice, is refused."""
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise Refusal("this name stands twice in the header", file=path.name, column=twice[0])
    if not any(names):
        raise Refusal("the file has no header", file=path.name)
    return names


def need(wanted: Sequence[str], header: Sequence[str], path: Path) -> None:
    """Refuse a header that lacks one of the wanted names."""
    missing = [name for name in wanted if name not in header]
    if missing:
        raise Refusal(
            "this column is missing",
            file=path.name,
            column=", ".join(missing),
            cure=f"the header is: {', '.join(header)}",
        )
