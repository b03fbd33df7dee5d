"""Quality rules in a load: what is rejected, what is flagged, nothing is lost, and a clean region is clean."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from yiheng.base.progress import Silent
from yiheng.base.refusal import Refusal
from yiheng.cases.load import load
from yiheng.cases.quality.book import book, read_rules
from yiheng.cases.quality.codelist import CodeList
from yiheng.cases.quality.compile import compile_rule
from yiheng.cases.quality.examine import Examination
from yiheng.cases.quality.facts import Marks
from yiheng.sample.write import write
from yiheng.tables.contract import contract
from yiheng.tables.engine import engine

HEADER = "hospital,case_id,year,admit_date,discharge_date,sex,age,dx"


def test_rejected_rows_are_quarantined_with_their_cure_and_flagged_ones_go_in(
    csv_file: Any, rows_of: Any, tmp_path: Path
) -> None:
    path = csv_file(
        "a.csv", HEADER,
        "H1,1,2024,2024-03-01,2024-03-05,1,40,I10",
        "H1,2,2024,2024-03-05,2024-03-01,1,40,I10",
        "H1,3,2024,2024-03-01,2024-03-05,9,130,I10|I10",
        "H1,4,2024,2024-03-01,2024-03-05,1,40,I1O|I1O",
        "H1,5,2023,2024-03-01,2024-03-05,,40,",
        "H1,6,2024,2024-02-30,2024-03-05,9,40,I10",
    )  # fmt: skip
    root = tmp_path / "DATA"
    loaded = load(root, [path])
    assert (loaded.accepted, loaded.quarantined) == (3, 3)
    found = rows_of(root, "quarantine", "row", "column", "value", "rule", "cure_en")
    assert sorted(tuple(row.values()) for row in found) == [
        (2, "discharge_date", "2024-03-01", "discharge_before_admission", "correct the dates from the record"),
        (3, "age", "130", "age_range", "correct the age from the day of birth"),
        (3, "sex", "9", "sex_code", "use a code of the dictionary"),
        (6, "admit_date", "2024-02-30", "date", None),
    ]
    flagged = rows_of(root, "findings", "case_id", "rule", "column", "value", "file", "row", "commit")
    assert [tuple(row.values()) for row in flagged] == [
        ("4", "dx_form", "dx", "I1O|I1O", "a.csv", 4, 1),
        ("4", "dx_twice", "dx", "I1O|I1O", "a.csv", 4, 1),
        ("5", "dx_missing", "dx", None, "a.csv", 5, 1),
        ("5", "sex_missing", "sex", None, "a.csv", 5, 1),
        ("5", "year_of_discharge", "year", "2023", "a.csv", 5, 1),
    ]
    checks = {row["rule"]: row for row in rows_of(root, "checks", "rule", "state", "rows", "failed", "not_applicable")}
    assert set(checks) == {rule.id for rule in book().of("canonical")}
    assert checks["sex_code"] == {"rule": "sex_code", "state": "failed", "rows": 5, "failed": 1, "not_applicable": 0}
    assert (checks["paid_sum"]["state"], checks["paid_sum"]["not_applicable"]) == ("not_applicable", 5)
    assert loaded.checks["dx_twice"].failed == 2


def test_columns_are_named_as_the_sender_does(csv_file: Any, rows_of: Any, tmp_path: Path) -> None:
    mapping = tmp_path / "map.yaml"
    mapping.write_text(
        "columns: {hospital: h, case_id: c, year: {constant: 2024}, sex: 性别, los: 天}", encoding="utf-8"
    )
    load(tmp_path / "DATA", [csv_file("a.csv", "h,c,性别,天", "H,1,3,5", "H,2,1,61")], mapping)
    assert [row["column"] for row in rows_of(tmp_path / "DATA", "quarantine", "column")] == ["性别"]
    assert [row["column"] for row in rows_of(tmp_path / "DATA", "findings", "column")] == ["天"]


def test_a_duplicate_leaves_no_finding(csv_file: Any, rows_of: Any, tmp_path: Path) -> None:
    row = "H1,1,2024,2024-03-01,2024-03-05,,40,I10"
    loaded = load(tmp_path / "DATA", [csv_file("a.csv", HEADER, row, row, row.replace("H1,1", "H1,2"))])
    assert (loaded.accepted, loaded.quarantined) == (2, 1)
    assert [row["row"] for row in rows_of(tmp_path / "DATA", "findings", "row")] == [1, 3]


@pytest.mark.slow
def test_the_command_says_what_the_rules_found(yiheng: Any, csv_file: Any, tmp_path: Path) -> None:
    path = csv_file("a.csv", HEADER, "H1,1,2024,2024-03-01,2024-03-05,,40,I10", "H1,2,2024,,2024-03-05,1,40,I10")
    lines = yiheng("cases", "load", path, "--to", tmp_path / "DATA").stdout.splitlines()
    assert "flag sex_missing 性别为空 / no sex: 1 of 2 rows (50.00 %)" in lines
    assert any(line.startswith(f"质量规则 quality rules {len(book().of('canonical'))}: ") for line in lines)


def test_a_clean_region_has_no_reject_and_only_intended_flags(rows_of: Any, tmp_path: Path) -> None:
    """Fever and headache are principal diagnoses in life too, and some stay long."""
    files = write(tmp_path / "sample", 20250101, 3000, Silent())
    loaded = load(tmp_path / "DATA", [path for path in files if path.name.startswith("cases-")])
    assert (loaded.accepted, loaded.quarantined) == (9000, 0)
    found = Counter(row["rule"] for row in rows_of(tmp_path / "DATA", "findings", "rule"))
    assert set(found) == {"principal_symptom", "long_stay"}
    assert sum(found.values()) < 9000 * 0.03


def made_up(count: int) -> list[dict[str, Any]]:
    """Rows near the edges of the rules, with gaps."""
    chance = Random(3)
    codes = ["O80.0", "Z37.0", "S72.0", "C53.9", "N40", "Z51.1", "n40", "I1O", "R50.9", None]

    def some(value: Any) -> Any:
        return None if chance.random() < 0.2 else value

    rows = []
    for number in range(count):
        admitted = date(2024, 1, 1) + timedelta(chance.randrange(90))
        rows.append({
            "hospital": "H", "case_id": str(number), "year": 2024, "admit_date": some(admitted),
            "discharge_date": some(admitted + timedelta(chance.randrange(-2, 5))), "los": some(chance.randrange(6)),
            "sex": some(chance.randrange(4)), "age": some(chance.randrange(-1, 3)),
            "age_days": some(chance.randrange(40)),
            "dx": some([chance.choice(codes) for _ in range(chance.randrange(4))]), "external_cause": some("W19"),
            "discharge": some(chance.randrange(1, 6)), "to_hospital": some("H2"),
        })  # fmt: skip
    return rows


Test = Callable[[dict[str, Any]], bool]


def codes_of(row: dict[str, Any]) -> list[str]:
    return [code.upper() for code in row["dx"] or [] if code]


PLAIN: dict[str, Test] = {
    "sex_code": lambda r: r["sex"] is not None and r["sex"] not in (1, 2),
    "age_range": lambda r: r["age"] is not None and not 0 <= r["age"] <= 120,
    "dx_missing": lambda r: not codes_of(r),
    "principal_missing": lambda r: bool(codes_of(r)) and r["dx"][0] is None,
    "discharge_before_admission": lambda r: (
        None not in (r["admit_date"], r["discharge_date"]) and r["discharge_date"] < r["admit_date"]
    ),
    "los_of_dates": lambda r: (
        None not in (r["admit_date"], r["discharge_date"], r["los"])
        and r["los"] >= 1
        and (r["discharge_date"] - r["admit_date"]).days >= 0
        and r["los"] != max(1, (r["discharge_date"] - r["admit_date"]).days)
    ),
    "male_dx_of_female": lambda r: r["sex"] == 2 and "N40" in codes_of(r),
    "delivery_without_outcome": lambda r: "O80.0" in codes_of(r) and "Z37.0" not in codes_of(r),
    "injury_without_cause": lambda r: bool(r["dx"]) and r["dx"][0] == "S72.0" and r["external_cause"] is None,
    "treatment_without_tumour": lambda r: bool(r["dx"]) and r["dx"][0] == "Z51.1" and "C53.9" not in r["dx"],
    "dx_twice": lambda r: len(codes_of(r)) > len(set(codes_of(r))),
    "dx_form": lambda r: "I1O" in codes_of(r),
    "principal_symptom": lambda r: bool(r["dx"]) and r["dx"][0] == "R50.9",
    "transfer_without_receiver": lambda r: r["discharge"] == 2 and r["to_hospital"] is None,
}


@pytest.mark.parity
def test_rules_agree_with_plain_python() -> None:
    rows = made_up(2000)
    with engine() as backend:
        examination = Examination(backend, book(), "canonical", frozenset(rows[0]))
        broken = examination.examine(pa.Table.from_pylist(rows, schema=contract("cases").schema))
    for rule, plain in PLAIN.items():
        expected = [place for place, row in enumerate(rows) if plain(row)]
        assert expected, rule
        assert broken[rule].nonzero()[0].tolist() == expected, rule


def test_a_code_list_is_of_beginnings_ranges_or_a_pattern() -> None:
    held = CodeList.of("x", ["S00-T98", "Z51.1", "60"]).holds
    assert [held(code) for code in ("S00.0", "T98.3", "t98", "Z51.103", "Z511", "60.29")] == [True] * 6
    assert [held(code) for code in ("R99", "U00", "Z51.003", "06.02", "")] == [False] * 5
    assert CodeList.of("x", {"unlike": "[A-Z][0-9]+"}).holds("1A")
    with pytest.raises(Refusal, match="a code list is codes"):
        CodeList.of("x", {"near": "A"})


WHOLE = """
about: {zh: 例, en: example}
table: cases
profiles: [canonical]
rules:
  one:
    {zh: 甲, en: a, why: {zh: 乙, en: b}, cure: {zh: 丙, en: c}, severity: flag, when: sex == 1, column: sex,
     practice: ours, checked_until: null}
