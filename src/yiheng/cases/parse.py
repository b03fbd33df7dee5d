"""Text to typed columns (文本解析): strictly, a column at a time, naming every cell that does not fit.

A cell is empty when it is null; nothing is guessed: 30 February is no date, 1.5 no whole number, 0.005 no amount.
"""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

ISO_DATES = ("%Y-%m-%d",)
ISO_MOMENTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", *ISO_DATES)

_WHOLE = r"^[+-]?[0-9]{1,18}(\.0+)?$"
_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_FEN = 2
# The last day of a month that a day after the month's end can be read as.
_OVERFLOW = 3
_DIGITS_OF = {
    "Y": "[1-9][0-9]{3}", "m": "(?:0[1-9]|1[0-2])", "d": "(?:0[1-9]|[12][0-9]|3[01])", "H": "(?:[01][0-9]|2[0-3])",
    "M": "[0-5][0-9]", "S": "[0-5][0-9]",
}  # fmt: skip


@dataclass(frozen=True)
class Parsed:
    """A typed column and, for each rule that some cell breaks, where: `broken[rule]` is a mask over the rows."""

    values: pa.Array
    broken: dict[str, np.ndarray]


def parse(text: pa.Array, kind: pa.DataType, dates: tuple[str, ...] = ISO_DATES) -> Parsed:
    """Cells of text as values of `kind`; cells that do not fit are null in the values and marked by rule.

    `dates`: the forms that a date may have, tried in turn.
    """
    if pa.types.is_list(kind):
        return _parse_lists(text, kind, dates)
    if pa.types.is_string(kind):
        return Parsed(text, {})
    coded = text.dictionary_encode()
    if len(coded.dictionary) == len(text):
        return _scalars(text, kind, dates)
    found = _scalars(coded.dictionary, kind, dates)
    broken = {rule: _mask(pa.array(mask).take(coded.indices)) for rule, mask in found.broken.items()}
    return Parsed(found.values.take(coded.indices), broken)


def _scalars(text: pa.Array, kind: pa.DataType, dates: tuple[str, ...]) -> Parsed:
    """Different texts, each looked at once."""
    if pa.types.is_integer(kind):
        return _whole_numbers(text, kind)
    if pa.types.is_floating(kind):
        return _numbers(text)
    if pa.types.is_decimal(kind):
        return _decimals(text, kind)
    if pa.types.is_boolean(kind):
        return _matching(text, r"^(?i:true|false|1|0)$", "yes_no", lambda good: good.cast(pa.bool_()))
    if pa.types.is_timestamp(kind):
        return _moments(text, kind, dates if dates != ISO_DATES else ISO_MOMENTS)
    return _dates(text, dates)


def blank_to_null(text: pa.Array, missing: frozenset[str] = frozenset()) -> pa.Array:
    """Trim white space; cells that are empty then, or stand in `missing`, become null."""
    if not pc.max(pc.binary_length(text)).as_py():
        return pa.nulls(len(text), pa.string())
    trimmed = pc.utf8_trim_whitespace(text)
    if not missing and pc.min(pc.binary_length(trimmed)).as_py():
        return trimmed
    empty = pc.is_in(trimmed, value_set=pa.array(sorted(missing | {""}), pa.string())) if missing else _blank(trimmed)
    return pc.if_else(empty, pa.scalar(None, pa.string()), trimmed)


def _blank(text: pa.Array) -> pa.Array:
    return pc.equal(pc.binary_length(text), 0)


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


def _decimals(text: pa.Array, kind: pa.DataType) -> Parsed:
    """Numbers with at most as many decimals as the column has; further zeros are no decimals."""
    rule = "money" if kind.scale == _FEN else "decimals"
    whole, scale = kind.precision - kind.scale, kind.scale
    pattern = rf"^[+-]?[0-9]{{1,{whole}}}(\.[0-9]{{0,{scale}}}0*)?$"
    return _matching(text, pattern, rule, lambda good: _shortened(good, scale).cast(kind))


