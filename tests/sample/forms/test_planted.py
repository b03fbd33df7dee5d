"""Planted errors: each breaks its rule and no other, and every rule is planted or said to be impossible."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml

from yiheng.cases.finding import RULES
from yiheng.cases.quality.book import book
from yiheng.cases.quality.examine import Examination
from yiheng.sample.forms.carried import FORMS, as_carried, carried
from yiheng.sample.forms.errors import CELLS, KINDS
from yiheng.sample.forms.frontpage import page, write_pages
from yiheng.sample.forms.planted import Planted, by_code, kinds_of, plant, sheets, write_planted
from yiheng.sample.forms.settlement import flat
from yiheng.sample.forms.told import Told
from yiheng.sample.tables import table
from yiheng.tables.contract import contract
from yiheng.tables.engine import engine

# Life has them too: fever as principal diagnosis, and long stays.
NATURAL = {"principal_symptom", "long_stay"}


def rules_of_cases(root: Path) -> list[str]:
    """The rules of the policy files that are held against cases or against stays in intensive care."""
    found = []
    for path in sorted((root / "src/yiheng/policy/quality/rules").glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if content.get("table", "cases") in ("cases", "icu"):
            found += list(content["rules"])
    return found


@pytest.fixture(scope="module", params=FORMS)
def planted(request: pytest.FixtureRequest, whole: Told, lists: Told) -> Planted:
    return plant(request.param, 7, lists if request.param == "settlement" else whole)


def test_every_rule_is_planted_or_said_to_be_impossible(root: Path) -> None:
    for form in FORMS:
        here = [row["rule"] for row in kinds_of(form)]
        impossible = {row["rule"]: row["why"] for row in table("planted_not") if row["form"] == form}
        assert all(impossible.values())
        assert not set(here) & set(impossible)
        assert set(rules_of_cases(root)) <= {*here, *impossible}
    known = {*rules_of_cases(root), *RULES}
    for row in table("planted"):
        if row["level"] != "line":
            assert {row["rule"], row["also"] or row["rule"]} <= known, row["kind"]


def test_every_kind_has_its_change() -> None:
    by_level: dict[str, set[str]] = {}
    for row in table("planted"):
        by_level.setdefault(row["level"], set()).add(row["kind"])
    assert by_level["case"] == set(KINDS)
    assert by_level["cell"] == set(CELLS)
    for row in table("planted"):
        if row["level"] == "cell":
            assert all(by_code(form, CELLS[row["kind"]]) for form in row["forms"].split("|")), row["kind"]


@pytest.mark.slow
def test_each_kind_comes_once_at_least_and_no_case_twice(planted: Planted) -> None:
    wanted = {row["kind"] for row in kinds_of(planted.form)}
    if planted.form == "settlement":
        wanted -= {"row_too_long"}
    assert set(planted.truth["kind"].to_pylist()) == wanted
    rows = planted.truth["row"].to_pylist()
    assert len(set(rows)) == len(rows)
    assert rows == sorted(rows)


@pytest.mark.slow
def test_a_planted_case_breaks_its_rule_and_no_other(planted: Planted) -> None:
    """Through the form as it is carried; what only shows in a cell or among the stays breaks nothing here."""
    seen = as_carried(planted.form, planted.told.cases)
    schema = contract("cases").schema
    columns = [
        seen[name] if name in seen.column_names else pa.nulls(len(seen), schema.field(name).type)
        for name in schema.names
    ]
    with engine() as backend:
        examination = Examination(backend, book(), planted.form.partition("_")[0], frozenset(carried(planted.form)))
        broken = examination.examine(pa.table(columns, schema=schema))
    found: dict[int, set[str]] = {}
    for rule, mask in broken.items():
        for place in np.flatnonzero(mask):
            found.setdefault(int(place) + 1, set()).add(rule)
    level = {row["kind"]: row["level"] for row in table("planted")}
    elsewhere = {"discharge_date_missing": {"discharge_date_missing"}, "icu_outside_stay": set()}
    for error in planted.truth.to_pylist():
        expected = elsewhere.get(error["kind"], {error["rule"]} if level[error["kind"]] == "case" else set())
        assert found.pop(error["row"], set()) == expected, error["kind"]
    assert set().union(*found.values()) <= NATURAL


@pytest.mark.slow
def test_rows_without_an_error_are_as_they_were(planted: Planted, whole: Told, lists: Told) -> None:
    clean = lists if planted.form == "settlement" else whole
    before = pa.concat_tables(_sheet(planted.form, block) for block in clean.blocks()).to_pylist()
    after = pa.concat_tables(sheets(planted)).to_pylist()
    wrong = set(planted.truth["row"].to_pylist())
    level = {row["kind"]: row["level"] for row in table("planted")}
    changed = {number for number, (one, other) in enumerate(zip(before, after, strict=False), 1) if one != other}
    assert changed == {error["row"] for error in planted.truth.to_pylist() if level[error["kind"]] != "row"}
    twice = [error for error in planted.truth.to_pylist() if error["kind"] == "row_twice"]
    assert len(after) == len(before) + len(twice)
    assert all(after[error["row"] - 1] in before for error in twice)
    assert changed <= wrong


def _sheet(form: str, told: Told) -> pa.Table:
    return flat(told) if form == "settlement" else page(form, told)


@pytest.mark.slow
def test_a_file_has_the_errors_in_the_rows_that_the_truth_names(planted: Planted, tmp_path: Path) -> None:
    path = write_planted(tmp_path / "p.csv", planted, "utf-8-sig")
    with path.open(encoding="utf-8-sig", newline="") as file:
        first, *rows = list(csv.reader(file))
    told = pa.concat_tables(sheets(planted)).to_pylist()
    assert len(rows) == len(told) + planted.too_long
    for error in planted.truth.to_pylist():
        row = rows[error["row"] - 1]
        if error["kind"] == "row_too_long":
            assert len(row) == len(first) + 1
            continue
        its: dict[str, Any] = dict(zip(first, row, strict=True))
        assert its == {code: text or "" for code, text in told[error["row"] - 1].items()}
        for code, text in by_code(planted.form, CELLS.get(error["kind"], {})).items():
            assert its[code] == (text or "")


def test_json_has_the_errors_of_single_fields_too(lists: Told, tmp_path: Path) -> None:
    wrong = plant("settlement", 7, lists.part(0, 2000), ["stay_in_words", "hospital_empty", "paid_sum", "row_twice"])
    path = write_planted(tmp_path / "s.json", wrong, "gb18030")
    sent = json.loads(path.read_text(encoding="gb18030"))
    by_kind = {error["kind"]: sent[error["row"] - 1] for error in wrong.truth.to_pylist()}
    assert by_kind["stay_in_words"]["setlinfo"]["act_ipt_days"] == "三天"
    assert by_kind["hospital_empty"]["setlinfo"]["fixmedins_code"] is None
    assert by_kind["row_twice"] in sent[:2000]
    assert len(sent) == 2001


def test_numbers_are_wrong_in_one_way(whole: Told) -> None:
    kinds = ["check_digit_wrong", "number_of_the_other_sex", "number_of_another_age"]
    wrong = plant("frontpage", 7, whole, kinds)
    sheet = pa.concat_tables(sheets(wrong)).to_pylist()
    for error in wrong.truth.to_pylist():
        own, other = whole.identity["number"][error["row"] - 1].as_py(), sheet[error["row"] - 1]["P13"]
        if error["kind"] == "check_digit_wrong":
            assert other[:17] == own[:17]
            assert other[17] != own[17]
        elif error["kind"] == "number_of_the_other_sex":
            assert other[:16] == own[:16]
            assert (int(other[16]) - int(own[16])) % 2 == 1
        else:
            assert int(own[6:10]) - int(other[6:10]) == 10
            assert other[10:17] == own[10:17]


@pytest.mark.slow
def test_the_same_seed_plants_the_same(whole: Told) -> None:
    one, other, third = (plant("frontpage", seed, whole) for seed in (7, 7, 8))
    assert one.truth.equals(other.truth)
    assert not one.truth.equals(third.truth)
    assert one.told.cases.equals(other.told.cases)
    assert one.cells == other.cells


def test_nothing_planted_is_the_clean_form(whole: Told, tmp_path: Path) -> None:
    few = whole.part(0, 100)
    nothing = write_planted(tmp_path / "a.csv", plant("frontpage", 7, few, ()))
    assert nothing.read_bytes() == write_pages(tmp_path / "b.csv", "frontpage", few).read_bytes()
