"""drg.condition: every atom of the packs' grammar, by what it is worth for cases on both sides of its border."""

from collections.abc import Callable
from typing import Any

import pytest

from yiheng.base.expr import ExprError
from yiheng.drg.case import Case
from yiheng.drg.condition import Listed, ListKey, Scope, atoms, condition
from yiheng.drg.facts import Facts
from yiheng.drg.packs.pack import Pack

LISTS = ["R,zd,B01", "R,zd1,M01", "R,ss,01.1", "R,ss@1,01.2", "R,inline3,99.9"]


@pytest.mark.parametrize(
    ("text", "columns", "held"),
    [
        ("true", {}, True),
        ("false", {}, False),
        ("pdx in zd", {"dx": ["B01", "X01"]}, True),
        ("pdx in zd", {"dx": ["X01", "B01"]}, False),
        ("pdx in zd", {"dx": [None, "B01"]}, False),
        ("dx any zd", {"dx": ["X01", "B01"]}, True),
        ("dx any zd", {"dx": ["B01"]}, True),
        ("sdx any zd", {"dx": ["B01"]}, False),
        ("sdx any zd", {"dx": ["B01", "B01"]}, True),
        ("sdx any zd1", {"dx": ["X01", "B02", "M01"]}, True),
        ("pdx in MDC", {"dx": ["B02"]}, True),
        ("pdx in MDC", {"dx": ["C01"]}, False),
        ("dx any MDC", {"dx": ["C01", "B02"]}, True),
        ("pproc in ss", {"proc": ["01.1", "01.2"]}, True),
        ("pproc in ss", {"proc": ["01.2", "01.1"]}, False),
        ("pproc in ss", {"proc": []}, False),
        ("pproc in ss", {"proc": None}, False),
        ("sproc any ss@1", {"proc": ["01.1", "01.2"]}, True),
        ("sproc any ss@1", {"proc": ["01.2"]}, False),
        ("proc any inline3", {"proc": ["01.2", "99.9"]}, True),
        ("proc any ss and proc any ss@1", {"proc": ["01.2", "01.1"]}, True),
        ("pproc in SS_VALID", {"proc": ["01.2"]}, True),
        ("pproc in SS_VALID", {"proc": ["99.9", "01.2"]}, False),
        ("not proc any SS_VALID", {"proc": ["99.9"]}, True),
        ("not pproc in SS_VALID", {"proc": []}, True),
        ("pdx in nowhere", {"dx": ["B01"]}, False),
        ("not pdx in nowhere", {"dx": ["B01"]}, True),
        ("proc present", {"proc": ["00.0"]}, True),
        ("proc present", {"proc": []}, False),
        ("proc present", {"proc": [None, ""]}, False),
        ("age < 17", {"age": 16}, True),
        ("age < 17", {"age": 17}, False),
        ("age_days <= 28", {"age": 0, "age_days": 28}, True),
        ("age_days <= 28", {"age": 0, "age_days": 29}, False),
        ("age_days <= 28", {"age_days": None}, False),
        ("not age_days <= 28", {"age_days": None}, True),
        ("age_days != 28", {"age_days": None}, False),
        ("weight_g >= 1500 and weight_g < 2000", {"weight_g": 1999}, True),
        ("weight_g >= 1500 and weight_g < 2000", {"weight_g": 2000}, False),
        ("weight_g present", {"weight_g": 1}, True),
        ("weight_g present", {"weight_g": 0}, False),
        ("weight_g known", {"weight_g": 0}, True),
        ("weight_g known", {"weight_g": None}, False),
        ("los > 60", {"los": 61}, True),
        ("los > 60", {"los": 60}, False),
        ("los == 1", {"los": 1}, True),
        ("icu_hours >= 1 and icu_hours <= 120", {"icu_hours": 120.0}, True),
        ("icu_hours > 120", {"icu_hours": 120.5}, True),
        ("icu_hours > 0.1", {"icu_hours": 0.1}, False),
        ("icu_hours known", {"icu_hours": float("nan")}, False),
        ("sex == 1", {"sex": 1}, True),
        ("sex == 2", {"sex": 1}, False),
        ("los < 5 and discharge in {2,5}", {"los": 4, "discharge": 5}, True),
        ("discharge in {2,5}", {"discharge": 1}, False),
        ("discharge in {2,5}", {"discharge": None}, False),
        ("age > -1", {"age": 0}, True),
        ("dept == ICU", {"dept": "icu"}, True),
        ("dept == ICU", {"dept": "ＩＣＵ "}, True),
        ("dept == 0305", {"dept": "0305"}, True),
        ("dept == 0305", {"dept": "305"}, False),
        ("dept == '重症 医学'", {"dept": "重症 医学"}, True),
        ("dept != ICU", {"dept": None}, False),
        ("dept != ICU", {"dept": "0305"}, True),
        ("dept in {ICU, 'CCU'}", {"dept": "CCU"}, True),
        ("dept known", {"dept": ""}, False),
        ("mcc", {"dx": ["B01", "M01"]}, True),
        ("mcc", {"dx": ["M01"]}, False),
        ("cc", {"dx": ["B01", "M02"]}, False),
        ("cc", {"dx": ["X01", "M02"]}, True),
        ("cc", {"dx": ["B01", "M01", "B02"]}, True),
        ("mcc or cc", {"dx": ["B01", "M01"]}, True),
        ("sites >= 2", {"dx": ["T01", "T02"]}, True),
        ("sites >= 2", {"dx": ["T01", "T03", "X01"]}, False),
        ("not false and false or true", {}, True),
        ("not (false and false)", {}, True),
    ],
)
def test_holds(
    pack_of: Callable[..., Pack], a_case: Callable[..., Case], text: str, columns: dict[str, Any], held: bool
) -> None:
    sites = ["B,B01,", "B,B02,", "C,C01,", "Z,T01,头", "Z,T02,胸", "Z,T03,头"]
    pack = pack_of(adrg_list=LISTS, mdc_dx=sites)
    assert condition(text, Scope("R", "B")).holds(Facts(pack, a_case(**columns))) is held


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("bmi > 30", "is no condition of a rule pack at character 1, near 'bmi > 30'"),
        ("pdx any zd", "is no condition of a rule pack at character 1, near 'pdx any zd'"),
        ("proc in ss", "is no condition of a rule pack at character 1, near 'proc in ss'"),
        ("true and age present", "is no condition of a rule pack at character 10, near 'age present'"),
        ("sites known", "is no condition of a rule pack at character 1, near 'sites known'"),
        ("age > los", "expected a number at character 7, near 'los'"),
        ("age + 1 > 2", "is no condition of a rule pack at character 1, near 'age + 1 > 2'"),
        ("age in {x}", "expected a number at character 9, near 'x}'"),
        ("dept < ICU", "is no condition of a rule pack at character 1, near 'dept < ICU'"),
        ("dept == -1", "expected a department at character 9, near '-1'"),
        ("pdx in {A01}", "is no condition of a rule pack at character 1, near 'pdx in {A01}'"),
        ("ccc", "is no condition of a rule pack at character 1, near 'ccc'"),
        ("age <", "expected a name, a number, a text or a condition at character 6, where the text ends"),
    ],
)
def test_what_is_not_of_the_grammar_is_refused(text: str, line: str) -> None:
    with pytest.raises(ExprError) as caught:
        condition(text, Scope("R", "B"))
    assert str(caught.value) == line


def test_any_procedure_may_stand_for_the_principal_one() -> None:
    (read,) = atoms(condition("pproc in ss", Scope("R", "B", any_procedure=True)))
    assert read == Listed("proc", ListKey("R", "ss"))
    assert read.text == "pproc in ss"
