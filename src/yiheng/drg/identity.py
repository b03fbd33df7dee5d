"""What a pack says about itself (方案身份): `pack.toml`, or the `pack.json` of a bare directory, or only its folder."""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yiheng.base.refusal import Refusal
from yiheng.drg.switches import Switches, switches

RETRY = "retry_each_other_procedure_if_ungroupable"
_TEXTS = ("id", "edition", "issuer")


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


def read_identity(folder: Path) -> tuple[Identity, Switches]:
    """The identity and switches of the pack in a folder."""
    if (folder / "pack.toml").is_file():
        return _of_toml(folder)
    if (folder / "pack.json").is_file():
        return _of_json(folder)
    return Identity(folder.resolve().name, "", "", (), True), switches({}, "pack.json")


def _of_json(folder: Path) -> tuple[Identity, Switches]:
    file = "pack.json"
    content = _content(folder / file, json.loads)
    texts = [_text(content, name, file) for name in ("name", "version", "source")]
    identity = Identity(texts[0] or folder.resolve().name, texts[1], texts[2], _order(content, file), True)
    given = {"retry_each_other_procedure": content[RETRY]} if RETRY in content else {}
    return identity, switches(given, file)


def _of_toml(folder: Path) -> tuple[Identity, Switches]:
    file = "pack.toml"
    content = _content(folder / file, tomllib.loads)
    for name in content:
        if name not in (*_TEXTS, "mdc_order", "switches"):
            raise Refusal("is not read by this version", file=file, value=name)
    given = content.get("switches", {})
    if not isinstance(given, dict):
        raise Refusal("switches is no table", file=file)
    texts = [_text(content, name, file) for name in _TEXTS]
    if not texts[0]:
        raise Refusal("has no id", file=file)
    return Identity(texts[0], texts[1], texts[2], _order(content, file), False), switches(given, file)


def _content(path: Path, read: Any) -> dict[str, Any]:
    try:
        content = read(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Refusal(f"cannot be read: {error}", file=path.name) from None
    if not isinstance(content, dict):
        raise Refusal("is not a table of names and values", file=path.name)
    return content


def _text(content: dict[str, Any], name: str, file: str) -> str:
    said = content.get(name, "")
    if not isinstance(said, str | int):
        raise Refusal(f"{name} is no text", file=file, value=str(said))
    return str(said)


def _order(content: dict[str, Any], file: str) -> tuple[str, ...]:
    order = content.get("mdc_order", [])
    if not isinstance(order, list) or not all(isinstance(code, str) for code in order):
        raise Refusal("mdc_order is no list of texts", file=file, value=str(order))
    return tuple(order)
