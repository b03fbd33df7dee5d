"""A mapping file (对照文件): the layout of any CSV or Excel file, in YAML that its owner can write.

The known forms are written in the same words (`forms/*.yaml`).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.base.yamltext import read_yaml
from yiheng.cases.layout import Layout, Naming, Recipe, check_year
from yiheng.tables.contract import contract

_TOP = {"about", "file", "columns", "names", "stays"}
_FILE = {"encoding", "delimiter", "sheet", "missing", "dates"}
_ORIGINS = ("from", "join", "list", "items", "sum", "years", "days", "constant", "row_number")
_RECIPE = {
    *_ORIGINS, "with", "split", "prefix", "translate", "otherwise", "band", "times", "date", "hours", "beside", "where",
    "unless", "leading", "principal", "total", "pseudonym", "else",
}  # fmt: skip
_LISTS, _BY_NAME = ("join", "list", "sum", "years", "days"), ("translate", "where", "unless", "leading")
_KINDS: dict[type, str] = {list: "a list", dict: "a table", str: "text"}
_FACTOR = r"[0-9]{1,6}(\.[0-9]{1,6})?"
_NAMING = {"kind", "edition", "code", "zh", "en"}
_PSEUDONYMS = ("identity", "name")
_STAYS = ("ward_type", "entered", "left", "hours")


def read_mapping(path: Path) -> Layout:
    """The layout that a mapping file describes; a word it should not have is refused by name."""
    return read_layout(_yaml(path), path)


def read_layout(content: dict[str, Any], path: Path, table: str = "cases") -> Layout:
    """The layout that such content describes; `path` is what a refusal names."""
    _known(path, "mapping", content, _TOP)
    given = _of(path, "columns", content.get("columns", {}), dict)
    file = _file(path, content.get("file") or {})
    dates = file.pop("dates")
    columns = {name: _dated(_column(path, str(name), its, table), dates) for name, its in given.items()}
    if table == "cases":
        check_year(columns, path)
    _check_beside(path, columns)
    names = tuple(_naming(path, its) for its in _of(path, "names", content.get("names", []), list))
    stays = {
        _one_of(path, "stays", str(name), _STAYS): _dated(_recipe(path, str(name), its), dates)
        for name, its in _of(path, "stays", content.get("stays", {}), dict).items()
    }
    if stays and "entered" not in stays:
        raise Refusal("stays need the column entered", file=path.name)
    return Layout(columns, names, table=table, stays=stays, about=_about(path, content.get("about")), **file)


def _dated(recipe: Recipe, dates: tuple[str, ...]) -> Recipe:
    """The recipe with the file's own forms of dates, where it does not name its own."""
    instead = _dated(recipe.instead, dates) if recipe.instead else None
    return replace(recipe, dates=dates if recipe.dates == Recipe.dates else recipe.dates, instead=instead)


def _check_beside(path: Path, columns: Mapping[str, Recipe]) -> None:
    """A list stands beside another list of the same form, with as many places."""
    for name, recipe in columns.items():
        leader = columns.get(recipe.beside)
        if recipe.beside and (
            leader is None
            or leader.beside
            or (leader.as_list, leader.items) != (recipe.as_list, recipe.items)
            or (recipe.as_list and len(leader.sources) != len(recipe.sources))
        ):
            raise Refusal("beside names no list with as many places", path.name, column=name, value=recipe.beside)


def _one_of(path: Path, where: str, given: str, known: Mapping[str, Any] | tuple[str, ...]) -> str:
    if given not in known:
        raise Refusal(f"{where} has unknown {given}", file=path.name, cure=f"known: {', '.join(known)}")
    return given


def _about(path: Path, content: Any) -> Word | None:
    if content is None:
        return None
    _known(path, "about", content, {"zh", "en"})
    zh, en = (" ".join(str(content.get(language, "")).split()) for language in ("zh", "en"))
    return Word(zh or en, en or zh)


def _yaml(path: Path) -> dict[str, Any]:
    try:
        content = read_yaml(path.read_text(encoding="utf-8"))
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
    dates = _dates({"date": content["dates"]} if "dates" in content else {})
    texts = {name: _of(path, name, content[name], str) for name in _FILE - {"missing", "dates"} if name in content}
    if len(texts.get("delimiter", ",")) != 1:
        raise Refusal("delimiter is not one character", file=path.name, value=texts["delimiter"])
    return {**texts, "missing": missing, "dates": dates}


