"""Ways of grouping (分组方式): what an analysis needs of one, whichever engine made it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from yiheng.base.words import Word
from yiheng.cases.input import Cases
from yiheng.drg.packs.pack import Pack
from yiheng.tables.runs import Run

_GROUPED, _UNGROUPABLE = "grouped", "ungroupable"


@dataclass(frozen=True)
class Method:
    """One grouping of all cases; without a run it is the one that the source gives.

    - group, kind: the columns of the run's `cases` that hold them, "" where it has none
    - names: of the groups; catalogue, pack: what it was made with; notice: what every page of it must say
    """

    id: str
    run: Run | None = None
    group: str = ""
    kind: str = ""
    names: Mapping[str, Word] = field(default_factory=dict)
    notice: Word | None = None
    catalogue: pa.Table | None = None
    pack: Pack | None = None


def grouped_cases(backend: Backend, cases: Cases, method: Method) -> ir.Table:
    """The cases with status, group (null for those that are not grouped), kind and reason."""
    table, nothing = cases.table, ibis.null("string")
    if method.run is None:
        return table.mutate(status=table.group.notnull().ifelse(_GROUPED, _UNGROUPABLE), kind=nothing, reason=nothing)
    found = backend.read_parquet(str(method.run.path("cases")))
    status = found.status.cast("string")
    found = found.select(
        "hospital",
        "case_id",
        "reason",
        status=status,
        group=(status == _GROUPED).ifelse(found[method.group].cast("string"), nothing),
        kind=found[method.kind] if method.kind else nothing,
    )
    return table.drop("group").inner_join(found, ["hospital", "case_id"])


def statuses(grouped: ir.Table) -> pa.Table:
    """Cases by status and kind, the most first."""
    counted = grouped.group_by(["status", "kind"]).agg(n=grouped.count())
    return counted.order_by(ibis.desc("n"), "status", "kind").to_pyarrow()