"""


def test_a_whole_rule_is_read() -> None:
    about, [rule] = read_rules("example", WHOLE)
    assert (about.en, rule.id, rule.rejects, rule.practice, rule.why.zh) == ("example", "one", False, "ours", "乙")


@pytest.mark.parametrize(
    ("said", "instead", "refused"),
    [
        ("severity: flag", "severity: loud", "one: severity is one of reject, flag"),
        ("practice: ours", "document: d", "one: its source is a document with its article, or a practice"),
        ("practice: ours", "practice: ours, document: d, article: a", "one: its source is a document"),
        ("{zh: 丙, en: c}", "{zh: 丙, en: ''}", "one: cure: needs zh and en"),
        ("{zh: 乙, en: b}", "{zh: 乙}", "one: why: missing or unknown en"),
        ("sex == 1", "sex ==", "one: expected a name"),
        ("column: sex,", "", "one: missing or unknown column"),
        ("[canonical]", "[papyrus]", "there is no profile papyrus"),
    ],
)
def test_what_a_rule_fails_to_say_is_refused(said: str, instead: str, refused: str) -> None:
    assert said in WHOLE
    with pytest.raises(Refusal) as caught:
        read_rules("example", WHOLE.replace(said, instead))
    assert str(caught.value).startswith(f"file quality/rules/example.yaml: {refused}")


@pytest.mark.parametrize(
    ("when", "refused"),
    [
        ("wages > 1", "there is no wages"),
        ("dx any no_list", "there is no code list no_list"),
        ("pairs(dx, no_list) > 0", "there is no list of pairs no_list"),
        ("pairs(dx, tumours) > 0", "there is no list of pairs tumours"),
        ("sex in tumours", "sex is not a code"),
        ("pdx any tumours", "pdx is not codes"),
        ("dx in tumours", "dx is not a code"),
        ("median(los) > 1", "there is no function median of 1"),
        ("smallest(los) > 1", "los is not a list"),
        ("los + 1", "los + 1 is no condition"),
        ("sex", "sex is neither true nor false"),
        ("los > (sex > 1)", "sex > 1 is no value"),
    ],
)
def test_an_expression_that_means_nothing_is_refused(when: str, refused: str) -> None:
    _, [rule] = read_rules("example", WHOLE.replace("sex == 1", f"'{when}'"))
    with pytest.raises(Refusal, match="quality/rules/example.yaml: one: ") as caught:
        compile_rule(rule, book(), frozenset(contract("cases").schema.names), Marks(list(book().lists.values())))
    assert str(caught.value).endswith(refused)
