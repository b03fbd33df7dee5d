"""Rows are taken out by key and others put in with one commit; every earlier commit stays as it was."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiheng.base.refusal import Refusal
from yiheng.tables.commit import Commit, Source
from yiheng.tables.contract import contract
from yiheng.tables.data import Data, loading
from yiheng.tables.delta import Gone, version_files
from yiheng.tables.digest import digest
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot

from ..ready import TABLES, ready

SOURCE = (Source("c.csv", "canonical", "ab" * 32, 1, 1, 0, action="correct"),)


def keys(*ids: str, hospital: str = "H01") -> pa.Table:
    return pa.table(
        {name: pa.array(its, pa.string()) for name, its in (("hospital", [hospital] * len(ids)), ("case_id", ids))}
    )


def held(root: Path, number: int | None = None, table: str = "cases") -> list[dict[str, Any]]:
    with engine() as backend:
        rows = Snapshot(backend, Data.open(root), number).table(table).to_pyarrow().to_pylist()
    return sorted(rows, key=str)


def ids(root: Path, number: int | None = None) -> list[tuple[str, int]]:
    return sorted((row["case_id"], row["year"]) for row in held(root, number))


def digest_of(root: Path, number: int | None = None, table: str = "cases") -> str:
    with engine() as backend:
        return digest(backend, Snapshot(backend, Data.open(root), number).table(table))


def files(root: Path, number: int, table: str = "cases") -> list[str]:
    """The files of a table at a commit, by their path in the table's folder."""
    folder = root / "tables" / table
    version = Data.open(root).commit(number).tables[table]
    return [Path(path).relative_to(folder.resolve()).as_posix() for path in version_files(folder, version)]


def change(root: Path, gone: pa.Table | None, rows: pa.Table | None, first: str = "out") -> tuple[int, Commit]:
    """Take rows out of cases and put others in, in either order; how many went, and the commit."""
    with loading(root) as new:
        count = new.without("cases", gone) if gone is not None and first == "out" else 0
        if rows is not None:
            with new.stage("cases") as staged:
                staged.write(rows)
        if gone is not None and first == "in":
            count = new.without("cases", gone)
        return count, new.commit(SOURCE)


@pytest.mark.parametrize("first", ["out", "in"])
def test_a_corrected_case_moves_to_another_year(tmp_path: Path, put: Any, case: Any, table_of: Any, first: str) -> None:
    put(tmp_path, cases=[case("1"), case("2"), case("3", 2024), case("4", 2025)])
    put(tmp_path, cases=[case("5", 2024)])
    count, commit = change(tmp_path, keys("1", "3"), table_of("cases", case("1", 2024), case("3", 2024, sex=2)), first)
    assert (count, commit.number, commit.tables, commit.sources) == (2, 3, {"cases": 3}, SOURCE)
    assert ids(tmp_path, 3) == [("1", 2024), ("2", 2023), ("3", 2024), ("4", 2025), ("5", 2024)]
    assert ids(tmp_path, 2) == [("1", 2023), ("2", 2023), ("3", 2024), ("4", 2025), ("5", 2024)]
    assert ids(tmp_path, 1) == [("1", 2023), ("2", 2023), ("3", 2024), ("4", 2025)]
    # One file of a commit in a partition; 2024 of commit 1 lost its only row, what lost none is as it was.
    assert files(tmp_path, 3) == [
        "year=2023/000003.parquet", "year=2024/000002.parquet", "year=2024/000003.parquet", "year=2025/000001.parquet",
    ]  # fmt: skip


def test_rows_left_and_rows_put_in_share_a_file(tmp_path: Path, put: Any, case: Any, table_of: Any) -> None:
    put(tmp_path, cases=[case("1"), case("2")])
    put(tmp_path, cases=[case("3"), case("4")])
    change(tmp_path, keys("1", "4"), table_of("cases", case("5")))
    assert files(tmp_path, 3) == ["year=2023/000003.parquet"]
    assert ids(tmp_path) == [("2", 2023), ("3", 2023), ("5", 2023)]
    assert sorted(path.name for path in (tmp_path / "tables" / "cases" / "year=2023").iterdir()) == [
        "000001.parquet", "000002.parquet", "000003.parquet",
    ]  # fmt: skip


