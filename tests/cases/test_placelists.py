"""Code lists of a place: grey, retired and exclusive codes; nothing without a list, exactly the row with one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.load import Loaded, load
from yiheng.cases.quality.book import book
from yiheng.cases.quality.placelists import place_book, place_folder
from yiheng.tables.data import Data

HEADER = "hospital,case_id,year,admit_date,discharge_date,dx,proc,dx_edition,proc_edition"
EDITION = "ICD-10 医保2.0,ICD-9-CM-3 医保2.0"
# A sound case, one that breaks each of the five rules, and its twin beside each.
ROWS = (
    f"H1,sound,2024,2024-03-01,2024-03-06,K35.800|N89.800,47.0100,{EDITION}",
    f"H1,grey,2024,2024-03-01,2024-03-06,N89.800|K35.800,47.0100,{EDITION}",
    f"H1,gone_dx,2024,2024-03-01,2024-03-06,K35.800|B94.800x002,47.0100,{EDITION}",
    f"H1,gone_proc,2024,2024-03-01,2024-03-06,K35.800,47.0900,{EDITION}",
    f"H1,two_dx,2024,2024-03-01,2024-03-06,K35.800|K63.1,47.0100,{EDITION}",
    f"H1,two_proc,2024,2024-03-01,2024-03-06,K35.800,54.1100|47.0100|54.5102,{EDITION}",
    f"H1,before,2023,2023-03-01,2023-12-31,N89.800|K63.1|K35.800,47.0900,{EDITION}",
    "H1,other,2024,2024-03-01,2024-03-06,N89.800|K63.1|K35.800,47.0900,ICD-10 国临2.0,ICD-9-CM-3 国临2.0",
)
RULES = ("principal_grey", "dx_retired", "proc_retired", "dx_exclusive", "proc_exclusive")
ABOUT = "about: {zh: 本地, en: local, base: quality/codes}\n"


def said(name: str, *values: str) -> str:
    """A list as YAML: its values, each with its first day before it."""
    dated = ", ".join(
        f"{{from: {each.split(' ', 1)[0]}, value: {each.split(' ', 1)[1]}, choice: city, checked_until: null}}"
        for each in values
    )
    return f"{name}: {{zh: 例, en: example, unit: codes, values: [{dated}]}}\n"


ALL = "".join([
    said("grey_dx", '2024-01-01 {codes: ["n89.800"], edition: ICD-10 医保2.0}'),
    said("retired_dx", '2024-01-01 {file: retired.csv, edition: ICD-10 医保2.0}'),
    said("retired_proc", '2024-01-01 {codes: ["47.0900"], edition: ICD-9-CM-3 医保2.0}'),
    said("exclusive_dx", '2024-01-01 {file: pairs.csv, edition: ICD-10 医保2.0}'),
    said("exclusive_proc", '2024-01-01 {pairs: [["54.5*", "54.11*"]], edition: ICD-9-CM-3 医保2.0}'),
])  # fmt: skip
FILES = {"retired.csv": "编码,名称\nB94.800X002,旧\nA01*,旧\n", "pairs.csv": "code,other\nA00.0,A01.0\nK63*,K35.800\n"}


@pytest.fixture
def place(tmp_path: Path) -> Callable[..., Path]:
    """A DATA folder with these code lists of its place."""

    def write(text: str, **files: str) -> Path:
        folder = place_folder(tmp_path / "DATA")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "codes.yaml").write_text(ABOUT + text, encoding="utf-8")
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
        return tmp_path / "DATA"

    return write


def found(rows_of: Any, root: Path) -> list[tuple[Any, ...]]:
    return [
        tuple(row.values()) for row in rows_of(root, "findings", "rule", "case_id", "value") if row["rule"] in RULES
    ]


def states(done: Loaded) -> dict[str, tuple[str, int, int, tuple[str, ...]]]:
    checks = done.checks
    return {
        rule: (checks[rule].state, checks[rule].failed, checks[rule].not_applicable, checks[rule].lacks)
        for rule in RULES
    }


def test_without_a_list_its_rule_is_not_applicable(csv_file: Any, rows_of: Any, tmp_path: Path) -> None:
    """Counted in the table of checks, which says what is lacking; no row passes for sound."""
    done = load(tmp_path / "DATA", [csv_file("a.csv", HEADER, *ROWS)])
    lists = ("grey_dx", "retired_dx", "retired_proc", "exclusive_dx", "exclusive_proc")
    assert states(done) == {rule: ("not_applicable", 0, 8, (name,)) for rule, name in zip(RULES, lists, strict=True)}
    assert found(rows_of, tmp_path / "DATA") == []
    told = rows_of(tmp_path / "DATA", "checks", "rule", "state", "rows", "not_applicable", "lacks")
    assert [tuple(row.values()) for row in told if row["rule"] == "principal_grey"] == [
        ("principal_grey", "not_applicable", 8, 8, "grey_dx")
    ]
    assert done.commit.policy == {}


def test_with_lists_each_rule_finds_its_own_row(csv_file: Any, rows_of: Any, place: Any) -> None:
    """Not those of another edition, nor of a day before the list, nor a grey code as another diagnosis."""
    root = place(ALL, **FILES)
    done = load(root, [csv_file("a.csv", HEADER, *ROWS)])
    assert done.accepted == 8
    assert found(rows_of, root) == [
        ("dx_exclusive", "two_dx", "K35.800|K63.1"),
        ("dx_retired", "gone_dx", "K35.800|B94.800x002"),
        ("principal_grey", "grey", "N89.800|K35.800"),
        ("proc_exclusive", "two_proc", "54.1100|47.0100|54.5102"),
        ("proc_retired", "gone_proc", "47.0900"),
    ]
    assert states(done) == dict.fromkeys(RULES, ("failed", 1, 2, ()))
    assert done.commit.policy == {"quality/codes": place_book(root).digest}
    assert Data.open(root).commit(1).policy == done.commit.policy


def test_the_version_in_force_on_the_day_of_discharge_counts(csv_file: Any, rows_of: Any, place: Any) -> None:
    """The last day of the one, the first of the other; a later list says again all that it holds."""
    root = place(said("grey_dx", '2023-01-01 {codes: ["A01.0"]}', '2024-01-01 {codes: ["B01.0"]}'))
    days = ("2022-12-31", "2023-01-01", "2023-12-31", "2024-01-01", "")
    rows = [f"H1,{dx}{place},2024,,{day},{dx}.0,,," for place, day in enumerate(days) for dx in ("A01", "B01")]
    done = load(root, [csv_file("a.csv", HEADER, *rows)])
    assert [case for _, case, _ in found(rows_of, root)] == ["A011", "A012", "B013"]
    check = done.checks["principal_grey"]
    assert (check.rows, check.failed, check.not_applicable, check.unknown) == (10, 3, 4, 0)


def test_a_source_without_what_a_list_asks_for_is_not_judged(csv_file: Any, rows_of: Any, place: Any) -> None:
    root = place(said("grey_dx", "2024-01-01 {codes: [A01.0], edition: ICD-10 医保2.0}"))
    done = load(root, [csv_file("a.csv", "hospital,case_id,year,dx", "H1,1,2024,A01.0")])
    assert done.checks["principal_grey"].lacks == ("discharge_date", "dx_edition")
    assert found(rows_of, root) == []


def test_a_place_may_say_a_list_of_the_book_otherwise(csv_file: Any, rows_of: Any, place: Any) -> None:
    root = place(said("symptoms", '2024-01-01 ["R50-R52"]'))
    rows = [f"H1,{dx},2024,2024-03-01,2024-03-06,{dx},,,," for dx in ("R50.9", "R53")]
    load(root, [csv_file("a.csv", HEADER, *(row.removesuffix(",") for row in rows))])
    told = [
        row["case_id"] for row in rows_of(root, "findings", "case_id", "rule") if row["rule"] == "principal_symptom"
    ]
    assert told == ["R50.9"]


def test_the_digest_is_of_the_file_and_of_those_it_names(place: Any) -> None:
    assert place_book(place(ALL, **FILES)).digest == (first := place_book(place(ALL, **FILES)).digest)
    assert place_book(place(ALL, **{**FILES, "pairs.csv": FILES["pairs.csv"] + "B00,B01\n"})).digest != first
    assert place_book(place(ALL.replace("n89", "n88"), **FILES)).digest != first


def test_a_folder_without_lists_gives_the_book_as_it_is(tmp_path: Path) -> None:
    assert place_book(tmp_path) is book()
    place_folder(tmp_path).mkdir(parents=True)
    assert place_book(tmp_path) is book()


CODES = said("grey_dx", "2024-01-01 {file: a.csv}")


@pytest.mark.parametrize(
    ("text", "content", "refused"),
    [
        (said("gray_dx", "2024-01-01 [A01]"), "", "changes what quality/codes does not set: gray_dx"),
        (said("grey_dx", "2024-01-01 {pairs: [[A, B]]}"), "", "grey_dx from 2024-01-01: is a list of pairs"),
        (said("exclusive_dx", "2024-01-01 {codes: [A]}"), "", "exclusive_dx from 2024-01-01: is a list of codes"),
        (said("exclusive_dx", "2024-01-01 {pairs: [[A, B, C]]}"), "", "pairs are lists of two codes"),
        (said("grey_dx", "2024-01-01 {codes: []}"), "", "codes is a list that is not empty"),
        (
            said("retired_proc", "2024-01-01 {codes: [47.0900]}"),
            "",
            "value 47.09: retired_proc from 2024-01-01: a code needs",
        ),
        (said("retired_proc", "2024-01-01 [60]"), "", "value 60: retired_proc from 2024-01-01: a code needs quotation"),
        (
            said("exclusive_proc", '2024-01-01 {pairs: [["A", 1]]}'),
            "",
            "value 1: exclusive_proc from 2024-01-01: a code",
        ),
        (said("grey_dx", '2024-01-01 {codes: ["*"]}'), "", "value *: grey_dx from 2024-01-01: a code is empty"),
        (CODES, "code\nA\n*\n", "a.csv, row 2, column code: must not be empty"),
        (said("grey_dx", "2024-01-01 {codes: [A], file: a.csv}"), "", "has one of codes, pairs, file"),
        (said("grey_dx", "2024-01-01 {codes: [A], editions: x}"), "", "has one of codes, pairs, file"),
        (said("grey_dx", "2024-01-01 {near: A}"), "", "a code list is codes, like a pattern"),
        (CODES.replace("choice: city, ", ""), "code\nA\n", "neither a document with its article nor whose choice"),
        (CODES.replace("a.csv", "b.csv"), "code\nA\n", "b.csv: there is no such file"),
        (CODES, "diagnosis\nA\n", "a.csv: no column code"),
        (CODES, "code,name\nA,x\n,y\n", "a.csv, row 2, column code: must not be empty"),
        (CODES, "code,name\nA,x,z\n", "a.csv, row 1: has not as many columns as the header"),
        (CODES, "code,name\n", "a.csv: the file has a header and no rows"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_and_nothing_loaded(
    text: str, content: str, refused: str, place: Any, csv_file: Any
) -> None:
    root = place(text, **{"a.csv": content})
    with pytest.raises(Refusal) as caught:
        load(root, [csv_file("cases.csv", HEADER, *ROWS)])
    assert refused in str(caught.value)
    assert not list(root.glob("commits/*.json"))
    assert not list(root.glob("tables/*"))


def test_another_file_of_the_folder_is_not_passed_over(place: Any) -> None:
    with pytest.raises(Refusal, match="limits.yaml: is not read: a place gives its code lists in codes.yaml"):
        place_book(place(said("grey_dx", "2024-01-01 [A01]"), **{"limits.yaml": ""}))


def test_a_file_that_is_no_diff_is_refused(place: Any) -> None:
    root = place(said("grey_dx", "2024-01-01 [A01]"))
    path = place_folder(root) / "codes.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(", base: quality/codes", ""), encoding="utf-8")
    with pytest.raises(Refusal, match="is not a diff over quality/codes"):
        place_book(root)


@pytest.mark.slow
def test_the_command_names_the_rules_without_a_list(csv_file: Any, yiheng: Any, place: Any, tmp_path: Path) -> None:
    path = csv_file("a.csv", HEADER, *ROWS)
    done = yiheng("cases", "load", path, "--to", tmp_path / "bare")
    assert done.returncode == 0
    assert (
        "未提供编码表 no code list given: dx_exclusive (exclusive_dx), proc_exclusive (exclusive_proc), "
        "principal_grey (grey_dx), dx_retired (retired_dx), proc_retired (retired_proc)"
    ) in done.stdout
    root = place(ALL, **FILES)
    done = yiheng("cases", "load", path, "--to", root)
    assert "no code list given" not in done.stdout
    assert f"code lists of the place: {place_folder(root) / 'codes.yaml'} {place_book(root).digest[:16]}" in done.stdout
