"""Keys of codes in columns (编码归并键列): what `keys` says, as Ibis expressions."""

import ibis
import ibis.expr.types as ir

from yiheng.codes.keys import POINT_AFTER
from yiheng.codes.normal import FULL_WIDTH, HALF_WIDTH


def normal_column(code: ir.StringValue) -> ir.StringValue:
    """`normal.normal` for a column."""
    # Few codes are written full width, and translating is dear.
    half = code.re_search("[^ -~]").ifelse(code.translate(FULL_WIDTH, HALF_WIDTH), code)
    return half.strip().upper()


def key_column(kind: str, code: ir.StringValue, chars: int, icd: ir.BooleanValue) -> ir.StringValue:
    """`key` for a column; `icd` says for each row whether its edition is ICD (see `icd_column`)."""
    signs = normal_column(code).replace(".", "").left(chars)
    return icd.ifelse(signs.re_replace(f"^(.{{{POINT_AFTER[kind]}}})(.+)$", r"\1.\2"), code)


def icd_column(edition: ir.StringValue) -> ir.BooleanValue:
    """`is_icd` for a column."""
    return ibis.coalesce(edition.upper().startswith("ICD"), True)
