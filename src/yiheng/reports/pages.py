"""Pages (网页): many linked pages beside the report, one style sheet, one script and one chart library for all.

A page is a title, a trail of links back, and sections as the report has them. Nothing is asked of a network; links are
relative, so that a folder can be moved, zipped or opened from a disk.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from markupsafe import Markup

from yiheng.base.refusal import Refusal
from yiheng.base.whole import whole
from yiheng.base.words import Word
from yiheng.reports.charts import chart_data
from yiheng.reports.html import CHART_LIBRARY, asset, environment
from yiheng.reports.shape import Report, Section, Table

FOLDER = "assets"
# How the names of pages begin.
OWN = ("index", "group-", "hospital-", "dept-")
_ASSETS = ("report.css", "report.js", CHART_LIBRARY)
# Signs of codes that a file's name says otherwise; all others but letters, digits and the point by their number.
_SIGNS = {":": "_", "+": "-", "*": "~"}


@dataclass(frozen=True)
class Page:
    """One page: `name` is its path below the report's folder, `trail` the pages above it, as (title, name)."""

    name: str
    title: Word
    year: int
    made_up: bool
    sections: tuple[Section, ...]
    trail: tuple[tuple[Word, str], ...] = ()


def write_pages(pages: Iterable[Page], folder: Path) -> int:
    """Write the pages into `folder`, each whole or not at all, and what they share; how many there are."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for name in _ASSETS:
        _write(folder / FOLDER / name, asset(name))
    template, count = environment().get_template("page.html.jinja"), 0
    for page in pages:
        report = Report(page.title, page.year, page.made_up, page.sections)
        text = template.render(report=report, trail=_trail(page), up=up(page.name), charts=chart_data(report))
        (folder / page.name).parent.mkdir(parents=True, exist_ok=True)
        _write(folder / page.name, text)
        count += 1
    return count


def make_folder(folder: Path) -> None:
    """The folder of a report, before anything is computed; what stands in its way is refused."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise Refusal("is not a folder", file=str(folder)) from None
    except OSError as fault:
        raise Refusal("cannot be written", file=str(folder), value=fault.strerror or "") from None


def without_old(folder: Path, *parts: str) -> None:
    """Take away the pages of an earlier report in these folders below it: whatever is named as pages are."""
    for path in sorted(chain.from_iterable((folder / part).glob("*.html") for part in parts)):
        if path.name.startswith(OWN):
            path.unlink()


def _trail(page: Page) -> list[tuple[Word, str]]:
    return [(title, f"{up(page.name)}{name}") for title, name in page.trail]


def up(name: str) -> Markup:
    """The way from a page to the report's folder: ../ for one in a folder."""
    return Markup("../" * name.count("/"))


def slug(code: str) -> str:
    """A code as part of a file's name: no two codes have the same."""
    return "".join(
        sign if sign.isascii() and (sign.isalnum() or sign == ".") else _SIGNS.get(sign, f"~{ord(sign):x}~")
        for sign in code
    )


def linked(table: Table, column: str, by: str, names: Mapping[str, str], at: str = "") -> Table:
    """The table with links on the cells of `column` to the pages that `names` gives for the values of `by`.

    `at` is the name of the page that the table stands on.
    """
    hrefs = tuple(f"{up(at)}{names[value]}" if value in names else "" for value in map(str, table.values(by)))
    return replace(table, links={**table.links, column: hrefs})


def _write(path: Path, text: str) -> None:
    with whole(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")
