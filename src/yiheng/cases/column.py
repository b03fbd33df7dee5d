"""A column by its recipe (逐列构建): its texts translated, converted, parsed, put together; each misfit a finding."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.cases.cells import Cells, Ints, Mask, Sheet, cells_of, unequal_findings
from yiheng.cases.finding import Finding
from yiheng.cases.identity import Key, facts_of, pseudonym_of_name, pseudonyms
from yiheng.cases.layout import Recipe
from yiheng.cases.parse import Parsed, parse
from yiheng.tables.amounts import fen_array, yuan_array
from yiheng.tables.contract import Column

_BAND = (
    r"^([0-9]+(?:\.[0-9]+)?)\s*岁?\s*"
    r"(?:(?:to|-|–|—|~|至|到)\s*[0-9]+(?:\.[0-9]+)?|\+|以上|及以上|and over|or older)?\s*岁?$"
)
_DURATION = r"^([0-9]{1,5})/([0-9]{1,4})/([0-9]{1,5})$"
_MINUTES = {1: 1440, 2: 60, 3: 1}
_MINUTES_OF_HOUR = 60
_HALF = 10**9

# One scope for all forms: a physician is the same on a front page and on a list.
_NAMES = "physician"

Broken = dict[str, np.ndarray]


@dataclass(frozen=True)
class Made:
    """A column's values, what did not fit, and facts beside it that are not kept."""

    values: pa.Array
    findings: list[Finding]
    notes: Mapping[str, pa.Array] = field(default_factory=dict)

    @classmethod
    def nothing(cls) -> "Made":
        return cls(pa.nulls(0), [])


def made(recipe: Recipe, column: Column, sheet: Sheet, columns: Mapping[str, Recipe], key: Key | None) -> Made:
    """One column of the table; `columns` are the recipes beside it."""
    its = _life(recipe, column, sheet) if recipe.life else _plain(recipe, column, sheet, columns, key)
    if recipe.instead is None:
        return its
    other = made(recipe.instead, column, sheet, columns, key)
    empty = {int(sheet.rows.numbers[place]) for place in np.flatnonzero(np.asarray(pc.is_null(its.values)))}
    empty -= {found.row for found in its.findings}
    more = [found for found in other.findings if found.row in empty]
    return Made(pc.coalesce(its.values, other.values), its.findings + more, its.notes)


def _plain(recipe: Recipe, column: Column, sheet: Sheet, columns: Mapping[str, Recipe], key: Key | None) -> Made:
    cells = cells_of(recipe, sheet, columns)
    listed = pa.types.is_list(column.type)
    kind = column.type.value_type if listed else column.type
    if recipe.pseudonym:
        return _hidden(recipe, cells, key)
    parsed = _parsed(recipe, cells.text, kind)
    found = unequal_findings(cells, recipe, sheet.rows.numbers)
    found += _findings(recipe, column, cells, parsed, sheet)
    if cells.listed is None:
        return Made(parsed.values, found)
    if listed:
        return Made(_lists(cells, parsed.values, column.type, sheet.size, bool(recipe.beside)), found)
    if not recipe.total:
        return Made(_firsts(cells, parsed.values, sheet.size), found)
    totals, beyond = _totals(cells, parsed.values, sheet.size)
    return Made(totals, found + _too_large(recipe, cells, parsed.values, np.flatnonzero(beyond), sheet))


def _findings(recipe: Recipe, column: Column, cells: Cells, parsed: Parsed, sheet: Sheet) -> list[Finding]:
    found = []
    for rule, mask in parsed.broken.items():
        for place in np.flatnonzero(mask):
            source = recipe.sources[int(cells.origin[place])] if recipe.as_list else recipe.shown or column.name
            value = cells.text[int(place)].as_py()
            found.append(Finding(int(sheet.rows.numbers[cells.row[place]]), source, str(value), rule))
    return found


