"""yiheng dip auxiliary | coefficients | points | supervise | show, and policy show | diff | impact of catalogues."""

import csv
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from shutil import copytree
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.cases.load import load
from yiheng.tables.contract import contract
from yiheng.tables.runs import read_run

Run = Callable[..., Any]
DAY = date(2024, 1, 1)


def case(number: int, hospital: str, fee: int, age: int, los: int = 5) -> dict[str, str]:
    admitted = DAY + timedelta(days=number)
    return {
        "hospital": hospital, "case_id": f"{number:03}", "dx": "J18.900", "proc": "", "total_fee": f"{fee}.00",
        "los": str(los), "age": str(age), "age_days": "3" if age == 0 else "", "discharge": "1",
        "admit_date": admitted.isoformat(), "discharge_date": (admitted + timedelta(days=los)).isoformat(),
    }  # fmt: skip


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DATA: 60 cases of one diagnosis around 1000 yuan in A and 800 in B, ten newborns at 5000, odd ones at the end."""
    folder = tmp_path_factory.mktemp("beside")
    rows = [case(n, "AB"[n % 2], (1000, 800)[n % 2] + n % 7, 40) for n in range(60)]
    rows += [case(n, "A", 5000 + n, 0) for n in range(60, 70)] + [
        case(70, "A", 100, 40),
        case(71, "B", 900, 40, los=90),
    ]
    places = [
        {"code": "A", "name": "A", "level": 3, "coefficient_class": "3", "valid_from": date(2020, 1, 1)},
        {"code": "B", "name": "B", "level": 1, "coefficient_class": "1", "valid_from": date(2020, 1, 1)},
    ]
    institution = pa.Table.from_pylist(places, schema=contract("institution").schema)
    load(folder / "data", [write(folder / "2024.csv", rows)], places={"institution": institution})
    return folder / "data"


@pytest.fixture
def catalogue(yiheng: Run, data: Path, tmp_path: Path) -> Path:
    out = tmp_path / "c.parquet"
    assert yiheng("dip", "build", "--cases", data, "--out", out).code == 0
    return out


def told(yiheng: Run, *arguments: object) -> list[str]:
    ran = yiheng(*arguments)
    assert (ran.code, ran.err) == (0, ""), ran
    return list(ran.out.splitlines())


@pytest.fixture
def made(yiheng: Run, data: Path, catalogue: Path, tmp_path: Path) -> Path:
    """The folder with the results of all four commands."""
    one = ("--catalogue", catalogue, "--cases", data)
    assert told(yiheng, "dip", "auxiliary", "build", *one, "--out", tmp_path / "aux.parquet")[0] == (
        f"1 of 2 levels opened in {tmp_path / 'aux.parquet'}"
    )
    files = ("--classes", tmp_path / "k.csv", "--prices", tmp_path / "p.parquet")
    assert told(yiheng, "dip", "coefficients", *one, "--out", tmp_path / "h.parquet", *files)[0] == (
        f"2 hospitals in {tmp_path / 'h.parquet'}, 0 groups with one price"
    )
    return tmp_path


def test_a_level_is_opened_and_applied(yiheng: Run, data: Path, catalogue: Path, made: Path) -> None:
    levels = {(row["kind"], row["level"]): row for row in pq.read_table(made / "aux.parquet").to_pylist()}
    newborn = levels["age", "newborn"]
    assert (newborn["group"], newborn["group_n"], newborn["n"], newborn["opened"]) == ("J18.9", 72, 10, True)
    out = made / "applied.csv"
    one = ("--catalogue", catalogue, "--cases", data, "--auxiliary", made / "aux.parquet")
    assert told(yiheng, "dip", "auxiliary", "apply", *one, "--out", out) == [f"10 cases with an open level in {out}"]
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["hospital"], row["case_id"]) for row in rows] == sorted((r["hospital"], r["case_id"]) for r in rows)
    assert {row["auxiliary_level"] for row in rows if row["level_age"] == "newborn"} == {"age:newborn"}
    assert {float(row["auxiliary"]) for row in rows if row["level_age"] != "newborn"} == {1.0}


def test_coefficients_are_derived(made: Path) -> None:
    rows = pq.read_table(made / "h.parquet").to_pylist()
    assert [(row["hospital"], row["class"], row["n"], row["origin"]) for row in rows] == [
        ("A", "3", 41, "class"), ("B", "1", 31, "class"),
    ]  # fmt: skip
    assert all(row["own"] == row["class_coefficient"] == row["coefficient"] for row in rows)
    prices = pq.read_table(made / "p.parquet").to_pylist()
    assert [(row["group"], row["primary_n"], row["same_price"]) for row in prices] == [("J18.9", 31, False)]


def test_points_of_each_case(yiheng: Run, data: Path, catalogue: Path, made: Path) -> None:
    one = ("--catalogue", catalogue, "--cases", data, "--hospitals", made / "h.parquet", "--prices", made / "p.parquet")
    out = made / "points.parquet"
    lines = told(yiheng, "dip", "points", *one, "--auxiliary", made / "aux.parquet", "--out", out, "--year", 2024)
    rows = pq.read_table(out).to_pylist()
    assert len(rows) == 72
    bands = {row["band"] for row in rows}
    assert {row["base"] for row in rows} == {"catalogue"}, "there is no year before"
    assert lines[0] == ", ".join(f"{b} {sum(r['band'] == b for r in rows)}" for b in sorted(bands)) + f" in {out}"
    assert lines[1] == "2024: at most 0 special cases (特例单议) of 72 discharges", "72 x 0.005"
    newborn = next(row for row in rows if row["case_id"] == "060")
    odd = next(row for row in rows if row["case_id"] == "070")
    assert (newborn["level"], newborn["band"], odd["band"]) == ("age:newborn", "high", "low")
    whole = newborn["points"] * newborn["auxiliary"] * newborn["coefficient"]
    assert newborn["case_points"] == pytest.approx(whole, rel=1e-11)
    assert newborn["coefficient"] == pytest.approx((newborn["ratio"] - 1) * newborn["hospital_coefficient"], rel=1e-11)


def test_flags_are_told_and_nothing_is_cut(yiheng: Run, data: Path, catalogue: Path, made: Path) -> None:
    one = ("--catalogue", catalogue, "--cases", data, "--coefficients", made / "h.parquet", "--year", 2024)
    out, hospitals = made / "flags.csv", made / "fh.csv"
    told(yiheng, "dip", "supervise", *one, "--out", out, "--hospitals", hospitals, "--risks", made / "r.csv")
    with (made / "r.csv").open(encoding="utf-8") as file:
        assert [(row["group"], row["cases"], row["deaths"], row["risk"]) for row in csv.DictReader(file)] == [
            ("J18.9", "72", "0", "low"),
        ]  # fmt: skip
    with out.open(encoding="utf-8") as file:
        rows = [(row["case_id"], row["flag"], float(row["score"])) for row in csv.DictReader(file)]
    assert ("070", "low_standard", 1.0) in rows
    assert ("071", "overlong", 1.0) in rows
    with hospitals.open(encoding="utf-8") as file:
        assert {row["hospital"]: row["cases"] for row in csv.DictReader(file)} == {"A": "41", "B": "31"}


def test_deaths_are_held_against_frozen_classes(yiheng: Run, data: Path, catalogue: Path, made: Path) -> None:
    one = ("--catalogue", catalogue, "--cases", data)
    out, grouping, frozen, again = (made / name for name in ("f.csv", "g.parquet", "frozen.parquet", "again.csv"))
    told(yiheng, "dip", "assign", *one, "--out", grouping)
    base = ("--cases", data, "--grouping", grouping, "--from", "2024-01", "--until", "2024-02")
    assert told(yiheng, "norms", "risk", *base, "--out", frozen) == [f"low 1 in {frozen}"]
    told(yiheng, "dip", "supervise", *one, "--out", out, "--risk", frozen, "--risks", again)
    with again.open(encoding="utf-8") as file:
        rows = [(row["group"], row["cases"], row["risk"]) for row in csv.DictReader(file)]
    assert rows == [("J18.9", "55", "low")], "of two months alone"
    ran = yiheng("dip", "supervise", *one, "--out", made / "no.csv", "--risk", made / "h.parquet")
    assert (ran.code, ran.err) == (2, "yiheng: file h.parquet: is not what `yiheng norms risk` writes\n")
    assert not (made / "no.csv").exists()


def digests(data: Path) -> dict[tuple[str, str], dict[str, str]]:
    kinds = ("catalogues", "auxiliary", "coefficients", "points", "supervision")
    return {
        (kind, folder.name): read_run(folder).digests
        for kind in kinds for folder in sorted((data / "results" / kind).glob("[0-9]*"))
    }  # fmt: skip


def everything(yiheng: Run, data: Path, folder: Path) -> None:
    one = ("--catalogue", folder / "c.parquet", "--cases", data)
    own = ("--hospitals", folder / "h.parquet")
    told(yiheng, "dip", "build", "--cases", data, "--out", folder / "c.parquet")
    told(yiheng, "dip", "auxiliary", "build", *one, "--out", folder / "aux.parquet")
    told(yiheng, "dip", "coefficients", *one, "--out", folder / "h.parquet")
    told(yiheng, "dip", "points", *one, *own, "--auxiliary", folder / "aux.parquet", "--out", folder / "p.parquet")
    told(yiheng, "dip", "supervise", *one, "--out", folder / "f.parquet")


@pytest.mark.slow
def test_the_same_inputs_give_the_same_runs(
    yiheng: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice in one DATA, and in two copies with one thread and with two: the same runs, equal to the last digest."""
    found = []
    for threads in ("1", "2"):
        folder = tmp_path / threads
        copytree(data, folder / "data")
        monkeypatch.setenv("YIHENG_THREADS", threads)
        everything(yiheng, folder / "data", folder)
        first = digests(folder / "data")
        everything(yiheng, folder / "data", folder)
        assert digests(folder / "data") == first
        found.append(first)
    assert found[0] == found[1]
    assert {kind for kind, _ in found[0]} == {"catalogues", "auxiliary", "coefficients", "points", "supervision"}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("code,level\nA,3\n", "column coefficient_class: this column is missing"),
        ("code,level,coefficient_class\nA,x,3\n", "row 1, column level, value x: does not fit"),
        ("code,coefficient_class,valid_from\nA,3,1.1.2024\n", "row 1, column valid_from, value 1.1.2024: does not fit"),
    ],
)
def test_a_list_of_institutions_that_does_not_fit(
    yiheng: Run, data: Path, catalogue: Path, tmp_path: Path, content: str, what: str
) -> None:
    places, out = tmp_path / "places.csv", tmp_path / "h.csv"
    places.write_text(content, encoding="utf-8")
    ran = yiheng("dip", "coefficients", "--catalogue", catalogue, "--cases", data, "--out", out, "--places", places)
    assert what in ran.refusal
    assert not out.exists()


