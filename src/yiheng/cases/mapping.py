"""A mapping file (对照文件): the layout of any CSV or Excel file, in YAML that its owner can write."""

from pathlib import Path
from typing import Any

import yaml

from yiheng.base.refusal import Refusal
from yiheng.cases.layout import OWN_COLUMNS, Layout, Naming, Recipe, check_year
from yiheng.tables.contract import contract

_TOP = {"about", "file", "columns", "names"}
_FILE = {"encoding", "delimiter", "sheet", "missing"}
_RECIPE = {
    "from", "join", "with", "list", "split", "constant", "row_number", "prefix", "translate", "otherwise", "band",
    "times", "date",
}  # fmt: skip
_ORIGINS = ("from", "join", "list", "constant", "row_number")
_NAMING = {"kind", "edition", "code", "zh", "en"}


def read_mapping(path: Path) -> Layout:
    """The layout that a mapping file describes; a word it should not have is refused by name."""
    content = _yaml(path)
    _known(path, "mapping", content, _TOP)
    columns = {name: _column(path, name, its) for name, its in dict(content.get("columns") or {}).items()}
    check_year(columns, path)
    names = tuple(_naming(path, its) for its in content.get("names") or [])
    return Layout(columns, names, **_file(path, content.get("file") or {}))


def _yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal("there is no such file", file=str(path)) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"is not YAML: {' '.join(str(error).split())}", file=path.name) from None
    if not isinstance(content, dict):
        raise Refusal("is not a mapping file: it has no columns", file=path.name)
    return content


def _file(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    _known(path, "file", content, _FILE)
    missing = frozenset(str(value) for value in content.get("missing", []))
    return {**content, "missing": missing}


def _column(path: Path, name: str, content: Any) -> Recipe:
    declared = {column.name for column in contract("cases").columns} - OWN_COLUMNS
    if name not in declared:
        raise Refusal("is not a column of the case table", file=path.name, column=name)
    return _recipe(path, name, content)


def _naming(path: Path, content: dict[str, Any]) -> Naming:
    _known(path, "names", content, _NAMING)
    if not {"kind", "code"} <= set(content):
        raise Refusal("names need a kind and a code", file=path.name)
    code, zh, en = (_recipe(path, part, content.get(part, {"constant": None})) for part in ("code", "zh", "en"))
    return Naming(str(content["kind"]), str(content.get("edition", "")), code, zh, en)


def _recipe(path: Path, name: str, content: Any) -> Recipe:
    if isinstance(content, str):
        return Recipe((content,))
    if not isinstance(content, dict):
        raise Refusal("is neither a column of the source nor a recipe", file=path.name, column=name)
    _known(path, name, content, _RECIPE)
    origins = [origin for origin in _ORIGINS if origin in content]
    if len(origins) != 1:
        raise Refusal(f"needs exactly one of {', '.join(_ORIGINS)}", file=path.name, column=name)
    translate = content.get("translate")
    return Recipe(
        sources=_sources(content),
        between=str(content.get("with", "")),
        as_list="list" in content,
        split=str(content.get("split", "")),
        constant=_text(content.get("constant")),
        row_number=bool(content.get("row_number")),
        prefix=str(content.get("prefix", "")),
        translate=None if translate is None else {str(old): _text(new) for old, new in translate.items()},
        strict="otherwise" not in content,
        otherwise=_text(content.get("otherwise")),
        band=bool(content.get("band")),
        times=str(content.get("times", "")),
        date=str(content.get("date", Recipe.date)),
    )


def _sources(content: dict[str, Any]) -> tuple[str, ...]:
    several = content.get("join") or content.get("list") or [content.get("from")]
    return tuple(str(source) for source in several if source is not None)


def _text(value: Any) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _known(path: Path, where: str, content: Any, allowed: set[str]) -> None:
    if not isinstance(content, dict):
        raise Refusal(f"{where} is not a mapping", file=path.name)
    unknown = sorted(set(map(str, content)) - allowed)
    if unknown:
        raise Refusal(
            f"{where} has unknown {', '.join(unknown)}", file=path.name, cure=f"known: {', '.join(sorted(allowed))}"
        )
