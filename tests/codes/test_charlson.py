"""codes.charlson: the worked example, categories that give way to graver ones, each counted once."""

import pytest

from yiheng.base.refusal import Refusal
from yiheng.codes.charlson import WEIGHTS, categories, found_in, score


@pytest.mark.golden
def test_e15_charlson() -> None:
    other = ["I50.9", "E11.2", "E11.9", "C34.1"]
    assert {version: score(other, version) for version in WEIGHTS} == {"charlson1987": 5, "quan2011": 5}
    assert set(found_in(other)) == {"chf", "diabwc", "canc"}


@pytest.mark.parametrize(
    ("codes", "found", "weights"),
    [
        ([], set(), (0, 0)),
        (["I21.900", "i22.0x01", "I25.200"], {"mi"}, (1, 0)),
        (["B18.100", "I85.000"], {"msld"}, (3, 4)),
        (["C50.900", "C78.700"], {"metacanc"}, (6, 6)),
        (["E10.9", "E11.900"], {"diab"}, (1, 0)),
        (["I10", "J18.9", "C44.0"], set(), (0, 0)),
        (["B24"], {"aids"}, (6, 4)),
    ],
)
def test_categories(codes: list[str], found: set[str], weights: tuple[int, int]) -> None:
    assert set(found_in(codes)) == found
    assert tuple(score(codes, version) for version in WEIGHTS) == weights


def test_the_table_has_the_seventeen_categories() -> None:
    assert len(categories()) == 17
    assert sum(its.weights["charlson1987"] for its in categories().values()) == 33


def test_another_version_is_refused() -> None:
    with pytest.raises(Refusal, match="value elixhauser: is no version of the Charlson weights"):
        score(["I50.9"], "elixhauser")
