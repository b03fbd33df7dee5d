"""`yiheng drg`: the contract of group and explain: rows, order, columns, metadata, runs, words, refusals."""

import ast
import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiheng.drg.packs.load import read_pack
from yiheng.tables.contract import contract
from yiheng.tables.data import Data

PACK = {
    "mdc.csv": "mdc,name,order,kind,logic\nI,循环,1,principal_dx,pdx in MDC\nJ,呼吸,2,principal_dx,pdx in MDC\n",
    "mdc_dx.csv": "mdc,code,site\nI,I21.900,\nJ,J18*,\n",
    "adrg.csv": "rule,adrg,mdc,order,phase,logic,if_no_drg\nIB1,IB1,I,1,surgical,pproc in ss,next\n"
    "IR1,IR1,I,2,medical,pdx in MDC,next\nJS1,JS1,J,1,medical,pdx in MDC,next\n",
    "adrg_list.csv": "owner,list,code\nIB1,ss,36.0600x004\n",
    "drg.csv": "rule,adrg,drg,name,order,condition\nIB1,IB1,IB19,支架,1,true\n"
    "IR1,IR1,IR11,梗死伴合并症,1,mcc or cc\nIR1,IR1,IR15,梗死,2,true\nJS1,JS1,JS19,肺炎,1,los >= 1\n",
    "cc.csv": "code,level,exclusion_table\nE11.900,CC,1\nI10.x05,CC,2\n",
    "exclusion.csv": "principal_code,exclusion_table\nI21.900,2\n",
    "icd10.csv": "code,name\nI21.900,心肌梗死\nJ18.900,肺炎\nE11.900,2型糖尿病\nI10.x05,高血压\n",
    "icd9.csv": "code,name,is_valid_or\n36.0600x004,支架置入,1\n",
}
CASES: list[dict[str, Any]] = [
    {"case_id": "3", "sex": 1, "age": 60, "los": 5, "dx": ["I21.900"], "proc": ["36.0600X004"]},
    {"case_id": "1", "sex": 2, "age": 70, "los": None, "dx": ["j18.900"], "proc": None},
    {"case_id": "1", "sex": 2, "age": 70, "los": 1, "dx": ["Ｊ18.900", "Q00"], "proc": []},
    {"case_id": "2", "sex": 1, "age": 60, "los": 9, "dx": ["I21.900", "I10.x05", "E11.900"], "proc": []},
    {"case_id": "9", "sex": None, "age": 60, "los": 9, "dx": [], "proc": []},
]
ANSWERS = [
    ("3", "grouped", "I", "IB1", "IB19", None, "none"),
    ("1", "ungroupable", None, None, None, "no rule of MDC J matches", None),
    ("1", "grouped", "J", "JS1", "JS19", "unknown dx Q00", "none"),
    ("2", "grouped", "I", "IR1", "IR11", None, "CC"),
    ("9", "invalid", None, None, None, "no diagnosis; sex is neither 1 nor 2", None),
]
NAMES = ("case_id", "status", "mdc", "adrg", "drg", "reason", "severity")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A small rule pack."""
    folder = tmp_path / "pack"
    folder.mkdir()
    for name, text in PACK.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """CASES as Parquet with the case table's types."""
    schema = pa.schema([contract("cases").schema.field(name) for name in CASES[0]])
    pq.write_table(pa.Table.from_pylist(CASES, schema=schema), tmp_path / "cases.parquet")
    return tmp_path / "cases.parquet"


def test_group_keeps_rows_and_order_and_says_what_it_was_made_with(
    yiheng: Callable[..., Any], pack: Path, cases: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.parquet"
    ran = yiheng("drg", "group", "--pack", pack, "--cases", cases, "--out", out)
    counts = f"grouped 3, invalid 1, ungroupable 1 in {out}"
    assert (ran.code, ran.out) == (0, f"{counts}; pack: 未与原文核对 not checked against its documents\n")
    table = pq.read_table(out)
    assert [(field.name, field.type) for field in table.schema] == [(name, pa.string()) for name in NAMES]
    assert [tuple(row.values()) for row in table.to_pylist()] == ANSWERS
    assert table.schema.metadata[b"pack_digest"].decode() == read_pack(pack).digest
    assert b"code_version" in table.schema.metadata
    assert table.schema.metadata[b"pack_checked_until"] == b"never"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cases.parquet", "out.parquet", "pack"]


def test_a_csv_in_or_out_gives_the_same(yiheng: Callable[..., Any], pack: Path, tmp_path: Path) -> None:
    text = tmp_path / "cases.csv"
    with text.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["hospital", *CASES[0]])
        for row in CASES:
            cells = ["|".join(cell) if isinstance(cell, list) else cell for cell in row.values()]
            writer.writerow(["H1", *cells])
    out = tmp_path / "out.csv"
    assert yiheng("drg", "group", "--pack", pack, "--cases", text, "--out", out).code == 0
    with out.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["hospital", *NAMES]
    assert [tuple(cell or None for cell in row) for row in rows] == [("H1", *answer) for answer in ANSWERS]