def test_the_same_rows_out_and_in_give_the_same_digest(tmp_path: Path, put: Any, case: Any, table_of: Any) -> None:
    rows = [
        case("1", dx=["I63.9", None], dx_present=[1, None], total_fee=Decimal("0.10"), planned_readmit=False),
        case("2", 2024, dx=[], proc=None, icu_hours=0.5, group=""),
        case("3", 2024),
    ]
    put(tmp_path, cases=rows)
    change(tmp_path, keys("1", "2"), table_of("cases", *rows[:2]))
    assert digest_of(tmp_path, 2) == digest_of(tmp_path, 1)
    assert held(tmp_path, 2) == sorted(table_of("cases", *rows).to_pylist(), key=str)


def test_nothing_is_left(tmp_path: Path, put: Any, case: Any) -> None:
    """No file is made for nothing; what comes later goes in as ever."""
    put(tmp_path, cases=[case("1"), case("2", 2024)])
    count, commit = change(tmp_path, keys("1", "2"), None)
    assert (count, commit.tables) == (2, {"cases": 2})
    assert (files(tmp_path, 2), ids(tmp_path)) == ([], [])
    assert list(tmp_path.rglob("000002.parquet")) == []
    assert ids(tmp_path, 1) == [("1", 2023), ("2", 2024)]
    assert put(tmp_path, cases=[case("1", 2024)]).number == 3
    assert ids(tmp_path) == [("1", 2024)]


def test_nothing_is_found(tmp_path: Path, put: Any, case: Any) -> None:
    put(tmp_path, cases=[case("1")])
    before = files(tmp_path, 1)
    nobody = pa.table({"hospital": ["H01", None, "H02"], "case_id": pa.array(["9", "1", "1"])})
    for wanted in (nobody, keys()):
        count, commit = change(tmp_path, wanted, None)
        assert (count, commit.tables) == (0, {"cases": 1})
        assert files(tmp_path, commit.number) == before
    with loading(tmp_path) as new:
        assert new.without("quarantine", pa.table({"commit": pa.array([1], pa.int32())})) == 0
    with loading(tmp_path / "new") as new:
        assert new.without("cases", keys("1")) == 0


def test_keys_may_be_the_first_columns_of_the_key(tmp_path: Path, put: Any, case: Any) -> None:
    put(tmp_path, cases=[case("1"), case("2", 2024), {**case("1"), "hospital": "H02"}])
    count, _ = change(tmp_path, pa.table({"hospital": ["H01"]}), None)
    assert (count, [row["hospital"] for row in held(tmp_path)]) == (2, ["H02"])


def test_a_table_without_partitions(tmp_path: Path, put: Any, table_of: Any) -> None:
    """`group`, a word of SQL, is one of the key's columns."""
    rows = [{"group": group, "institution": at} for group, at in (("g1", "A"), ("g1", "B"), ("g2", "A"))]
    put(tmp_path, membership=rows[:2])
    put(tmp_path, membership=rows[2:])
    before = digest_of(tmp_path, table="membership")
    with loading(tmp_path) as new:
        assert new.without("membership", pa.table({"group": ["g1"], "institution": ["A"]})) == 1
        with new.stage("membership") as staged:
            staged.write(table_of("membership", {"group": "g3", "institution": "A"}))
        new.commit(SOURCE)
    found = [(row["group"], row["institution"]) for row in held(tmp_path, table="membership")]
    assert found == [("g1", "B"), ("g2", "A"), ("g3", "A")]
    assert files(tmp_path, 3, "membership") == ["000002.parquet", "000003.parquet"]
    assert digest_of(tmp_path, 2, "membership") == before


def test_rows_are_counted_once_and_what_is_staged_is_not_looked_at(
    tmp_path: Path, put: Any, case: Any, table_of: Any
) -> None:
    put(tmp_path, cases=[case(str(n), 2023 + n % 2) for n in range(20)])
    with loading(tmp_path) as new:
        with new.stage("cases") as staged:
            staged.write(table_of("cases", case("3", 2030)))
        assert new.without("cases", keys("3", "4", "5")) == 3
        assert new.without("cases", keys("5", "6")) == 1
        assert new.without("cases", keys("5", "6", "6")) == 0
        assert len(new.held_files("cases")) == 2
        new.commit(SOURCE)
    rest = [(str(n), 2023 + n % 2) for n in range(20) if n not in (3, 4, 5, 6)]
    assert ids(tmp_path) == sorted([*rest, ("3", 2030)])


