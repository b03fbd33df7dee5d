"""Assignment of cases that need the query engine or a cluster: DATA, CSV, Parquet in other types, results as CSV."""

from pathlib import Path

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.cases.input import Cases, open_cases
from yiheng.dip.assignment.assign import assign
from yiheng.dip.assignment.result import NEEDED, OUT
from yiheng.dip.assignment.stream import ASSIGNMENT, USED
from yiheng.dip.cluster import assign_on_cluster
from yiheng.dip.file import Held
from yiheng.dip.plan import plan
from yiheng.dip.pricing.tcm import with_tcm
from yiheng.tables.cluster import PLACE
from yiheng.tables.delta import version_files
from yiheng.tables.engine import engine, scratch
from yiheng.tables.out import write_out
from yiheng.tables.runs import Inputs, keep


def assign_by_engine(held: Held, cases: Path, commit: int | None, out: Path, about: dict[str, str]) -> dict[str, int]:
    """Assign cases of any kind; of DATA the result is kept as a run too. How many have each status."""
    with engine() as backend:
        found = open_cases(backend, cases, commit, (*USED, "tcm_dx"))
        found.need(*ASSIGNMENT.needed)
        ordered = found.table.order_by("row")
        its, kept = plan(held.scheme, held.day), [*found.id_columns, "dx", "tcm_dx"]
        placed = assign(backend, ordered, held.groups, held.scheme, held.day, kept)
        result = with_tcm(placed, held.groups, its).drop("dx", "tcm_dx")
        return _written(backend, held, found, result, out, about)


def assign_by_cluster(
    master: str, held: Held, cases: Path, commit: int | None, out: Path, about: dict[str, str]
) -> dict[str, int]:
    """Assign a Parquet file or DATA on a Spark cluster; the results are put in order, written and kept here.

    A scheme with TCM groups is refused: they are found by what stands beside a case, here alone.
    """
    if held.scheme.value("tcm_groups", held.day):
        raise Refusal("tcm_groups: cannot be done on a cluster", held.scheme.id, cure="--engine local")
    with engine() as backend:
        found = open_cases(backend, cases, commit, USED)
        found.need(*ASSIGNMENT.needed)
        parts, columns = scratch(backend) / "parts", [name for name in NEEDED if name in found.given]
        files = files_of(found, cases, cases.is_file() and ASSIGNMENT.is_plain(cases, USED))
        assign_on_cluster(master, held, files, [*found.id_columns, *columns], found.id_columns, parts)
        order = [PLACE] if found.snapshot is None else found.id_columns
        result = backend.read_parquet(f"{parts}/*.parquet").order_by(order).select(*found.id_columns, *OUT)
        return _written(backend, held, found, result, out, about)


def files_of(found: Cases, path: Path, plain: bool) -> list[str]:
    """The Parquet files that a cluster reads: those of a commit of DATA, or the one file where it is `plain`."""
    if found.snapshot is not None:
        version = found.snapshot.commit.tables["cases"]
        return version_files(found.snapshot.data.table_folder("cases"), version)
    if not plain:
        raise Refusal("is no Parquet file with the case table's types: a cluster reads no other", file=found.shown)
    return [str(path.absolute())]


def _written(
    backend: Backend, held: Held, found: Cases, result: ir.Table, out: Path, about: dict[str, str]
) -> dict[str, int]:
    """Write a result; of DATA it is kept as a run too. How many cases have each status."""
    if found.snapshot is not None:
        number = found.snapshot.commit.number
        parameters = {"catalogue": about["catalogue_sha256"]}
        inputs = Inputs(number, {held.scheme.id: held.scheme.digest}, parameters=parameters)
        keep(backend, found.snapshot.data, "groupings", inputs, {"cases": result})
        about = about | {"commit": str(number)}
    write_out(backend, result, out, about)
    rows = result.group_by("status").agg(n=result.count()).to_pyarrow().to_pylist()
    return {row["status"]: row["n"] for row in rows}
