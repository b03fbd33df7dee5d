"""Names (名称): what a reader calls a hospital, a group or a coded value; a code without a name is shown as itself."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from yiheng.base.words import Word, glossary, word
from yiheng.reports.analysis import Analysis, Grouping
from yiheng.reports.shape import same


@dataclass(frozen=True)
class Place:
    """What the list of institutions says of one hospital; null where it says nothing."""

    name: Word
    level: Word | None = None
    kind: Word | None = None
    county: str | None = None


def places(analysis: Analysis) -> dict[str, Place]:
    """The hospitals by code, as far as a list of institutions was loaded."""
    return {row["code"]: place_of(row) for row in analysis.hospitals.to_pylist()}


def place(code: str, known: Mapping[str, Place], names: Mapping[tuple[str, str], Word]) -> Place:
    """The hospital with this code, named by the list, else by `names`, else by its code."""
    return known.get(code) or Place(names.get(("hospital", code)) or same(code))


def place_of(row: Mapping[str, object]) -> Place:
    """What a row of the list of institutions says: code, name, name_en, level, kind, county."""
    name = str(row["name"] or row["code"])
    level = word("not_graded") if row["level"] is None else word(f"level_{row['level']}")
    return Place(Word(name, str(row["name_en"] or name)), level, term(row["kind"]), _text(row["county"]))


def term(value: object) -> Word | None:
    """A coded value as its term of the glossary, as itself where it has none."""
    return None if value is None else glossary().get(str(value)) or same(str(value))


def group_names(grouping: Grouping, names: Mapping[tuple[str, str], Word]) -> dict[str, Word]:
    """The groups by code: as the grouping names them, or `names`, or the codes that make them in the catalogue."""
    if grouping.names:
        return dict(grouping.names)
    if grouping.catalogue is None:
        return {code: each for (kind, code), each in names.items() if kind == "group"}
    rows = grouping.catalogue.select(["group", "dx", "proc"]).to_pylist()
    return {row["group"]: names.get(("group", row["group"])) or _composed(row, names) for row in rows}


def _composed(row: Mapping[str, object], names: Mapping[tuple[str, str], Word]) -> Word:
    """阑尾炎 + 阑尾切除术, from the codes of a group."""
    parts = [names.get((kind, code)) or same(code) for kind in ("dx", "proc") for code in _codes(row[kind])]
    if not parts:
        return same(str(row["group"]))
    return Word(" + ".join(part.zh for part in parts), " + ".join(part.en for part in parts))


def _codes(value: object) -> list[str]:
    """The codes of one cell: a list, or a text that joins them with + or |."""
    if value is None:
        return []
    parts = re.split(r"[+|]", value) if isinstance(value, str) else [str(each) for each in _iterable(value)]
    return [part for part in parts if part]


def _iterable(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else [value]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
