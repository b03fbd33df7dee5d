"""Duties of one matter, jobs, minutes, posts, files and the audit at once; without a guard it shows."""

import pytest

from .conftest import Ground

pytestmark = [pytest.mark.fault, pytest.mark.slow]


def test_duties_apart_and_sums_of_one_matter_are_judged_one_after_the_other(stage: Ground) -> None:
    ended = stage.run("one_matter_many_hands", "threads")
    assert (ended.acts, ended.counts) == (2, {"act": 2, "apart": 1, "blocked": 1})
    assert ended.after == {"refunds": 1, "unproven": 0}


def test_a_transfer_came_back_or_is_asked_back(stage: Ground) -> None:
    ended = stage.run("one_payment_two_ways", "threads")
    assert ended.acts == 1
    assert ended.after in ({"refunds": 0, "used": 0, "unproven": 0}, {"refunds": 1, "used": 50_000, "unproven": 0})
    assert set(ended.counts) <= {"act", "moved", "parent", "blocked"}


def test_jobs_minutes_posts_files_and_the_chain_are_taken_once(stage: Ground) -> None:
    ended = stage.run("each_room_its_own", "threads")
    late = ended.times("invalid") + ended.times("file_unknown")  # that the file is taken is seen early or late
    assert late == 1
    assert {told: count for told, count in ended.counts.items() if told not in ("invalid", "file_unknown")} == {
        "job": 3, "no job": 3, "minute": 1, "no minute": 3, "granted": 1, "clash": 1, "act": 5,
    }  # fmt: skip
    assert (len({told for told in ended.told if told.startswith("job ")}), ended.acts) == (3, 5)
    assert ended.after == {"audit": []}


@pytest.mark.postgres
def test_without_the_matters_lock_all_of_it_is_done(postgres_stage: Ground) -> None:
    """A person on both sides of a duty, and 600 given back of 500."""
    ended = postgres_stage.run("one_matter_many_hands", "threads", "--without", "matter")
    assert (ended.acts, ended.after["refunds"]) == (4, 2)
    assert postgres_stage.run("one_payment_two_ways", "threads", "--without", "matter").acts > 1


@pytest.mark.postgres
def test_without_a_second_look_things_are_taken_twice(postgres_stage: Ground) -> None:
    counts = postgres_stage.run("each_room_its_own", "threads", "--without", "second_look").counts
    assert counts["job"] > 3
    assert counts["minute"] > 1
    assert counts["granted"] == 2
    assert counts["act"] == 6


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("scene", "guard", "right"),
    [
        ("four_letters", "head", {"act": 4}),
        ("numbers", "series", {"none": 4} | {str(number): 1 for number in range(1, 13)}),
        ("rows_that_overlap", "locks", {"done": 1, "overlap": 7}),
    ],
)
def test_without_its_guard_the_scene_fails(
    postgres_stage: Ground, scene: str, guard: str, right: dict[str, int]
) -> None:
    """Something comes twice, or the tables alone refuse it, and nobody is told why."""
    assert postgres_stage.run(scene, "threads", "--without", guard).counts != right
