"""drg.opendrg: a made-up checkout becomes tables; its code is never run; what is not understood is refused by line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yiheng.base.refusal import Refusal
from yiheng.cli.main import app
from yiheng.drg.case import case_of
from yiheng.drg.opendrg.checkout import Checkout
from yiheng.drg.opendrg.write import import_opendrg
from yiheng.drg.packs.opening import open_pack
from yiheng.drg.reference import group

GATE = (
    "def group(record):\n  mdc_zd={codes}\n  dept_list=[]\n  if not (True and {gate}):\n    return ''\n  message('x')\n"
)
CALL = "  result={rule}.group(record)\n  if result:\n    return result\n"
RULE = """
def group(record):
  adrg_zd={zd}
  adrg_zd1={zd1}
  adrg_ss={ss}
  adrg_ss1={ss1}
  dept_list=[]
{more}
  if True and {when}:
    message('x')
{groups}
    return '{code}'
  else:
    return ''
"""
SITES = """  zd_map={}
  type=""
  for x in mdc_zd:
    if x.endswith("创伤"):
      type=x
    else:
      zd_map[x]=type
"""
MATCHED = "  ss_matched=[adrg_ss1[adrg_ss.index(x)] for x in record.ssList if x in adrg_ss]"
HAS = "has_{}(record.zdList[0],record.zdList[1:])"
MANY = "len(record.zdList)>1 and "


def rule(
    when: str, code: str, groups: dict[str, str], zd: str = "[]", zd1: str = "[]", ss: str = "[]", ss1: str = "[]",
    more: str = "",
) -> str:  # fmt: skip
    tests = "".join(f"    if {call}(record):\n      return '{drg}'\n" for drg, call in groups.items())
    return RULE.format(when=when, code=code, groups=tests, zd=zd, zd1=zd1, ss=ss, ss1=ss1, more=more)


FILES = {
    "Grouper.py": "raise SystemExit('was run')\ndef group(record):\n"
    + "".join(CALL.format(rule=f"MDC{mdc}") for mdc in "AZB")
    + "  return '0000'\n",
    "Grouper_x.py": "def group(self):\n  record=record._replace(ssList=[ss])\n",
    "MDC/MDCA.py": GATE.format(
        codes="[]", gate="record.ssList and (record.ssList[0] in SS_VALID or record.ssList[0] in ['96.0'])"
    )
    + CALL.format(rule="AA1"),
    "MDC/MDCZ.py": GATE.format(codes='["头创伤","S01","胸创伤","S02"]', gate="record.zdList[0] in mdc_zd")
    + SITES
    + CALL.format(rule="ZZ1"),
    "MDC/MDCB.py": GATE.format(codes='["B01","B02"]', gate="record.zdList[0] in mdc_zd and int(record.age)==60")
    + CALL.format(rule="BB1_2")
    + "  if True and record.ssList and record.ssList[0] in SS_VALID:\n    message('x')\n    return 'BQY'\n"
    + CALL.format(rule="BR1"),
    "ADRG/AA1.py": rule(
        "record.zdList[0] in adrg_zd and ('1' in ss_matched or ('2' in ss_matched and '3' in ss_matched))",
        "",
        {"AA19": "MDCA_DRG.AA19_group"},
        zd='["B01"]', ss='["01.1","01.2","01.3"]', ss1='["1","2","3"]', more=MATCHED,
    ),
    "ADRG/ZZ1.py": rule("not intersect(record.ssList,SS_VALID)", "ZZ1", {"ZZ11": "MDCZ_DRG.ZZ11_group"}),
    "ADRG/BB1_2.py": rule(
        "record.ssList and intersect(record.ssList,adrg_ss) and intersect(record.ssList,adrg_ss1)",
        "BB1",
        {"BB11": "BB11.group", "BB15": "MDCB_DRG.BB15_group"},
        ss='["02.1","02.1"]', ss1='["02.2"]',
    ),
    "ADRG/BR1.py": rule(
        "intersect(record.zdList[1:],adrg_zd1) and record.weight and record.weight>=1500 and record.ageDay!=None "
        "and record.ageDay<=28 or record.zdList[0] in adrg_zd",
        "BR1",
        {"BR11": "MDCB_DRG.BR11_group", "BR13": "MDCB_DRG.BR13_group"},
        zd='["B01","B02"]', zd1='["M01"]',
    ),
    "DRG/MDCA_DRG.py": "def AA19_group(record):\n  return record.ssList and '01.9' in record.ssList\n",
    "DRG/MDCZ_DRG.py": f"def ZZ11_group(record):\n  return {MANY}{HAS.format('mcc')}\n",
    "DRG/MDCB_DRG.py": "def BB15_group(record):\n  return True\n"
    f"def BR11_group(record):\n  return {MANY}({HAS.format('mcc')} or {HAS.format('cc')})\n"
    "def BR13_group(record):\n  return 1<=record.inHospitalTime<=7 and record.leavingType in ['2','5'] and "
    "record.dept=='ICU'\n",
    "DRG_EX/BB11.py": "def group(record):\n  adrg_zd=[]\n  adrg_ss=['03.1']\n"
    f"  if True and record.ssList and record.ssList[0] in adrg_ss and {HAS.format('mcc')}:\n"
    "    message('x')\n    return True\n",
    "DATA/DRG.dat": "AA19 移植\nBB15 手术\n",
    "DATA/CC.dat": "M01 1\n", "DATA/MCC.dat": "M02 2\n", "DATA/CCE.dat": "B01 1\n", "DATA/SS_VALID.dat": "01.1 有效\n",
    "ICD/ZD_INFO.dat": "B01 甲 一\nB02 乙\n", "ICD/SS_INFO.dat": "02.1 丙\n",
    "ICD/ZD_MAP.dat": "B09 B01\n", "ICD/SS_MAP.dat": "",
}  # fmt: skip


@pytest.fixture
def version(tmp_path: Path) -> Callable[..., Path]:
    """Writes the made-up checkout with some files instead, or (None) without them."""

    def write(**instead: str | None) -> Path:
        folder = tmp_path / "made_up"
        files = FILES | {name.replace("__", "/") + ".py": text for name, text in instead.items()}
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text, encoding="utf-8")
        return folder

    return write


Version = Callable[..., Path]


def test_every_table(version: Version) -> None:
    tables = Checkout(version()).read()
    assert tables["mdc"] == [
        ("A", "MDCA", "1", "pre_mdc", "proc present and (pproc in SS_VALID or pproc in inline1)"),
        ("Z", "MDCZ", "2", "multiple_trauma", "pdx in MDC and sites >= 2"),
        ("B", "MDCB", "3", "principal_dx", "pdx in MDC and age == 60"),
    ]
    assert tables["mdc_dx"] == [("Z", "S01", "头创伤"), ("Z", "S02", "胸创伤"), ("B", "B01", ""), ("B", "B02", "")]
    assert tables["adrg"] == [
        ("AA1", "AA1", "A", "1", "surgical", "pdx in zd and (proc any ss@1 or (proc any ss@2 and proc any ss@3))",
         "next"),
        ("ZZ1", "ZZ1", "Z", "1", "medical", "not proc any SS_VALID", "adrg:ZZ1"),
        ("BB1_2", "BB1", "B", "1", "surgical", "proc any ss and proc any ss1", "adrg:BB1"),
        ("BQY", "QY", "B", "2", "ambiguous", "pproc in SS_VALID", "rule"),
        ("BR1", "BR1", "B", "3", "medical",
         "(sdx any zd1 and weight_g present and weight_g >= 1500 and age_days <= 28) or pdx in zd", "adrg:BR1"),
    ]  # fmt: skip
    assert tables["drg"] == [
        ("AA1", "AA1", "AA19", "移植", "1", "proc any inline1"),
        ("ZZ1", "ZZ1", "ZZ11", "", "1", "mcc"),
        ("BB1_2", "BB1", "BB11", "", "1", "pproc in ss and mcc"),
        ("BB1_2", "BB1", "BB15", "手术", "2", "true"),
        ("BR1", "BR1", "BR11", "", "1", "mcc or cc"),
        ("BR1", "BR1", "BR13", "", "2", "los >= 1 and los <= 7 and discharge in {2, 5} and dept == ICU"),
    ]
    assert tables["adrg_list"] == [
        ("MDCA", "inline1", "96.0"), ("AA1", "zd", "B01"), ("AA1", "ss@1", "01.1"), ("AA1", "ss@2", "01.2"),
        ("AA1", "ss@3", "01.3"), ("AA19", "inline1", "01.9"), ("BB1_2", "ss", "02.1"), ("BB1_2", "ss1", "02.2"),
        ("BB11", "ss", "03.1"), ("BR1", "zd", "B01"), ("BR1", "zd", "B02"), ("BR1", "zd1", "M01"),
    ]  # fmt: skip
    assert tables["cc"] == [("M02", "MCC", "2"), ("M01", "CC", "1")]
    assert tables["exclusion"] == [("B01", "1")]
    assert tables["icd10"] == [("B01", "甲 一"), ("B02", "乙")]
    assert tables["icd9"] == [("01.1", "有效", "1"), ("02.1", "丙", "0")]
    assert tables["icd10_map"] == [("B09", "B01")]


def test_the_pack_groups(version: Version, tmp_path: Path) -> None:
    out = tmp_path / "pack"
    import_opendrg(version(), out)
    pack = open_pack(str(out))
    assert (pack.id, pack.identity.bare, pack.switches.retry_each_other_procedure) == ("made_up", True, True)
    assert json.loads((out / "pack.json").read_text(encoding="utf-8"))["mdc_order"] == ["A", "Z", "B"]
    case = {"sex": 1, "age": 60, "dx": ["B01", "M01"], "proc": []}
    assert group(pack, case_of(case)).drg == "BR1"
    assert group(pack, case_of(case | {"dx": ["B02", "M01"]})).drg == "BR11"
    assert group(pack, case_of(case | {"proc": ["01.2", "02.1", "02.2"]})).drg == "BB15"
    assert group(pack, case_of(case | {"proc": ["01.1", "01.9"]})).drg == "AA19"


@pytest.mark.parametrize(
    ("instead", "line"),
    [
        ({"ADRG__BR1": None}, "file ADRG/BR1.py: is called, and there is no such file"),
        ({"ADRG__BR1": "def group(record:\n"}, "file ADRG/BR1.py: cannot be read as Python"),
        ({"ADRG__BR1": "x=1\n"}, "file ADRG/BR1.py: has no function group"),
        ({"ADRG__BR1": rule("eval(x)", "BR1", {})}, "file ADRG/BR1.py, row 9, value eval(x): is not understood"),
        ({"ADRG__BR1": rule("record.age<limit", "BR1", {})}, "row 9, value record.age < limit: is not understood"),
        ({"ADRG__BR1": rule("record.zdList[0] in LIST", "BR1", {})}, "value LIST: is no list that is known"),
        ({"ADRG__BR1": rule("len(record.zdList)>1", "BR1", {})}, "file ADRG/BR1.py: asks for a second diagnosis"),
        ({"DRG__MDCA_DRG": "def AA19_group(record):\n  return open('x')\n"}, "file DRG/MDCA_DRG.py, row 2"),
        ({"DRG__MDCA_DRG": "def AA19_group(record):\n  while True: pass\n"}, "file DRG/MDCA_DRG.py, row 2"),
        ({"Grouper": None}, "made_up: holds no Grouper.py"),
    ],
)
def test_what_is_not_understood_is_refused_and_nothing_written(
    version: Version, tmp_path: Path, instead: dict[str, str | None], line: str
) -> None:
    with pytest.raises(Refusal) as caught:
        import_opendrg(version(**instead), tmp_path / "pack")
    assert line in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["made_up"]


def test_nothing_is_overwritten(version: Version, tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    with pytest.raises(Refusal, match="must be a new folder"):
        import_opendrg(version(), tmp_path / "pack")


def test_the_command(version: Version, tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["policy", "import", str(version()), "--out", str(tmp_path / "pack")])
    digest = open_pack(str(tmp_path / "pack")).digest
    assert ran.stdout == f"{digest} {tmp_path / 'pack'}, 0 findings: yiheng policy check {tmp_path / 'pack'}\n"
