"""Many ask for the same money, beds or cells at once: never more than there is; without a guard it shows."""

import pytest

from .conftest import Ground

pytestmark = [pytest.mark.fault, pytest.mark.slow]
MODES = ("processes", pytest.param("threads", marks=pytest.mark.soak))
HELD = {"held": 9_900_000, "numbers": sorted(f"H采〔2026〕{number}" for number in range(1, 12)), "unproven": 0}


@pytest.mark.parametrize("mode", MODES)
def test_eleven_of_twenty_four_purchases_pass(stage: Ground, mode: str) -> None:
    ended = stage.run("purchases_above_the_budget", mode)
    assert (ended.acts, ended.times("not_enough"), ended.after) == (11, 13, HELD)


def test_killed_at_any_moment_still_eleven_pass(stage: Ground) -> None:
    ended = stage.run("purchases_above_the_budget", "processes", "--kill", "1")
    assert (ended.acts, ended.times("not_enough"), ended.after) == (11, 13, HELD)


@pytest.mark.parametrize("mode", MODES)
def test_the_second_of_two_purchases_is_approved_on_their_sum(stage: Ground, mode: str) -> None:
    ended = stage.run("two_from_one_supplier", mode)
    assert (ended.acts, ended.after) == (2, {"rungs": [2, 3]})


@pytest.mark.parametrize("mode", MODES)
def test_three_of_twenty_patients_have_a_bed(stage: Ground, mode: str) -> None:
    ended = stage.run("twenty_on_three_places", mode)
    assert (ended.acts, ended.times("not_enough")) == (3, 17)
    assert ended.after == {"held": 3, "scheduled": 3, "unproven": 0}


@pytest.mark.parametrize("mode", MODES)
def test_nobody_waits_for_ever(stage: Ground, mode: str) -> None:
    ended = stage.run("cells_in_opposite_order", mode)
    assert (ended.times("held"), ended.times("not_enough")) == (10, 6)
    assert ended.after == {"held": [1_000, 1_000], "unproven": 0}


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("scene", "guard"),
    [("two_from_one_supplier", "gates"), ("cells_in_opposite_order", "order"), ("purchases_above_the_budget", "room")],
)
def test_without_its_guard_the_scene_fails(postgres_stage: Ground, scene: str, guard: str) -> None:
    ended = postgres_stage.run(scene, "threads", "--without", guard)
    if guard == "gates":
        assert ended.after == {"rungs": [2, 2]}
    elif guard == "order":
        assert any(said.startswith("fault: deadlock") for said in ended.told)
    else:
        assert ended.times("not_enough") == 0
