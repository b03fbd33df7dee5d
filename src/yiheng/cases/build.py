"""Rows of a source as rows of the case table (病例构建): each column by its recipe, each misfit a finding."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.cases.finding import Finding
from yiheng.cases.layout import OWN_COLUMNS, Layout, Recipe
from yiheng.cases.parse import Parsed, blank_to_null, parse, split_lists
from yiheng.cases.source import Rows
from yiheng.tables.contract import Column, contract

PARALLEL = (("dx", "dx_present"), ("proc", "proc_date"), ("proc", "proc_level"))
REQUIRED = ("hospital", "case_id", "year")

_ITEM = "\x1f"
_BAND = (
    r"^([0-9]+(?:\.[0-9]+)?)\s*岁?\s*"
    r"(?:(?:to|-|–|—|~|至|到)\s*[0-9]+(?:\.[0-9]+)?|\+|以上|及以上|and over|or older)?\s*岁?$"
)


@dataclass(frozen=True)
class Built:
    """What became of some rows: the good ones as cases, and why the others are not; `bad` counts rows, not findings.

    `given`: the columns that the source has, and what it calls them.
    """

    cases: pa.Table
    findings: list[Finding]
    bad: int
    given: Mapping[str, str]


def build(layout: Layout, rows: Rows, file: str) -> Built:
    """Apply a layout to text rows; `file` is the name that a case keeps as its source."""
    columns: dict[str, pa.Array] = {}
    findings = list(rows.broken)
    for column in _own_order(layout.columns):
        recipe = layout.columns[column.name]
        text = text_of(recipe, rows, layout.missing)
        parsed = _parsed(recipe, text, column)
        columns[column.name] = parsed.values
        findings += _findings(parsed, text, rows.numbers, recipe.shown or column.name)
    shown = {name: recipe.shown or name for name, recipe in layout.columns.items()}
    return finish(columns, rows.numbers, file, findings, shown)


def finish(
    columns: dict[str, pa.Array], numbers: np.ndarray, file: str, findings: list[Finding], shown: Mapping[str, str]
) -> Built:
    """Typed columns as cases: fill in the year and the source, take out rows that break a rule of the table itself."""
    columns, given = dict(columns), {name: shown.get(name, name) for name in columns}
    columns["year"] = _year(columns, len(numbers))
    misfit = {found.row for found in findings}
    findings = findings + [
        found
        for found in _required(columns, numbers, shown) + _parallel(columns, numbers, shown)
        if found.row not in misfit
    ]
    bad = {found.row for found in findings}
    columns["source_file"] = pa.array([file] * len(numbers), pa.string())
    columns["source_row"] = pa.array(numbers, pa.int64())
    good = pa.array(~np.isin(numbers, list(bad)), pa.bool_())
    return Built(_conforming(columns, len(numbers)).filter(good), findings, len(bad), given)


def text_of(recipe: Recipe, rows: Rows, missing: frozenset[str]) -> pa.Array:
    """A column's text, or lists of texts, before it is parsed."""
    if recipe.row_number:
        return pc.binary_join_element_wise(recipe.prefix, pa.array(rows.numbers, pa.int64()).cast(pa.string()), "")
    if not recipe.sources:
        return pa.array([recipe.constant] * len(rows.numbers), pa.string())
    cells = [blank_to_null(rows.table[source].combine_chunks(), missing) for source in recipe.sources]
    if recipe.as_list:
        return split_lists(_itemised(cells, recipe.split), _ITEM)
    return cells[0] if len(cells) == 1 else pc.binary_join_element_wise(*cells, recipe.between)


def _itemised(cells: list[pa.Array], separator: str) -> pa.Array:
    """The cells of several columns one after the other, those that are empty left out; null where all are."""
    if separator:
        cells = [pc.replace_substring(cell, separator, _ITEM) for cell in cells]
    ended = [pc.fill_null(pc.binary_join_element_wise(cell, _ITEM, ""), "") for cell in cells]
    return blank_to_null(pc.utf8_rtrim(pc.binary_join_element_wise(*ended, ""), _ITEM))


def _own_order(columns: Mapping[str, Recipe]) -> Iterable[Column]:
    return (column for column in contract("cases").columns if column.name in columns)


def _parsed(recipe: Recipe, text: pa.Array, column: Column) -> Parsed:
    """Translate, take the lower bound of a band, convert units, split, parse: in this order."""
    plain, broken = text, dict[str, np.ndarray]()
    if recipe.translate is not None:
        plain, broken = _translated(plain, recipe)
    if recipe.band:
        plain, outside = _lower_bounds(plain)
        broken |= outside
    if recipe.times:
        plain, no_numbers = _multiplied(plain, Decimal(recipe.times))
        broken |= no_numbers
    if pa.types.is_list(column.type) and not pa.types.is_list(plain.type):
        plain = split_lists(plain, recipe.split or _ITEM)
    parsed = parse(plain, column.type, recipe.date)
    return Parsed(parsed.values, broken | parsed.broken)


