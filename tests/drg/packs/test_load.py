"""drg.packs.load: what a pack says once it is read, what is refused, what is only odd, and its digest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from yiheng.base.refusal import Refusal
from yiheng.drg.case import Case
from yiheng.drg.condition import ListKey
from yiheng.drg.packs.load import read_pack
from yiheng.drg.packs.pack import Pack
from yiheng.drg.packs.switches import Switches
from yiheng.drg.reference import group

Packs = Callable[..., Pack]
Folders = Callable[..., Path]
DEFAULTS = Switches(28, "weight_g", "as_written", "as_written", "as_written", False, "as_written", "years", 365)


def test_a_bare_directory_needs_no_identity(pack_of: Packs) -> None:
    pack = pack_of()
    assert (pack.id, pack.identity.bare, pack.switches, pack.findings) == ("pack", True, DEFAULTS, ())
    assert [mdc.code for mdc in pack.mdcs] == ["B", "C"]
    assert [(rule.id, [its.drg for its in rule.groups]) for rule in pack.rules["B"]] == [
        ("BB1", ["BB11", "BB13", "BB15"]),
        ("BR1", ["BR19"]),
    ]


def test_pack_json_gives_identity_order_and_retry(pack_of: Packs) -> None:
    about = {"name": "x", "version": 11, "mdc_order": ["C", "B"], "notes": []}
    pack = pack_of(about | {"retry_each_other_procedure_if_ungroupable": True})
    assert (pack.id, pack.identity.edition) == ("x", "11")
    assert [mdc.code for mdc in pack.mdcs] == ["C", "B"]
    assert pack.switches.retry_each_other_procedure is True


def test_pack_toml_sets_switches(folder_of: Folders) -> None:
    folder = folder_of()
    (folder / "pack.toml").write_text('id = "x"\n[switches]\nnewborn_days = 27\nambiguous = "off"\n', encoding="utf-8")
    pack = read_pack(folder)
    assert (pack.id, pack.identity.bare) == ("x", False)
    assert (pack.switches.newborn_days, pack.switches.ambiguous) == (27, "off")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("id = 'x'\nid = 'y'", "file pack.toml: cannot be read: "),
        ("edition = '1'", "file pack.toml: has no id"),
        ("id = 'x'\nbase = 'y'", "file pack.toml, value y: there is no such base of pack"),
        ("id = 'x'\nedtion = 'y'", "file pack.toml, value edtion: is no key of pack.toml -> edition?"),
        ("id = 'x'\n[switches]\nx = 1", "file pack.toml, value x: is no policy switch -> one of: newborn_days, "),
        (
            "id = 'x'\n[switches]\nnewborn_days = '28'",
            "file pack.toml, value 28: the switch newborn_days has a value of",
        ),
        (
            "id = 'x'\n[switches]\nno_drg = 'x'",
            "file pack.toml, value x: the switch no_drg is none of as_written, adrg,",
        ),
        ("id = " + "[" * 5000, "file pack.toml: cannot be read: "),
        ("id = 'x'\nmdc_order = [1]", "file pack.toml, value [1]: mdc_order is no list of texts"),
    ],
)
def test_a_broken_pack_toml_is_refused(folder_of: Folders, text: str, line: str) -> None:
    folder = folder_of()
    (folder / "pack.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Refusal) as caught:
        read_pack(folder)
    assert str(caught.value).startswith(line)


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000])
def test_a_broken_pack_json_is_refused(folder_of: Folders, text: str) -> None:
    folder = folder_of()
    (folder / "pack.json").write_text(text, encoding="utf-8")
    with pytest.raises(Refusal, match=r"^file pack\.json: "):
        read_pack(folder)


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (
            {"adrg": ["BB1,BB1,B,1,surgical,pproc inn ss,next"]},
            (
                "file adrg.csv, row 1, column logic, value pproc inn ss: expected an operator or the end "
                "at character 7, near 'inn ss'"
            ),
        ),
        (
            {"drg": ["BR1,BR1,BR19,x,1,true", "BR1,BR1,BR18,x,2,bmi > 3"]},
            (
                "file drg.csv, row 2, column condition, value bmi > 3: is no condition of a rule pack at character 1, "
                "near 'bmi > 3'"
            ),
        ),
        ({"mdc": ["B,x,1,k,"]}, "file mdc.csv, row 1, column logic: may not be empty"),
        ({"mdc": ["B,x,1.5,k,true"]}, "file mdc.csv, row 1, column order, value 1.5: is not a whole number"),
        ({"mdc": ["B,x,1,k,true,more"]}, "file mdc.csv, row 1: has 6 cells and the header 5"),
        ({"mdc": ["B,x,1,k"]}, "file mdc.csv, row 1: has 4 cells and the header 5"),
        (
            {"adrg": ["BB1,BB1,B,1,surgical,true,ADRG"]},
            "file adrg.csv, row 1, column if_no_drg, value ADRG: is none of adrg:XYZ, next, rule",
        ),
        (
            {"adrg": ["BB1,BB1,B,1,surgical,true,adrg:"]},
            "file adrg.csv, row 1, column if_no_drg, value adrg:: is none of adrg:XYZ, next, rule",
        ),
        ({"cc": ["M01,MC,7"]}, "file cc.csv, row 1, column level, value MC: is none of MCC, CC"),
        ({"icd9": ["01.1,x,yes"]}, "file icd9.csv, row 1, column is_valid_or, value yes: is none of 0, 1"),
        ({"adrg_list": ["BB1,ss,01.1", "BB1,ss,"]}, "file adrg_list.csv, row 2, column code: may not be empty"),
    ],
)
def test_what_cannot_be_read_is_named(folder_of: Folders, rows: dict[str, Any], line: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_pack(folder_of(**rows))
    assert str(caught.value) == line


def test_a_missing_file_or_column_is_named(folder_of: Folders) -> None:
    folder = folder_of()
    (folder / "adrg.csv").write_text("rule,adrg,mdc,order,phase,logic\n", encoding="utf-8")
    with pytest.raises(Refusal, match=r"^file adrg\.csv, column if_no_drg: this column is missing$"):
        read_pack(folder)
    (folder / "adrg.csv").unlink()
    with pytest.raises(Refusal, match=r"adrg\.csv: there is no such file in the pack"):
        read_pack(folder)
    with pytest.raises(Refusal, match="there is no such folder"):
        read_pack(folder / "adrg.csv")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\xff\xfe", "is not UTF-8 (byte 1)"),
        (b'code,name\nA,"x\n', "is not a CSV table: unexpected end of data"),
        (b"code,name,code\n", "column code: there are two of this column"),
        (b"", "column code: this column is missing"),
    ],
)
def test_a_table_that_is_none_is_named(folder_of: Folders, content: bytes, what: str) -> None:
    folder = folder_of()
    (folder / "icd10.csv").write_bytes(content)
    with pytest.raises(Refusal) as caught:
        read_pack(folder)
    assert str(caught.value).startswith("file icd10.csv")
    assert what in str(caught.value)


def test_an_empty_list_never_matches_and_is_said(pack_of: Packs, a_case: Callable[..., Case]) -> None:
    pack = pack_of(adrg_list=["BR1,zd,B01"])
    assert [finding.line() for finding in pack.findings] == [
        "adrg.csv row 1: the list BB1 ss is empty: it never matches (empty_list)",
        "adrg.csv row 3: the list CR1 zd is empty: it never matches (empty_list)",
    ]
    assert group(pack, a_case(proc=["01.1"])).drg == "BR19"


def test_odd_things_are_findings(pack_of: Packs) -> None:
    pack = pack_of(
        {"mdc_order": ["Y", "B"]},
        exclusion=["B01,8", "B01,8", "B01,9"],
        drg=["BB1,BB1,BB15,x,1,true", "QQ1,QQ1,QQ19,x,1,true"],
    )
    assert sorted(finding.line() for finding in pack.findings) == [
        "adrg.csv row 3: MDC C has no gate (rule_never_tried)",
        "drg.csv row 2: no rule QQ1 (group_without_rule)",
        "exclusion.csv row 3: B01 is 8 and 9 (two_values)",
        "mdc.csv row 2: C is not in mdc_order (mdc_never_tried)",
        "mdc.csv: Y of mdc_order has no row (mdc_without_gate)",
    ]
    assert pack.exclusion.get("B01") == "9"


def test_a_list_row_may_be_a_prefix_but_a_pair_of_codes_is_none(pack_of: Packs) -> None:
    pack = pack_of(adrg_list=["BR1,zd,B1*", "BR1,zd,C1+G1*", "BR1,zd,D1*"], icd10=["D1*,lone asterisk"])
    members = pack.list(ListKey("BR1", "zd"))
    held = {code: code in members for code in ("B1", "B11.1", "B2", "C1+G1*", "C1+G1*1", "D1*", "D11")}
    assert held == {
        "B1": True, "B11.1": True, "B2": False, "C1+G1*": True, "C1+G1*1": False, "D1*": True, "D11": False,
    }  # fmt: skip


def test_the_digest_is_of_the_content(folder_of: Folders) -> None:
    first = read_pack(folder_of()).digest
    folder = folder_of(
        mdc_dx=["C,C01,", "B, ｂ02 ,", "B,B01,", "B,B01,"],
        adrg=[
            "CR1,CR1,C,5,medical,(pdx in zd),adrg:CR1",
            "BB1,BB1,B,1,surgical, pproc  in ss,adrg:BB1",
            "BR1,BR1,B,7,medical,pdx in zd,adrg:BR1",
        ],
    )
    table = folder / "mdc.csv"
    table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes().replace(b"\n", b"\r\n"))
    assert read_pack(folder).digest == first
    assert read_pack(folder_of(adrg_list=["BB1,ss,01.2", "BR1,zd,B01", "CR1,zd,C01"])).digest != first
    assert read_pack(folder_of(cc=["M01,CC,7"])).digest != first
    assert read_pack(folder_of(exclusion=["B01,7"])).digest != first
