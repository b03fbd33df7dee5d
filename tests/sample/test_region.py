"""Hospitals, departments and physicians of a seed."""

import numpy as np

from yiheng.sample.reach import reach
from yiheng.sample.region import FEWEST_PHYSICIANS, region
from yiheng.sample.tables import words


def dept_in(hospital: str, asked: str) -> str:
    codes = words("departments", "code")
    return str(codes[region(1).dept_of[words("hospitals", "code").index(hospital), codes.index(asked)]])


def test_small_hospitals_merge_departments() -> None:
    assert dept_in("H99010200001", "0305") == "0305"
    assert dept_in("H99012100001", "0305") == "0300"
    assert dept_in("H99012100001", "2300") == "0301"
    assert dept_in("H99012100004", "2300") == "0300"


def test_wherever_cases_can_go_there_are_physicians() -> None:
    made = region(1)
    codes = words("departments", "code")
    asked = np.array([codes.index(code) for code in words("diseases", "dept")])
    for hospital, expected in enumerate(reach().expected.T):
        depts = made.dept_of[hospital, asked[expected > 0]]
        assert made.count[hospital, depts].min() >= FEWEST_PHYSICIANS
    assert len(made.physician_code) == made.count.sum() == made.first[-1, -1] + made.count[-1, -1]


def test_expected_cases_add_up_and_visitors_are_never_treated_outside() -> None:
    made = reach()
    assert np.isclose(made.expected.sum(), 1)
    outside = [number for number, group in enumerate(words("hospitals", "group")) if not group]
    visitors = [number for number, zone in enumerate(words("areas", "zone")) if zone != "0"]
    chance = np.diff(made.bounds.reshape(len(words("diseases", "id")), -1, made.bounds.shape[1]), axis=2, prepend=0)
    assert np.abs(chance[:, visitors][:, :, outside]).max() < 1e-12
    assert np.allclose(made.bounds[:, -1], 1)


def test_one_hospital_is_dear_and_one_slow() -> None:
    made, codes = region(1), words("hospitals", "code")
    first, central, miners, east = (
        codes.index(code) for code in ("H99010200001", "H99010200002", "H99010300001", "H99010200007")
    )
    assert np.exp(made.hospital_fee[central] - made.hospital_fee[first]) > 1.15
    assert np.exp(made.hospital_los[miners] - made.hospital_los[east]) > 1.15
