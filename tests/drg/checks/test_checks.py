"""drg.checks: each check finds what it is for, with its count, and nothing in a sound pack."""

from collections.abc import Callable
from pathlib import Path

import pytest

from yiheng.drg.checks.run import CHECKS, Checked, checked, has_errors
from yiheng.drg.packs.opening import open_content
from yiheng.drg.packs.severities import checks, severity_of

Folders = Callable[..., Path]
SOUND = {"icd10": ["B01,a", "B02,b", "C01,c", "M01,d", "M02,e"]}


@pytest.fixture
def found(folder_of: Folders) -> Callable[..., dict[str, tuple[str, ...]]]:
    """The examples of each check that finds something about a pack with these rows."""

    def of(**rows: list[str]) -> dict[str, tuple[str, ...]]:
        return {each.name: each.examples for each in checked(open_content(str(folder_of(**rows))))}

    return of


Found = Callable[..., dict[str, tuple[str, ...]]]
RULES = ["BB1,BB1,B,1,surgical,pproc in ss,adrg:BB1", "BR1,BR1,B,2,medical,pdx in zd,adrg:BR1"]
EYE = ["CR1,CR1,C,1,medical,pdx in zd,adrg:CR1"]
GROUPS = ["BB1,BB1,BB15,operated,1,true", "CR1,CR1,CR19,eyes treated,1,true"]
LISTS = ["BB1,ss,01.1", "CR1,zd,C01"]


def banded(*conditions: str) -> list[str]:
    return [*GROUPS, *(f"BR1,BR1,BR1{place},n{place},{place},{each}" for place, each in enumerate(conditions))]


def test_every_check_has_its_severity_and_every_severity_its_check() -> None:
    loading = {
        "empty_list", "mdc_without_gate", "mdc_never_tried", "rule_never_tried", "group_without_rule", "two_values",
        "declared_not_empty", "two_sites",
    }  # fmt: skip
    assert set(checks()) == loading | set(CHECKS)
    assert {severity_of(name) for name in checks()} == {"error", "warning"}


def test_nothing_is_found_in_a_sound_pack(found: Found) -> None:
    assert found(**SOUND) == {}


def test_diagnoses_outside_their_category(found: Found) -> None:
    lists = [*LISTS, "BR1,zd,B01", "BR1,zd,C01", "BR1,zd,Q9*", "BR1,zd,B0*"]
    assert found(adrg_list=lists)["dx_outside_mdc"] == (
        "adrg_list.csv 4: C01 of BR1 zd is not among the diagnoses that the gate of B admits",
        "adrg_list.csv 5: Q9* of BR1 zd is not among the diagnoses that the gate of B admits",
    )


def test_procedures_that_the_gate_excludes(found: Found) -> None:
    mdc = ["B,x,1,k,pdx in MDC and (pproc in SS_VALID or pproc in more)", "C,Eyes,2,principal_dx,pdx in MDC"]
    lists = ["MDCB,more,03.1", "BB1,ss,01.1", "BB1,ss,99.9", "BR1,zd,B01", "CR1,zd,C01"]
    said = found(mdc=mdc, adrg_list=lists, icd9=["01.1,x,1", "99.9,x,0", "03.1,x,0"])
    assert said == {
        "procedure_outside_gate": (
            "adrg_list.csv 3: 99.9 of BB1 ss is not among the procedures that the gate of B admits",
        )
    }


@pytest.mark.parametrize(
    ("logic", "never"),
    [
        ("false", True),
        ("pdx in zd and false", True),
        ("pdx in zd and not pdx in MDC", True),
        ("age < 5 and age > 6", True),
        ("age < 6 and age > 5", True),
        ("icu_hours < 6 and icu_hours > 5", False),
        ("pproc in nowhere or pdx in nowhere", True),
        ("pproc in ss and not proc present", True),
        ("pdx in zd and not pproc in SS_VALID", False),
        ("pdx in zd or false", False),
        ("weight_g present", False),
        ("not weight_g present", False),
        ("weight_g present and not weight_g known", True),
        ("not age < 5 and not age >= 5", False),
    ],
)
def test_rules_that_never_hold(found: Found, logic: str, never: bool) -> None:
    lists = [*LISTS, "BR1,zd,B01", "BR1,ss,01.1"]
    said = found(adrg=[RULES[0], f"BR1,BR1,B,2,medical,{logic},adrg:BR1", *EYE], adrg_list=lists)
    expected = ("adrg.csv 2: BR1 can never hold within the gate of B",)
    assert said.get("rule_never_reached") == (expected if never else None)
    assert ("group_never_produced" in said) == never


