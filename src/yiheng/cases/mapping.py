"""A mapping file (对照文件): the layout of any CSV or Excel file, in YAML that its owner can write."""

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.cases.layout import OWN_COLUMNS, Layout, Naming, Recipe, check_year
from yiheng.tables.contract import contract

_TOP = {"about", "file", "columns", "names"}
_FILE = {"encoding", "delimiter", "sheet", "missing"}
_RECIPE = {
    "from", "join", "with", "list", "split", "constant", "row_number", "prefix", "translate", "otherwise", "band",
    "times", "date",
}  # fmt: skip
_ORIGINS = ("from", "join", "list", "constant", "row_number")
_KINDS: dict[type, str] = {list: "a list", dict: "a table", str: "text"}
_FACTOR = r"[0-9]{1,6}(\.[0-9]{1,6})?"
_NAMING = {"kind", "edition", "code", "zh", "en"}


def read_mapping(path: Path) -> Layout:
    """The layout that a mapping file describes; a word it should not have is refused by name."""
    content = _yaml(path)
    _known(path, "mapping", content, _TOP)
    given = _of(path, "columns", content.get("columns", {}), dict)
    columns = {name: _column(path, str(name), its) for name, its in given.items()}
    check_year(columns, path)
    names = tuple(_naming(path, its) for its in _of(path, "names", content.get("names", []), list))
    return Layout(columns, names, about=_about(path, content.get("about")), **_file(path, content.get("file") or {}))


def _about(path: Path, content: Any) -> Word | None:
    if content is None:
        return None
    _known(path, "about", content, {"zh", "en"})
    zh, en = (" ".join(str(content.get(language, "")).split()) for language in ("zh", "en"))
    return Word(zh or en, en or zh)


def _yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise Refusal("there is no such file", file=str(path)) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"is not YAML: {' '.join(str(error).split())}", file=path.name) from None
    if not isinstance(content, dict):
        raise Refusal("is not a mapping file: it has no columns", file=path.name)
    return content


def _file(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    _known(path, "file", content, _FILE)
    missing = frozenset(str(value) for value in _of(path, "missing", content.get("missing", []), list))
    texts = {name: _of(path, name, content[name], str) for name in _FILE - {"missing"} if name in content}
    if len(texts.get("delimiter", ",")) != 1:
        raise Refusal("delimiter is not one character", file=path.name, value=texts["delimiter"])
    return {**texts, "missing": missing}


def _column(path: Path, name: str, content: Any) -> Recipe:
    declared = {column.name for column in contract("cases").columns} - OWN_COLUMNS
    if name not in declared:
        raise Refusal("is not a column of the case table", file=path.name, column=name)
    recipe = _recipe(path, name, content)
    if recipe.as_list and not pa.types.is_list(contract("cases").column(name).type):
        raise Refusal("holds one value, not a list", file=path.name, column=name)
    return recipe


def _naming(path: Path, content: dict[str, Any]) -> Naming:
    _known(path, "names", content, _NAMING)
    if not {"kind", "code"} <= set(content):
        raise Refusal("names need a kind and a code", file=path.name)
    code, zh, en = (_recipe(path, part, content.get(part, {"constant": None})) for part in ("code", "zh", "en"))
    if code.as_list or zh.as_list or en.as_list:
        raise Refusal("names are made of one value, not of a list", file=path.name)
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
    _check_steps(path, name, content)
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


def _check_steps(path: Path, name: str, content: dict[str, Any]) -> None:
    """Each step has the form it needs, and one that works on single values does not meet a list."""
    for step, kind in (("join", list), ("list", list), ("translate", dict)):
        if step in content:
            _of(path, f"{name}: {step}", content[step], kind)
    if any(isinstance(old, bool) for old in content.get("translate", {})):
        raise Refusal("yes, no, on, off, true and false need quotation marks here", file=path.name, column=name)
    if "times" in content and not re.fullmatch(_FACTOR, str(content["times"])):
        raise Refusal(
            "times is not a number below a million with at most six decimals", file=path.name, column=name,
            value=str(content["times"]),
        )  # fmt: skip
    single = sorted({"translate", "otherwise", "band", "times"} & set(content))
    if "list" in content and single:
        raise Refusal(f"{', '.join(single)} cannot be applied to a list", file=path.name, column=name)


def _of(path: Path, where: str, content: Any, kind: type) -> Any:
    """`content`, if it is what YAML calls by this type; else a refusal."""
    if not isinstance(content, kind):
        raise Refusal(f"{where} is not {_KINDS[kind]}", file=path.name)
    return content


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