def _translated(text: pa.Array, recipe: Recipe) -> tuple[pa.Array, dict[str, np.ndarray]]:
    table = recipe.translate or {}
    place = pc.index_in(text, value_set=pa.array(list(table), pa.string()))
    found = pc.take(pa.array(list(table.values()), pa.string()), place)
    unknown = pc.and_(pc.is_valid(text), pc.is_null(place))
    if recipe.strict:
        return found, _marked("translate", unknown)
    return pc.if_else(unknown, pa.scalar(recipe.otherwise, pa.string()), found), {}


def _lower_bounds(text: pa.Array) -> tuple[pa.Array, dict[str, np.ndarray]]:
    fits = pc.match_substring_regex(text, _BAND)
    lower = pc.replace_substring_regex(pc.if_else(fits, text, pa.scalar(None, pa.string())), _BAND, r"\1")
    return lower, _marked("band", pc.invert(fits))


def _multiplied(text: pa.Array, factor: Decimal) -> tuple[pa.Array, dict[str, np.ndarray]]:
    """Numbers times a factor, exactly; none stays as it was, or it would pass for one in the other unit."""
    fits = pc.match_substring_regex(text, r"^[+-]?[0-9]{1,15}(\.[0-9]{0,6}0*)?$")
    number = pc.replace_substring_regex(text, r"(\.[0-9]{6})0+$", r"\1")
    exact = pc.if_else(fits, number, pa.scalar(None, pa.string())).cast(pa.decimal128(21, 6))
    product = pc.multiply(exact, pa.scalar(factor, pa.decimal128(12, 6))).cast(pa.string())
    return product, _marked("number", pc.invert(fits))


def _marked(rule: str, condition: pa.Array) -> dict[str, np.ndarray]:
    mask = np.asarray(pc.fill_null(condition, False))
    return {rule: mask} if mask.any() else {}


def _findings(parsed: Parsed, text: pa.Array, numbers: np.ndarray, shown: str) -> list[Finding]:
    return [
        Finding(int(numbers[place]), shown, _cell(text[int(place)].as_py()), rule)
        for rule, mask in parsed.broken.items()
        for place in np.flatnonzero(mask)
    ]


def _cell(value: object) -> str:
    return "|".join("" if item is None else str(item) for item in value) if isinstance(value, list) else str(value)


def _year(columns: Mapping[str, pa.Array], count: int) -> pa.Array:
    """The year as given, else that of the discharge."""
    empty = pa.nulls(count, pa.int16())
    given = columns.get("year", empty)
    discharged = columns.get("discharge_date", pa.nulls(count, pa.date32()))
    return pc.coalesce(given, pc.year(discharged).cast(pa.int16()))


def _required(columns: Mapping[str, pa.Array], numbers: np.ndarray, shown: Mapping[str, str]) -> list[Finding]:
    return [
        Finding(int(numbers[place]), shown.get(name, name), "", "required")
        for name in REQUIRED
        for place in np.flatnonzero(np.asarray(pc.is_null(columns[name])))
    ]


def _parallel(columns: Mapping[str, pa.Array], numbers: np.ndarray, shown: Mapping[str, str]) -> list[Finding]:
    found = []
    for first, second in PARALLEL:
        if first in columns and second in columns:
            leading = pc.fill_null(pc.list_value_length(columns[first]), 0)
            unequal = pc.not_equal(leading, pc.list_value_length(columns[second]))
            for place in np.flatnonzero(np.asarray(pc.fill_null(unequal, False))):
                value = _cell(columns[second][int(place)].as_py())
                found.append(Finding(int(numbers[place]), shown.get(second, second), value, "parallel"))
    return found


def _conforming(columns: Mapping[str, pa.Array], count: int) -> pa.Table:
    schema = contract("cases").schema
    return pa.table(
        [columns[field.name] if field.name in columns else pa.nulls(count, field.type) for field in schema],
        schema=schema,
    )


def typed(batch: pa.RecordBatch, first: int, file: str) -> Built:
    """A batch of a canonical Parquet file as cases; its first row has the number `first`."""
    columns = {
        column.name: _as_declared(batch[column.name], column)
        for column in contract("cases").columns
        if column.name in batch.schema.names and column.name not in OWN_COLUMNS
    }
    numbers = np.arange(first, first + batch.num_rows, dtype=np.int64)
    return finish(columns, numbers, file, [], {})


def _as_declared(values: pa.Array, column: Column) -> pa.Array:
    """Values in the declared type; text is trimmed as in any other source, and the empty text is unknown."""
    typed = values.cast(column.type)
    return blank_to_null(typed) if pa.types.is_string(column.type) else typed
