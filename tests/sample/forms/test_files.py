"""The files of a month, with and without errors."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from yiheng.base.refusal import Refusal
from yiheng.sample.forms.files import write_month
from yiheng.sample.places import places
from yiheng.tables.contract import contract


def count(path: Path, encoding: str = "utf-8") -> int:
    with path.open(encoding=encoding, newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def test_a_month_holds_its_discharges_and_nothing_else(some: pa.Table, tmp_path: Path) -> None:
    month = write_month(tmp_path, 20, some, 2024, 3, encoding="gb18030")
    its = some.filter(pc.equal(pc.month(some["discharge_date"]), 3))
    assert month.cases["frontpage"].equals(its.combine_chunks())
    assert sorted(path.name for path in month.files.values()) == [
        "frontpage-202403.csv", "frontpage_2019-202403.csv", "icu-202403.csv", "lines-202403.csv",
        "settlement-202403.csv", "settlement-202403.json",
    ]  # fmt: skip
    assert all(truth.num_rows == 0 for truth in month.truth.values())
    rows = {form: count(path, "gb18030") for form, path in month.files.items() if path.suffix == ".csv"}
    assert rows["frontpage"] == rows["frontpage_2019"] == its.num_rows
    assert rows["settlement"] == month.cases["settlement"].num_rows < its.num_rows
    assert (rows["lines"], rows["icu"]) == (month.lines.num_rows, month.icu.num_rows)
    assert set(month.lines["month"].to_pylist()) == {202403}
    assert set(month.icu["case_id"].to_pylist()) <= set(its["case_id"].to_pylist())
    assert len(json.loads(month.files["settlement_json"].read_text(encoding="gb18030"))) == rows["settlement"]
    assert {name: pq.read_table(path).num_rows for name, path in month.places.items()} == {
        name: made.num_rows for name, made in places(20).items()
    }


def test_lines_and_stays_are_written_as_they_are(some: pa.Table, tmp_path: Path) -> None:
    month = write_month(tmp_path, 20, some.slice(0, 2000), 2024, 5)
    for form, rows in (("lines", month.lines), ("icu", month.icu)):
        with month.files[form].open(encoding="utf-8", newline="") as file:
            read = list(csv.DictReader(file))
        names = [name for name in contract(form).schema.names if not name.startswith("source_")]
        assert list(read[0]) == names
        for row, own in zip(read, rows.select(names).to_pylist(), strict=True):
            for name in names:
                value = own[name]
                said = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
                assert row[name] == said or float(row[name]) == value, name


@pytest.mark.slow
def test_the_same_patient_has_the_same_number_in_every_month(some: pa.Table, tmp_path: Path) -> None:
    found: dict[str, set[str]] = {}
    patient = dict(zip(some["case_id"].to_pylist(), some["patient"].to_pylist(), strict=True))
    for number in (1, 2, 3):
        path = write_month(tmp_path / str(number), 20, some, 2024, number).files["frontpage"]
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["P13"] and int(row["P7"]) > 0:
                    found.setdefault(patient[row["P3"]], set()).add(row["P13"])
    assert all(len(numbers) == 1 for numbers in found.values())


@pytest.mark.slow
def test_a_month_with_errors_names_them_all(some: pa.Table, tmp_path: Path) -> None:
    month = write_month(tmp_path, 20, some, 2024, 3, planted=True)
    assert {form for form, truth in month.truth.items() if truth.num_rows > 3} == {
        "frontpage", "frontpage_2019", "settlement", "lines", "icu",
    }  # fmt: skip
    clean = write_month(tmp_path / "clean", 20, some, 2024, 3)
    assert month.cases["frontpage"].equals(clean.cases["frontpage"])
    assert month.lines.equals(clean.lines)
    for form in month.files:
        assert month.files[form].read_bytes() != clean.files[form].read_bytes()


def test_a_month_without_discharges_is_refused(some: pa.Table, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no case left in this month"):
        write_month(tmp_path / "none", 20, some, 2019, 1)
    assert list(tmp_path.iterdir()) == []