def test_a_bare_file_says_no_class(yiheng: Run, catalogue: Path, tmp_path: Path) -> None:
    bare = write(tmp_path / "bare.csv", [case(1, "A", 1000, 40) | {"year": "2024"}])
    out = tmp_path / "h.csv"
    ran = yiheng("dip", "coefficients", "--catalogue", catalogue, "--cases", bare, "--out", out)
    assert ran.refusal == "file bare.csv: a bare file says no hospital's class -> --places FILE.csv"
    places = write(tmp_path / "places.csv", [{"code": "A", "coefficient_class": "3"}])
    assert (
        yiheng("dip", "coefficients", "--catalogue", catalogue, "--cases", bare, "--out", out, "--places", places).code
        == 0
    )


def test_additions_need_their_weights(yiheng: Run, data: Path, catalogue: Path, tmp_path: Path) -> None:
    values = write(tmp_path / "add.csv", [{"hospital": "A", "name": "cmi", "value": "0.1"}])
    one = ("--catalogue", catalogue, "--cases", data, "--out", tmp_path / "h.csv", "--additions", values)
    assert "hospital_additions: missing or unknown cmi" in yiheng("dip", "coefficients", *one).refusal
    write(values, [{"hospital": "A", "name": "cmi", "value": "much"}])
    assert "row 1, column value, value much: is no number" in yiheng("dip", "coefficients", *one).refusal


