"""One made-up month, written as hospitals send it and read back: the same content; each planted error by its rule."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from yiheng.cases.identity import KEY_FILE, new_key
from yiheng.cases.load import Loaded, load
from yiheng.cases.quality.book import book
from yiheng.sample.discharges import discharges
from yiheng.sample.forms.carried import as_carried
from yiheng.sample.forms.files import Month, write_month
from yiheng.tables.contract import contract
from yiheng.tables.data import Data
from yiheng.tables.engine import engine
from yiheng.tables.snapshot import Snapshot

SEED = 1
FORMS = ("frontpage", "frontpage_2019", "settlement", "settlement_json")
# A page names its physicians, and the reader makes pseudonyms of names.
NAMED = {"frontpage": {"physician"}, "frontpage_2019": {"physician"}, "settlement": set[str]()}
LOOKED_AT = {"principal_symptom", "long_stay"}


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "region.key"
    new_key(path)
    return path


@pytest.fixture(autouse=True)
def region(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_FILE, str(key))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Month:
    cases = pa.Table.from_batches(list(discharges(SEED, 6_000, (2024,))))
    return write_month(tmp_path_factory.mktemp("clean"), SEED, cases, 2024, 5)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Month:
    cases = pa.Table.from_batches(list(discharges(SEED, 24_000, (2024,))))
    return write_month(tmp_path_factory.mktemp("planted"), SEED, cases, 2024, 5, planted=True)


def held(root: Path, table: str) -> pa.Table:
    with engine() as backend:
        return Snapshot(backend, Data.open(root)).table(table).to_pyarrow()


def base(form: str) -> str:
    return form.removesuffix("_json")


def canonical(month: Month, folder: Path) -> Path:
    """The month's cases as they are, in a DATA of their own."""
    own = contract("cases").own
    path = folder / "cases.parquet"
    pq.write_table(month.cases["frontpage"].select([n for n in contract("cases").schema.names if n not in own]), path)
    load(folder / "data", [path])
    return folder / "data"


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_form_read_back_is_the_canonical_table(clean: Month, form: str, tmp_path: Path) -> None:
    loaded = load(tmp_path / "data", [clean.files[form]])
    cases = clean.cases[base(form)]
    assert (loaded.accepted, loaded.quarantined) == (cases.num_rows, 0)
    want = as_carried(base(form), cases)
    got = held(tmp_path / "data", "cases").sort_by("source_row")
    if base(form) == "settlement":
        # A case of the list is its settlement; the discharge that it belongs to is its stay.
        assert got["stay_id"].to_pylist() == want["case_id"].to_pylist()
        assert got["case_id"].to_pylist() == got["settlement_id"].to_pylist()
        want = want.drop_columns(["case_id"])
    for column in set(want.column_names) - NAMED[base(form)]:
        assert got[column].to_pylist() == want[column].to_pylist(), column


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_one_person_has_one_pseudonym(clean: Month, form: str, tmp_path: Path) -> None:
    """But for newborns, which come without a number or with that of their mother."""
    load(tmp_path / "data", [clean.files[form]])
    got = held(tmp_path / "data", "cases").sort_by("source_row")
    tokens = clean.cases[base(form)]["patient"].to_pylist()
    of_token: dict[str, set[str]] = defaultdict(set)
    for token, patient, days in zip(tokens, got["patient"].to_pylist(), got["age_days"].to_pylist(), strict=True):
        if days is None and patient is not None:
            of_token[token].add(patient)
    found = [its for patients in of_token.values() for its in patients]
    assert len(of_token) > 400
    assert all(len(patients) == 1 for patients in of_token.values())
    assert len(set(found)) == len(found)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["frontpage", "settlement"])