def _column(path: Path, name: str, content: Any, table: str) -> Recipe:
    declared = {column.name for column in contract(table).columns} - contract(table).own
    if name not in declared:
        raise Refusal(f"is not a column of the table {table}", file=path.name, column=name)
    recipe = _recipe(path, name, content)
    several = recipe.as_list and not recipe.total
    if several and not pa.types.is_list(contract(table).column(name).type):
        raise Refusal("holds one value, not a list", file=path.name, column=name)
    return recipe


def _naming(path: Path, content: dict[str, Any]) -> Naming:
    _known(path, "names", content, _NAMING)
    if not {"kind", "code"} <= set(content):
        raise Refusal("names need a kind and a code", file=path.name)
    code, zh, en = (_recipe(path, part, content.get(part, {"constant": None})) for part in ("code", "zh", "en"))
    if any(each.as_list or each.items for each in (code, zh, en)):
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
    translate, life = content.get("translate"), next((each for each in ("years", "days") if each in content), "")
    other = content.get("else")
    return Recipe(
        sources=_sources(content),
        between=str(content.get("with", "")),
        as_list="list" in content or "sum" in content,
        split=str(content.get("split", "")),
        items="items" in content,
        where=_values(content.get("where")),
        unless=_values(content.get("unless")),
        leading=_values(content.get("leading")),
        beside=str(content.get("beside", "")),
        principal=bool(content.get("principal")),
        total=bool(content.get("total")) or "sum" in content,
        life=life,
        constant=_text(content.get("constant")),
        row_number=bool(content.get("row_number")),
        prefix=str(content.get("prefix", "")),
        translate=None if translate is None else {str(old): _text(new) for old, new in translate.items()},
        strict="otherwise" not in content,
        otherwise=_text(content.get("otherwise")),
        band=bool(content.get("band")),
        times=str(content.get("times", "")),
        hours=bool(content.get("hours")),
        dates=_dates(content),
        pseudonym=_one_of(path, "pseudonym", str(content["pseudonym"]), _PSEUDONYMS) if "pseudonym" in content else "",
        instead=None if other is None else _recipe(path, name, other),
    )


def _dates(content: dict[str, Any]) -> tuple[str, ...]:
    given = content.get("date", list(Recipe.dates))
    return tuple(map(str, given)) if isinstance(given, list) else (str(given),)


def _values(content: Any) -> dict[str, tuple[str, ...]]:
    """Node columns with the values that are meant."""
    return {
        str(name): tuple(map(str, its)) if isinstance(its, list) else (str(its),)
        for name, its in (content or {}).items()
    }


def _check_steps(path: Path, name: str, content: dict[str, Any]) -> None:
    """Each step has the form it needs, and one that works on single values does not meet a list."""
    steps: dict[str, type] = {**dict.fromkeys(_LISTS, list), **dict.fromkeys(_BY_NAME, dict)}
    for step, kind in steps.items():
        if step in content:
            _of(path, f"{name}: {step}", content[step], kind)
    if any(isinstance(old, bool) for old in content.get("translate", {})):
        raise Refusal("yes, no, on, off, true and false need quotation marks here", file=path.name, column=name)
    if "times" in content and not re.fullmatch(_FACTOR, str(content["times"])):
        raise Refusal(
            "times is not a number below a million with at most six decimals", file=path.name, column=name,
            value=str(content["times"]),
        )  # fmt: skip
    for life in ("years", "days"):
        if life in content and len(content[life]) != len(("born", "on")):
            raise Refusal(f"{life} needs the column of birth and that of the day", file=path.name, column=name)


def _of(path: Path, where: str, content: Any, kind: type) -> Any:
    """`content`, if it is what YAML calls by this type; else a refusal."""
    if not isinstance(content, kind):
        raise Refusal(f"{where} is not {_KINDS[kind]}", file=path.name)
    return content


def _sources(content: dict[str, Any]) -> tuple[str, ...]:
    several = next((content[each] for each in _LISTS if each in content), None)
    one = content.get("from", content.get("items"))
    return tuple(map(str, several)) if several is not None else () if one is None else (str(one),)


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
