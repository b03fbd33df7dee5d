"""Pages (分页): so many lines at a time. They are counted only so far; where there are more, that is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from django.db.models import Model, QuerySet

MOST = 500
_LAST = 1_000_000
_Line = TypeVar("_Line")
_Given = TypeVar("_Given", covariant=True)
_Row = TypeVar("_Row", bound=Model)


class Lines(Protocol[_Given]):
    """What is cut into pages: `count` lines were counted; `more`: there are others."""

    @property
    def count(self) -> int: ...

    @property
    def more(self) -> bool: ...

    def between(self, first: int, last: int) -> Sequence[_Given]:
        """The lines from `first` on, until before `last`; those that were not counted too."""
        ...


class Rows(Generic[_Row]):
    """The rows of a question in its order, counted as far as `MOST`."""

    def __init__(self, found: "QuerySet[_Row]") -> None:
        numbers = list(found.order_by().values_list("pk", flat=True)[: MOST + 1])
        self.more = len(numbers) > MOST
        self.count = min(len(numbers), MOST)
        # Few are fetched by their numbers: who sees what is a long question, and is asked of every row once only.
        self._found = found if self.more else found.filter(pk__in=numbers)

    def between(self, first: int, last: int) -> list[_Row]:
        if not self.more:
            return list(self._found[first:last])
        # All are sorted, and few are read: with what is shown of them, the database would sort that as well.
        numbers = list(self._found.values_list("pk", flat=True)[first:last])
        return list(self._found.filter(pk__in=numbers))


@dataclass(frozen=True)
class Page(Generic[_Line]):
    """Some of the lines.

    - number: which page, from 1; follows: whether there is another after it
    - count: how many lines there are on all pages; more: there are others, so that it is the least that there are
    """

    rows: list[_Line]
    number: int
    size: int
    follows: bool
    count: int
    more: bool

    @property
    def last(self) -> int | None:
        """The number of the last page; None: it is not known."""
        return None if self.more else max(1, -(-self.count // self.size))


def page_of(lines: Lines[_Line], number: int, size: int) -> Page[_Line]:
    """The page of a number; without lines where there is none."""
    first = (number - 1) * size
    rows = list(lines.between(first, first + size + 1))
    return Page(rows[:size], number, size, len(rows) > size, lines.count, lines.more)


def page_asked(lines: Lines[_Line], asked: str, size: int) -> Page[_Line]:
    """The page that an address asks for; the first for what is no number, the last one counted for one beyond."""
    number = min(max(int(asked), 1), _LAST) if asked.isdecimal() else 1
    page = page_of(lines, number, size)
    if page.rows or number == 1 or not lines.count:
        return page
    return page_of(lines, -(-lines.count // size), size)
