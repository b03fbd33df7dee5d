"""policy/drg/chs-drg-1.1-outline: whole and named, plain cases where a coder expects them, how far it agrees."""

import csv
import io
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from yiheng.cli.main import app
from yiheng.drg.case import COLUMNS, WEIGHTS, case_of
from yiheng.drg.checks.run import checked
from yiheng.drg.kernel.batch import Grouper
from yiheng.drg.kernel.compile import compiled
from yiheng.drg.packs.opening import open_content, open_pack
from yiheng.drg.packs.pack import Pack
from yiheng.drg.reference import group
from yiheng.drg.result import Result
from yiheng.tables.contract import contract

PACK = "chs-drg-1.1-outline"
ADULT = {"sex": 2, "age": 60, "los": 7}
# How the last character of a DRG's code says what it asks for.
SPLITS = {"1": "mcc", "3": "mcc or cc", "5": "true", "9": "true"}
PHASES = ("surgical", "procedural", "medical")
# A category or subcategory: three or four characters of ICD-10, two to four digits of ICD-9-CM-3.
CATEGORY = re.compile(r"([A-Z]\d\d(\.\d)?|\d\d(\.\d\d?)?)\*")

# What, what is known beside ADULT, diagnoses, procedures, DRG
PLAIN: list[tuple[str, dict[str, Any], list[str], list[str], str]] = [
    ("appendicitis, appendectomy", {}, ["K35.900"], ["47.0100"], "GD25"),
    ("perforated appendix, appendectomy", {}, ["K35.200"], ["47.0900"], "GD15"),
    ("perforated appendix with sepsis", {}, ["K35.200", "A41.900"], ["47.0900"], "GD13"),
    ("normal delivery", {"age": 28}, ["O80.000", "Z37.000"], [], "OR19"),
    ("ruptured membranes, delivered with episiotomy", {"age": 28}, ["O42.000", "Z37.000"], ["73.6x00"], "OC19"),
    ("caesarean section", {"age": 28}, ["O34.200", "Z37.000"], ["74.1x01"], "OB19"),
    ("threatened abortion", {"age": 28}, ["O20.000"], [], "OS29"),
    ("missed abortion, curettage", {"age": 28}, ["O02.100"], ["69.0200"], "OF29"),
    ("tubal pregnancy, salpingectomy", {"age": 28}, ["O00.100"], ["66.6200"], "OE19"),
    ("pneumonia", {}, ["J18.900"], [], "ES35"),
    ("pneumonia with heart failure", {}, ["J18.900", "I50.900"], [], "ES33"),
    ("pneumonia with respiratory failure", {}, ["J18.900", "J96.000"], [], "ES31"),
    ("respiratory failure, long ventilation", {}, ["J96.000"], ["96.7201"], "AH15"),
    ("heart attack", {}, ["I21.900"], [], "FR19"),
    ("heart attack, stent", {}, ["I21.900"], ["36.0700"], "FM19"),
    ("heart attack, balloon first and stent second", {}, ["I21.900"], ["00.6600", "36.0700"], "FM19"),
    ("heart attack, balloon only", {}, ["I21.900"], ["00.6600"], "FM29"),
    ("coronary disease, bypass", {}, ["I25.100"], ["36.1300"], "FC19"),
    ("coronary disease, angiography", {}, ["I25.103"], ["88.5500"], "FM39"),
    ("atrial fibrillation, ablation", {}, ["I48.000"], ["37.3401"], "FL19"),
    ("other tachycardia, ablation", {}, ["I47.100"], ["37.3401"], "FL25"),
    ("sick sinus, pacemaker", {}, ["I49.500"], ["37.8300"], "FK39"),
    ("cataract operation", {}, ["H25.900"], ["13.4100x001", "13.7100x001"], "CB39"),
    ("glaucoma, trabeculectomy", {}, ["H40.100"], ["12.6400"], "CB49"),
    ("broken hip, hip replacement", {}, ["S72.000"], ["81.5200"], "IC29"),
    ("knee arthritis, knee replacement", {}, ["M17.100"], ["81.5400"], "IC29"),
    ("broken femur, fixation", {}, ["S72.100"], ["79.3500"], "IF35"),
    ("implant taken out of the tibia", {}, ["Z47.000"], ["78.6700"], "IF59"),
    ("chemotherapy", {}, ["Z51.103"], ["99.2503"], "RE15"),
    ("chemotherapy for myeloma", {}, ["Z51.103", "C90.000"], ["99.2503"], "RB25"),
    ("radiotherapy", {}, ["Z51.000"], ["92.2400"], "RC19"),
    ("dialysis", {}, ["N18.500"], ["39.9500"], "LL15"),
    ("arteriovenous fistula for dialysis", {}, ["N18.500"], ["39.2700"], "LF15"),
    ("kidney failure", {}, ["N18.500"], [], "LR15"),
    ("stroke", {}, ["I63.900"], [], "BR25"),
    ("stroke, thrombolysis", {}, ["I63.900"], ["99.1005"], "BL19"),
    ("stroke, thrombectomy", {}, ["I63.900"], ["39.7400"], "BE29"),
    ("brain haemorrhage", {}, ["I61.900"], [], "BR15"),
    ("aneurysm bled, coiled", {}, ["I60.900"], ["39.7500"], "BC19"),
    ("cholecystectomy", {}, ["K80.000"], ["51.2300"], "HC29"),
    ("bile duct stone, endoscopic removal", {}, ["K80.500"], ["51.8800"], "HL15"),
    ("inguinal hernia, repair", {}, ["K40.900"], ["53.0000"], "GE15"),
    ("colon polyp, endoscopic removal", {}, ["K63.500"], ["45.4200"], "GK39"),
    ("rectal cancer, resection", {}, ["C20.x00"], ["48.6300"], "GB29"),
    ("breast cancer, mastectomy", {}, ["C50.900"], ["85.4300"], "JA29"),
    ("fibroid, myomectomy", {}, ["D25.900"], ["68.2900"], "NC19"),
    ("cervical cancer, radical hysterectomy", {}, ["C53.900"], ["68.6100"], "NA19"),
    ("prostate, resection", {"sex": 1}, ["N40.x00"], ["60.2900"], "MB19"),
    ("pleural effusion, puncture", {}, ["J90.x00"], ["34.9100"], "EW15"),
    ("diabetes", {}, ["E11.900"], [], "KS15"),
    ("diabetic eye, laser", {}, ["E11.300"], ["14.2400"], "CB19"),
    ("liver transplant", {}, ["K74.600"], ["50.5900"], "AB19"),
    ("schizophrenia", {}, ["F20.900"], [], "TR19"),
    ("HIV disease", {}, ["B24.x00"], [], "YR15"),
    ("burn of a third of the body, graft", {}, ["T31.300"], ["86.6900"], "WB19"),
    ("head and chest injured, femur fixed", {}, ["S06.500", "S27.300", "S72.300"], ["79.3500"], "ZC11"),
    ("two injuries of the chest are one region", {}, ["S27.300", "S25.100"], [], "EU19"),
    ("newborn jaundice", {"age": 0, "age_days": 3, "weight_g": 3200}, ["P59.900"], [], "PU15"),
    ("preterm of 2,100 g", {"age": 0, "age_days": 2, "weight_g": 2100}, ["P07.300"], [], "PS39"),
    ("preterm of 1,400 g", {"age": 0, "age_days": 2, "weight_g": 1400}, ["P07.100"], [], "PS15"),
    ("of unknown weight as 0", {"age": 0, "age_days": 2, "weight_g": 0}, ["P07.100"], [], "PU15"),
    ("infant of 29 days", {"age": 0, "age_days": 29}, ["P59.900"], [], "PV15"),
]