def test_points_want_what_coefficients_wrote(yiheng: Run, data: Path, catalogue: Path, tmp_path: Path) -> None:
    one = ("--catalogue", catalogue, "--cases", data, "--out", tmp_path / "p.csv", "--hospitals")
    assert "is not what `yiheng dip coefficients` writes" in yiheng("dip", "points", *one, catalogue).refusal
    assert "there is no such file" in yiheng("dip", "points", *one, tmp_path / "no.parquet").refusal


def test_a_catalogue_is_shown(yiheng: Run, catalogue: Path) -> None:
    for command in ("dip", "policy"):
        lines = told(yiheng, command, "show", catalogue)
        assert lines[0].startswith("dip/national-1.0 (DIP 国家技术规范 1.0 ")
        assert lines[1:3] == ["core: 1 groups, 72 cases", "points 1000 to 1000"]
        group = told(yiheng, command, "show", catalogue, "J18.9")
        assert group[:4] == [
            "J18.9", "  病种类型 kind: core", "  治疗方式 treatment: conservative",
            "  主要诊断 principal diagnosis: J18.9",
        ]  # fmt: skip
        assert "there is no such group" in yiheng(command, "show", catalogue, "J18.8").refusal


def test_two_catalogues_are_compared_by_policy_too(yiheng: Run, data: Path, catalogue: Path, tmp_path: Path) -> None:
    other, out, hospitals = tmp_path / "o.parquet", tmp_path / "d.csv", tmp_path / "h.csv"
    city = tmp_path / "city.yaml"
    city.write_text(
        "about: {zh: 市, en: city, base: dip/national-1.0}\ncore_cases:\n  zh: 例数\n  en: cases\n  unit: cases\n"
        "  values:\n    - {from: 2020-11-09, value: 100, choice: city, checked_until: null}\n",
        encoding="utf-8",
    )
    assert yiheng("dip", "build", "--cases", data, "--out", other, "--scheme", city).code == 0
    assert told(yiheng, "policy", "diff", catalogue, other, "--out", out)[0] == "born 1, gone 1, changed 0"
    assert out.is_file()
    lines = told(yiheng, "policy", "impact", catalogue, other, "--cases", data, "--hospitals", hospitals)
    assert "72 of 72 cases move" in lines
    with hospitals.open(encoding="utf-8") as file:
        assert [(row["hospital"], row["n"], row["moved"]) for row in csv.DictReader(file)] == [
            ("A", "41", "41"), ("B", "31", "31"),
        ]  # fmt: skip
    assert "is no pack" in yiheng("policy", "diff", catalogue, other, "--edits", tmp_path / "e").refusal


