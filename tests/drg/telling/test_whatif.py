"""drg.telling.whatif: a case with other codes and numbers, and what may not be changed."""

from collections.abc import Callable

import pytest

from yiheng.base.refusal import Refusal
from yiheng.drg.case import Case
from yiheng.drg.packs.pack import Pack
from yiheng.drg.telling.lines import told_what_if
from yiheng.drg.telling.whatif import Changes, changed, what_if, what_if_data


@pytest.mark.parametrize(
    ("changes", "dx", "proc"),
    [
        (Changes(), ("B01", "M02"), ("01.2",)),
        (Changes(principal="m02"), ("M02", "B01"), ("01.2",)),
        (Changes(principal="C01"), ("C01", "B01", "M02"), ("01.2",)),
        (Changes(add_dx=(" x01",), drop_dx=("B01",)), ("M02", "X01"), ("01.2",)),
        (Changes(principal_proc="01.1", add_proc=("99.9",)), ("B01", "M02"), ("01.1", "01.2", "99.9")),
        (Changes(drop_proc=("01.2",)), ("B01", "M02"), ()),
    ],
)
def test_codes_are_dropped_added_and_put_first(
    a_case: Callable[..., Case], changes: Changes, dx: tuple[str, ...], proc: tuple[str, ...]
) -> None:
    found = changed(a_case(dx=["B01", "M02"], proc=["01.2"]), changes)
    assert (found.dx, found.proc) == (dx, proc)


def test_before_and_after(pack_of: Callable[..., Pack], a_case: Callable[..., Case]) -> None:
    case = a_case(dx=["B01", "M02"], proc=[])
    found = what_if(pack_of(), case, Changes(add_dx=("M01",), add_proc=("01.1",), numbers={"age": 3}))
    assert (found.before.result.drg, found.after.result.drg) == ("BR19", "BB11")
    assert (found.before.case, found.after.case.age) == (case, 3)
    data = what_if_data(found)
    assert (data["simulation"], data["after"]["result"]["drg"]) == (True, "BB11")


def test_it_is_said_to_be_a_simulation(pack_of: Callable[..., Pack], a_case: Callable[..., Case]) -> None:
    pack = pack_of()
    found = what_if(pack, a_case(), Changes(principal="C01", numbers={"age": None}))
    assert list(told_what_if(found, pack, "zh"))[:4] == [
        "*** 模拟结果, 不得回写病案 ***",
        "改动: 主要诊断 C01 eye; age = 未填",
        "改动前: BR19 treated",
        "改动后: 校验未通过",
    ]
    assert next(told_what_if(found, pack, "en")) == "*** A simulation: never to be written back to the record ***"


def test_what_cannot_be_changed_is_refused(a_case: Callable[..., Case]) -> None:
    with pytest.raises(Refusal, match="the case has no such code to drop") as refused:
        changed(a_case(), Changes(drop_dx=("x9",)))
    assert (refused.value.column, refused.value.value) == ("dx", "X9")
    with pytest.raises(Refusal, match="cannot be changed"):
        changed(a_case(), Changes(numbers={"dx": 3}))
