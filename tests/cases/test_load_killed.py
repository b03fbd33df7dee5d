"""A load, a correction or a withdrawal that dies: before or after is seen, never between; the rerun completes."""

import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import pyarrow.parquet as pq
import pytest

from yiheng.tables.commit import Commit
from yiheng.tables.data import Data
from yiheng.tables.delta import version_files

from ..ready import ready
from .command import COMMAND, LOADS

pytestmark = pytest.mark.fault

HEADER = "hospital,case_id,year,admit_date,dx,dx_present,total_fee"
FIRST = (
    "H01,1,2023,2023-01-05,I63.900|I10.x00x002,1|2,1234.50",
    "H01,2,2024,2024-02-29,J18.900,1,980.00",
    "H02,1,2024,2024-03-01,,,77.10",
)
SECOND = (
    "H01,3,2024,2024-02-30,I63.900,1,10.00",  # no such day
    "H01,2,2024,2024-02-29,J18.900,1,980.00",  # held since the first load
    "H03,1,2025,2025-01-01,I20.000,1,5.05",
    "H03,1,2025,2025-01-02,I20.000,1,6.05",  # stands twice
    "H03,2,2023,2023-01-02,I20.000|I10,1,6.05",  # lists of unequal length
    "H03,3,2025,2025-01-02",  # too few cells
    "H03,4,2023,2023-01-02,,,6.05",
)

# Three years of cases, a table made and written, the commit drafted, made, tidied up: more in the second load.
LEAST = {"first.csv": 7, "second.csv": 12, "lines.csv": 9, "corrected.csv": 12, "relines.csv": 9, "gone.csv": 9}

CASES = "hospital,case_id,year,stay_id,admit_date,discharge_date,total_fee"
LISTS = (
    "H01,1,2023,S,2023-12-20,2023-12-31,10.00",
    "H01,2,2024,S,2023-12-31,2024-01-05,20.00",
    "H01,3,2024,,2024-01-01,2024-02-05,30.00",
)
LINES = "hospital,case_id,line_no,item_code,category,quantity,unit_price,amount"
OF_LISTS = (
    "H01,1,1,A,01,1,10,10.00", "H01,2,1,A,01,2,10,20.00", "H01,3,1,B,01,1,31,31.00", "H01,3,1,B,01,1,31,31.00",
    "H01,9,1,B,01,1,31,31.00", "H01,2,2,B,01,1,x,31.00",
)  # fmt: skip
CORRECTED = (
    "H01,1,2024,S,2023-12-20,2024-01-01,11.00",  # moves to another year
    "H01,2,2024,T,2023-12-31,2024-01-05,21.00",  # leaves its stay
    "H01,8,2024,T,2023-12-31,2024-01-05,21.00",  # not held
    "H01,3,2024,,2024-02-30,2024-02-05,31.00",
)
OF_CORRECTED = ("H01,3,7,C,01,1,30,30.00", "H01,2,1,A,01,2,10,20.00")
GONE = "hospital,case_id,reason"
TABLES = ("cases", "quarantine", "findings", "lines", "links", "withdrawn", "closed")

State = tuple[list[Commit], dict[str, list[str]]]


def state(root: Path) -> State:
    """All that a reader sees: the commits (whatever code wrote them) and the rows of every table at the last one."""
    commits = [replace(commit, code_version="") for commit in Data(root).commits()]
    if not commits:
        return [], {}
    data, versions = Data.open(root), commits[-1].tables
    return commits, {name: rows_of(data, name, versions[name]) for name in TABLES if name in versions}


def rows_of(data: Data, name: str, version: int) -> list[str]:
    """A table's rows as texts, each with the partition that it stands in."""
    files = [Path(path) for path in version_files(data.table_folder(name), version)]
    return sorted(f"{path.parent.name} {row}" for path in files for row in pq.ParquetFile(path).read().to_pylist())


