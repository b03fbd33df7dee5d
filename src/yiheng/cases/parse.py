"""Text to typed columns (文本解析): strictly, a column at a time, naming every cell that does not fit.

A cell is empty when it is null; nothing is guessed: 30 February is no date, 1.5 no whole number, 0.005 no amount.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

ISO_DATE = "%Y-%m-%d"

_WHOLE = r"^[+-]?[0-9]{1,18}(\.0+)?$"
_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_MONEY = r"^[+-]?[0-9]{1,16}(\.[0-9]{0,2}0*)?$"


@dataclass(frozen=True)
class Parsed:
    """A typed column and, for each rule that some cell breaks, where: `broken[rule]` is a mask over the rows."""

    values: pa.Array
    broken: dict[str, np.ndarray]


def parse(text: pa.Array, kind: pa.DataType, date_format: str = ISO_DATE) -> Parsed:
    """Cells of text as values of `kind`; cells that do not fit are null in the values and marked by rule."""
    if pa.types.is_list(kind):
        return _parse_lists(text, kind, date_format)
    if pa.types.is_string(kind):
        return Parsed(text, {})
    if pa.types.is_integer(kind):
        return _whole_numbers(text, kind)
    if pa.types.is_floating(kind):
        return _numbers(text)
    if pa.types.is_decimal(kind):
        return _matching(text, _MONEY, "money", lambda good: _shortened(good).cast(kind))
    if pa.types.is_boolean(kind):
        return _matching(text, r"^(?i:true|false|1|0)$", "yes_no", lambda good: good.cast(pa.bool_()))
    return _dates(text, date_format)


def blank_to_null(text: pa.Array, missing: frozenset[str] = frozenset()) -> pa.Array:
    """Trim white space; cells that are empty then, or stand in `missing`, become null."""
    trimmed = pc.utf8_trim_whitespace(text)
    empty = pc.is_in(trimmed, value_set=pa.array(sorted(missing | {""}), pa.string()))
    return pc.if_else(empty, pa.scalar(None, pa.string()), trimmed)


def split_lists(text: pa.Array, separator: str) -> pa.Array:
    """Cells as lists of texts; an empty item stays in its place as null."""
    lists = pc.split_pattern(text, separator)
    flat = pc.list_flatten(lists)
    items = blank_to_null(flat)
    return pa.ListArray.from_arrays(lists.offsets, items, mask=pc.is_null(lists))


def _mask(condition: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(condition, False))


def _matching(text: pa.Array, pattern: str, rule: str, convert) -> Parsed:  # type: ignore[no-untyped-def]
    fits = pc.match_substring_regex(text, pattern)
    values = convert(pc.if_else(fits, text, pa.scalar(None, pa.string())))
    return Parsed(values, _some(rule, _mask(pc.invert(fits))))


def _some(rule: str, mask: np.ndarray) -> dict[str, np.ndarray]:
    return {rule: mask} if mask.any() else {}


def _shortened(text: pa.Array) -> pa.Array:
    """Amounts without the zeros after the second decimal, which a cast would not take."""
    return pc.replace_substring_regex(text, r"(\.[0-9]{2})0+$", r"\1")


def _whole_numbers(text: pa.Array, kind: pa.DataType) -> Parsed:
    parsed = _matching(text, _WHOLE, "whole_number", lambda good: _wide(good))
    limits = np.iinfo(kind.to_pandas_dtype())
    low, high = pa.scalar(int(limits.min), pa.int64()), pa.scalar(int(limits.max), pa.int64())
    inside = pc.and_(pc.greater_equal(parsed.values, low), pc.less_equal(parsed.values, high))
    values = pc.if_else(inside, parsed.values, pa.scalar(None, pa.int64())).cast(kind)
    return Parsed(values, parsed.broken | _some("range", _mask(pc.invert(inside))))


def _wide(text: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(text, r"^\+|\.0+$", "").cast(pa.int64())


def _numbers(text: pa.Array) -> Parsed:
    parsed = _matching(
        text, _NUMBER, "number", lambda good: pc.replace_substring_regex(good, r"^\+", "").cast("double")
    )
    finite = pc.is_finite(parsed.values)
    values = pc.if_else(finite, parsed.values, pa.scalar(None, pa.float64()))
    return Parsed(values, parsed.broken | _some("range", _mask(pc.invert(finite))))


def _dates(text: pa.Array, date_format: str) -> Parsed:
    """A date exists when writing it out again gives the same text, zeros in front of numbers left aside.

    A year has four digits: 20-01-05 is not guessed to be of this century, nor of the first.
    """
    moments = pc.strptime(text, format=date_format, unit="s", error_is_null=True)
    again = pc.strftime(moments, format=date_format, locale="C")
    same = pc.and_(pc.equal(_unpadded(again), _unpadded(text)), pc.greater_equal(pc.year(moments), 1000))
    exists = pc.fill_null(same, False)
    values = pc.if_else(exists, moments, pa.scalar(None, pa.timestamp("s"))).cast(pa.timestamp("ms")).cast(pa.date32())
    return Parsed(values, _some("date", _mask(pc.and_(pc.is_valid(text), pc.invert(exists)))))


def _unpadded(text: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(text, r"\b0+([0-9])", r"\1")


def _parse_lists(lists: pa.Array, kind: pa.DataType, date_format: str) -> Parsed:
    """Lists of texts as lists of values; a row is marked when one of its items does not fit."""
    items = parse(lists.flatten(), kind.value_type, date_format)
    rows = np.asarray(pc.list_parent_indices(lists))
    broken = {rule: np.isin(np.arange(len(lists)), rows[mask]) for rule, mask in items.broken.items()}
    values = pa.ListArray.from_arrays(_offsets(lists), items.values, type=kind, mask=pc.is_null(lists))
    return Parsed(values, broken)


def _offsets(lists: pa.Array) -> pa.Array:
    lengths = np.asarray(pc.fill_null(pc.list_value_length(lists), 0))
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
