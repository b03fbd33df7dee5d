"""A page of statistics as it reads (统计页面): its tables, its figures, and the bars that its script draws."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from yiheng.site.base.accounts.models import Person

_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass
class Counted:
    """Tables by title: their lines, their heads; figures by name: value and counts; bars by title: name and count."""

    tables: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    heads: dict[str, tuple[str, ...]] = field(default_factory=dict)
    figures: dict[str, tuple[str, str]] = field(default_factory=dict)
    bars: dict[str, dict[str, int]] = field(default_factory=dict)
    text: str = ""

    def rows(self, title: str) -> dict[tuple[str, ...], str]:
        """A table's last column by all the others."""
        return {tuple(line[:-1]): line[-1] for line in self.tables[title]}

    def cells(self, title: str) -> dict[tuple[str, str], str]:
        """A table's cells by what stands before their line and over their column."""
        heads = self.heads[title][1:]
        return {
            (line[0], head): cell for line in self.tables[title] for head, cell in zip(heads, line[1:], strict=True)
        }


def counted(person: Person, flow: str) -> Counted:
    """The page of a flow's statistics, as a person reads it in Chinese."""
    client = Client()
    client.force_login(person, backend=_BACKEND)
    page = client.get(f"/flows/{flow}/statistics/")
    assert page.status_code == 200
    reader = _Reader()
    reader.feed(page.content.decode())
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found, self._title, self._open = Counted(), "", list[str]()
        self._line: list[str] = []
        self._figure: list[str] = []
        self._heads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = dict(attrs)
        if tag in ("h2", "th", "td", "b", "div", "span", "p"):
            self._open.append(given.get("class", "") if tag == "div" else tag)
        if tag == "tr":
            self._line = []
        if tag == "table":
            self.found.tables[self._title], self._heads = [], []
        if "data-bars" in given:
            said = json.loads(given["data-bars"])
            self.found.bars[self._title] = dict(zip(said["names"], said["counts"], strict=True))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h2", "th", "td", "b", "div", "span", "p"):
            closed = self._open.pop()
            if tag == "div" and closed == "" and self._figure:
                self._keep_figure()
        if tag == "thead":
            self.found.heads[self._title] = tuple(self._heads)
        if tag == "tr" and self._line:
            self.found.tables[self._title].append(tuple(self._line))

    def handle_data(self, data: str) -> None:
        text = data.strip()
        at = self._open[-1] if self._open else ""
        if not text:
            return
        if at == "h2":
            self._title = text
        elif at == "th":
            self._heads.append(text)
        elif at == "td":
            self._line.append(text)
        elif "figures" in self._open:
            self._figure.append(text)
        elif at == "p":
            self.found.text += text

    def _keep_figure(self) -> None:
        name, value, counts = self._figure
        self.found.figures[name] = (value, counts)
        self._figure = []