def test_a_pack_is_shown_group_by_group(yiheng: Run) -> None:
    assert "a rule pack is shown group by group" in yiheng("policy", "show", "chs-drg-1.1-outline").refusal


def test_a_tcm_diagnosis_of_the_list_makes_a_tcm_group(yiheng: Run, tmp_path: Path) -> None:
    city, cases = tmp_path / "city.yaml", tmp_path / "cases.parquet"
    city.write_text(
        "about: {zh: 市, en: city, base: dip/national-1.0}\n"
        "tcm_groups:\n  zh: 中医\n  en: tcm\n  unit: list\n  values:\n"
        "    - from: 2020-11-09\n      value: [{id: T1, zh: 肺病, en: Lung, tcm_dx: [BNF]}]\n      choice: city\n"
        "      checked_until: null\n"
        "tcm_pairs:\n  zh: 对应\n  en: pairs\n  unit: list\n  values:\n"
        "    - {from: 2020-11-09, value: [[T1, J18.9, 1.1]], choice: city, checked_until: null}\n",
        encoding="utf-8",
    )
    rows = [{"case_id": str(n), "dx": ["J18.900"], "total_fee": Decimal("100.00"), "year": 2024} for n in range(15)]
    schema = pa.schema(
        [contract("cases").schema.field(name) for name in ("case_id", "dx", "tcm_dx", "total_fee", "year")]
    )
    pq.write_table(pa.Table.from_pylist([{**row, "tcm_dx": None} for row in rows], schema=schema), cases)
    catalogue, out = tmp_path / "c.parquet", tmp_path / "g.parquet"
    assert yiheng("dip", "build", "--cases", cases, "--out", catalogue, "--scheme", city).code == 0
    pq.write_table(pa.Table.from_pylist([rows[0] | {"tcm_dx": "BNF01"}, rows[1]], schema=schema), cases)
    assert yiheng("dip", "assign", "--catalogue", catalogue, "--cases", cases, "--out", out).code == 0
    found = pq.read_table(out)
    assert found.column_names == ["case_id", "status", "group", "kind", "rw", "points", "reason"]
    assert [tuple(row.values()) for row in found.to_pylist()] == [
        ("0", "grouped", "T1", "tcm", 1.1, 1100.0, None), ("1", "grouped", "J18.9", "core", 1.0, 1000.0, None),
    ]  # fmt: skip
