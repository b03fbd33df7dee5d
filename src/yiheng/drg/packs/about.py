"""What a pack says about itself (方案说明): `pack.toml`, or the `pack.json` of a bare directory, or nothing."""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.drg.packs.nearest import near
from yiheng.drg.packs.schema import keys
from yiheng.drg.packs.source import JSON, TOML, Source
from yiheng.drg.packs.switches import Switches, switches

# In pack.json
RETRY = "retry_each_other_procedure_if_ungroupable"
_NAMES = {"id": "name", "edition": "version", "issuer": "source"}


@dataclass(frozen=True)
class Identity:
    """Which scheme and edition a pack is. `mdc_order` is empty where mdc.csv alone gives the order.

    `bare`: a directory without pack.toml, where everything odd is only a warning.
    """

    id: str
    edition: str
    issuer: str
    mdc_order: tuple[str, ...]
    bare: bool


@dataclass(frozen=True)
class Document:
    """A document that a pack follows, and where in it."""

    title: str
    article: str


@dataclass(frozen=True)
class About:
    """Where a pack comes from and when it is in force; what is None or empty it does not say."""

    documents: tuple[Document, ...] = ()
    start: date | None = None
    end: date | None = None
    checked_until: date | None = None
    dx_edition: str = ""
    proc_edition: str = ""
    empty_lists: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Said:
    """All that a pack says about itself, its base's word where it says nothing; `values` by the keys of pack.toml."""

    values: Mapping[str, Any]
    file: str
    bare: bool

    @property
    def identity(self) -> Identity:
        order = tuple(self.values.get("mdc_order", ()))
        return Identity(self.text("id"), self.text("edition"), self.text("issuer"), order, self.bare)

    @property
    def switches(self) -> Switches:
        return switches(self.values.get("switches", {}), self.file)

    @property
    def about(self) -> About:
        documents = tuple(Document(its["title"], its["article"]) for its in self.values.get("documents", ()))
        start, end, checked = (self.values.get(name) for name in ("from", "to", "checked_until"))
        empty = tuple(self.values.get("empty_lists", ()))
        editions = self.text("dx_edition"), self.text("proc_edition")
        return About(documents, start, end, checked, *editions, empty, self.text("note"))

    def text(self, name: str) -> str:
        return str(self.values.get(name, ""))

    def over(self, base: "Said") -> "Said":
        """What a diff says over its base: some keys are taken over, switches one by one, lists of empty lists added."""
        taken = {name: value for name, value in base.values.items() if keys()[name].inherited}
        merged = taken | dict(self.values)
        if "switches" in taken:
            merged["switches"] = taken["switches"] | self.values.get("switches", {})
        if "empty_lists" in taken:
            merged["empty_lists"] = [*dict.fromkeys([*taken["empty_lists"], *self.values.get("empty_lists", ())])]
        return Said(merged, self.file, self.bare)


def said_by(source: Source) -> Said:
    """What the pack of a source says about itself, without its base's word."""
    if (toml := source.read(TOML)) is not None:
        return _of_toml(toml)
    return _of_json(source.read(JSON), source.name)


def _of_json(content: bytes | None, name: str) -> Said:
    given = {} if content is None else _content(content, JSON, json.loads)
    values: dict[str, Any] = {key: _text(given.get(its, ""), its, JSON) for key, its in _NAMES.items() if its in given}
    values["id"] = values.get("id") or name
    if "mdc_order" in given:
        values["mdc_order"] = _texts(given["mdc_order"], "mdc_order", JSON)
    if RETRY in given:
        values["switches"] = {"retry_each_other_procedure": given[RETRY]}
    return Said(values, JSON, True)


def _of_toml(content: bytes) -> Said:
    given = _content(content, TOML, tomllib.loads)
    values = {name: _value(name, value) for name, value in given.items()}
    if not values.get("id"):
        raise Refusal("has no id", file=TOML)
    if "base_digest" in values and "base" not in values:
        raise Refusal("base_digest without a base", file=TOML)
    if values.get("from") and values.get("to") and values["to"] < values["from"]:
        raise Refusal("is before the first day in force", file=TOML, column="to", value=str(values["to"]))
    return Said(values, TOML, False)


def _value(name: str, value: Any) -> Any:
    if name not in keys():
        raise Refusal("is no key of pack.toml", file=TOML, value=name, cure=near(name, keys()))
    return _KINDS[keys()[name].kind](value, name, TOML)


def _content(content: bytes, file: str, read: Callable[[str], Any]) -> dict[str, Any]:
    try:
        found = read(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Refusal(f"cannot be read: {error}", file=file) from None
    if not isinstance(found, dict):
        raise Refusal("is not a table of names and values", file=file)
    return found


def _text(value: Any, name: str, file: str) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise Refusal(f"{name} is no text", file=file, value=str(value))
    return str(value)


def _texts(value: Any, name: str, file: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Refusal(f"{name} is no list of texts", file=file, value=str(value))
    return value


def _day(value: Any, name: str, file: str) -> date:
    if type(value) is not date:
        raise Refusal(f"{name} is no day", file=file, value=str(value), cure="such as 2022-01-01, without quotes")
    return value


def _documents(value: Any, name: str, file: str) -> list[dict[str, str]]:
    fields = ("title", "article")
    whole = isinstance(value, list) and all(isinstance(each, dict) and set(each) == set(fields) for each in value)
    if not whole or not all(isinstance(text, str) and text for each in value for text in each.values()):
        raise Refusal(f"{name}: each has a title and an article", file=file, value=str(value))
    return list(value)


def _switches(value: Any, name: str, file: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refusal(f"{name} is no table", file=file)
    switches(value, file)
    return value


_KINDS: dict[str, Callable[[Any, str, str], Any]] = {
    "text": _text, "texts": _texts, "day": _day, "documents": _documents, "switches": _switches,
}  # fmt: skip