def test_what_was_staged_and_taken_out_of_again_stays_out(tmp_path: Path, put: Any, case: Any, table_of: Any) -> None:
    """As a load does with duplicates: it closes its files and rewrites them before it commits."""
    put(tmp_path, cases=[case("1"), case("2")])
    with loading(tmp_path) as new:
        with new.stage("cases") as staged:
            staged.write(table_of("cases", case("3"), case("3"), case("4")))
        new.without("cases", keys("1"))
        staged.close()
        staged.rewrite(staged.paths[0], np.array([1]))
        new.commit(SOURCE)
    assert ids(tmp_path) == [("2", 2023), ("3", 2023), ("4", 2023)]
    with loading(tmp_path) as new:
        with new.stage("cases") as staged:
            staged.write(table_of("cases", case("5")))
        staged.rewrite(staged.paths[0], np.array([0]))
        new.without("cases", keys("2"))
        new.commit(SOURCE)
    assert ids(tmp_path) == [("3", 2023), ("4", 2023)]


def test_other_keys_are_an_error_and_nothing_changes(tmp_path: Path, put: Any, case: Any, files_under: Any) -> None:
    put(tmp_path, cases=[case("1")])
    before = files_under(tmp_path)
    others = [
        pa.table({"case_id": ["1"]}),
        pa.table({"case_id": ["1"], "hospital": ["H01"]}),
        pa.table({"hospital": pa.array(["H01"], pa.large_string()), "case_id": ["1"]}),
        pa.table({"hospital": ["H01"], "case_id": ["1"], "year": pa.array([2023], pa.int16())}),
        pa.table({}),
    ]
    for other in others:
        with pytest.raises(TypeError, match="not the first columns of the key of cases"), loading(tmp_path) as new:
            new.without("cases", other)
    assert files_under(tmp_path) == before


def test_a_table_is_replaced_or_loses_rows_but_not_both(tmp_path: Path, put: Any, files_under: Any) -> None:
    put(tmp_path, names=[{"kind": "dx", "edition": "E", "code": "A"}])
    before = files_under(tmp_path)
    wanted = pa.table({"kind": ["dx"]})
    with loading(tmp_path) as new:
        new.stage("names", replace=True)
        with pytest.raises(ValueError, match="names is replaced as a whole"):
            new.without("names", wanted)
    with loading(tmp_path) as new:
        new.without("names", wanted)
        with pytest.raises(ValueError, match="rows were taken out of names"):
            new.stage("names", replace=True)
    assert files_under(tmp_path) == before


def as_older(root: Path, column: str) -> None:
    """Make the files of cases such as a version wrote them that did not know `column`."""
    for path in (root / "tables" / "cases").rglob("*.parquet"):
        pq.write_table(pq.ParquetFile(path).read().drop_columns([column]), path)


def test_an_older_file_lacks_a_column(tmp_path: Path, put: Any, case: Any, table_of: Any) -> None:
    put(tmp_path, cases=[case("1", sex=1), case("2", sex=2, payer="self")])
    as_older(tmp_path, "payer")
    change(tmp_path, keys("1"), table_of("cases", case("3", payer="other")))
    assert [(row["case_id"], row["sex"], row["payer"]) for row in held(tmp_path)] == [
        ("2", 2, None),
        ("3", None, "other"),
    ]
    left = pq.ParquetFile(tmp_path / "tables/cases/year=2023/000002.parquet").schema_arrow
    assert left.names == [name for name in contract("cases").schema.names if name != "year"]


def test_a_column_of_a_newer_version_is_not_lost(tmp_path: Path, put: Any, case: Any, files_under: Any) -> None:
    put(tmp_path, cases=[case("1"), case("2")])
    path = tmp_path / "tables/cases/year=2023/000001.parquet"
    pq.write_table(pq.ParquetFile(path).read().append_column("later", pa.array([1, 2])), path)
    before = files_under(tmp_path)
    with pytest.raises(Refusal, match="has columns that this version does not know: later$"):
        change(tmp_path, keys("1"), None)
    assert files_under(tmp_path) == before
    assert ids(tmp_path) == [("1", 2023), ("2", 2023)]


@pytest.mark.parametrize("name", ["区域 数据", "it's", "a[1]*?", "a&b#c;d"])
def test_hard_folder_names(tmp_path: Path, put: Any, case: Any, table_of: Any, name: str) -> None:
    root = tmp_path / name
    put(root, cases=[case("1"), case("2"), case("3", 2024)])
    assert change(root, keys("1"), table_of("cases", case("1", 2024)))[0] == 1
    assert (ids(root, 1), ids(root)) == (
        [("1", 2023), ("2", 2023), ("3", 2024)],
        [("1", 2024), ("2", 2023), ("3", 2024)],
    )


