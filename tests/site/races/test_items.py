"""Many act on one item at once: one does, the others are told; one request has one effect; without a guard it shows."""

import pytest

from .conftest import Ground

pytestmark = [pytest.mark.fault, pytest.mark.slow]
MODES = ("processes", pytest.param("threads", marks=pytest.mark.soak))
TAKEN = {"state": "taken", "version": 3, "acts": 1, "events": 1, "todos": 1}


@pytest.mark.parametrize("mode", MODES)
def test_eight_take_one_item(stage: Ground, mode: str) -> None:
    ended = stage.run("eight_take_one", mode)
    assert (ended.acts, ended.times("moved"), ended.after) == (1, 7, TAKEN)


@pytest.mark.parametrize("mode", MODES)
def test_one_request_that_comes_eight_times_has_one_effect(stage: Ground, mode: str) -> None:
    ended = stage.run("one_request_eight_times", mode)
    assert (ended.acts, len(set(ended.told)), ended.after) == (1, 1, TAKEN)


@pytest.mark.parametrize("mode", MODES)
def test_one_item_is_made_of_one_request(stage: Ground, mode: str) -> None:
    ended = stage.run("one_beginning_eight_times", mode)
    assert (ended.acts, len(set(ended.told)), ended.after) == (1, 1, {"items": 1})


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 10))])
@pytest.mark.parametrize("scene", ["eight_take_one", "one_request_eight_times"])
def test_whoever_is_killed_and_asks_again_changes_nothing_twice(stage: Ground, scene: str, seed: int) -> None:
    ended = stage.run(scene, "processes", "--kill", str(seed))
    assert (ended.acts, ended.after) == (1, TAKEN)


@pytest.mark.parametrize(
    ("scene", "guard", "right"),
    [
        ("eight_take_one", "version", {"act": 1, "moved": 7}),
        ("one_request_eight_times", "request", {"act": 8}),
        pytest.param("one_beginning_eight_times", "request", {"act": 8}, marks=pytest.mark.soak),
    ],
)
def test_without_its_guard_the_scene_fails(stage: Ground, scene: str, guard: str, right: dict[str, int]) -> None:
    """What is told with it is tested above: one act to all, or seven times that somebody was first."""
    assert stage.run(scene, "threads", "--without", guard).counts != right


@pytest.mark.postgres
def test_without_the_matters_lock_nobody_is_told_who_was_first(postgres_stage: Ground) -> None:
    """The table lets one act through a version; the others are a fault."""
    ended = postgres_stage.run("eight_take_one", "threads", "--without", "matter")
    assert (ended.acts, ended.times("moved")) != (1, 7)
    assert any(told.startswith("fault: ") and "act_once_a_version" in told for told in ended.told)
