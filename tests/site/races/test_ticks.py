"""Several ticks at once, and ticks beside people: nothing is told or taken twice, and no tick has a fault."""

from collections.abc import Callable

import pytest

from .conftest import Ground

pytestmark = [pytest.mark.fault, pytest.mark.slow]
MODES = ("processes", pytest.param("threads", marks=pytest.mark.soak))
TOLD = {"levels": [[1, 2]] * 4, "events agree": True, "counted": [2] * 4}
NONE = {"take": 0, "expire": 0, "remind": 0}
AFTER = {
    "levels_once": TOLD | {"running": 4, "steps": NONE, "states": ["sent"] * 4},
    "steps_once": TOLD | {"running": 0, "steps": NONE | {"expire": 4}, "states": ["refused"] * 4},
    "reminders_once": TOLD | {"running": 4, "steps": NONE | {"remind": 4}, "states": ["sent"] * 4},
}
# One of them in test-all, whose steps come after all levels; the others where time does not press.
SCENES = ["steps_once", *(pytest.param(each, marks=pytest.mark.soak) for each in sorted(AFTER) if each != "steps_once")]


def test_a_step_that_stays_in_its_state_is_taken_once(stage: Ground) -> None:
    ended = stage.run("reminders_once", "processes")
    assert (ended.told, ended.after) == (["done"] * 4, AFTER["reminders_once"])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scene", SCENES)
def test_ticks_at_once_do_nothing_twice(stage: Ground, scene: str, mode: str) -> None:
    ended = stage.run(scene, mode)
    assert (ended.told, ended.after) == (["done"] * 4, AFTER[scene])


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 10))])
@pytest.mark.parametrize("scene", SCENES)
def test_a_tick_that_is_killed_is_made_up_for_by_the_next(stage: Ground, scene: str, seed: int) -> None:
    ended = stage.run(scene, "processes", "--kill", str(seed))
    assert (ended.told, ended.after) == (["done"] * 4, AFTER[scene])


@pytest.mark.parametrize("mode", MODES)
def test_an_item_is_taken_or_expires(stage: Ground, mode: str) -> None:
    ended = stage.run("ticks_and_takers", mode)
    took, expired = ended.after["steps"]["take"], ended.after["steps"]["expire"]
    assert ended.told[4:] == ["done", "done"]
    assert (ended.times("taken"), ended.times("moved")) == (took, expired)
    assert (took + expired, ended.after["running"], ended.after["events agree"]) == (4, 0, True)
    assert ended.after["states"] == ["refused"] * expired + ["taken"] * took
    assert ended.after["counted"][took:] == [2] * expired


def test_without_a_second_look_a_tick_fails(stage: Ground) -> None:
    ended = stage.run("levels_once", "threads", "--without", "come")
    assert all("IndexError" in told for told in ended.told)


@pytest.mark.postgres
def test_without_locks_of_rows_a_tick_fails(ground: Callable[[str, str], Ground], postgres: str) -> None:
    """SQLite has one writer at a time and needs none."""
    ended = ground("postgres", postgres).run("levels_once", "threads", "--without", "locks")
    assert any("level_once" in told for told in ended.told)