def test_lines_and_stays_read_back_are_the_canonical_tables(clean: Month, form: str, tmp_path: Path) -> None:
    loaded = load(tmp_path / "data", [clean.files[form], clean.files["lines"]])
    assert loaded.quarantined == 0 if form == "frontpage" else True
    lines = held(tmp_path / "data", "lines").sort_by("source_row")
    names = [name for name in contract("lines").schema.names if name not in contract("lines").own]
    want = clean.lines
    if form == "settlement":
        names = [name for name in names if name != "case_id"]
        want = want.take(pa.array([row - 1 for row in lines["source_row"].to_pylist()]))
        assert loaded.quarantined == clean.lines.num_rows - want.num_rows
    assert lines.select(names).cast(want.select(names).schema).equals(want.select(names).combine_chunks())
    stays = held(tmp_path / "data", "icu")
    both = [rows.select(["entered", "left"]).sort_by([("entered", "ascending"), ("left", "ascending")]) for rows in
            (stays, clean.icu)]  # fmt: skip
    if form == "frontpage":
        assert both[0].to_pylist() == both[1].to_pylist()


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_clean_month_has_no_reject_and_its_sums_agree(clean: Month, form: str, tmp_path: Path) -> None:
    loaded = load(tmp_path / "data", [clean.files[form], clean.files["lines"]])
    assert {its.rule.id for its in loaded.checks.values() if its.failed} <= LOOKED_AT | {"line_unknown_case"}
    assert [its.rule.id for its in loaded.checks.values() if its.error] == []
    alone = clean.lines.num_rows - held(tmp_path / "data", "lines").num_rows
    # Who pays alone has no settlement list, and so no case for the lines.
    assert loaded.quarantined == alone == (0 if base(form) != "settlement" else _lines_of_others(clean))


def _lines_of_others(month: Month) -> int:
    insured = month.cases["settlement"]["case_id"].combine_chunks()
    return int(pc.sum(pc.invert(pc.is_in(month.lines["case_id"], value_set=insured))).as_py() or 0)


def confusion(root: Path, truth: pa.Table, file: str) -> tuple[Counter[Any], Counter[Any]]:
    """(kind, rules found) of the planted rows, and the rules found on other rows."""
    found: dict[int, set[str]] = defaultdict(set)
    for table in ("quarantine", "findings"):
        for row in held(root, table).to_pylist():
            if row["file"] == file:
                found[row["row"]].add(row["rule"])
    wanted: dict[int, tuple[str, set[str]]] = {}
    for row in truth.to_pylist():
        kind, rules = wanted.setdefault(row["row"], (row["kind"], set()))
        rules |= {row["rule"], *(row["also"] or "").split("|")} - {""}
    wrong = Counter(
        (kind, *sorted(rules), "found", *sorted(found[row]))
        for row, (kind, rules) in wanted.items()
        if rules != found[row]
    )
    others = Counter(rule for row, rules in found.items() if row not in wanted for rule in rules)
    return wrong, others


@pytest.mark.parametrize("form", FORMS)
def test_every_planted_error_is_found_by_its_rule_and_no_other(planted: Month, form: str, tmp_path: Path) -> None:
    loaded = load(tmp_path / "data", [planted.files[form]])
    truth = planted.truth[base(form)]
    wrong, others = confusion(tmp_path / "data", truth, planted.files[form].name)
    assert wrong == Counter()
    assert set(others) <= LOOKED_AT
    rejecting = {rule.id for rule in book().rules.values() if rule.rejects}
    flags = {rule.id for rule in book().rules.values() if not rule.rejects}
    out = {row["row"] for row in truth.to_pylist() if row["rule"] in rejecting or row["rule"] not in flags}
    assert loaded.quarantined == len(out)
    assert (
        len(set(truth["kind"].to_pylist())) > {"frontpage": 85, "frontpage_2019": 80, "settlement": 48}[base(form)] - 1
    )


@pytest.mark.slow
@pytest.mark.parametrize("form", ["lines", "icu"])
def test_every_planted_error_of_a_detail_is_found_by_its_rule(planted: Month, form: str, tmp_path: Path) -> None:
    root = canonical(planted, tmp_path)
    load(root, [planted.files[form]])
    wrong, others = confusion(root, planted.truth[form], planted.files[form].name)
    assert (wrong, others) == (Counter(), Counter())


@pytest.mark.slow
def test_a_month_is_what_it_is_said_to_be(clean: Month, tmp_path: Path) -> None:
    loaded: Loaded = load(tmp_path / "data", [clean.files["frontpage"], clean.files["lines"]])
    assert [its.word.zh for its in loaded.files] == ["病案首页（HQMS 接口 P 码）", "收费明细"]
    load(tmp_path / "places", list(clean.places.values()))
    for table, path in clean.places.items():
        rows = pq.read_table(path)
        key_columns = [*contract(table).key, *(["valid_from"] if "valid_from" in rows.column_names else [])]
        order = [(name, "ascending") for name in key_columns]
        assert held(tmp_path / "places", table).sort_by(order).to_pylist() == rows.sort_by(order).to_pylist()
