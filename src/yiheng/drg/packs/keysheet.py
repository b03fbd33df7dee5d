"""pack.toml as a sheet (方案说明表): a row for each key, `switches.<name>` for a switch, several rows for a list."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.drg.packs.about import RETRY
from yiheng.drg.packs.content import Content
from yiheng.drg.packs.nearest import near
from yiheng.drg.packs.schema import keys
from yiheng.drg.packs.source import JSON, TOML

KEYS = ("key", "value")
DOCUMENT = ("title", "article")
# Says that the pack is a bare directory, without pack.toml.
BARE = "bare"
_SWITCH = "switches."
_LEFT_OUT = ("base", "base_digest", "documents", "switches")


def rows_of(content: Content) -> tuple[list[list[str]], list[list[str]]]:
    """The rows of the sheets `pack` and `documents`; a diff stands there as the whole that it makes."""
    values = content.said.values
    rows = [[BARE, "true"]] if content.said.bare else []
    for name, value in values.items():
        if name not in _LEFT_OUT:
            rows += [[name, str(each)] for each in (value if isinstance(value, list) else [value])]
    rows += [[_SWITCH + name, _plain(value)] for name, value in values.get("switches", {}).items()]
    return rows, [[its["title"], its["article"]] for its in values.get("documents", ())]


def files_of(pack: list[list[str]], documents: list[list[str]], shown: str) -> dict[str, bytes]:
    """pack.toml, or pack.json of a bare directory, from the rows of both sheets with their headers; none from none."""
    values: dict[str, Any] = {}
    switches: dict[str, Any] = {}
    for number, (name, text) in enumerate(_rows(pack, KEYS, shown, "pack"), 1):
        if name.startswith(_SWITCH):
            switches[name.removeprefix(_SWITCH)] = _typed(text)
        elif name in keys() and keys()[name].kind == "texts":
            values.setdefault(name, []).append(text)
        elif name in values or (name not in keys() and name != BARE) or name in _LEFT_OUT[2:]:
            what = "stands twice" if name in values else "is no key of pack.toml"
            raise Refusal(what, shown, "pack", number, KEYS[0], name, near(name, [*keys(), _SWITCH + "..."]))
        else:
            values[name] = text
    rows = _rows(documents, DOCUMENT, shown, "documents")
    its = [dict(zip(DOCUMENT, row, strict=True)) for row in rows]
    if not values:
        return {}
    if values.pop(BARE, "false") == "true":
        return {JSON: _json(values, switches)}
    return {TOML: _toml(values, switches, its)}


def _rows(lines: list[list[str]], header: tuple[str, ...], shown: str, sheet: str) -> list[list[str]]:
    if lines and tuple(name.strip() for name in lines[0]) != header:
        raise Refusal(f"the columns are not {', '.join(header)}", shown, sheet)
    return [[cell.strip() for cell in line] for line in lines[1:]]


def _json(values: dict[str, Any], switches: Mapping[str, Any]) -> bytes:
    names = {"id": "name", "edition": "version", "issuer": "source", "mdc_order": "mdc_order"}
    given = {names[name]: value for name, value in values.items() if name in names}
    if "retry_each_other_procedure" in switches:
        given[RETRY] = switches["retry_each_other_procedure"]
    return json.dumps(given).encode()


def _toml(values: Mapping[str, Any], switches: Mapping[str, Any], documents: Iterable[Mapping[str, str]]) -> bytes:
    lines = [f"{name} = {value if keys()[name].kind == 'day' else json.dumps(value)}" for name, value in values.items()]
    lines += ["[switches]", *(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in switches.items())]
    for its in documents:
        lines += ["[[documents]]", *(f"{name} = {json.dumps(text)}" for name, text in its.items())]
    return "\n".join(lines).encode()


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _typed(text: str) -> Any:
    """A switch's value: yes or no, a whole number, or a word."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
