"""A layout (来源格式): how the columns of a source become the columns of the case table."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.cases.parse import ISO_DATE
from yiheng.tables.contract import contract

# Filled in by the load itself.
OWN_COLUMNS = frozenset({"source_file", "source_row", "list_version"})
LIST_SEPARATOR = "|"


@dataclass(frozen=True)
class Recipe:
    """How one column is made. One of `sources`, `constant` and `row_number` says where its text comes from.

    - sources: one column; or several, joined with `between`, or each an item of a list (`as_list`)
    - split: separator of a list inside one cell
    - row_number: the 1-based data row as text, after `prefix`
    - translate: value -> value (None: empty); a value that is not there is quarantined, or becomes `otherwise`
    - band: a band of numbers ("50 to 69", "90+") becomes its lower bound
    - times: the number is multiplied by this decimal (units)
    - date: strptime format
    """

    sources: tuple[str, ...] = ()
    between: str = ""
    as_list: bool = False
    split: str = ""
    constant: str | None = None
    row_number: bool = False
    prefix: str = ""
    translate: Mapping[str, str | None] | None = None
    strict: bool = True
    otherwise: str | None = None
    band: bool = False
    times: str = ""
    date: str = ISO_DATE

    @property
    def shown(self) -> str:
        """The column as its sender knows it."""
        return "+".join(self.sources)


@dataclass(frozen=True)
class Naming:
    """Where a source says what its codes are called: rows of the names table."""

    kind: str
    edition: str
    code: Recipe
    zh: Recipe
    en: Recipe


@dataclass(frozen=True)
class Layout:
    """How to read one kind of file.

    `exact`: a column that the layout does not know is refused, not left out. `about`: what a reader of a report should
    know of the source.
    """

    columns: Mapping[str, Recipe]
    names: tuple[Naming, ...] = ()
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = ""
    missing: frozenset[str] = frozenset()
    exact: bool = False
    about: Word | None = None

    def sources(self) -> list[str]:
        """The source's columns that are used, each once, in order of first use."""
        recipes = list(self.columns.values())
        for naming in self.names:
            recipes += [naming.code, naming.zh, naming.en]
        return list(dict.fromkeys(source for recipe in recipes for source in recipe.sources))


def check_year(columns: Mapping[str, object] | list[str], file: Path) -> None:
    """A case needs a hospital, an id and a year, or the day of discharge that tells it; else a refusal."""
    for needed in contract("cases").key:
        if needed not in columns:
            raise Refusal(f"no column {needed}", file=file.name, cure="a case needs hospital, case_id and a year")
    if "year" not in columns and "discharge_date" not in columns:
        raise Refusal("no column year and no discharge_date", file=file.name, cure="give one of them")


def canonical(header: list[str], file: Path) -> Layout:
    """The layout of a CSV that has the case table's own columns; lists are joined with `|`."""
    declared = {column.name: column for column in contract("cases").columns if column.name not in OWN_COLUMNS}
    for name in header:
        if name not in declared and name not in OWN_COLUMNS:
            raise Refusal(
                "is not a column of the case table", file=file.name, column=name, cure=_nearest(name, declared)
            )
    check_year(header, file)
    recipes = {name: _as_is(name, declared[name].type) for name in header if name in declared}
    return Layout(recipes, exact=True)


def _as_is(name: str, kind: pa.DataType) -> Recipe:
    return Recipe((name,), split=LIST_SEPARATOR if pa.types.is_list(kind) else "")


def _nearest(name: str, declared: Mapping[str, object]) -> str:
    near = get_close_matches(name.lower(), declared, n=1)
    return f"did you mean {near[0]}?" if near else "give a mapping file"
