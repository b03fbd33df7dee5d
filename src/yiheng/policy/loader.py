"""Reads a policy file (政策文件): parameters whose values are dated, sourced and marked as checked or not."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.base.yamltext import read_yaml

_PARAMETER = {"zh", "en", "unit", "values"}
_VALUE = {"from", "value", "document", "article", "checked_until", "note", "choice"}


@dataclass(frozen=True)
class Dated:
    """A value from a day on, and where it comes from.

    `checked_until` is the day on which somebody last held it against its source; None = nobody has. `choice` says who
    may choose (a city), where no document fixes the value.
    """

    start: date
    value: Any
    document: str
    article: str
    choice: str
    checked_until: date | None
    note: str


@dataclass(frozen=True)
class Parameter:
    """One thing that policy sets, over time."""

    name: str
    word: Word
    unit: str
    values: tuple[Dated, ...]

    def on(self, day: date) -> Dated:
        """The value in force on `day`."""
        in_force = [dated for dated in self.values if dated.start <= day]
        if not in_force:
            raise Refusal(f"{self.name} ({self.word.zh}) has no value on {day}")
        return in_force[-1]


@dataclass(frozen=True)
class Scheme:
    """One policy file: its id (folder/name), its title, its parameters and the digest of its text.

    A diff names its `base` and has all parameters of it that it does not change; its digest stands for both texts.
    `unset` names what a place must set and has not: asked for, it is refused. `own` names what this very file sets.
    """

    id: str
    word: Word
    parameters: dict[str, Parameter]
    digest: str
    base: str = ""
    unset: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    text: str = field(default="", repr=False)

    def value(self, name: str, day: date) -> Any:
        """The value of a parameter in force on `day`; a parameter that is not there is refused."""
        if name in self.unset:
            raise Refusal(f"{self.id} has not set {name}", cure="set it in the scheme, with its source")
        if name not in self.parameters:
            raise Refusal(f"{self.id} sets no {name}")
        return self.parameters[name].on(day).value

    def unchecked(self, day: date) -> list[tuple[Parameter, Dated]]:
        """What is in force on `day` and nobody has held against its source, or not since."""
        found = [(parameter, parameter.on(day)) for parameter in self.parameters.values()]
        return [(parameter, its) for parameter, its in found if its.checked_until is None or its.checked_until < day]


def scheme_ids(kind: str = "") -> list[str]:
    """The ids of all policy files, or of those of one kind."""
    return sorted(
        f"{folder.name}/{entry.name.removesuffix('.yaml')}"
        for folder in files("yiheng.policy").iterdir()
        if folder.is_dir() and kind in ("", folder.name)
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    )


@cache
def scheme(scheme_id: str) -> Scheme:
    """The policy file with this id, such as `dip/national-1.0`; an unknown one is refused with the known ones."""
    return read_scheme(scheme_id, _packaged(scheme_id))


def read_scheme(scheme_id: str, text: str, texts: Callable[[str], str] | None = None) -> Scheme:
    """A policy file's text as a Scheme; anything it does not say, or says otherwise, is refused by name.

    `texts` gives the text of a base by its id, the packaged ones if it is not said. A base that leads back to itself is
    refused.
    """
    return _read(scheme_id, text, texts or _packaged, ())


def _packaged(scheme_id: str) -> str:
    if scheme_id not in scheme_ids():
        raise Refusal(f"there is no policy {scheme_id}", cure=f"one of: {', '.join(scheme_ids())}")
    kind, name = scheme_id.split("/")
    return (files("yiheng.policy") / kind / f"{name}.yaml").read_text(encoding="utf-8")


def _read(scheme_id: str, text: str, texts: Callable[[str], str], diffs: tuple[str, ...]) -> Scheme:
    if scheme_id in diffs:
        raise Refusal("is a diff of itself", file=scheme_id, cure=" -> ".join((*diffs, scheme_id)))
    content = _table(scheme_id, "the file", read_yaml(text))
    about = _table(scheme_id, "about", content.pop("about", None))
    _exactly(scheme_id, "about", set(about), {"zh", "en"}, {"zh", "en", "base", "unset"})
    parameters = {name: _parameter(scheme_id, name, its) for name, its in content.items()}
    unset, base = frozenset(about.get("unset") or ()), str(about.get("base") or "")
    its = Scheme(
        scheme_id, Word(about["zh"], about["en"]), parameters, _digest(text), base, unset, frozenset(parameters), text
    )
    return _over(_read(base, texts(base), texts, (*diffs, scheme_id)), its) if base else its


def _over(base: Scheme, its: Scheme) -> Scheme:
    """A diff put over its base: it may set or take away only what the base has."""
    unknown = sorted((its.own | its.unset) - set(base.parameters) - base.unset)
    if unknown:
        raise Refusal(f"changes what {base.id} does not set: {', '.join(unknown)}", file=its.id)
    twice = sorted(its.own & its.unset)
    if twice:
        raise Refusal(f"sets what it calls unset: {', '.join(twice)}", file=its.id)
    unset = (base.unset - its.own) | its.unset
    kept = {name: parameter for name, parameter in (base.parameters | its.parameters).items() if name not in unset}
    return replace(its, parameters=kept, unset=unset, digest=_digest(its.digest + base.digest))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _parameter(scheme_id: str, name: str, content: dict[str, Any]) -> Parameter:
    _exactly(scheme_id, name, set(_table(scheme_id, name, content)), _PARAMETER, _PARAMETER)
    values = tuple(_dated(scheme_id, name, its) for its in content["values"] or ())
    starts = [dated.start for dated in values]
    if starts != sorted(set(starts)) or not starts:
        raise Refusal(f"{name}: values must be in order of their dates, one a date", file=scheme_id)
    return Parameter(name, Word(content["zh"], content["en"]), content["unit"], values)


def _dated(scheme_id: str, name: str, content: dict[str, Any]) -> Dated:
    _exactly(scheme_id, name, set(_table(scheme_id, name, content)), {"from", "value", "checked_until"}, _VALUE)
    if type(content["from"]) is not date or type(content["checked_until"]) not in (date, type(None)):
        raise Refusal(f"{name}: from and checked_until are days, such as 2020-11-09", file=scheme_id)
    if not (content.get("document") and content.get("article")) and not content.get("choice"):
        raise Refusal(f"{name}: neither a document with its article nor whose choice it is", file=scheme_id)
    texts = {key: str(content.get(key) or "") for key in ("document", "article", "choice", "note")}
    return Dated(content["from"], content["value"], checked_until=content["checked_until"], **texts)


def _table(scheme_id: str, name: str, content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise Refusal(f"{name}: is not a table of names and values", file=scheme_id)
    return content


def _exactly(scheme_id: str, name: str, given: set[str], needed: set[str], allowed: set[str]) -> None:
    wrong = sorted((needed - given) | (given - allowed))
    if wrong:
        raise Refusal(f"{name}: missing or unknown {', '.join(wrong)}", file=scheme_id)