@cache
def outline() -> Pack:
    return open_pack(PACK)


def grouped(case: dict[str, Any]) -> Result:
    return group(outline(), case_of(ADULT | case))


def table(name: str) -> list[dict[str, str]]:
    text = (files("yiheng.policy") / "drg" / PACK / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def test_it_says_that_it_is_unofficial_and_unchecked() -> None:
    pack = outline()
    assert (pack.id, pack.identity.edition) == (PACK, "1.1")
    assert pack.identity.issuer == "Yiheng project, unofficial outline"
    assert (pack.about.checked_until, pack.about.start, pack.about.end) == (None, None, None)


NOTE = "非官方提纲, 不可用于结算 unofficial outline, never for settlement"


def test_every_output_says_that_it_is_unofficial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    case, out = tmp_path / "case.json", tmp_path / "out.parquet"
    case.write_text('{"sex": 2, "age": 60, "dx": ["J18.900"]}', encoding="utf-8")
    (tmp_path / "cases.csv").write_text("case_id,sex,age,dx\n1,2,60,J18.900\n", encoding="utf-8")
    files = ["--cases", str(tmp_path / "cases.csv"), "--out", str(out)]
    ran = CliRunner().invoke(app, ["drg", "group", "--pack", PACK, *files])
    unchecked = "未与原文核对 not checked against its documents"
    assert ran.stdout == f"grouped 1 in {out}; {PACK}: {NOTE}; {unchecked}\n"
    found = pq.read_schema(out).metadata
    assert found[b"pack_note"].decode() == NOTE
    assert found[b"pack_issuer"] == b"Yiheng project, unofficial outline"
    assert found[b"pack_checked_until"] == b"never"
    assert pq.read_table(out)["reason"].to_pylist() == [None]
    told = CliRunner().invoke(app, ["drg", "explain", "--pack", PACK, "--case", str(case)]).stdout
    assert told.splitlines()[0].endswith(f"; Yiheng project, unofficial outline; {NOTE}")
    page = CliRunner().invoke(app, ["policy", "show", PACK, "ES35"]).stdout
    assert page.splitlines()[2] == f"**{NOTE}**"
    assert "- 未与原文核对" in page


def test_it_is_whole() -> None:
    pack = outline()
    rules = [rule for mdc in pack.mdcs for rule in pack.rules[mdc.code]]
    assert "".join(mdc.code for mdc in pack.mdcs) == "APYZMNBCDEFGHIJKLOQRSTUVWX"
    assert (len({rule.adrg for rule in rules}), len(rules)) == (376, 376)
    assert len({its.drg for rule in rules for its in rule.groups}) == 628


def test_everything_has_a_name() -> None:
    unnamed = [row for name in ("mdc", "adrg", "drg") for row in table(name) if not row["name"]]
    assert unnamed == []
    assert {row["adrg"]: row["name"] for row in table("adrg")}["FR1"] == "急性心肌梗死"
    assert {row["drg"]: row["name"] for row in table("drg")}[
        "GD13"
    ] == "伴穿孔、化脓、坏疽等阑尾切除术，伴并发症或合并症"


def test_every_row_of_codes_is_a_category_with_a_note() -> None:
    rows = [row for name in ("mdc_dx", "adrg_list", "cc") for row in table(name)]
    assert [row for row in rows if not CATEGORY.fullmatch(row["code"])] == []
    assert [row for row in rows if not row["note"]] == []


def test_operations_go_before_other_procedures_before_the_medical() -> None:
    for mdc in outline().mdcs:
        places = [PHASES.index(rule.phase) for rule in outline().rules[mdc.code]]
        assert places == sorted(places), mdc.code


def test_splits_are_those_the_codes_say() -> None:
    wrong = [row for row in table("drg") if row["condition"] != SPLITS[row["drg"][-1]]]
    assert wrong == []


def test_checks_find_only_that_there_are_no_code_books() -> None:
    assert [each.name for each in checked(open_content(PACK))] == ["code_not_in_book"]


@pytest.mark.parametrize(("known", "dx", "proc", "drg"), [case[1:] for case in PLAIN], ids=[case[0] for case in PLAIN])
def test_plain_cases(known: dict[str, Any], dx: list[str], proc: list[str], drg: str) -> None:
    found = grouped(known | {"dx": dx, "proc": proc})
    assert (found.status, found.mdc, found.adrg, found.drg) == ("grouped", drg[0], drg[:3], drg)


def test_a_diagnosis_of_the_principals_own_block_does_not_count() -> None:
    assert grouped({"dx": ["J18.900", "J15.000"]}).drg == "ES35"
    assert grouped({"dx": ["J44.100", "J15.000"]}).drg == "ET21"


def test_a_case_that_no_category_takes_has_no_group() -> None:
    assert grouped({"dx": ["Y60.000"]}).status == "ungroupable"
    assert grouped({"sex": 1, "dx": ["N80.100"]}).status == "ungroupable"
    assert grouped({"age": 3, "dx": ["P07.300"]}).status == "ungroupable"


def test_a_case_that_lacks_what_grouping_needs_is_invalid() -> None:
    assert grouped({"dx": []}).status == "invalid"
    assert grouped({"sex": None, "dx": ["J18.900"]}).status == "invalid"
    assert grouped({"age": 0, "age_days": 3, "dx": ["P59.900"]}).status == "invalid"


CASES = st.sampled_from([case for case in PLAIN if len(case[2]) <= 1 and len(case[3]) <= 1])
MORE = st.text("0123456789", max_size=3)


@pytest.mark.property
@given(CASES, MORE)
def test_what_follows_a_category_changes_nothing(
    plain: tuple[str, dict[str, Any], list[str], list[str], str], more: str
) -> None:
    _, known, dx, proc, drg = plain
    assert grouped(known | {"dx": [code + more for code in dx], "proc": [code + more for code in proc]}).drg == drg


@pytest.mark.property
@given(st.permutations(["I50.900", "J96.000", "E11.200", "Q21.100", "R55.x00", "J15.000"]), st.integers(0, 6))
def test_the_order_of_further_diagnoses_changes_nothing(others: list[str], count: int) -> None:
    assert (
        grouped({"dx": ["J18.900", *others[:count]]}).drg == grouped({"dx": ["J18.900", *sorted(others[:count])]}).drg
    )


def _golden(shared: Path, kind: str) -> list[dict[str, Any]]:
    rows = pq.read_table(shared / "golden" / "chs_drg_11.parquet").to_pylist()
    return [row for row in rows if row["kind"] == kind]


# The figures of docs/concepts/outline-pack.md: kind, cases, and how many agree on MDC, ADRG, DRG.
AGREEMENT = [("typical", 5_000, [4_673, 3_984, 3_469]), ("target", 12_000, [10_982, 8_649, 6_231])]


@pytest.mark.slow
@pytest.mark.golden
@pytest.mark.parametrize(("kind", "count", "expected"), AGREEMENT)
def test_agreement_with_the_full_rules(shared: Path, kind: str, count: int, expected: list[int]) -> None:
    rows = _golden(shared, kind)
    found = [group(outline(), case_of(row)) for row in rows]
    agreeing = [
        sum((getattr(its, level) or "") == row[f"exp_{level}"] for its, row in zip(found, rows, strict=True))
        for level in ("mdc", "adrg", "drg")
    ]
    assert (len(rows), agreeing) == (count, expected)


@pytest.mark.slow
@pytest.mark.golden
def test_the_kernel_equals_the_reference(shared: Path) -> None:
    rows = _golden(shared, "typical")
    schema = pa.schema([contract("cases").schema.field(name) for name in (*COLUMNS, *WEIGHTS)])
    found = Grouper(compiled(outline())).group(pa.RecordBatch.from_pylist(rows, schema=schema)).to_pylist()
    assert found == [vars(group(outline(), case_of(row))) for row in rows]
