"""drg.checks: what a check calls unreachable, the reference never reaches, whatever the pack and the cases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yiheng.drg.case import Case, case_of
from yiheng.drg.checks.checkup import Checkup
from yiheng.drg.checks.groups import no_catch_all, unreachable_group
from yiheng.drg.checks.rules import dx_outside_mdc, procedure_outside_gate, rule_never_reached, shadowed_rule
from yiheng.drg.packs.content import content_of
from yiheng.drg.packs.source import Folder
from yiheng.drg.reference import group
from yiheng.drg.trace import Step

ATOMS = [
    "true", "false", "pdx in zd", "dx any zd", "sdx any zd", "pdx in MDC", "pproc in ss", "proc any ss", "sproc any ss",
    "pproc in SS_VALID", "proc any SS_VALID", "proc present", "mcc", "cc", "age < 2", "age >= 2", "age == 3",
    "los in {1, 3}", "los > 2", "los <= 3", "weight_g present", "weight_g < 2", "weight_g known", "sex == 1",
    "sites >= 1",
]  # fmt: skip
CONDITIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from(["and", "or"]), part).map(lambda its: f"({its[0]} {its[1]} {its[2]})"),
        part.map(lambda its: f"not ({its})"),
    ),
    max_leaves=4,
)
DX, PROC = ["B01", "B02", "B11", "C01"], ["01.1", "01.2", "02.1"]
LISTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["BR1", "BR2"]), st.just("zd"), st.sampled_from([*DX, "B0*", "B*"])),
        st.tuples(st.sampled_from(["BR1", "BR2"]), st.just("ss"), st.sampled_from([*PROC, "01*"])),
    ),
    max_size=6,
    unique=True,
)
SMALL = st.one_of(st.none(), st.integers(0, 4))
CASES = st.builds(
    lambda **columns: case_of(columns),
    sex=st.sampled_from([1, 2]),
    age=st.integers(1, 4),
    los=SMALL,
    weight_g=SMALL,
    dx=st.lists(st.sampled_from(DX), min_size=1, max_size=3),
    proc=st.lists(st.sampled_from(PROC), max_size=3),
)


@pytest.mark.slow
@pytest.mark.property
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gate=CONDITIONS,
    rules=st.tuples(CONDITIONS, CONDITIONS),
    groups=st.tuples(CONDITIONS, CONDITIONS, CONDITIONS),
    lists=LISTS,
    otherwise=st.sampled_from(["next", "adrg:BR1"]),
    cases=st.lists(CASES, min_size=5, max_size=40),
)
def test_what_is_called_unreachable_is_never_reached(
    folder_of: Callable[..., Path],
    gate: str,
    rules: tuple[str, str],
    groups: tuple[str, str, str],
    lists: list[tuple[str, str, str]],
    otherwise: str,
    cases: list[Case],
) -> None:
    checkup = Checkup(
        content_of(
            Folder(
                folder_of(
                    mdc=[f'B,x,1,k,"{gate}"'],
                    mdc_dx=["B,B0*,head", "B,C01,"],
                    adrg=[
                        f'BR{place},BR{place},B,{place},medical,"{rule}",{otherwise}'
                        for place, rule in enumerate(rules, 1)
                    ],
                    adrg_list=[",".join(row) for row in lists],
                    drg=[
                        f'BR1,BR1,BR11,x,1,"{groups[0]}"', f'BR1,BR1,BR12,x,2,"{groups[1]}"',
                        f'BR2,BR2,BR21,x,1,"{groups[2]}"',
                    ],
                    cc=["B02,MCC,1", "B11,CC,2"],
                    icd9=["01.1,x,1", "01.2,x,0", "02.1,x,1"],
                )
            )
        )
    )  # fmt: skip
    dead = {found.row for check in (rule_never_reached, shadowed_rule) for found in checkup.found(check)}
    gone = {found.row for found in checkup.found(unreachable_group)}
    apart = {found.row for check in (dx_outside_mdc, procedure_outside_gate) for found in checkup.found(check)}
    complete = {rule.row for rule in checkup.pack.rules["B"]} - {found.row for found in checkup.found(no_catch_all)}
    for case in cases:
        steps: list[Step] = []
        result = group(checkup.pack, case, steps)
        held = [step for step in steps if step.kind == "rule" and step.holds]
        if result.status == "grouped":
            assert held[-1].row not in dead
        assert not any(step.kind == "drg" and step.holds and step.row in gone for step in steps)
        hits = {
            hit.row for step in held for asked in step.asked if asked.text.startswith("pdx in zd") for hit in asked.hits
        }
        assert not hits & apart
        if held and case.los is not None and case.weight_g is not None and held[-1].row in complete:
            assert result.drg in ("BR11", "BR12", "BR21")