@pytest.mark.parametrize(
    ("first", "second", "hidden"),
    [
        ("pdx in zd", "pdx in zd", True),
        ("dx any zd", "pdx in zd", True),
        ("pdx in zd", "dx any zd", False),
        ("pdx in zd", "pdx in zd and age < 5", True),
        ("pdx in zd and age < 6", "pdx in zd and age < 5", True),
        ("pdx in zd and age < 5", "pdx in zd and age < 6", False),
        ("pdx in zd or proc present", "pproc in zd", True),
        ("pdx in MDC", "sdx any zd", True),
        ("true", "false", False),
        ("not proc present", "not proc present and age > 3", True),
        ("los in {1,2,3}", "los == 2", True),
        ("los >= 2", "los in {2,3}", True),
        ("weight_g present", "weight_g > 5", True),
        ("age known", "age < 5", True),
        ("los <= 3", "los < 2", True),
        ("los <= 3", "not los >= 2", False),
        ("not los > 3", "not los >= 2", True),
        ("not los > 3", "not los known", True),
    ],
)
def test_shadowed_rules(found: Found, first: str, second: str, hidden: bool) -> None:
    adrg = [f'BR1,BR1,B,1,medical,"{first}",adrg:BR1', f'BR2,BR2,B,2,medical,"{second}",adrg:BR2', *EYE]
    lists = ["CR1,zd,C01", *(f"{rule},zd,{code}" for rule in ("BR1", "BR2") for code in ("B01", "01.1"))]
    groups = ["BR1,BR1,BR19,x,1,true", "BR2,BR2,BR29,y,1,true", GROUPS[1]]
    said = found(adrg=adrg, adrg_list=lists, drg=groups, icd9=["01.1,x,1"])
    expected = ("adrg.csv 2: BR2 is hidden by BR1 (row 1), which takes all its cases",)
    assert said.get("shadowed_rule") == (expected if hidden else None)


def test_a_rule_that_may_let_the_next_one_try_hides_nothing(found: Found) -> None:
    adrg = ["BR1,BR1,B,1,medical,pdx in MDC,next", "BR2,BR2,B,2,medical,pdx in MDC,next", *EYE]
    rows = {"adrg": adrg, "adrg_list": ["CR1,zd,C01"]}
    partly = ["BR1,BR1,BR11,x,1,mcc", "BR2,BR2,BR29,y,1,true", GROUPS[1]]
    assert "shadowed_rule" not in found(drg=partly, **rows)
    assert "shadowed_rule" in found(drg=["BR1,BR1,BR19,x,2,true", *partly], **rows)


def test_rows_after_an_unconditional_one(found: Found) -> None:
    said = found(drg=banded("mcc or cc", "mcc", "true", "cc"), adrg_list=[*LISTS, "BR1,zd,B01"])
    assert said["unreachable_group"] == (
        "drg.csv 4: BR11 of BR1 stands after BR10 (mcc or cc), which takes its cases",
        "drg.csv 6: BR13 of BR1 stands after BR10 (mcc or cc), which takes its cases",
    )
    assert said["group_never_produced"] == (
        "drg.csv 4: BR11 n1 is never given out",
        "drg.csv 6: BR13 n3 is never given out",
    )


@pytest.mark.parametrize(
    ("conditions", "left"),
    [
        (("mcc", "cc"), "not mcc, not cc"),
        (("mcc", "not mcc"), None),
        (("mcc", "not mcc and cc"), "not mcc, not cc"),
        (("age < 17", "age >= 17"), None),
        (("age < 17", "age > 17"), "age 17"),
        (("los >= 1 and los <= 7", "los > 7"), "los 0"),
    ],
)
def test_cases_that_no_row_takes(found: Found, conditions: tuple[str, ...], left: str | None) -> None:
    said = found(drg=banded(*conditions), adrg_list=[*LISTS, "BR1,zd,B01"])
    assert said.get("no_catch_all") == (left and (f"adrg.csv 2: no row of BR1 takes {left}: BR1",))


@pytest.mark.parametrize(
    ("conditions", "gap", "overlap"),
    [
        (("age < 17", "age >= 17"), None, None),
        (("age < 17", "age > 17"), "none of BR10, BR11 takes age 17", None),
        (("age < 17", "age >= 16"), None, "BR10 and BR11 both take age 16"),
        (("los <= 7", "los <= 30"), None, None),
        (("weight_g < 1500", "weight_g >= 2000"), "none of BR10, BR11 takes weight_g 1500", None),
        (("weight_g <= 1499", "weight_g >= 1500"), None, None),
        (("icu_hours <= 120", "icu_hours >= 121"), "none of BR10, BR11 takes icu_hours 120.5", None),
        (("mcc and age < 17", "age > 17"), None, None),
        (("mcc and age < 17", "mcc and age > 17"), "none of BR10, BR11 takes age 17", None),
    ],
)
def test_bands(found: Found, conditions: tuple[str, ...], gap: str | None, overlap: str | None) -> None:
    said = found(drg=banded(*conditions), adrg_list=[*LISTS, "BR1,zd,B01"])
    assert said.get("gap_in_bands") == (gap and (f"drg.csv 3: {gap}",))
    assert said.get("overlap_in_bands") == (overlap and (f"drg.csv 4: {overlap}",))