def _lists(cells: Cells, values: pa.Array, kind: pa.DataType, size: int, beside: bool) -> pa.Array:
    """Flat values as a list a row; a list that stands beside another and has nothing in it is unknown."""
    counts = np.bincount(cells.row, minlength=size)
    listed = cells.listed if cells.listed is not None else np.ones(size, bool)
    if beside:
        filled = np.bincount(cells.row[np.asarray(pc.is_valid(values))], minlength=size) > 0
        values = values.filter(pa.array(filled[cells.row]))
        counts, listed = np.where(filled, counts, 0), listed & filled
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    return pa.ListArray.from_arrays(offsets, values, type=kind, mask=pa.array(~listed))


def _firsts(cells: Cells, values: pa.Array, size: int) -> pa.Array:
    """The first item of each row."""
    first = np.full(size, -1, np.int64)
    first[cells.row[::-1]] = np.arange(len(cells.row))[::-1]
    return values.take(pa.array(first, mask=first < 0))


def _totals(cells: Cells, values: pa.Array, size: int) -> tuple[pa.Array, Mask]:
    """The sum of each row's items, exactly; unknown where the row has no list. Which sums the column cannot hold."""
    listed = cells.listed if cells.listed is not None else np.ones(size, bool)
    known = np.asarray(pc.is_valid(values))
    row, items = cells.row[known], values.filter(pa.array(known))
    if pa.types.is_floating(values.type):
        sums = np.bincount(row, weights=np.asarray(items), minlength=size)
        beyond = ~np.isfinite(sums)
    elif pa.types.is_decimal(values.type):
        sums, beyond = _exact_sums(row, fen_array(items), size, 10 ** int(values.type.precision) - 1)
    else:
        limit = int(np.iinfo(values.type.to_pandas_dtype()).max)
        sums, beyond = _exact_sums(row, np.asarray(items).astype(np.int64), size, limit)
    total = yuan_array(sums) if pa.types.is_decimal(values.type) else pa.array(sums).cast(values.type)
    return pc.if_else(pa.array(listed & ~beyond), total, pa.scalar(None, values.type)), listed & beyond


