"""Holds, numbers and registers at once, below any flow: the law holds on both engines; without a guard it shows."""

from typing import Any

import pytest

from .conftest import Ground

pytestmark = [pytest.mark.fault, pytest.mark.slow]
SOAK = pytest.mark.soak  # the same as flows do it in test_limits
NUMBERS = ["none"] * 4 + [str(number) for number in range(1, 13)]


def cells(holds: int, *rows: list[int]) -> dict[str, Any]:
    return {"cells": list(rows), "holds": holds, "unproven": 0}


@pytest.mark.parametrize(
    ("scene", "told", "after"),
    [
        pytest.param(
            "purchases", {"done": 11, "not_enough": 13}, cells(11, [100_000, 99_000, 0, 0]), marks=pytest.mark.soak
        ),
        pytest.param("patients", {"done": 3, "not_enough": 17}, cells(3, [3, 0, 0, 3]), marks=pytest.mark.soak),
        pytest.param("opposite_order", {"done": 16}, cells(64, *[[1_600, 1_600, 0, 0]] * 4), marks=pytest.mark.soak),
        ("swapped", {"done": 14}, cells(12, *[[12, 6, 0, 0]] * 2)),
        ("one_hold_many_hands", {"done": 3, "not_enough": 7}, cells(1, [100, 10, 90, 0])),
        ("rows_that_overlap", {"done": 1, "overlap": 7}, {"holds": 1}),
    ],
)
def test_the_law_holds(stage: Ground, scene: str, told: dict[str, int], after: dict[str, Any]) -> None:
    ended = stage.run(scene, "threads")
    assert {said: ended.times(said) for said in ended.told} == told
    assert ended.after == after


def test_one_of_two_sheets_is_confirmed_once(stage: Ground) -> None:
    ended = stage.run("sheets_confirmed", "threads")
    limit = ended.after["limits"][0]
    assert ended.counts == {"done": 1, "hindered": 7}
    assert (limit in (200, 300), ended.after) == (True, {"limits": [limit] * 6, "hold": 6, "unproven": 0})


def test_sheets_in_force_at_once_are_whole_or_not_at_all(stage: Ground) -> None:
    ended = stage.run("sheets_in_force", "threads")
    done = ended.counts["done"]
    assert ended.counts == {"done": done} | ({"moved": 8 - done} if done < 8 else {})
    limit = ended.after["limits"][0]
    assert (limit in range(200, 208), ended.after) == (True, {"limits": [limit] * 6, "hold": 6 * done, "unproven": 0})


def test_numbers_have_no_gap(stage: Ground) -> None:
    ended = stage.run("numbers", "processes")
    assert sorted(ended.told, key=lambda said: int(said) if said.isdecimal() else 0) == NUMBERS
    assert ended.after == {"last": [12]}


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("scene", "guard"),
    [
        ("purchases", "cell_room"),
        ("opposite_order", "cell_order"),
        ("rows_that_overlap", "overlap"),
        ("sheets_confirmed", "sheet_order"),
        ("swapped", "locks"),
    ],
)
def test_without_its_guard_the_scene_fails(postgres_stage: Ground, scene: str, guard: str) -> None:
    """Nothing wrong is stored then either, as the tables' own conditions are behind: but nobody is told why."""
    ended = postgres_stage.run(scene, "threads", "--without", guard)
    assert set(ended.told) - {"done", "not_enough", "overlap"}
