"""One one-time code, given by eight processes at once, lets one in."""

import pytest

from .conftest import Ground

pytestmark = [pytest.mark.fault, pytest.mark.slow]


@pytest.mark.parametrize("mode", ["processes", pytest.param("threads", marks=pytest.mark.soak)])
def test_a_code_lets_one_in(stage: Ground, mode: str) -> None:
    ended = stage.run("eight_give_one_code", mode)
    assert (ended.times("in"), ended.times("out"), ended.after) == (1, 7, {"step": 58_000_000})


def test_without_the_condition_it_lets_in_more(stage: Ground) -> None:
    assert stage.run("eight_give_one_code", "threads", "--without", "once").times("in") > 1
