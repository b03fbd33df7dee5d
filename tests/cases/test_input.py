"""Cases as a command's input: DATA or a bare file, in order, with what it has and nulls for what it lacks."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.input import open_cases, open_file
from yiheng.cases.load import load
from yiheng.tables.contract import contract
from yiheng.tables.engine import engine


def test_a_bare_csv_keeps_order_further_columns_and_ids_that_repeat(csv_file: Any) -> None:
    path = csv_file("a.csv", "case_id,dx,mine,total_fee,row", "2,I10|I63,x,1.50,r", "1,,,,", "2,A||B,y,2,r")
    with engine() as backend:
        cases = open_cases(backend, path)
        found = cases.table.order_by("row").select("row", "case_id", "dx", "mine", "total_fee", "age").to_pyarrow()
        assert list(cases.table.columns) == [*contract("cases").schema.names, "mine", "row"]
    assert cases.id_columns == ["case_id"]
    assert cases.given == {"case_id", "dx", "mine", "total_fee", "row"}
    assert [tuple(row.values()) for row in found.to_pylist()] == [
        (0, "2", ["I10", "I63"], "x", Decimal("1.50"), None),
        (1, "1", None, None, None, None),
        (2, "2", ["A", None, "B"], "y", Decimal("2.00"), None),
    ]


def test_a_bare_parquet_file_of_other_widths(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"hospital": ["H", "H"], "case_id": ["b", "a"], "age": [66, None], "more": [1.5, 2.5]}), path
    )
    with engine() as backend:
        cases = open_cases(backend, path)
        found = cases.table.order_by("row").select("case_id", "age", "more").to_pyarrow()
    assert cases.id_columns == ["hospital", "case_id"]
    assert found.to_pylist() == [{"case_id": "b", "age": 66, "more": 1.5}, {"case_id": "a", "age": None, "more": 2.5}]


def test_data_is_its_last_commit_or_the_one_that_is_named(csv_file: Any, tmp_path: Path) -> None:
    header = "hospital,case_id,year"
    load(tmp_path / "DATA", [csv_file("a.csv", header, "H2,1,2023", "H1,2,2023")])
    load(tmp_path / "DATA", [csv_file("b.csv", header, "H1,1,2024")])
    with engine() as backend:
        found = [
            open_cases(backend, tmp_path / "DATA", commit)
            .table.order_by("row")
            .select("hospital", "case_id")
            .to_pyarrow()
            for commit in (None, 2, 1)
        ]
    ids = [[f"{row['hospital']}-{row['case_id']}" for row in table.to_pylist()] for table in found]
    assert ids == [["H1-1", "H1-2", "H2-1"], ["H1-1", "H1-2", "H2-1"], ["H1-2", "H2-1"]]


@pytest.mark.parametrize("commit", [0, 3])
def test_a_commit_that_is_not_there_is_refused(csv_file: Any, tmp_path: Path, commit: int) -> None:
    load(tmp_path / "DATA", [csv_file("a.csv", "hospital,case_id,year", "H2,1,2023")])
    with engine() as backend, pytest.raises(Refusal, match=f"there is no commit {commit}$"):
        open_cases(backend, tmp_path / "DATA", commit)


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (["case_id,age", "1,66", "2,x"], "file a.csv, row 2, column age, value x: does not fit: whole_number"),
        (["case_id,age", "1,66", "2"], "file a.csv, row 2: has not as many columns as the header"),
        (["case_id,age"], "file a.csv: the file has a header and no rows"),
        (["case_id,proc_date", "1,2023-02-28|2023-02-30"], "file a.csv, row 1, column proc_date, value"),
    ],
)
def test_a_bare_csv_that_does_not_fit_is_refused(csv_file: Any, lines: list[str], line: str) -> None:
    with engine() as backend, pytest.raises(Refusal) as caught:
        open_cases(backend, csv_file("a.csv", *lines))
    assert str(caught.value).startswith(line)


def test_a_column_that_is_needed_and_missing_is_refused(csv_file: Any) -> None:
    with engine() as backend:
        cases = open_cases(backend, csv_file("a.csv", "case_id,age", "1,66"))
        cases.need("case_id", "age")
        with pytest.raises(Refusal) as caught:
            cases.need("age", "dx")
        assert str(caught.value) == "file a.csv, column dx: this column is missing"
        with pytest.raises(Refusal, match="a bare file has no commits"):
            open_cases(backend, csv_file("a.csv", "case_id,age", "1,66"), 1)


def test_only_the_columns_that_matter_are_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text("case_id,age,total_fee,note\n1,50 to 69,1.50,x\n2,70+,2.50,y\n", encoding="utf-8")
    with engine() as backend:
        found = open_file(backend, file, ("case_id", "total_fee"))
        assert found.given == {"case_id", "total_fee"}
        assert "note" not in found.table.columns
        assert found.table.age.count().to_pyarrow().as_py() == 0
        assert found.table.total_fee.sum().to_pyarrow().as_py() == Decimal("4.00")
        with pytest.raises(Refusal, match="row 1, column age, value 50 to 69"):
            open_file(backend, file)


def test_a_list_written_as_text_in_parquet_is_refused_only_where_it_matters(tmp_path: Path) -> None:
    pq.write_table(pa.table({"case_id": ["1"], "dx": ["I10|E11"]}), tmp_path / "a.parquet")
    with engine() as backend:
        assert open_file(backend, tmp_path / "a.parquet", ("case_id",)).given == {"case_id"}
        with pytest.raises(Refusal, match=r"row 1, column dx, value I10\|E11: does not fit array<string>"):
            open_file(backend, tmp_path / "a.parquet", ("case_id", "dx"))
