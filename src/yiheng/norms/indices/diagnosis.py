"""The disease of a case (疾病归类): the first characters of its principal diagnosis, for figures that know no group."""

import ibis.expr.types as ir

from yiheng.codes.keycolumns import icd_column, key_column

DIAGNOSIS = "diagnosis"
# The columns of the case table that it is made of.
USED = ("dx", "dx_edition")


def with_diagnosis(cases: ir.Table, chars: int) -> ir.Table:
    """The cases with the text column DIAGNOSIS, null without a principal diagnosis; `cases` has the columns USED.

    A code that is no ICD is its own disease, see `codes.keys`.
    """
    principal = cases.dx[0]
    found = key_column("dx", principal, chars, icd_column(cases.dx_edition)).nullif("")
    return cases.mutate(**{DIAGNOSIS: found})
