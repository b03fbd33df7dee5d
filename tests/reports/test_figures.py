from decimal import Decimal
from fractions import Fraction

import pytest

from yiheng.reports.figures import GAP, Kind, rounded, share, shown


@pytest.mark.parametrize(
    ("number", "kind", "text"),
    [
        (1234567, Kind.COUNT, "1,234,567"),
        (2025, Kind.PLAIN, "2025"),
        (Decimal("1234.50"), Kind.YUAN, "1,234.50"),
        (Decimal("967899875.62"), Kind.WAN, "96,789.99"),
        (Fraction(967899875), Kind.WAN, "96,789.99"),
        (7.425, Kind.DAYS, "7.43"),
        (Fraction(1, 8), Kind.RATIO, "12.50%"),
        (1.0005, Kind.INDEX, "1.001"),
        (0.12345, Kind.WEIGHT, "0.1235"),
        (1240.7, Kind.POINTS, "1,240.70"),
    ],
)
def test_each_kind_is_written_its_own_way(number, kind, text):
    assert shown(number, kind) == text


def test_a_half_goes_away_from_zero_even_where_the_float_lies_below_it():
    assert rounded(1000.005, Kind.YUAN) == Decimal("1000.01")
    assert rounded(-1000.005, Kind.YUAN) == Decimal("-1000.01")
    assert rounded(Fraction(1, 80000), Kind.RATIO) == Decimal("0.0000")
    assert rounded(Fraction(1, 20000), Kind.RATIO) == Decimal("0.0001")


def test_there_is_no_negative_zero():
    assert shown(Decimal("-0.001"), Kind.YUAN) == "0.00"


def test_not_available_is_never_zero():
    assert shown(None, Kind.YUAN) == GAP == "—"
    assert shown(0, Kind.COUNT) == "0"
    assert share(3, None) is None
    assert share(None, 3) is None
    assert share(3, 0) is None
    assert share(0, 3) == 0