def _shortened(text: pa.Array, scale: int) -> pa.Array:
    """Numbers without the zeros after the last decimal that counts, which a cast would not take."""
    longest = pc.max(pc.binary_length(text)).as_py() or 0
    if longest <= scale + 1 or not pc.any(pc.match_substring_regex(text, rf"\.[0-9]{{{scale}}}0")).as_py():
        return text
    return pc.replace_substring_regex(text, rf"(\.[0-9]{{{scale}}})0+$", r"\1")


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


def _dates(text: pa.Array, formats: tuple[str, ...]) -> Parsed:
    """Days; a time of day is left out."""
    parsed = _moments(text, pa.timestamp("s"), formats)
    return Parsed(parsed.values.cast(pa.timestamp("ms")).cast(pa.date32(), safe=False), parsed.broken)


def _moments(text: pa.Array, kind: pa.DataType, formats: tuple[str, ...]) -> Parsed:
    """Moments by the first form that fits; each distinct text is looked at once."""
    if len(text) > len(distinct := text.dictionary_encode().dictionary):
        found = _moments(distinct, kind, formats)
        place = pc.index_in(text, value_set=distinct)
        return Parsed(found.values.take(place), _some("date", _mask(_at(found.broken, len(distinct)).take(place))))
    values = pa.nulls(len(text), pa.timestamp("s"))
    for each in formats:
        left = pc.and_(pc.is_valid(text), pc.is_null(values))
        if not pc.any(left).as_py():
            break
        values = pc.coalesce(values, _existing(pc.if_else(left, text, pa.scalar(None, pa.string())), each))
    return Parsed(values.cast(kind), _some("date", _mask(pc.and_(pc.is_valid(text), pc.is_null(values)))))


def _at(broken: dict[str, np.ndarray], size: int) -> pa.Array:
    return pa.array(broken.get("date", np.zeros(size, bool)))


def _existing(text: pa.Array, form: str) -> pa.Array:
    """The moments of those texts that are one: a day that there is, a year of four digits.

    20-01-05 is not guessed to be of this century, nor of the first.
    """
    moments = pc.strptime(text, format=form, unit="s", error_is_null=True)
    # Reading turns 30 February into 2 March, so that only the first days of a month can come from one that is none.
    plain = pc.and_(pc.match_substring_regex(text, _digits(form)), pc.greater(pc.day(moments), _OVERFLOW))
    if pc.all(pc.fill_null(plain, False)).as_py():
        return moments
    doubtful = np.flatnonzero(_mask(pc.and_(pc.is_valid(moments), pc.invert(pc.fill_null(plain, False)))))
    exists = np.asarray(pc.is_valid(moments))
    exists[doubtful] = _mask(_same_again(text.take(pa.array(doubtful)), moments.take(pa.array(doubtful)), form))
    return pc.if_else(pa.array(exists), moments, pa.scalar(None, pa.timestamp("s")))


def _same_again(text: pa.Array, moments: pa.Array, form: str) -> pa.Array:
    """Whether a moment, written out again, gives the same text, zeros in front of numbers left aside."""
    again = pc.strftime(moments, format=form, locale="C")
    return pc.and_(pc.equal(_unpadded(again), _unpadded(text)), pc.greater_equal(pc.year(moments), 1000))


@cache
def _digits(form: str) -> str:
    """The pattern of a text that has this form with all its zeros."""
    pattern = re.escape(form)
    for sign, digits in _DIGITS_OF.items():
        pattern = pattern.replace(f"%{sign}", digits)
    return f"^{pattern}$"


def _unpadded(text: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(text, r"\b0+([0-9])", r"\1")


def _parse_lists(lists: pa.Array, kind: pa.DataType, dates: tuple[str, ...]) -> Parsed:
    """Lists of texts as lists of values; a row is marked when one of its items does not fit."""
    items = parse(lists.flatten(), kind.value_type, dates)
    rows = np.asarray(pc.list_parent_indices(lists))
    broken = {rule: np.isin(np.arange(len(lists)), rows[mask]) for rule, mask in items.broken.items()}
    values = pa.ListArray.from_arrays(_offsets(lists), items.values, type=kind, mask=pc.is_null(lists))
    return Parsed(values, broken)


def _offsets(lists: pa.Array) -> pa.Array:
    lengths = np.asarray(pc.fill_null(pc.list_value_length(lists), 0))
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
