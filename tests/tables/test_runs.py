"""Runs are whole or not there, and stay as they were."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from yiheng.tables.data import Data
from yiheng.tables.engine import engine
from yiheng.tables.runs import Inputs, keep, read_run, run_id
from yiheng.tables.version import code_version

from ..ready import TABLES, Done, ready

INPUTS = Inputs(3, {"dip/national-1.0": "abc"}, {}, {"group": "dx", "least": 15})
WEIGHTS = pa.table({"group": ["a", "b"], "weight": [1.5, 0.25]})
FILES = ("counts.parquet", "run.json", "weights.parquet")
COUNTS = pa.table({"n": [1, 2, 3]})

KEEPS = """
import sys
from pathlib import Path
import pyarrow as pa
from yiheng.tables.data import Data
from yiheng.tables.engine import engine
from yiheng.tables.runs import Inputs, keep
inputs = Inputs(3, {"dip/national-1.0": "abc"}, {}, {"group": "dx", "least": 15})
tables = {"weights": pa.table({"group": ["a", "b"], "weight": [1.5, 0.25]}), "counts": pa.table({"n": [1, 2, 3]})}
with engine() as backend:
    keep(backend, Data(Path(sys.argv[1])), "norms", inputs, tables)
"""


@pytest.fixture
def backend() -> Iterator[Backend]:
    with engine() as found:
        yield found


def test_a_run_is_read_as_it_was_kept(tmp_path: Path, backend: Backend) -> None:
    kept = keep(backend, Data(tmp_path), "norms", INPUTS, {"weights": WEIGHTS, "counts": COUNTS})
    assert kept.folder == tmp_path / "results" / "norms" / run_id(INPUTS)
    assert sorted(path.name for path in kept.folder.iterdir()) == ["counts.parquet", "run.json", "weights.parquet"]
    found = read_run(kept.folder)
    assert found == kept
    assert (found.kind, found.id, found.inputs) == ("norms", run_id(INPUTS), INPUTS)
    assert found.code_version == code_version()
    assert found.table("weights") == WEIGHTS
    assert found.digests.keys() == {"weights", "counts"}


def test_an_id_names_the_commit_and_changes_with_every_input() -> None:
    others = (
        Inputs(4, INPUTS.policy, INPUTS.runs, INPUTS.parameters),
        Inputs(3, {"dip/national-1.0": "abd"}, INPUTS.runs, INPUTS.parameters),
        Inputs(3, INPUTS.policy, {"dip": "x"}, INPUTS.parameters),
        Inputs(3, INPUTS.policy, INPUTS.runs, {"group": "dx", "least": 16}),
    )
    ids = {run_id(inputs) for inputs in (INPUTS, *others)}
    assert len(ids) == 5
    assert sorted(found[:7] for found in ids) == ["000003-"] * 4 + ["000004-"]
    assert run_id(Inputs(3, INPUTS.policy, {}, {"least": 15, "group": "dx"})) == run_id(INPUTS)


def test_the_same_inputs_give_the_same_run(tmp_path: Path, backend: Backend) -> None:
    kept = keep(backend, Data(tmp_path), "norms", INPUTS, {"weights": WEIGHTS})
    before = (kept.folder / "run.json").stat().st_mtime_ns
    assert keep(backend, Data(tmp_path), "norms", INPUTS, {"weights": WEIGHTS.slice(1)} | {"weights": WEIGHTS}) == kept
    assert (kept.folder / "run.json").stat().st_mtime_ns == before


def test_another_result_of_the_same_inputs_is_a_fault_and_changes_nothing(tmp_path: Path, backend: Backend) -> None:
    kept = keep(backend, Data(tmp_path), "norms", INPUTS, {"weights": WEIGHTS})
    with pytest.raises(RuntimeError, match="the same inputs gave another result"):
        keep(backend, Data(tmp_path), "norms", INPUTS, {"weights": WEIGHTS.slice(1)})
    assert read_run(kept.folder) == kept
    assert kept.table("weights") == WEIGHTS
    assert [path.name for path in kept.folder.parent.iterdir() if path.is_dir()] == [kept.id]


def test_a_result_that_fails_leaves_no_run(tmp_path: Path, backend: Backend) -> None:
    backend.con.register("weights", WEIGHTS)
    broken = backend.table("weights").mutate(weight=backend.table("weights").group.cast("int64"))
    with pytest.raises(Exception, match="Conversion Error"):
        keep(backend, Data(tmp_path), "norms", INPUTS, {"counts": COUNTS, "weights": broken})
    assert [path for path in (tmp_path / "results" / "norms").iterdir() if path.suffix != ".lock"] == []


@pytest.mark.fault
def test_a_run_is_ended_at_each_of_its_points(tmp_path: Path) -> None:
    """Never a run folder that is half written; the rerun completes, with the same content and nothing left over."""
    with ready(f"{TABLES}from yiheng.tables.runs import keep", KEEPS, tmp_path) as run:
        _end_everywhere(run, tmp_path)


def _end_everywhere(run: Callable[..., Done], folder: Path) -> None:
    whole = folder / "whole"
    assert run(whole).returncode == 0
    expected = _files(whole)
    assert sorted(expected) == [f"results/norms/{name}" for name in (".RUN.lock", *(f"RUN/{file}" for file in FILES))]
    points = 0
    while run(root := folder / str(points + 1), env={"YIHENG_CRASH_AT": str(points + 1)}).returncode == 137:
        points += 1
        seen = {name: its for name, its in _files(root).items() if name.startswith("results/norms/RUN/")}
        assert seen in ({}, {name: its for name, its in expected.items() if "RUN/" in name})
        assert run(root).returncode == 0
        assert _files(root) == expected
    assert points == 4
    assert _files(root) == expected


def _files(root: Path) -> dict[str, Any]:
    """Everything in a folder; what depends on the code that wrote it, the run's name and its version, is left out."""

    def content(path: Path) -> Any:
        if path.suffix != ".json":
            return path.read_bytes()
        return {**json.loads(path.read_text(encoding="utf-8")), "id": "RUN", "code_version": ""}

    found = {path.relative_to(root).as_posix(): content(path) for path in root.rglob("*") if path.is_file()}
    return {re.sub(r"000003-[0-9a-f]{12}", "RUN", name): its for name, its in found.items()}
