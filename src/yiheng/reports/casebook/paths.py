"""Where pages stand (页面位置): the paths of a casebook below its folder, and the trail back to its index."""

from functools import cache

from yiheng.base.words import Word, word
from yiheng.norms.peers.peers import Unit
from yiheng.reports.casebook.book import Book
from yiheng.reports.pages import slug


def index_path(book: Book) -> str:
    return _path(book.grouping, "index")


def group_path(book: Book, code: str) -> str:
    return _path(book.grouping, "group", code)


def unit_path(book: Book, unit: Unit) -> str:
    """Of a hospital, or of a department in it."""
    return _path(book.grouping, "hospital" if len(unit) == 1 else "dept", *unit)


def doctor_path(grouping: str, hospital: str, physician: str) -> str:
    return _path(grouping, "doctor", hospital, physician)


@cache
def _path(grouping: str, kind: str, *codes: str) -> str:
    return f"casebook/{grouping}/{'-'.join((kind, *map(slug, codes)))}.html"


def trail(book: Book, *units: Unit) -> tuple[tuple[Word, str], ...]:
    """The pages above the casebook, its index, then the units above a page."""
    above = tuple((book.names.unit(unit), unit_path(book, unit)) for unit in units)
    return (*book.above, (word("casebook"), index_path(book)), *above)