def test_a_folder_behind_a_link_or_a_relative_path(
    tmp_path: Path, put: Any, case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "real", cases=[case("1"), case("2"), case("3")])
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path)
    assert change(Path("link"), keys("1"), None)[0] == 1
    assert change(Path("real"), keys("2"), None)[0] == 1
    assert ids(tmp_path / "real") == [("3", 2023)]


@pytest.mark.slow
def test_many_row_groups(tmp_path: Path, case: Any, table_of: Any) -> None:
    """The first and last of every row group and of every part that is read at once."""
    rows = table_of("cases", *[case(f"{n:06}", dx=[f"A{n}"] * (n % 3)) for n in range(150_000)])
    with loading(tmp_path) as new:
        with new.stage("cases") as staged:
            for start in range(0, 150_000, 50_000):
                staged.write(rows.slice(start, 50_000))
        new.commit(SOURCE)
    out = [0, 7, 8, 9, 49_999, 50_000, 65_535, 65_536, 99_999, 100_000, 131_072, 149_999]
    count, _ = change(tmp_path, keys(*(f"{n:06}" for n in out)), None)
    path = tmp_path / "tables/cases/year=2023/000002.parquet"
    left = pq.ParquetFile(path).read(["case_id", "dx"])
    assert count == 12
    assert left.equals(rows.take(np.delete(np.arange(150_000), out)).select(["case_id", "dx"]))


@pytest.mark.slow
@settings(max_examples=60)
@given(st.integers(0, 70), st.lists(st.integers(0, 69)), st.integers(0, 69), st.integers(0, 70))
def test_bits_are_rows(rows: int, marked: list[int], start: int, length: int) -> None:
    ids = pa.array([str(n) for n in range(rows)], pa.string())
    wanted = sorted({n for n in marked if n < rows})
    with TemporaryDirectory() as folder, engine() as backend:
        path = f"{folder}/a.parquet"
        pq.write_table(pa.table({"id": ids}), path)
        backend.create_table("wanted", schema={"id": "string"}, temp=True)
        for n in wanted:
            backend.raw_sql(f"INSERT INTO wanted VALUES ('{n}')")
        gone = Gone(path)
        assert gone.find(backend, "wanted", ["id"]) == len(wanted) == gone.count
        assert gone.find(backend, "wanted", ["id"]) == 0
    length = max(0, min(length, rows - start))
    assert gone.among(start, length).tolist() == [n in wanted for n in range(start, start + length)]


