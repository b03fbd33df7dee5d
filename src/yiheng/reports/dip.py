"""DIP for the report (DIP 入组): the cases of DATA put into the groups of their own catalogue."""

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from yiheng.cases.input import Cases
from yiheng.dip.assign import assign
from yiheng.dip.catalogue import Catalogue


def assign_cases(backend: Backend, cases: Cases, catalogue: Catalogue) -> ir.Table:
    """Each case with hospital, case_id and the columns of `dip.assign.OUT`."""
    return assign(backend, cases.table, catalogue.groups, catalogue.scheme, catalogue.day, cases.id_columns)
