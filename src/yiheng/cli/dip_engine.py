"""Assignment of cases that need the query engine: DATA, CSV, Parquet in other types, results as CSV."""

from pathlib import Path

from yiheng.cases.input import open_cases
from yiheng.dip.assign import assign
from yiheng.dip.file import Held
from yiheng.dip.plan import plan
from yiheng.dip.stream import NECESSARY, USED
from yiheng.dip.tcm import with_tcm
from yiheng.tables.engine import engine
from yiheng.tables.out import write_out
from yiheng.tables.runs import Inputs, keep


def assign_by_engine(held: Held, cases: Path, commit: int | None, out: Path, about: dict[str, str]) -> dict[str, int]:
    """Assign cases of any kind; of DATA the result is kept as a run too. How many have each status."""
    with engine() as backend:
        found = open_cases(backend, cases, commit, (*USED, "tcm_dx"))
        found.need(*NECESSARY)
        ordered = found.table.order_by("row")
        its, kept = plan(held.scheme, held.day), [*found.id_columns, "dx", "tcm_dx"]
        placed = assign(backend, ordered, held.groups, held.scheme, held.day, kept)
        result = with_tcm(placed, held.groups, its).drop("dx", "tcm_dx")
        if found.snapshot is not None:
            number = found.snapshot.commit.number
            parameters = {"catalogue": about["catalogue_sha256"]}
            inputs = Inputs(number, {held.scheme.id: held.scheme.digest}, parameters=parameters)
            keep(backend, found.snapshot.data, "groupings", inputs, {"cases": result})
            about = about | {"commit": str(number)}
        write_out(backend, result, out, about)
        rows = result.group_by("status").agg(n=result.count()).to_pyarrow().to_pylist()
    return {row["status"]: row["n"] for row in rows}
