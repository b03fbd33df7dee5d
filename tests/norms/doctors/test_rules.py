"""What policy says of physicians' figures is read whole or refused by name."""

from datetime import date
from importlib.resources import files

import pytest

from yiheng.base.refusal import Refusal
from yiheng.norms.doctors.rules import POLICY, Attributed, attributed, attributed_of
from yiheng.policy.loader import read_scheme, scheme

DAY = date(2024, 12, 31)


def test_the_packaged_rules() -> None:
    assert attributed(DAY) == Attributed("physician", 30, 10, 5, 0.95, scheme(POLICY).digest)


def test_the_alternatives_to_the_attribution_are_named() -> None:
    (dated,) = scheme(POLICY).parameters["attribution"].values
    assert "attending physician at discharge" in dated.note
    assert "the operator, who ordered each charge line, or shares by days" in dated.note


def test_an_attribution_by_what_cases_do_not_carry_is_refused() -> None:
    text = (files("yiheng.policy") / "norms" / "doctors.yaml").read_text(encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        attributed_of(read_scheme(POLICY, text.replace("value: physician", "value: surgeon")), DAY)
    said = "file norms/doctors, value surgeon: attribution: cases carry no such thing -> one of: physician"
    assert str(refused.value) == said
