"""Money adds up exactly, rounds one way, and never meets a float."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiheng.base.money import fen_of, half_up, split, yuan_of

UNITS = st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 10**9), min_size=1, max_size=12)
SHARES = UNITS.filter(lambda shares: any(shares.values()))
FEN = st.integers(-(10**14), 10**14)


@pytest.mark.parametrize(
    ("yuan", "fen"),
    [("0", 0), ("0.01", 1), ("-0.01", -1), ("1.1", 110), ("12.340", 1234), ("9999999999999999.99", None)],
)
def test_yuan_become_fen(yuan: str, fen: int | None) -> None:
    assert fen_of(Decimal(yuan)) == (999999999999999999 if fen is None else fen)


@pytest.mark.parametrize("yuan", ["0.001", "1.005", "-0.0000001", "1E-3"])
def test_parts_of_a_fen_are_no_amount(yuan: str) -> None:
    with pytest.raises(ValueError, match="smaller than one fen"):
        fen_of(Decimal(yuan))


@given(FEN)
def test_fen_and_yuan_are_the_same_amount(fen: int) -> None:
    assert fen_of(yuan_of(fen)) == fen
    assert yuan_of(fen).as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        ("1/2", 1),
        ("-1/2", -1),
        ("5/2", 3),
        ("-5/2", -3),
        ("49/100", 0),
        ("-49/100", 0),
        ("7/3", 2),
        ("8/3", 3),
        ("0", 0),
    ],
)
def test_a_half_goes_away_from_zero(exact: str, rounded: int) -> None:
    assert half_up(Fraction(exact)) == rounded


@given(st.fractions(max_denominator=10**6))
def test_half_up_is_the_nearest_whole_number(exact: Fraction) -> None:
    rounded = half_up(exact)
    assert abs(rounded - exact) <= Fraction(1, 2)
    assert half_up(-exact) == -rounded
    if exact.denominator == 2:
        assert abs(rounded) == (abs(exact.numerator) + 1) // 2


def test_a_split_gives_the_largest_remainder_the_odd_fen() -> None:
    assert split(100, {"a": 1, "b": 1, "c": 1}) == {"a": 34, "b": 33, "c": 33}
    assert split(10, {"a": 1, "b": 2, "c": 4}) == {"a": 1, "b": 3, "c": 6}
    assert split(-100, {"a": 1, "b": 1, "c": 1}) == {"a": -34, "b": -33, "c": -33}
    assert split(7, {"a": Fraction(1, 3), "b": Fraction(2, 3), "none": 0}) == {"a": 2, "b": 5, "none": 0}
    assert split(0, {"a": 5}) == {"a": 0}


def test_ties_go_by_id_and_not_by_order() -> None:
    assert split(2, {"c": 1, "a": 1, "b": 1}) == split(2, {"a": 1, "b": 1, "c": 1}) == {"a": 1, "b": 1, "c": 0}


@pytest.mark.property
@given(FEN, SHARES)
def test_a_split_adds_up_and_no_part_is_a_fen_off(total: int, shares: dict[str, int]) -> None:
    parts = split(total, shares)
    assert sum(parts.values()) == total
    assert parts.keys() == shares.keys()
    for unit, part in parts.items():
        assert abs(part - Fraction(total * shares[unit], sum(shares.values()))) < 1
    assert all(part == 0 for unit, part in parts.items() if shares[unit] == 0)


@pytest.mark.property
@given(FEN, SHARES, st.randoms(use_true_random=False), st.integers(1, 1000))
def test_order_and_scale_of_shares_do_not_matter(total: int, shares: dict[str, int], chance: object, k: int) -> None:
    shuffled = list(shares.items())
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert split(total, {unit: share * k for unit, share in shuffled}) == split(total, shares)


@pytest.mark.parametrize("shares", [{"a": 0}, {"a": 2, "b": -1}, {"a": -1}, {"a": 0, "b": 0}])
def test_shares_that_are_none_raise(shares: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must not"):
        split(100, shares)