def _exact_sums(row: Ints, items: Ints, size: int, limit: int) -> tuple[Ints, Mask]:
    """The sums of each row, and which are beyond the limit (there 0); high and low digits apart, so that none wraps."""
    high, low = np.zeros(size, np.int64), np.zeros(size, np.int64)
    np.add.at(high, row, items // _HALF)
    np.add.at(low, row, items % _HALF)
    high, low = high + low // _HALF, low % _HALF
    inside = np.abs(high) <= limit // _HALF + 1
    sums = np.where(inside, high, 0) * _HALF + np.where(inside, low, 0)
    beyond = ~inside | (np.abs(sums) > limit)
    return np.where(beyond, 0, sums), beyond


def _too_large(recipe: Recipe, cells: Cells, values: pa.Array, rows: Ints, sheet: Sheet) -> list[Finding]:
    """A finding on each of these rows, at its largest item."""
    found = []
    for row in rows:
        places = np.flatnonzero(cells.row == row)
        most = max(places, key=lambda place: abs(values[int(place)].as_py() or 0))
        source = recipe.sources[int(cells.origin[most])] if recipe.as_list else recipe.shown
        found.append(Finding(int(sheet.rows.numbers[row]), source, str(cells.text[int(most)]), "range"))
    return found


def _parsed(recipe: Recipe, text: pa.Array, kind: pa.DataType) -> Parsed:
    """Translate, take the lower bound of a band, convert units, parse: in this order."""
    plain, broken = text, Broken()
    if recipe.translate is not None:
        plain, broken = _translated(plain, recipe)
    if recipe.band:
        plain, outside = _lower_bounds(plain)
        broken |= outside
    if recipe.times:
        plain, no_numbers = _multiplied(plain, Decimal(recipe.times))
        broken |= no_numbers
    if recipe.hours:
        plain, no_durations = _in_hours(plain)
        broken |= no_durations
    parsed = parse(plain, kind, recipe.dates)
    return Parsed(parsed.values, broken | parsed.broken)


def _translated(text: pa.Array, recipe: Recipe) -> tuple[pa.Array, Broken]:
    table = recipe.translate or {}
    place = pc.index_in(text, value_set=pa.array(list(table), pa.string()))
    found = pc.take(pa.array(list(table.values()), pa.string()), place)
    unknown = pc.and_(pc.is_valid(text), pc.is_null(place))
    if recipe.strict:
        return found, _marked("translate", unknown)
    return pc.if_else(unknown, pa.scalar(recipe.otherwise, pa.string()), found), {}


def _lower_bounds(text: pa.Array) -> tuple[pa.Array, Broken]:
    fits = pc.match_substring_regex(text, _BAND)
    lower = pc.replace_substring_regex(pc.if_else(fits, text, pa.scalar(None, pa.string())), _BAND, r"\1")
    return lower, _marked("band", pc.invert(fits))


def _multiplied(text: pa.Array, factor: Decimal) -> tuple[pa.Array, Broken]:
    """Numbers times a factor, exactly; none stays as it was, or it would pass for one in the other unit."""
    fits = pc.match_substring_regex(text, r"^[+-]?[0-9]{1,15}(\.[0-9]{0,6}0*)?$")
    number = pc.replace_substring_regex(text, r"(\.[0-9]{6})0+$", r"\1")
    exact = pc.if_else(fits, number, pa.scalar(None, pa.string())).cast(pa.decimal128(21, 6))
    product = pc.multiply(exact, pa.scalar(factor, pa.decimal128(12, 6))).cast(pa.string())
    return product, _marked("number", pc.invert(fits))


def _in_hours(text: pa.Array) -> tuple[pa.Array, Broken]:
    """Days/hours/minutes as hours."""
    fits = pc.match_substring_regex(text, _DURATION)
    good = pc.if_else(fits, text, pa.scalar(None, pa.string()))
    minutes = pa.scalar(0, pa.int64())
    for place, each in _MINUTES.items():
        part = pc.replace_substring_regex(good, _DURATION, rf"\{place}").cast(pa.int64())
        minutes = pc.add(minutes, pc.multiply(part, pa.scalar(each, pa.int64())))
    hours = pc.divide(minutes.cast(pa.float64()), pa.scalar(float(_MINUTES_OF_HOUR)))
    return hours.cast(pa.string()), _marked("duration", pc.invert(fits))


def _marked(rule: str, condition: pa.Array) -> Broken:
    mask = np.asarray(pc.fill_null(condition, False))
    return {rule: mask} if mask.any() else {}


def _life(recipe: Recipe, column: Column, sheet: Sheet) -> Made:
    """Full years, or days in the first year, from birth to a day."""
    born, on = (parse(sheet.column(source), pa.date32(), recipe.dates) for source in recipe.sources)
    known = pc.and_(pc.is_valid(born.values), pc.is_valid(on.values))
    before = pc.less(_month_and_day(on.values), _month_and_day(born.values)).cast(pa.int64())
    years = pc.subtract(pc.subtract(pc.year(on.values), pc.year(born.values)), before)
    days = pc.days_between(born.values, on.values)
    wanted = pc.greater_equal(days, 0)
    if recipe.life == "days":
        wanted = pc.and_(wanted, pc.equal(years, 0))
    value = years if recipe.life == "years" else days
    values = pc.if_else(pc.and_(known, wanted), value, pa.scalar(None, pa.int64())).cast(column.type)
    findings = [
        Finding(int(sheet.rows.numbers[place]), source, "", rule)
        for source, parsed in zip(recipe.sources, (born, on), strict=True)
        for rule, mask in parsed.broken.items()
        for place in np.flatnonzero(mask)
    ]
    return Made(values, findings)


def _month_and_day(days: pa.Array) -> pa.Array:
    return pc.add(pc.multiply(pc.month(days), 100), pc.day(days))


def _hidden(recipe: Recipe, cells: Cells, key: Key | None) -> Made:
    """Identity numbers, or names, as pseudonyms; what a number says of sex and birth are notes for the rules."""
    if key is None:
        raise ValueError("a layout with identity numbers was opened without a key")
    if recipe.pseudonym == "name":
        return Made(pseudonym_of_name(key, _NAMES, cells.text), [])
    return Made(pseudonyms(key, cells.text)[0], [], facts_of(cells.text))