def test_bands_over_the_rules_of_a_category(found: Found) -> None:
    adrg = [
        "PS1,PS1,B,1,medical,pdx in zd and weight_g present and weight_g < 1500,adrg:PS1",
        "PS3,PS3,B,2,medical,pdx in zd and weight_g >= 2000,adrg:PS3",
        *EYE,
    ]
    groups = ["PS1,PS1,PS19,a,1,true", "PS3,PS3,PS39,b,1,true", GROUPS[1]]
    said = found(adrg=adrg, drg=groups, adrg_list=["PS1,zd,B01", "PS3,zd,B01", "CR1,zd,C01"])
    assert said["gap_in_bands"] == ("adrg.csv 1: none of PS1, PS3 takes weight_g 1500",)
    assert "weight_of_zero" not in said


def test_a_weight_of_zero_is_no_weight(found: Found) -> None:
    adrg = [RULES[0], "BR1,BR1,B,2,medical,pdx in zd and weight_g < 1500,adrg:BR1", *EYE]
    said = found(adrg=adrg, adrg_list=[*LISTS, "BR1,zd,B01"])
    assert said["weight_of_zero"] == ("adrg.csv 2: BR1 takes a weight of 0",)


def test_codes_without_a_place_in_the_books(found: Found) -> None:
    said = found(
        mdc_dx=["B,B01,head", "B,B01,chest", "B,B02,", "C,C01,", "C,C99,"],
        adrg_list=[*LISTS, "BR1,zd,B01", "CR1,zd,C9*", "BB1,ss,01*"],
        cc=["M01,MCC,7", "Q01,CC,7"],
        icd10=["B01,a", "B02,b", "C01,c", "M01,d"],
    )
    assert said["two_sites"] == ("mdc_dx.csv 2: B01 is head and chest",)
    assert said["code_not_in_book"] == (
        "mdc_dx.csv 5: C99 is not in the code book",
        "cc.csv 2: Q01 is not in the code book",
    )
    assert said["prefix_without_code"] == ("adrg_list.csv 4: no code of the book begins with C9",)


def test_prefixes_are_held_against_prefixes(found: Found) -> None:
    said = found(
        mdc_dx=["B,B0*,", "C,C01,"],
        adrg_list=[*LISTS, "BR1,zd,B01*", "BR1,zd,B*", "BR1,zd,D0*"],
        icd10=[],
        icd9=[],
    )
    assert said == {
        "dx_outside_mdc": ("adrg_list.csv 5: D0* of BR1 zd is not among the diagnoses that the gate of B admits",),
        "code_not_in_book": (
            "icd10.csv: the code book is empty: nothing can be held against it",
            "icd9.csv: the code book is empty: nothing can be held against it",
        ),
    }


def test_names_and_weights(folder_of: Folders) -> None:
    folder = folder_of(drg=["BB1,BB1,BB15,,1,true", "BR1,BR1,BR19,x,1,true", "CR1,CR1,CR19,y,1,true"], **SOUND)
    (folder / "weights.csv").write_text("drg,weight\nBB15,1\nBR1,1\nZZ9,1\nBR19,2\n", encoding="utf-8")
    said = {each.name: each.examples for each in checked(open_content(str(folder)))}
    assert said == {
        "group_without_name": ("drg.csv 1: BB15 has no name",),
        "weight_without_group": ("weights.csv 3: there is no DRG ZZ9",),
        "group_without_weight": ("drg.csv 3: CR19 has no weight",),
    }


def test_counts_examples_and_severity(folder_of: Folders) -> None:
    folder = folder_of(adrg_list=["BB1,ss,01.1", *(f"BR1,zd,Q{n}" for n in range(9))], icd10=SOUND["icd10"])
    bare = {each.name: each for each in checked(open_content(str(folder)))}
    assert (bare["dx_outside_mdc"].count, len(bare["dx_outside_mdc"].examples)) == (9, 5)
    assert {each.severity for each in bare.values()} == {"warning"}
    assert not has_errors(list(bare.values()))
    (folder / "pack.toml").write_text('id = "x"', encoding="utf-8")
    whole: list[Checked] = checked(open_content(str(folder)))
    assert {each.name: each.severity for each in whole if each.severity == "error"} == {"empty_list": "error"}
    assert has_errors(whole)


@pytest.mark.slow
@pytest.mark.golden
def test_published_tables_have_what_their_readers_found(shared: Path) -> None:
    counts = {
        version: {each.name: each.count for each in checked(open_content(str(shared / "packs" / version)))}
        for version in ("chs_drg_10", "chs_drg_11", "foshan_2022")
    }
    assert {version: its["dx_outside_mdc"] for version, its in counts.items()} == {
        "chs_drg_10": 21, "chs_drg_11": 252, "foshan_2022": 249,
    }  # fmt: skip
    assert counts["chs_drg_10"]["shadowed_rule"] == 14
    assert counts["chs_drg_10"]["group_never_produced"] == 28
    assert (counts["foshan_2022"]["empty_list"], counts["foshan_2022"]["unreachable_group"]) == (1, 14)
