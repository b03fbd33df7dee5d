"""Publishing (数据表发布): every flow's items and acts as one run of DATA, all of one moment, whole or not at all.

A run is `DATA/results/services/<run>/` with `<flow>_items.parquet` and `<flow>_acts.parquet` for each flow, in the
columns of `tables.items_contract` and `acts_contract`. No run is ever changed; the newest has the last `as_of`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from shutil import copyfile, rmtree

import pyarrow as pa
from django.db import connection
from django.utils.timezone import localtime

from yiheng.base.progress import Progress
from yiheng.base.refusal import Refusal
from yiheng.site.base.flow.declare import Flow
from yiheng.site.base.flow.registry import flows
from yiheng.site.base.flow.tables import acts_table, items_table
from yiheng.tables.commit import commit_numbers
from yiheng.tables.data import Data
from yiheng.tables.engine import engine
from yiheng.tables.runs import Inputs, Run, keep

KIND = "services"


def publish(root: Path, now: datetime, progress: Progress) -> Run:
    """Keep the tables of all flows as a run of DATA at `root`; before the first load of cases it is of commit 0."""
    data = Data(root)
    progress.step("读取事项与办理 / reading items and acts")
    with one_moment():  # nothing is told meanwhile, as that would be written
        made = tables_of(list(flows().values()), now)
    progress.step("写入数据表 / writing the tables")
    numbers = commit_numbers(data.commits_folder)
    its = {"as_of": localtime(now).isoformat(), "flows": {code: flow.version for code, flow in flows().items()}}
    with engine() as backend:
        return keep(backend, data, KIND, Inputs(numbers[-1] if numbers else 0, parameters=its), made)


def tables_of(published: Sequence[Flow], now: datetime) -> dict[str, pa.Table]:
    """The two tables of each flow, by name."""
    items = {f"{flow.code}_items": items_table(flow, now) for flow in published}
    return items | {f"{flow.code}_acts": acts_table(flow) for flow in published}


def copy_out(run: Run, out: Path) -> None:
    """Copy a run's tables and its `run.json` to a folder that is not there yet, whole or not at all."""
    demand_free(out)
    draft = out.with_name(f".{out.name}.draft")
    rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        for path in sorted(run.folder.iterdir()):
            copyfile(path, draft / path.name)
        draft.rename(out)
    finally:
        rmtree(draft, ignore_errors=True)


def demand_free(out: Path) -> None:
    """Refuse, before any work, a folder that is there already or that has none to lie in."""
    if out.exists():
        raise Refusal("is there already", file=str(out), cure="choose another folder with --out")
    if not out.absolute().parent.is_dir():
        raise Refusal("there is no such folder", file=str(out.absolute().parent))


@contextmanager
def one_moment() -> Iterator[None]:
    """All questions inside are answered as of one moment, and hold up no writer; a transaction that runs is its own."""
    if connection.in_atomic_block:
        yield
        return
    begin = {"sqlite": "BEGIN DEFERRED", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
    with connection.cursor() as cursor:
        cursor.execute(begin[connection.vendor])
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