def test_other_types_and_many_row_groups_give_the_same(
    yiheng: Callable[..., Any], pack: Path, cases: Path, tmp_path: Path
) -> None:
    table, out = pq.read_table(cases), tmp_path / "out.parquet"
    wide = table.set_column(2, "age", table["age"].cast(pa.int64())).set_column(
        1, "sex", table["sex"].cast(pa.string())
    )
    pq.write_table(wide, tmp_path / "wide.parquet")
    pq.write_table(pa.concat_tables([table] * 20), tmp_path / "many.parquet", row_group_size=3)
    pq.write_table(table, tmp_path / "plain.parquet", use_dictionary=False)
    for name, times in (("wide", 1), ("many", 20), ("plain", 1)):
        ran = yiheng("drg", "group", "--pack", pack, "--cases", tmp_path / f"{name}.parquet", "--out", out)
        assert ran.code == 0
        assert [tuple(row.values()) for row in pq.read_table(out).to_pylist()] == ANSWERS * times


def test_a_file_without_cases_gives_one_without_results(
    yiheng: Callable[..., Any], pack: Path, cases: Path, tmp_path: Path
) -> None:
    empty, out = tmp_path / "empty.parquet", tmp_path / "out.parquet"
    pq.write_table(pq.read_table(cases).slice(0, 0), empty)
    assert yiheng("drg", "group", "--pack", pack, "--cases", empty, "--out", out).code == 0
    assert (pq.read_table(out).num_rows, tuple(pq.read_table(out).column_names)) == (0, NAMES)


@pytest.mark.parametrize(
    ("checked", "said", "known"),
    [
        ("", "city: 本地试行; 未与原文核对 not checked against its documents", "never"),
        ("checked_until = 2020-12-31", "city: 本地试行; 核对至 checked until 2020-12-31", "2020-12-31"),
        ("checked_until = 9999-12-31", "city: 本地试行", "9999-12-31"),
    ],
)
def test_every_output_says_what_a_pack_says_of_itself(
    yiheng: Callable[..., Any], pack: Path, cases: Path, tmp_path: Path, checked: str, said: str, known: str
) -> None:
    (pack / "pack.toml").write_text(
        f'id = "city"\nissuer = "市医保局"\nnote = "本地试行"\n{checked}\n', encoding="utf-8"
    )
    diff, out = tmp_path / "diff", tmp_path / "out.parquet"
    diff.mkdir()
    (diff / "pack.toml").write_text('id = "over"\nbase = "../pack"\n', encoding="utf-8")
    group = ("drg", "group", "--cases", cases, "--out", out, "--pack")
    for _ in ("compiled", "kept"):
        assert yiheng(*group, pack).out == f"grouped 3, invalid 1, ungroupable 1 in {out}; {said}\n"
        found = pq.read_schema(out).metadata
        texts = [found[f"pack{what}".encode()].decode() for what in ("", "_issuer", "_note", "_checked_until")]
        assert texts == ["city", "市医保局", "本地试行", known]
    assert "; over: 本地试行; 未与原文核对" in yiheng(*group, diff).out
    explain = ("drg", "explain", "--pack", pack, "--cases", cases, "--case-id", "2")
    digest = read_pack(pack).digest
    assert yiheng(*explain).out.splitlines()[0] == f"方案: city ({digest[:10]}); 市医保局; 本地试行"
    data = json.loads(yiheng(*explain, "--json").out)
    assert (data["pack"], data["pack_digest"], data["pack_note"]) == ("city", digest, "本地试行")


