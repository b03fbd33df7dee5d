"""The form of a rule pack (方案格式): its tables and columns and the keys of pack.toml, from `pack-format.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import yaml

from yiheng.base.words import Word


@dataclass(frozen=True)
class Column:
    """A column of a table.

    `codes`: it holds codes, which are compared in normal form; `number`: a number in a workbook cannot be read wrongly.
    """

    name: str
    word: Word
    codes: bool
    optional: bool
    number: bool


@dataclass(frozen=True)
class Form:
    """One table of a pack; `key` names the columns that name a row."""

    name: str
    word: Word
    optional: bool
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def file(self) -> str:
        return f"{self.name}.csv"

    @cached_property
    def key_places(self) -> tuple[tuple[int, bool], ...]:
        """Where the columns of the key stand, and whether they hold codes."""
        places = {column.name: (place, column.codes) for place, column in enumerate(self.columns)}
        return tuple(places[name] for name in self.key)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True)
class Key:
    """One key of pack.toml; `kind` is text, texts, day, documents or switches."""

    name: str
    word: Word
    kind: str
    inherited: bool


@cache
def forms() -> Mapping[str, Form]:
    """The tables of a pack by name."""
    return {name: _form(name, its) for name, its in _content()["tables"].items()}


@cache
def keys() -> Mapping[str, Key]:
    """The keys of pack.toml by name."""
    return {
        name: Key(name, Word(its["zh"], its["en"]), its["kind"], its.get("inherited", False))
        for name, its in _content()["keys"].items()
    }


def _form(name: str, its: dict[str, Any]) -> Form:
    columns = tuple(
        Column(
            column,
            Word(about["zh"], about["en"]),
            *(about.get(mark, False) for mark in ("codes", "optional", "number")),
        )
        for column, about in its["columns"].items()
    )
    return Form(name, Word(its["zh"], its["en"]), bool(its.get("optional")), tuple(its["key"]), columns)


@cache
def _content() -> dict[str, dict[str, Any]]:
    text = (files("yiheng.drg.packs") / "pack-format.yaml").read_text(encoding="utf-8")
    content: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return content
