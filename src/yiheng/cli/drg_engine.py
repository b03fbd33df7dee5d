"""Cases that need the query engine: DATA, CSV, Parquet in other types, results as CSV; loaded only for these."""

from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.base.progress import Progress
from yiheng.base.refusal import Refusal
from yiheng.cases.input import Cases, open_cases
from yiheng.drg.case import NEEDED, USED
from yiheng.drg.kernel.arrays import Compiled
from yiheng.drg.kernel.chosen import Chosen, by_one
from yiheng.drg.kernel.cluster import PLACE, group_on_cluster
from yiheng.drg.kernel.stream import GROUPING
from yiheng.drg.packs.standing import metadata
from yiheng.drg.result import OUT
from yiheng.tables.delta import version_files
from yiheng.tables.engine import batches, engine, scratch
from yiheng.tables.limits import threads
from yiheng.tables.out import write_out
from yiheng.tables.runs import Inputs, keep
from yiheng.tables.stream import one_by_one


def group_by_engine(
    chosen: Chosen, path: Path, commit: int | None, out: Path, about: dict[str, str], progress: Progress
) -> dict[str, int]:
    """Group cases of any kind by one pack; see `group_found`."""
    with engine() as backend:
        found = open_cases(backend, path, commit, USED)
        found.need(*NEEDED)
        return group_found(backend, chosen, path, found, out, about, progress)


def group_found(
    backend: Backend, chosen: Chosen, path: Path, found: Cases, out: Path, about: dict[str, str], progress: Progress
) -> dict[str, int]:
    """Group cases that are open, and write the result; of DATA it is kept as a run too. How many have each status."""
    about = _said(chosen, found, about)
    made = out if out.suffix == ".parquet" else scratch(backend) / "grouped.parquet"
    made.parent.mkdir(parents=True, exist_ok=True)
    counted = _write(backend, chosen, path, found, made, about, progress)
    result = backend.read_parquet(str(made))
    if made != out:
        write_out(backend, result, out, about)
    _keep(backend, chosen, found, result)
    return counted


def group_by_cluster(
    master: str, rules: Compiled, path: Path, commit: int | None, out: Path, about: dict[str, str], progress: Progress
) -> dict[str, int]:
    """Group a Parquet file or DATA by one pack on a Spark cluster; see `group_found_by_cluster`."""
    with engine() as backend:
        found = open_cases(backend, path, commit, USED)
        found.need(*NEEDED)
        return group_found_by_cluster(backend, master, by_one(rules), path, found, out, about, progress)


def group_found_by_cluster(
    backend: Backend, master: str, chosen: Chosen, path: Path, found: Cases, out: Path, about: dict[str, str],
    progress: Progress,
) -> dict[str, int]:  # fmt: skip
    """Group cases that are open on a Spark cluster; the results are put in order, written and kept here."""
    files = [str(path.absolute())]
    if found.snapshot is not None:
        version = found.snapshot.commit.tables["cases"]
        files = version_files(found.snapshot.data.table_folder("cases"), version)
    elif not GROUPING.is_plain(path, {*USED, *chosen.columns}):
        raise Refusal("is no Parquet file with the case table's types: a cluster reads no other", file=found.shown)
    progress.step("grouping", None)
    parts = scratch(backend) / "parts"
    columns = [*found.id_columns, *(name for name in chosen.columns if name in found.given)]
    group_on_cluster(master, chosen, files, columns, found.id_columns, parts)
    order = [PLACE] if found.snapshot is None else found.id_columns
    result = backend.read_parquet(f"{parts}/*.parquet").order_by(order).select(*found.id_columns, *OUT)
    write_out(backend, result, out, _said(chosen, found, about))
    _keep(backend, chosen, found, result)
    rows = result.group_by("status").agg(n=result.count()).to_pyarrow().to_pylist()
    return {row["status"]: row["n"] for row in rows}


def find_cases(path: Path, hospital: str | None, case_id: str, commit: int | None) -> list[dict[str, Any]]:
    """The first two cases of this id, of one hospital or of all."""
    with engine() as backend:
        found = open_cases(backend, path, commit, (*USED, "discharge_date"))
        found.need(*NEEDED)
        chosen = found.table.filter(found.table.case_id == case_id)
        if hospital is not None:
            chosen = chosen.filter(chosen.hospital == hospital)
        rows: list[dict[str, Any]] = chosen.limit(2).to_pyarrow().to_pylist()
        return rows


def _said(chosen: Chosen, found: Cases, about: dict[str, str]) -> dict[str, str]:
    """What the metadata of an output say."""
    commit = {} if found.snapshot is None else {"commit": str(found.snapshot.commit.number)}
    return about | metadata(chosen.packs) | commit


def _keep(backend: Backend, chosen: Chosen, found: Cases, result: ir.Table) -> None:
    """Keep a result over DATA as a run."""
    if found.snapshot is not None:
        inputs = Inputs(found.snapshot.commit.number, chosen.policy(), parameters=dict(chosen.parameters))
        keep(backend, found.snapshot.data, "groupings", inputs, {"cases": result})


def _write(
    backend: Backend, chosen: Chosen, path: Path, found: Cases, out: Path, about: dict[str, str], progress: Progress
) -> dict[str, int]:
    columns = [*found.id_columns, *(name for name in chosen.columns if name in found.given)]
    plain = path.is_file() and GROUPING.is_plain(path, {*USED, *chosen.columns})
    ordered = found.table.order_by("row").select(columns)
    pieces = GROUPING.pieces(path, columns) if plain else one_by_one(batches(backend, ordered))
    progress.step("grouping", pq.read_metadata(path).num_rows if plain else None)
    results = GROUPING.answers(pieces, chosen.make, found.id_columns, threads())
    return GROUPING.write(results, out, found.id_columns, about, progress)
