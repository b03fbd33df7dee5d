"""A layout (来源格式): how the columns of a source become the columns of a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.base.words import Word
from yiheng.cases.parse import ISO_DATES
from yiheng.tables.contract import contract

LIST_SEPARATOR = "|"
CODES = (
    "dx", "proc", "tcm_dx", "tcm_syndrome", "external_cause", "pathology", "item_code", "category", "code",
    "standard_code",
)  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """How one column is made. One of `sources`, `constant` and `row_number` says where its text comes from.

    - sources: one column; or several, joined with `between` (without parts that `unless` names), or each an item of a
      list (`as_list`)
    - split: separator of a list inside one cell
    - items: the source is a column of a node, whose cell holds the items of many; `where` and `unless` choose those
      whose other node columns have, or have not, one of these values, `leading` puts such items first
    - beside: only at places where the items of this other column are, so that parallel lists keep their places
    - principal: the first source is the principal's place, which is kept where it alone is empty
    - total: the sum of the items
    - life: "years" or "days", full, from the first source (born) to the second; days only under one year
    - row_number: the 1-based data row as text, after `prefix`
    - translate: value -> value (None: empty); a value that is not there is quarantined, or becomes `otherwise`
    - band: a band of numbers ("50 to 69", "90+") becomes its lower bound
    - times: the number is multiplied by this decimal (units)
    - hours: days/hours/minutes ("1/13/24") become hours
    - dates: strptime formats, tried in turn
    - pseudonym: "identity" or "name": the text is replaced by its keyed pseudonym
    - instead: the recipe of cells that stay empty
    """

    sources: tuple[str, ...] = ()
    between: str = ""
    as_list: bool = False
    split: str = ""
    items: bool = False
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    leading: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    beside: str = ""
    principal: bool = False
    total: bool = False
    life: str = ""
    constant: str | None = None
    row_number: bool = False
    prefix: str = ""
    translate: Mapping[str, str | None] | None = None
    strict: bool = True
    otherwise: str | None = None
    band: bool = False
    times: str = ""
    hours: bool = False
    dates: tuple[str, ...] = ISO_DATES
    pseudonym: str = ""
    instead: "Recipe | None" = None

    @property
    def shown(self) -> str:
        """The column as its sender knows it: of a list, its first."""
        return self.sources[0] if self.as_list and self.sources else "+".join(self.sources)

    @property
    def reads(self) -> list[str]:
        """All columns of the source that it looks at."""
        return self.reads_of_node + (self.instead.reads if self.instead else [])

    @property
    def reads_of_node(self) -> list[str]:
        """The columns that choose and order items, and the items themselves."""
        return [*self.sources, *self.where, *self.unless, *self.leading]


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
    """How to read one kind of file into one table.

    `stays`: the ICU stays of a case, as lists that go together. `items_by` separates the items of a node's cell.
    `partly`: node columns of which some column's items are not read, for want of another column of the file.
    `about`: what a reader of a report should know of the source.
    """

    columns: Mapping[str, Recipe]
    names: tuple[Naming, ...] = ()
    table: str = "cases"
    stays: Mapping[str, Recipe] = field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str = ""
    missing: frozenset[str] = frozenset()
    items_by: str = LIST_SEPARATOR
    partly: frozenset[str] = frozenset()
    about: Word | None = None

    def sources(self) -> list[str]:
        """The source's columns that are used, each once, in order of first use."""
        recipes = [*self.columns.values(), *self.stays.values()]
        for naming in self.names:
            recipes += [naming.code, naming.zh, naming.en]
        return list(dict.fromkeys(source for recipe in recipes for source in recipe.reads if source))

    def code_columns(self) -> list[str]:
        """The source's columns with codes, which Excel likes to turn into numbers and dates."""
        recipes = [self.columns[name] for name in CODES if name in self.columns]
        return list(dict.fromkeys(source for recipe in recipes for source in recipe.sources if source))

    def identifies(self) -> list[str]:
        """The source's columns with identity numbers or names, which need a key."""
        return [source for recipe in self.columns.values() if recipe.pseudonym for source in recipe.sources]


def check_year(columns: Mapping[str, object] | list[str], file: Path) -> None:
    """A case needs a hospital, an id and a year, or the day of discharge that tells it; else a refusal."""
    for needed in contract("cases").key:
        if needed not in columns:
            raise Refusal(f"no column {needed}", file=file.name, cure="a case needs hospital, case_id and a year")
    if "year" not in columns and "discharge_date" not in columns:
        raise Refusal("no column year and no discharge_date", file=file.name, cure="give one of them")


def canonical(header: list[str], file: Path, table: str = "cases") -> Layout:
    """The layout of a file that has a table's own columns; lists are joined with `|`."""
    declared = {column.name: column for column in contract(table).columns if column.name not in contract(table).own}
    for name in header:
        if name not in declared and name not in contract(table).own:
            raise Refusal(
                f"is not a column of the table {table}", file=file.name, column=name, cure=_nearest(name, declared)
            )
    if table == "cases":
        check_year(header, file)
    return Layout({name: _as_is(name, declared[name].type) for name in header if name in declared}, table=table)


def _as_is(name: str, kind: pa.DataType) -> Recipe:
    return Recipe((name,), split=LIST_SEPARATOR if pa.types.is_list(kind) else "")


def _nearest(name: str, declared: Mapping[str, object]) -> str:
    near = get_close_matches(name.lower(), declared, n=1)
    return f"did you mean {near[0]}?" if near else "give a mapping file"
