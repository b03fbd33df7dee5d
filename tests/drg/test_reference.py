"""drg.reference: status, codes and reason of single cases; laws that hold for any case; the trace."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yiheng.drg.case import Case
from yiheng.drg.packs.pack import Pack
from yiheng.drg.reference import group
from yiheng.drg.result import Result
from yiheng.drg.telling.explanation import Missing, as_data, explain
from yiheng.drg.trace import Asked, Hit

Packs = Callable[..., Pack]
Cases = Callable[..., Case]


def grouped(drg: str, why: str | None = None, severity: str = "none") -> Result:
    return Result("grouped", drg[0], drg[:3], drg, why, severity)


@pytest.mark.parametrize(
    ("columns", "result"),
    [
        ({}, grouped("BR19")),
        ({"proc": ["01.1"]}, grouped("BB15")),
        ({"proc": ["01.1"], "dx": ["B01", "M01"]}, grouped("BB11", severity="MCC")),
        ({"proc": ["01.1"], "dx": ["B01", "B02"]}, grouped("BB13", severity="CC")),
        ({"proc": ["01.1"], "dx": ["B01", "M02"]}, grouped("BB15")),
        ({"proc": ["01.1"], "dx": ["B02", "M02"]}, grouped("BB13", severity="CC")),
        ({"dx": ["C01"], "proc": ["01.1"]}, grouped("CR19")),
        ({"dx": ["B02"]}, Result("ungroupable", None, None, None, "no rule of MDC B matches")),
        ({"dx": ["X01"]}, Result("ungroupable", None, None, None, "no MDC takes it")),
        ({"dx": ["B01", "Q2", "Q1", "Q2"], "proc": ["9"]}, grouped("BR19", "unknown dx Q1, Q2; unknown proc 9")),
        ({"dx": ["Q1"]}, Result("ungroupable", None, None, None, "no MDC takes it; unknown dx Q1")),
        ({"dx": []}, Result("invalid", None, None, None, "no diagnosis")),
        ({"dx": None}, Result("invalid", None, None, None, "no diagnosis")),
        ({"dx": [" ", None]}, Result("invalid", None, None, None, "no diagnosis")),
        ({"dx": [None, "B01"]}, Result("ungroupable", None, None, None, "no MDC takes it")),
        ({"sex": 0}, Result("invalid", None, None, None, "sex is neither 1 nor 2")),
        ({"sex": None}, Result("invalid", None, None, None, "sex is neither 1 nor 2")),
        ({"age": None, "sex": 9}, Result("invalid", None, None, None, "sex is neither 1 nor 2; age unknown")),
        ({"age": 0}, Result("invalid", None, None, None, "age 0 and days of life unknown")),
        ({"age": 0, "age_days": 28}, Result("invalid", None, None, None, "newborn without weight")),
        ({"age": 0, "age_days": 28, "weight_g": 0}, grouped("BR19")),
        ({"age": 0, "age_days": 29}, grouped("BR19")),
        ({"age": 1, "age_days": 3}, grouped("BR19")),
        ({"age": None, "dx": ["Q1"]}, Result("invalid", None, None, None, "age unknown; unknown dx Q1")),
    ],
)
def test_a_case(pack_of: Packs, a_case: Cases, columns: dict[str, Any], result: Result) -> None:
    assert group(pack_of(), a_case(**columns)) == result


@pytest.mark.parametrize(
    ("if_no_drg", "phase", "result"),
    [
        ("adrg:BB1", "surgical", grouped("BB1", "no DRG of BB1 matches: its ADRG is given out")),
        ("adrg:CX2", "surgical", grouped("CX2", "no DRG of BB1 matches: its ADRG is given out")),
        ("next", "surgical", grouped("BR19")),
        ("rule", "ambiguous", Result("ambiguous", "B", "QY", "BQY", "ambiguous by rule BB1", "none")),
    ],
)
def test_when_no_group_matches(pack_of: Packs, a_case: Cases, if_no_drg: str, phase: str, result: Result) -> None:
    rules = [f"BB1,BB1,B,1,{phase},pproc in ss,{if_no_drg}", "BR1,BR1,B,2,medical,pdx in zd,next"]
    pack = pack_of(adrg=rules, drg=["BB1,BB1,BB11,x,1,mcc", "BR1,BR1,BR19,x,1,true"])
    assert group(pack, a_case(proc=["01.1"])) == result


def test_the_next_mdc_tries_when_no_rule_of_the_first_matches(pack_of: Packs, a_case: Cases) -> None:
    pack = pack_of(mdc_dx=["B,C01,", "C,C01,"])
    assert group(pack, a_case(dx=["C01"])) == grouped("CR19")
    assert [step.id for step in explain(pack, a_case(dx=["C01"])).steps] == ["B", "BB1", "BR1", "C", "CR1", "CR19"]


def test_alternates_of_one_adrg(pack_of: Packs, a_case: Cases) -> None:
    rules = ["BB1_1,BB1,B,1,surgical,pproc in ss,next", "BB1_2,BB1,B,2,surgical,proc any ss and pdx in zd,next"]
    groups = ["BB1_1,BB1,BB11,x,1,mcc", "BB1_2,BB1,BB19,x,1,proc any ss"]
    lists = ["BB1_1,ss,01.1", "BB1_2,ss,01.1", "BB1_2,ss,01.2", "BB1_2,zd,B01", "BB19,ss,01.2"]
    pack = pack_of(adrg=rules, drg=groups, adrg_list=lists)
    assert group(pack, a_case(proc=["01.1"], dx=["B01", "M01"])) == grouped("BB11", severity="MCC")
    assert group(pack, a_case(proc=["01.1"])) == Result("ungroupable", None, None, None, "no rule of MDC B matches")
    assert group(pack, a_case(proc=["01.1", "01.2"])) == grouped("BB19")


def test_retry_with_each_other_procedure_alone(pack_of: Packs, a_case: Cases) -> None:
    rules = ["BB1,BB1,B,1,surgical,pproc in ss and not proc any ss1,next"]
    lists = ["BB1,ss,01.1", "BB1,ss,01.2", "BB1,ss1,99.9"]
    about = {"retry_each_other_procedure_if_ungroupable": True}
    tables = {"adrg": rules, "adrg_list": lists, "drg": ["BB1,BB1,BB19,x,1,true"]}
    case = a_case(proc=["99.9", None, "00.0", "01.2", "01.1"])
    assert group(pack_of(**tables), case).status == "ungroupable"
    why = "grouped with 01.2 as its only procedure; unknown proc 00.0"
    assert group(pack_of(about, **tables), case) == grouped("BB19", why)
    assert group(pack_of(about, **tables), a_case(proc=["99.9"])).reason == "no rule of MDC B matches"


def test_an_empty_code_book_says_nothing_of_unknown_codes(pack_of: Packs, a_case: Cases) -> None:
    case = a_case(dx=["B01", "Q99"], proc=["01.1", "00.0"])
    assert group(pack_of(), case).reason == "unknown dx Q99; unknown proc 00.0"
    assert group(pack_of(icd10=[]), case) == grouped("BB15", "unknown proc 00.0")
    assert group(pack_of(icd10=[], icd9=[]), case) == grouped("BB15")
    assert group(pack_of(icd10=[], icd9=[]), a_case(dx=["Q99"])).reason == "no MDC takes it"


def test_a_code_in_both_levels_counts_in_each(pack_of: Packs, a_case: Cases) -> None:
    pack = pack_of(cc=["M01,MCC,8", "M01,CC,7"])
    assert group(pack, a_case(proc=["01.1"], dx=["B01", "M01"])) == grouped("BB13", severity="CC")


def test_a_level_without_an_exclusion_table_always_counts(pack_of: Packs, a_case: Cases) -> None:
    pack = pack_of(cc=["M01,MCC,"], exclusion=["B01,"])
    assert group(pack, a_case(proc=["01.1"], dx=["B01", "M01"])) == grouped("BB11", severity="MCC")


@pytest.mark.parametrize(
    ("dx", "severity"),
    [
        (["B01"], "none"), (["B01", "M01"], "MCC"), (["B01", "B02", "M01"], "MCC"), (["B01", "B02"], "CC"),
        (["B01", "M02"], "none"), (["M01", "M01"], None), (["C01", "M02", None], "CC"), (["Q99", "M01"], None),
    ],
)  # fmt: skip
def test_the_severity_is_that_of_the_gravest_diagnosis_that_counts(
    pack_of: Packs, a_case: Cases, dx: list[str | None], severity: str | None
) -> None:
    """A case without a group has none."""
    assert group(pack_of(), a_case(dx=dx)).severity == severity


def test_a_pack_that_knows_no_levels_says_no_severity(pack_of: Packs, a_case: Cases) -> None:
    found = group(pack_of(cc=[]), a_case(dx=["B01", "M01"]))
    assert (found.status, found.severity) == ("grouped", None)


DX = ["B01", "B02", "C01", "M01", "M02", "X01", "Q99", None]
PROC = ["01.1", "01.2", "99.9", "00.0", None]


def _wide(code: str | None) -> str | None:
    return None if code is None else " " + "".join(chr(ord(sign) + 0xFEE0) for sign in code.lower()) + " "


@pytest.mark.property
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(DX), max_size=6), st.lists(st.sampled_from(PROC), max_size=3), st.randoms())
def test_order_repeats_case_and_width_change_nothing(
    pack_of: Packs, a_case: Cases, dx: list[str | None], proc: list[str | None], chance: Any
) -> None:
    pack = pack_of()
    expected = group(pack, a_case(dx=dx, proc=proc))
    others = dx[1:] + dx[1:2]
    chance.shuffle(others)
    changed = a_case(dx=[_wide(code) for code in dx[:1] + others], proc=[_wide(code) for code in proc])
    assert group(pack, changed) == expected


@pytest.mark.property
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(DX), max_size=5), st.integers(min_value=0, max_value=4))
def test_one_diagnosis_less_never_raises_the_level(
    pack_of: Packs, a_case: Cases, secondary: list[str | None], place: int
) -> None:
    pack, order = pack_of(), ["BB15", "BB13", "BB11"]
    more = group(pack, a_case(dx=["B01", *secondary], proc=["01.1"]))
    less = group(pack, a_case(dx=["B01", *secondary[:place], *secondary[place + 1 :]], proc=["01.1"]))
    assert order.index(str(less.drg)) <= order.index(str(more.drg))


def test_the_trace_says_what_was_tried_and_why(pack_of: Packs, a_case: Cases) -> None:
    pack = pack_of(drg=["BB1,BB1,BB11,long,1,mcc and los > 9", "BB1,BB1,BB15,other,2,true"])
    found = explain(pack, a_case(proc=["01.1"], dx=["B01", "M02", "M01", "M01"]))
    assert found.result == group(pack, found.case)
    assert [(step.kind, step.id, step.holds, step.file, step.row) for step in found.steps] == [
        ("mdc", "B", True, "mdc.csv", 1),
        ("rule", "BB1", True, "adrg.csv", 1),
        ("drg", "BB11", False, "drg.csv", 1),
        ("drg", "BB15", True, "drg.csv", 2),
    ]
    assert found.steps[0].asked == (Asked("pdx in MDC", True, (Hit("B01", "MDCB MDC", "mdc_dx.csv", 1),), "", None),)
    assert found.steps[1].asked == (Asked("pproc in ss", True, (Hit("01.1", "BB1 ss", "adrg_list.csv", 1),), "", None),)
    assert found.steps[2].asked == (Asked("mcc", True, (), "", None), Asked("los > 9", False, (), "los", None))
    assert found.missing == (Missing("los", ("BB11: los > 9",)),)
    assert [(its.code, its.level, its.counted, its.row) for its in found.severity] == [
        ("M01", "MCC", True, 1),
        ("M02", "CC", False, 2),
    ]
    assert as_data(found)["severity"][1] == {
        "code": "M02", "level": "CC", "table": "8", "principal_table": "8", "row": 2, "counted": False,
    }  # fmt: skip


def test_the_trace_of_an_invalid_case(pack_of: Packs, a_case: Cases) -> None:
    found = explain(pack_of(), a_case(age=None))
    assert (found.problems, found.steps) == (("age unknown",), ())