def files_under(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def run(yiheng: Any, root: Path, file: Path, crash_at: int | None = None, action: str = "load") -> Any:
    env = {} if crash_at is None else {"YIHENG_CRASH_AT": str(crash_at)}
    return yiheng("cases", action, file, "--to", root, env=env)


def crashes(yiheng: Any, before: Path, after: Path, file: Path, work: Path, action: str = "load") -> Iterator[int]:
    """Take `file` in over `before` and die at each point until there is none left; check each; yield the points."""
    states = state(before), state(after)
    for point in range(1, 1000):
        root = work / str(point)
        copytree(before, root)
        done = run(yiheng, root, file, point, action)
        if done.returncode == 0:
            assert state(root) == states[1]
            return
        assert (done.returncode, done.stdout) == (137, "")
        seen = state(root)
        assert seen in states
        again = run(yiheng, root, file, action=action)
        if seen == states[1]:
            number = states[1][0][-1].number
            assert again.returncode == 2
            assert f"already loaded as {file.name} in commit {number}" in again.stderr
        else:
            assert (again.returncode, again.stderr.count("yiheng:")) == (0, 0)
        assert state(root) == states[1]
        assert files_under(root) == files_under(after)
        yield point


@pytest.fixture(scope="module")
def yiheng(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """Runs the command in a process of its own, which has what it needs loaded."""
    with ready(LOADS, COMMAND, tmp_path_factory.mktemp("said")) as run_one:
        yield run_one


@pytest.fixture
def loaded(yiheng: Any, csv_file: Any, tmp_path: Path) -> dict[str, Path]:
    """An empty folder, the folder after a first load and the one after a second; the files of both."""
    found = {name: tmp_path / name for name in ("empty", "one", "two")}
    found["empty"].mkdir()
    first, second = csv_file("first.csv", HEADER, *FIRST), csv_file("second.csv", HEADER, *SECOND)
    assert run(yiheng, found["one"], first).stdout.splitlines()[-1] == "accepted 3, quarantined 0, of 3 rows"
    copytree(found["one"], found["two"])
    assert run(yiheng, found["two"], second).stdout.splitlines()[-1] == "accepted 2, quarantined 5, of 7 rows"
    return found | {"first": first, "second": second}


@pytest.mark.parametrize(("before", "file", "after"), [("empty", "first", "one"), ("one", "second", "two")])
def test_a_load_is_ended_at_each_of_its_points(
    yiheng: Any, loaded: dict[str, Path], tmp_path: Path, before: str, file: str, after: str
) -> None:
    path = loaded[file]
    points = list(crashes(yiheng, loaded[before], loaded[after], path, tmp_path / "work"))
    assert len(points) >= LEAST[path.name]


@pytest.fixture
def held(yiheng: Any, csv_file: Any, tmp_path: Path) -> Path:
    """A folder with cases of two years that are linked."""
    root = tmp_path / "held"
    done = run(yiheng, root, csv_file("lists.csv", CASES, *LISTS))
    assert done.stdout.splitlines()[-1] == "accepted 3, quarantined 0, of 3 rows"
    return root


@pytest.fixture
def with_lines(yiheng: Any, csv_file: Any, held: Path) -> Path:
    """The same with charge lines of three months."""
    root = held.with_name("with_lines")
    copytree(held, root)
    done = run(yiheng, root, csv_file("lines.csv", LINES, *OF_LISTS))
    assert done.stdout.splitlines()[-1] == "accepted 3, quarantined 3, of 6 rows"
    return root


def ended_everywhere(yiheng: Any, before: Path, file: Path, action: str, counts: str) -> list[int]:
    """The points at which this was ended, each checked."""
    after = before.with_name("after")
    copytree(before, after)
    done = run(yiheng, after, file, action=action)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, counts)
    assert state(after) != state(before)
    points = list(crashes(yiheng, before, after, file, before.with_name("work"), action))
    assert len(points) >= LEAST[file.name]
    return points


def test_a_load_of_lines_is_ended_at_each_of_its_points(yiheng: Any, csv_file: Any, held: Path) -> None:
    file = csv_file("lines.csv", LINES, *OF_LISTS)
    ended_everywhere(yiheng, held, file, "load", "accepted 3, quarantined 3, of 6 rows")


def test_a_correction_is_ended_at_each_of_its_points(yiheng: Any, csv_file: Any, with_lines: Path) -> None:
    file = csv_file("corrected.csv", CASES, *CORRECTED)
    ended_everywhere(yiheng, with_lines, file, "correct", "accepted 2, quarantined 2, of 4 rows")


def test_a_correction_of_lines_is_ended_at_each_of_its_points(yiheng: Any, csv_file: Any, with_lines: Path) -> None:
    file = csv_file("relines.csv", LINES, *OF_CORRECTED)
    ended_everywhere(yiheng, with_lines, file, "correct", "accepted 2, quarantined 0, of 2 rows")


def test_a_withdrawal_is_ended_at_each_of_its_points(yiheng: Any, csv_file: Any, with_lines: Path) -> None:
    file = csv_file("gone.csv", GONE, "H01,2,x", "H01,9,x", "H01,3,")
    ended_everywhere(yiheng, with_lines, file, "withdraw", "accepted 2, quarantined 1, of 3 rows")


def test_an_interrupted_rerun_is_put_back_too(yiheng: Any, loaded: dict[str, Path], tmp_path: Path) -> None:
    """Two crashes in a row, at different points: what the first left does not confuse the second."""
    one, second, two = loaded["one"], loaded["second"], loaded["two"]
    for first_point, second_point in ((9, 3), (11, 5), (3, 9)):
        root = tmp_path / f"{first_point}-{second_point}"
        copytree(one, root)
        assert run(yiheng, root, second, first_point).returncode == 137
        assert run(yiheng, root, second, second_point).returncode == 137
        assert state(root) == state(one)
        assert run(yiheng, root, second).returncode == 0
        assert state(root) == state(two)
        assert files_under(root) == files_under(two)


def test_sigkill_at_any_time(yiheng: Any, command: str, csv_file: Any, loaded: dict[str, Path], tmp_path: Path) -> None:
    """Killed from outside, three times, while a file of 60,000 rows is loaded after a first load."""
    one, whole = loaded["one"], tmp_path / "whole"
    rows = (f"K{n % 9},{n},{2021 + n % 3},2023-01-05,I63.9|I10,1|2,{n}.{n % 100:02}" for n in range(60_000))
    large = csv_file("large.csv", HEADER, *rows, "K1,1,2022,2023-01-05,,,1", "K1,x,y,z,,,1")
    copytree(one, whole)
    began = time.monotonic()
    done = run(yiheng, whole, large)
    took = time.monotonic() - began
    assert done.stdout.splitlines()[-1] == "accepted 60000, quarantined 2, of 60002 rows"
    states = state(one), state(whole)
    chance = random.Random(20250101)
    for attempt in range(3):
        root = tmp_path / f"killed{attempt}"
        copytree(one, root)
        _kill_after(took * chance.uniform(0.35, 0.95), [command, "cases", "load", str(large), "--to", str(root)])
        seen = state(root)
        assert seen in states
        assert run(yiheng, root, large).returncode == (0 if seen == states[0] else 2)
        assert state(root) == states[1]
        assert files_under(root) == files_under(whole)


def _kill_after(seconds: float, words: list[str]) -> None:
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