def test_a_grouping_of_data_is_kept_as_a_run(
    yiheng: Callable[..., Any], pack: Path, cases: Path, tmp_path: Path
) -> None:
    table = pq.read_table(cases).slice(2, 2)
    table = table.append_column("hospital", pa.array(["B", "A"]))
    table = table.append_column("year", pa.array([2024, 2024], pa.int16()))
    pq.write_table(table, tmp_path / "load.parquet")
    data, out = tmp_path / "DATA", tmp_path / "out.parquet"
    assert yiheng("cases", "load", tmp_path / "load.parquet", "--to", data).code == 0
    assert yiheng("drg", "group", "--pack", pack, "--cases", data, "--out", out).code == 0
    expected = [("A", *ANSWERS[3]), ("B", *ANSWERS[2])]
    assert [tuple(row.values()) for row in pq.read_table(out).to_pylist()] == expected
    assert pq.read_schema(out).metadata[b"commit"] == b"1"
    (run,) = (Data.open(data).results / "groupings").glob("0*")
    assert [tuple(row.values()) for row in pq.read_table(run / "cases.parquet").to_pylist()] == expected
    kept = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert kept["inputs"]["policy"] == {"pack": read_pack(pack).digest}


def test_what_is_wrong_is_one_line_and_leaves_nothing(
    yiheng: Callable[..., Any], pack: Path, cases: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.parquet"
    pq.write_table(pq.read_table(cases).drop_columns(["age"]), tmp_path / "no_age.parquet")
    ran = yiheng("drg", "group", "--pack", pack, "--cases", tmp_path / "no_age.parquet", "--out", out)
    assert ran.refusal == "file no_age.parquet, column age: this column is missing"
    (pack / "adrg.csv").write_text("rule\nx\n", encoding="utf-8")
    ran = yiheng("drg", "group", "--pack", pack, "--cases", cases, "--out", out)
    assert ran.refusal == "file adrg.csv, column adrg: this column is missing"
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(cases.read_bytes()[:200] + bytes(50) + cases.read_bytes()[250:])
    (pack / "adrg.csv").write_text(PACK["adrg.csv"], encoding="utf-8")
    assert yiheng("drg", "group", "--pack", pack, "--cases", damaged, "--out", out).code == 2
    assert not out.exists()


def test_what_is_odd_about_a_pack_is_a_warning(
    yiheng: Callable[..., Any], pack: Path, cases: Path, tmp_path: Path
) -> None:
    (pack / "adrg_list.csv").write_text("owner,list,code\n", encoding="utf-8")
    ran = yiheng("drg", "group", "--pack", pack, "--cases", cases, "--out", tmp_path / "out.parquet")
    assert ran.code == 0
    assert "warning: adrg.csv row 1: the list IB1 ss is empty: it never matches (empty_list)\n" in ran.err


EXPLAINED = """\
方案: pack ({digest})
诊断: I21.900 心肌梗死, I10.X05 高血压, E11.900 2型糖尿病
手术操作: -
结果: 已入组 I > IR1 > IR11
依次判断:
  [符合] MDC I 循环: pdx in MDC (mdc.csv 1)
      I21.900 @ MDCI MDC (mdc_dx.csv 1)
  [不符合] ADRG规则 IB1: pproc in ss (adrg.csv 1)
  [符合] ADRG规则 IR1: pdx in MDC (adrg.csv 2)
      I21.900 @ MDCI MDC (mdc_dx.csv 1)
  [符合] DRG IR11 梗死伴合并症: mcc or cc (drg.csv 2)
并发症与合并症:
  CC E11.900 2型糖尿病: 计入 (cc.csv 1)
  CC I10.X05 高血压: 排除(主要诊断的排除表亦为 2) (cc.csv 2)
"""


def test_explain_tells_the_way_of_a_case(yiheng: Callable[..., Any], pack: Path, cases: Path) -> None:
    ran = yiheng("drg", "explain", "--pack", pack, "--cases", cases, "--case-id", "2")
    assert (ran.code, ran.out) == (0, EXPLAINED.format(digest=read_pack(pack).digest[:10]))


def test_explain_in_english_says_what_was_missing(yiheng: Callable[..., Any], pack: Path, tmp_path: Path) -> None:
    one = tmp_path / "one.json"
    one.write_text(json.dumps({"sex": 1, "age": 5, "dx": ["J18.900"], "note": "x"}), encoding="utf-8")
    ran = yiheng("drg", "explain", "--pack", pack, "--case", one, "--lang", "en")
    assert ran.out.splitlines()[3:5] == ["result: ungroupable", "reason: no rule of MDC J matches"]
    assert ran.out.splitlines()[-2:] == ["what was missing, and what asked for it:", "  los <- JS19: los >= 1"]
    data = json.loads(yiheng("drg", "explain", "--pack", pack, "--case", one, "--json").out)
    assert data["result"]["status"] == "ungroupable"
    assert [step["id"] for step in data["steps"]] == ["I", "J", "JS1", "JS19"]
    assert data["missing"] == [{"field": "los", "asked_by": ["JS19: los >= 1"]}]


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        ({"dx": ["J18.900", "Q00"]}, ["结果: 未入组", "原因: MDC J 中没有符合的规则; 未知诊断编码 Q00"]),
        ({"dx": ["Q00"]}, ["结果: 未入组", "原因: 没有 MDC 收入此病例; 未知诊断编码 Q00"]),
        ({"sex": 3, "dx": []}, ["结果: 校验未通过", "原因: 无诊断; 性别不是 1 或 2"]),
        (
            {"dx": ["I21.900"], "proc": ["00.0"]},
            ["结果: 已入组 I > IR1 > IR15", "原因: 未知手术操作编码 00.0"],
        ),
    ],
)
def test_reasons_are_told_in_chinese(
    yiheng: Callable[..., Any], pack: Path, tmp_path: Path, columns: dict[str, Any], lines: list[str]
) -> None:
    one = tmp_path / "one.json"
    one.write_text(json.dumps({"sex": 1, "age": 5, **columns}), encoding="utf-8")
    assert yiheng("drg", "explain", "--pack", pack, "--case", one).out.splitlines()[3:5] == lines


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "{",
            (
                "file one.json: cannot be read: Expecting property name enclosed in double quotes: line 1 column 2 "
                "(char 1)"
            ),
        ),
        ("[]", "file one.json: is not a JSON object with the columns of a case"),
        ('{"age": "x"}', "file one.json, column age, value x: does not fit int16"),
        ('{"dx": "I21.900"}', "file one.json, column dx, value I21.900: does not fit list<item: string>"),
        ('{"age": 1e99}', "file one.json, column age, value 1e+99: does not fit int16"),
    ],
)
def test_a_case_that_cannot_be_read_is_refused(
    yiheng: Callable[..., Any], pack: Path, tmp_path: Path, text: str, line: str
) -> None:
    (tmp_path / "one.json").write_text(text, encoding="utf-8")
    assert yiheng("drg", "explain", "--pack", pack, "--case", tmp_path / "one.json").refusal == line


