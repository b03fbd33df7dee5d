"""Draws by name depend on what they are for, and on nothing else."""

import numpy as np
import pyarrow as pa

from yiheng.sample.forms.draws import below, further, keys, uniform

TEXTS = pa.array(["C1", "C2", None, "C10", ""])


def test_a_key_is_of_its_texts_wherever_they_stand() -> None:
    whole = keys(3, TEXTS)
    assert keys(3, TEXTS.slice(1, 3)).tolist() == whole[1:4].tolist()
    assert whole[2] == whole[4]
    assert len(set(whole.tolist())) == 4
    assert keys(4, TEXTS)[0] != whole[0]
    assert keys(3, TEXTS, TEXTS)[0] != whole[0]


def test_draws_are_even_and_independent() -> None:
    key = further(keys(1, pa.array(["x"])), np.arange(100_000))
    first, second = uniform(key, "one"), uniform(key, "two")
    assert np.histogram(first, 10, (0, 1))[0].min() > 9_500
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02
    assert sorted(set(below(key, "three", 4).tolist())) == [0, 1, 2, 3]
    assert len(set(key.tolist())) == 100_000