CASE = st.tuples(st.sampled_from(["H01", "H02"]), st.sampled_from("abcdef"), st.integers(2022, 2024), st.integers(0, 3))
STEP = st.tuples(
    st.lists(CASE, max_size=4), st.lists(st.tuples(st.sampled_from(["H01", "H02"]), st.sampled_from("abcdef"))),
    st.sampled_from(["out", "in"]),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.property
@settings(max_examples=15)
@given(steps=st.lists(STEP, min_size=1, max_size=5))
def test_any_sequence_of_changes_is_as_the_model_says(
    steps: list[tuple[list[Any], list[Any], str]], table_of: Callable[..., pa.Table]
) -> None:
    """A version is a bag of rows: those of the last one whose key is not taken out, and those put in."""
    model: list[Counter[Any]] = [Counter()]
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for rows, gone, first in steps:
            left = Counter({row: n for row, n in model[-1].items() if row[:2] not in gone})
            wanted = pa.table(
                {
                    "hospital": pa.array([h for h, _ in gone], pa.string()),
                    "case_id": pa.array([c for _, c in gone], pa.string()),
                }
            )
            new = [{"hospital": h, "case_id": c, "year": year, "los": los} for h, c, year, los in rows]
            count, _ = change(root, wanted, table_of("cases", *new), first)
            assert count == model[-1].total() - left.total()
            model.append(left + Counter(rows))
        for number, bag in enumerate(model[1:], 1):
            found = [(r["hospital"], r["case_id"], r["year"], r["los"]) for r in held(root, number)]
            assert Counter(found) == bag


WRITER = """
import sys
from pathlib import Path
import pyarrow as pa
from yiheng.tables.commit import Source
from yiheng.tables.contract import contract
from yiheng.tables.data import loading
def keys(*ids):
    return pa.table({"hospital": ["H01"] * len(ids), "case_id": list(ids)})
def case(case_id, year):
    return {"hospital": "H01", "case_id": case_id, "year": year}
with loading(Path(sys.argv[1])) as new:
    print("in", flush=True)
    sys.stdin.read()
    with new.stage("cases") as staged:
        rows = [case("1", 2024), case("8", 2023), case("9", 2031)]
        staged.write(pa.Table.from_pylist(rows, schema=contract("cases").schema))
    assert new.without("cases", keys("1", "3", "5")) == 3
    assert new.without("names", pa.table({"kind": ["dx"]})) == 1
    new.commit((Source("w.csv", "canonical", "cd" * 32, 3, 3, 0, action="correct"),))
"""

State = list[tuple[int, dict[str, str]]]


def state(root: Path) -> State:
    """All that a reader sees: every commit and the digest of both tables at each."""
    numbers = [commit.number for commit in Data.open(root).commits()]
    return [(number, {name: digest_of(root, number, name) for name in ("cases", "names")}) for number in numbers]


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """Writes in a process of its own, which ends at a point."""
    with ready(f"{TABLES}from yiheng.tables.data import loading", WRITER, tmp_path_factory.mktemp("said")) as run:

        def write(root: Path, crash_at: int = 0) -> Any:
            return run(root, env={"YIHENG_CRASH_AT": str(crash_at)})

        yield write


@pytest.fixture
def before(tmp_path: Path, put: Any, case: Any) -> Path:
    """Two commits: three files of cases that lose rows, one that does not, one of names that loses one of two."""
    root = tmp_path / "before"
    put(root, cases=[case("1"), case("2"), case("3", 2024), case("4", 2025)])
    names = [{"kind": kind, "edition": "E", "code": "A"} for kind in ("dx", "proc")]
    put(root, cases=[case("5"), case("6"), case("7", 2024)], names=names)
    return root


def crashes(writer: Any, before: Path, after: Path, work: Path, files_under: Any) -> Iterator[int]:
    """Die at point 1, 2, ... until there is none left, each time twice; what is seen is the state before or after."""
    states = state(before), state(after)
    for point in range(1, 1000):
        root = work / str(point)
        copytree(before, root)
        died = writer(root, point)
        if died.returncode == 0:
            assert state(root) == states[1]
            return
        assert (died.returncode, died.stdout) == (137, "in\n"), died.stderr
        if state(root) != states[1]:
            assert state(root) == states[0]
            assert writer(root, point).returncode == 137
            assert state(root) == states[0]
            assert writer(root).returncode == 0
        assert state(root) == states[1]
        with loading(root) as new:
            assert new.number == 4
        assert files_under(root) == files_under(after)
        yield point


@pytest.mark.fault
def test_a_change_is_ended_at_each_of_its_points(
    writer: Any, before: Path, tmp_path: Path, files_under: Any, table_of: Any, case: Any
) -> None:
    after = tmp_path / "after"
    copytree(before, after)
    assert writer(after).returncode == 0
    assert ids(after) == [
        ("1", 2024), ("2", 2023), ("4", 2025), ("6", 2023), ("7", 2024), ("8", 2023), ("9", 2031)
    ]  # fmt: skip
    assert state(after)[:2] == state(before)
    points = list(crashes(writer, before, after, tmp_path / "work", files_under))
    # Three files staged, three taken over, one of them reopened, names taken over and written, two versions, a commit.
    assert points == list(range(1, len(points) + 1))
    assert len(points) >= 15
    assert change(after, keys("8"), table_of("cases", case("8", 2031)))[1].number == 4
    assert ids(after)[-2:] == [("8", 2031), ("9", 2031)]


@pytest.mark.slow
def test_of_two_processes_that_write_one_is_told(writer: Any, before: Path) -> None:
    words = [sys.executable, "-c", WRITER, str(before)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    was = state(before)
    with subprocess.Popen(words, text=True, **pipes) as first:  # type: ignore[call-overload]
        assert first.stdout.readline() == "in\n"
        told = writer(before)
        assert (told.returncode, told.stdout) == (1, "")
        assert "Refusal: " in told.stderr.splitlines()[-1]
        assert told.stderr.rstrip().endswith("another load is writing here -> wait until it has ended")
        assert state(before) == was
        first.communicate("")
        assert first.returncode == 0
    assert [number for number, _ in state(before)] == [1, 2, 3]