def test_which_case_must_be_said(yiheng: Callable[..., Any], pack: Path, cases: Path) -> None:
    explain = ("drg", "explain", "--pack", pack)
    assert yiheng(*explain).refusal == "give either --case FILE.json, or --cases IN with --case-id ID"
    assert yiheng(*explain, "--cases", cases).refusal == "give either --case FILE.json, or --cases IN with --case-id ID"
    found = yiheng(*explain, "--cases", cases, "--case-id", "1").refusal
    assert found == f"file {cases}, value 1: there are several such cases -> --hospital"
    found = yiheng(*explain, "--cases", cases, "--case-id", "7").refusal
    assert found == f"file {cases}, value 7: there is no such case"
    assert yiheng(*explain, "--cases", cases, "--case-id", "3", "--lang", "fr").refusal == (
        "column --lang, value fr: is neither zh nor en"
    )


def test_a_compiled_pack_is_kept_and_gives_the_same(
    yiheng: Callable[..., Any], pack: Path, cases: Path, cache: Path, tmp_path: Path
) -> None:
    outs = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    for out in outs:
        assert yiheng("drg", "group", "--pack", pack, "--cases", cases, "--out", out).code == 0
    assert len(list(cache.iterdir())) == 1
    assert pq.read_table(outs[0]).equals(pq.read_table(outs[1]))
    assert [tuple(row.values()) for row in pq.read_table(outs[1]).to_pylist()] == ANSWERS


@pytest.mark.slow
def test_a_parquet_file_is_grouped_without_engine_or_pandas(pack: Path, cases: Path, tmp_path: Path) -> None:
    pq.write_table(pq.read_table(cases).slice(3), cases)
    arguments = ["drg", "group", "--pack", str(pack), "--cases", str(cases), "--out", str(tmp_path / "out.parquet")]
    heavy = ("ibis", "duckdb", "pandas", "openpyxl")
    script = (
        f"import sys; sys.argv = ['yiheng', *{arguments!r}]\n"
        "from yiheng.cli import main\n"
        "try: main()\n"
        f"finally: print([name for name in {heavy!r} if name in sys.modules])"
    )
    # The first run compiles the pack, which may need anything.
    for _ in ("compiled", "kept"):
        ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ast.literal_eval(ran.stdout.splitlines()[-1]) == []


