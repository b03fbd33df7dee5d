"""A mapping file means what it says, or is refused by name."""

from pathlib import Path

import pytest

from yiheng.base.refusal import Refusal
from yiheng.cases.layout import Layout, Recipe
from yiheng.cases.mapping import read_mapping

KEYS = "columns:\n  case_id: 病案号\n  hospital: {constant: H01}\n  year: {constant: 2023}\n"


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    return tmp_path / "map.yaml"


def test_a_mapping_is_read(mapping: Path, root: Path) -> None:
    mapping.write_text(
        KEYS
        + """
  sex: {from: 性别, translate: {男: 1, 女: 2, 不详: null}, otherwise: 9}
  total_fee: {from: 费用, times: 10000}
  dx: {from: 诊断, split: ";"}
  proc: {list: [手术1, 手术2]}
  group: {join: [组, 级], with: "-"}
  admit_date: {from: 入院, date: "%Y%m%d"}
  interim: {constant: true}
  age: {from: 年龄段, band: true}
file: {encoding: gb18030, delimiter: "\\t", sheet: 表1, missing: ["-", 0]}
names:
  - {kind: dx, edition: 国临2.0, code: 诊断, zh: 诊断名称}
about: {zh: 例}
""",
        encoding="utf-8",
    )
    layout = read_mapping(mapping)
    assert layout.columns == {
        "case_id": Recipe(("病案号",)),
        "hospital": Recipe(constant="H01"),
        "year": Recipe(constant="2023"),
        "sex": Recipe(("性别",), translate={"男": "1", "女": "2", "不详": None}, strict=False, otherwise="9"),
        "total_fee": Recipe(("费用",), times="10000"),
        "dx": Recipe(("诊断",), split=";"),
        "proc": Recipe(("手术1", "手术2"), as_list=True),
        "group": Recipe(("组", "级"), between="-"),
        "admit_date": Recipe(("入院",), dates=("%Y%m%d",)),
        "interim": Recipe(constant="true"),
        "age": Recipe(("年龄段",), band=True),
    }
    assert (layout.encoding, layout.delimiter, layout.sheet) == ("gb18030", "\t", "表1")
    assert layout.missing == {"-", "0"}
    assert layout.sources() == [
        "病案号",
        "性别",
        "费用",
        "诊断",
        "手术1",
        "手术2",
        "组",
        "级",
        "入院",
        "年龄段",
        "诊断名称",
    ]
    assert read_mapping(root / "examples" / "ny2020.yaml").columns["case_id"] == Recipe(row_number=True)


def test_a_mapping_may_have_a_byte_order_mark(mapping: Path) -> None:
    mapping.write_text(KEYS, encoding="utf-8-sig")
    assert read_mapping(mapping) == Layout(
        {"case_id": Recipe(("病案号",)), "hospital": Recipe(constant="H01"), "year": Recipe(constant="2023")}
    )


