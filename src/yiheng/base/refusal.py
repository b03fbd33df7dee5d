"""A refusal (拒绝): bad usage or bad input, said in one clear line, with nothing changed."""

from dataclasses import dataclass


@dataclass(eq=False)
class Refusal(Exception):
    """What was wrong and where; `str()` is the one line a person reads.

    A refusal is an answer, not a fault: commands end with exit code 2, pages with a message. `row` counts data rows
    from 1. Empty parts are left out of the line.
    """

    what: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    cure: str = ""

    def __str__(self) -> str:
        row = "" if self.row is None else str(self.row)
        places = (
            ("file", self.file),
            ("sheet", self.sheet),
            ("row", row),
            ("column", self.column),
            ("value", self.value),
        )
        where = ", ".join(f"{name} {shown(text)}" for name, text in places if text)
        line = f"{where}: {self.what}" if where else self.what
        return _on_one_line(f"{line} -> {self.cure}" if self.cure else line)


def shown(text: str, limit: int = 80) -> str:
    """`text` fit for one line: control characters escaped, cut after `limit` characters."""
    plain = _on_one_line(text[: limit + 1])
    return plain if len(text) <= limit else plain[:limit] + "…"


def _on_one_line(text: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