def test_an_engine_that_there_is_not_is_refused(
    yiheng: Callable[..., Any], pack: Path, cases: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.parquet"
    ran = yiheng("drg", "group", "--pack", pack, "--cases", cases, "--out", out, "--engine", "flink://x")
    assert ran.refusal == "column --engine, value flink://x: is neither local nor spark://HOST:PORT"
    assert not out.exists()


def test_a_simulation_is_told_and_changes_nothing(yiheng: Callable[..., Any], pack: Path, cases: Path) -> None:
    content = cases.read_bytes()
    explain = ("drg", "explain", "--pack", pack, "--cases", cases, "--case-id", "2")
    ran = yiheng(*explain, "--drop-dx", "E11.900", "--add-proc", "36.0600x004", "--set", "age=61")
    assert ran.out.splitlines()[:4] == [
        "*** 模拟结果, 不得回写病案 ***",
        "改动: 去掉诊断 E11.900 2型糖尿病; 增加手术操作 36.0600X004 支架置入; age = 61",
        "改动前: IR11 梗死伴合并症",
        "改动后: IB19 支架",
    ]
    data = json.loads(yiheng(*explain, "--principal", "J18.900", "--json").out)
    assert (data["simulation"], data["before"]["result"]["drg"], data["after"]["result"]["drg"]) == (
        True, "IR11", "JS19",
    )  # fmt: skip
    assert yiheng(*explain, "--drop-dx", "Q1").refusal == "column dx, value Q1: the case has no such code to drop"
    assert yiheng(*explain, "--set", "age").refusal == "column --set, value age: is not COLUMN=VALUE"
    assert yiheng(*explain, "--set", "age=x").refusal == "column age, value x: does not fit int16"
    assert yiheng(*explain, "--set", "year=2024").refusal.startswith("column year: cannot be changed")
    assert cases.read_bytes() == content


def test_near_misses_are_told(yiheng: Callable[..., Any], pack: Path, cases: Path) -> None:
    explain = ("drg", "explain", "--pack", pack, "--cases", cases, "--case-id", "2", "--near")
    assert yiheng(*explain).out.splitlines()[-2:] == [
        "临近病组:",
        "  IB1: 缺 主要手术操作属于 IB1 的表 ss (adrg.csv 1); 例如 主要手术操作 36.0600X004 支架置入, 则为 IB19 支架",
    ]
    data = json.loads(yiheng(*explain, "--json").out)
    assert [miss["would_be"]["drg"] for miss in data["near"]["misses"]] == ["IB19"]


RECONCILED = """\
3 例
医院分组 一致 (same): 1
医院分组 未给出 (absent): 1
医院分组 并发症与合并症计入或排除不同 (severity): 1
医保返回 一致 (same): 1
医保返回 未给出 (absent): 1
医保返回 方案中无此病组(版本不同) (unknown_group): 1
仅医保返回有的病例: 1
pack: 未与原文核对 not checked against its documents
"""


def test_groups_are_reconciled(yiheng: Callable[..., Any], pack: Path, cases: Path, tmp_path: Path) -> None:
    table = pq.read_table(cases).take([0, 2, 3])
    table = table.append_column("group", pa.array(["IB19", None, "IR15"]))
    pq.write_table(table, tmp_path / "grouped.parquet")
    payer, out = tmp_path / "payer.csv", tmp_path / "out.csv"
    payer.write_text("case_id,drg\n3,ZZ11\n2,ir11\n77,IR11\n", encoding="utf-8")
    reconcile = ("drg", "reconcile", "--pack", pack, "--cases", tmp_path / "grouped.parquet", "--out", out)
    assert yiheng(*reconcile, "--payer", payer).out == RECONCILED
    with out.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    assert rows[0][:6] == ["case_id", "status", "drg", "hospital_drg", "hospital_kind", "hospital_why"]
    assert [row[2:5] + row[6:8] for row in rows[1:]] == [
        ["IB19", "IB19", "same", "ZZ11", "unknown_group"],
        ["JS19", "", "absent", "", "absent"],
        ["IR11", "IR15", "severity", "IR11", "same"],
    ]
    payer.write_text("case_id,drg\n3,ZZ11\n3,IR11\n", encoding="utf-8")
    out.unlink()
    found = yiheng(*reconcile, "--payer", payer).refusal
    assert found == "file payer.csv, row 2, column case_id, value 3: this case is there twice"
    payer.write_text("case_id\n3\n", encoding="utf-8")
    assert yiheng(*reconcile, "--payer", payer).refusal == "file payer.csv, column drg: this column is missing"
    found = yiheng("drg", "reconcile", "--pack", pack, "--cases", cases, "--out", out).refusal
    assert found == f"file {cases}, column group: there is nothing to compare with -> --payer FILE.csv"
    assert not out.exists()
