"""Severity (严重程度): the stratum of a case in its group: the grouping's severity, a Charlson band and an age band."""

from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.codes.charlson import categories, found_in, score
from yiheng.codes.keycolumns import icd_column
from yiheng.norms.rules import STRATUM, Expecting
from yiheng.tables.engine import held

SEVERITY, CHARLSON, _ = STRATUM
# The columns of cases that a stratum is made of.
USED = ("dx", "dx_edition", "age", SEVERITY)
_MASKS = pa.schema([("code", pa.string()), ("mask", pa.int64())])
_BANDS = pa.schema([("mask", pa.int64()), ("band", pa.string())])


def strata(backend: Backend, cases: ir.Table, rules: Expecting) -> ir.Table:
    """row and the columns of STRATUM (strings), held by the engine; null where it is unknown.

    `cases` has row, dx, dx_edition, age, and `severity` if the grouping has brought one: a group that is split by it
    has one severity, and is told apart by the others. `charlson` is the band of the Charlson index of the other
    diagnoses, such as "charlson:1-2"; unknown without a principal diagnosis or where the diagnoses are no ICD. An age
    band is named by its first year: "0", "18".
    """
    severity = cases[SEVERITY].cast("string") if SEVERITY in cases.columns else ibis.null("string")
    banded = cases.select("row", severity=severity, age_band=_age_band(cases.age, rules.ages))
    found = banded.left_join(_charlson(backend, cases, rules), "row").select("row", *STRATUM)
    return backend.create_table(ibis.util.gen_name("strata"), found, temp=True)


def _age_band(age: ir.IntegerValue, firsts: Sequence[int]) -> ir.StringValue:
    bands = [(age >= first, str(first)) for first in sorted(firsts, reverse=True)]
    return ibis.cases(*bands, (age.notnull(), "0"), else_=ibis.null("string"))


def band_name(index: int, firsts: Sequence[int]) -> str:
    """The band of a Charlson index: 0, 1-2, 3-4, 5+ for the firsts 1, 3, 5."""
    starts = [0, *firsts]
    place = max(number for number, first in enumerate(starts) if index >= first)
    last = starts[place + 1] - 1 if place + 1 < len(starts) else None
    shown = f"{starts[place]}+" if last is None else str(last) if last == starts[place] else f"{starts[place]}-{last}"
    return f"{CHARLSON}:{shown}"


def _charlson(backend: Backend, cases: ir.Table, rules: Expecting) -> ir.Table:
    """row, charlson of the cases with a principal diagnosis of ICD."""
    known = cases.filter(cases.dx.length() > 0, icd_column(cases.dx_edition)).select("row", "dx")
    others = known.select("row", code=known.dx[1:]).unnest("code")
    masks = held(backend, _masks(_distinct(others.code)))
    met = others.inner_join(masks, "code")
    met = met.group_by("row").agg(mask=met.mask.bit_or())
    masked = known.select("row").left_join(met, "row")
    masked = masked.select("row", mask=masked.mask.fill_null(0))
    masked = backend.create_table(ibis.util.gen_name("masks"), masked, temp=True)
    bands = held(backend, _bands(masked.select("mask").distinct().to_pyarrow()["mask"].to_pylist(), rules))
    return masked.inner_join(bands, "mask").select("row", charlson="band")


def _distinct(codes: ir.StringColumn) -> list[str]:
    found = codes.name("code").as_table().distinct().to_pyarrow()["code"].to_pylist()
    return sorted(code for code in found if code is not None)


def _masks(codes: Iterable[str]) -> pa.Table:
    """The categories that each code alone meets, one bit a category."""
    bit = {name: 1 << place for place, name in enumerate(categories())}
    rows = [{"code": code, "mask": sum(bit[name] for name in found_in([code]))} for code in codes]
    return pa.Table.from_pylist(rows, schema=_MASKS)


def _bands(masks: Iterable[int], rules: Expecting) -> pa.Table:
    """The band of each set of categories, by one code that meets each of them."""
    heads = [its.heads[0] for its in categories().values()]
    rows = []
    for mask in sorted(masks):
        index = score([head for place, head in enumerate(heads) if mask >> place & 1], rules.charlson_weights)
        rows.append({"mask": mask, "band": band_name(index, rules.charlson_bands)})
    return pa.Table.from_pylist(rows, schema=_BANDS)