KNOWN = (
    "band, beside, constant, date, days, else, from, hours, items, join, leading, list, otherwise, prefix, principal, "
    "pseudonym, row_number, split, sum, times, total, translate, unless, where, with, years"
)
ORIGIN = "needs exactly one of from, join, list, items, sum, years, days, constant, row_number"
BROKEN = [
    ("", ": is not a mapping file: it has no columns"),
    ("hello\n", ": is not a mapping file: it has no columns"),
    ("columns: [a]\n", ": columns is not a table"),
    ("columns:\n", ": columns is not a table"),
    (KEYS + "colums: {}\n", ": mapping has unknown colums -> known: about, columns, file, names, stays"),
    (KEYS + "  dept: {form: x}\n", f": dept has unknown form -> known: {KNOWN}"),
    (KEYS + "  dept: {}\n", f", column dept: {ORIGIN}"),
    (KEYS + "  dept: {from: a, constant: b}\n", f", column dept: {ORIGIN}"),
    (KEYS + "  dept: {join: [a], list: [b]}\n", f", column dept: {ORIGIN}"),
    (KEYS + "  dept: 5\n", ", column dept: is neither a column of the source nor a recipe"),
    (KEYS + "  ward: a\n", ", column ward: is not a column of the table cases"),
    (KEYS + "  7: a\n", ", column 7: is not a column of the table cases"),
    (KEYS + "  source_row: a\n", ", column source_row: is not a column of the table cases"),
    (KEYS + "  dept: {list: [a, b]}\n", ", column dept: holds one value, not a list"),
    (KEYS + "  dx: {list: a}\n", ": dx: list is not a list"),
    (KEYS + "  dept: {join: ab}\n", ": dept: join is not a list"),
    (
        KEYS + "  dx_present: {list: [a], beside: dx}\n",
        ", column dx_present, value dx: beside names no list with as many places",
    ),
    (
        KEYS + "  dx: {list: [a, b]}\n  dx_present: {list: [a], beside: dx}\n",
        ", column dx_present, value dx: beside names no list with as many places",
    ),
    (KEYS + "  age: {years: [born]}\n", ", column age: years needs the column of birth and that of the day"),
    (KEYS + "  age_days: {days: born}\n", ": age_days: days is not a list"),
    (KEYS + "  patient: {from: a, pseudonym: number}\n", ": pseudonym has unknown number -> known: identity, name"),
    (KEYS + "  dx: {items: a, where: [b]}\n", ": dx: where is not a table"),
    (KEYS + "stays: {begin: a}\n", ": stays has unknown begin -> known: ward_type, entered, left, hours"),
    (KEYS + "  sex: {from: a, translate: [1]}\n", ": sex: translate is not a table"),
    (
        KEYS + "  interim: {from: a, translate: {Yes: 1}}\n",
        ", column interim: yes, no, on, off, true and false need quotation marks here",
    ),
    (
        KEYS + "  total_fee: {from: a, times: 万}\n",
        ", column total_fee, value 万: times is not a number below a million with at most six decimals",
    ),
    (
        KEYS + "  total_fee: {from: a, times: 10000000}\n",
        ", column total_fee, value 10000000: times is not a number below a million with at most six decimals",
    ),
    (
        KEYS + "file: {encodings: x}\n",
        ": file has unknown encodings -> known: dates, delimiter, encoding, missing, sheet",
    ),
    (KEYS + "file: {missing: NA}\n", ": missing is not a list"),
    (KEYS + "file: {encoding: 5}\n", ": encoding is not text"),
    (KEYS + "file: {delimiter: ;;}\n", ", value ;;: delimiter is not one character"),
    (KEYS + "names: {kind: dx}\n", ": names is not a list"),
    (KEYS + "names: [dx]\n", ": names is not a mapping"),
    (KEYS + "names: [{kind: dx}]\n", ": names need a kind and a code"),
    (KEYS + "names: [{kind: dx, code: {list: [a]}}]\n", ": names are made of one value, not of a list"),
    ("columns: {case_id: a, year: b}\n", ": no column hospital -> a case needs hospital, case_id and a year"),
    ("columns: {hospital: a, year: b}\n", ": no column case_id -> a case needs hospital, case_id and a year"),
    ("columns: {hospital: a, case_id: b}\n", ": no column year and no discharge_date -> give one of them"),
]


@pytest.mark.parametrize(("text", "line"), BROKEN)
def test_what_a_mapping_should_not_say_is_refused(mapping: Path, text: str, line: str) -> None:
    mapping.write_text(text, encoding="utf-8")
    with pytest.raises(Refusal) as caught:
        read_mapping(mapping)
    assert str(caught.value) == f"file map.yaml{line}"


@pytest.mark.parametrize(
    "content", [b"a: [", b"\t: x", b"columns: {a: *b}", b"a: b: c", b"\xff\xfe", "列: 1".encode("gbk")]
)
def test_what_is_no_yaml_is_refused_in_one_line(mapping: Path, content: bytes) -> None:
    mapping.write_bytes(content)
    with pytest.raises(Refusal) as caught:
        read_mapping(mapping)
    assert str(caught.value).startswith("file map.yaml: is not YAML: ")
    assert len(str(caught.value).splitlines()) == 1


def test_yaml_that_would_run_code_is_refused(mapping: Path) -> None:
    mapping.write_text("a: !!python/object/apply:os.system ['exit 1']", encoding="utf-8")
    with pytest.raises(Refusal, match="is not YAML: could not determine a constructor"):
        read_mapping(mapping)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(Refusal, match="there is no such file"):
            read_mapping(path)
