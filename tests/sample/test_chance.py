"""Draws for many cases at once, and streams that do not touch each other."""

import numpy as np

from yiheng.sample.chance import cumulative, padded, pick, pick_any, spread_out, stream


def test_a_stream_is_named_by_seed_step_and_path() -> None:
    first = stream(1, "fee", 2024, 0).random(5)
    assert np.array_equal(first, stream(1, "fee", 2024, 0).random(5))
    for other in (stream(2, "fee", 2024, 0), stream(1, "stay", 2024, 0), stream(1, "fee", 2024, 1)):
        assert not np.array_equal(first, other.random(5))


def test_pick_takes_the_bound_below_which_the_number_falls() -> None:
    bounds = np.array([[0.2, 0.5, 0.5], [0.0, 1.0, 1.0]])
    rows = np.array([0, 0, 0, 0, 1])
    uniform = np.array([0.1, 0.2, 0.49, 0.5, 0.0])
    assert pick(bounds, rows, uniform).tolist() == [0, 1, 1, 3, 1]
    assert pick_any(bounds, rows, uniform).tolist() == [0, 1, 1, 2, 1]


def test_cumulative_leaves_a_row_without_weight_at_zero() -> None:
    assert cumulative(np.array([[1.0, 3.0], [0.0, 0.0]])).tolist() == [[0.25, 1.0], [0.0, 0.0]]


def test_padded_has_at_least_one_column() -> None:
    assert padded([[1.0, 2.0], []]).tolist() == [[1.0, 2.0], [0.0, 0.0]]
    assert padded([[]]).shape == (1, 1)


def test_spread_out_lists_every_candidate_of_every_case() -> None:
    cases, candidates = spread_out(np.array([5, 0, 2]), np.array([2, 0, 3]))
    assert cases.tolist() == [0, 0, 2, 2, 2]
    assert candidates.tolist() == [5, 6, 2, 3, 4]
