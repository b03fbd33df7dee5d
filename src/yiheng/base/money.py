"""Money (金额) as whole fen, and the one place where it is divided and rounded.

Amounts are stored as decimal(18,2) yuan and computed as int64 fen. Nothing here touches a float.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

FEN_PER_YUAN = 100


def fen_of(yuan: Decimal) -> int:
    """Whole fen of an amount with at most two decimals; anything finer raises ValueError."""
    fen = yuan * FEN_PER_YUAN
    if fen != fen.to_integral_value():
        raise ValueError(f"{yuan} has parts smaller than one fen")
    return int(fen)


def yuan_of(fen: int) -> Decimal:
    """The amount in yuan, with exactly two decimals."""
    return Decimal(fen).scaleb(-2)


def half_up(fen: Fraction) -> int:
    """The nearest whole fen; a half goes away from zero (四舍五入)."""
    exact = abs(fen) * 2 + 1
    rounded = exact.numerator // (2 * exact.denominator)
    return rounded if fen >= 0 else -rounded


def split(total: int, shares: Mapping[str, int | Fraction]) -> dict[str, int]:
    """Divide `total` fen in proportion to `shares` so that the parts add up exactly (最大余额法).

    Each part is rounded down, then one fen goes to the largest remainders; ties go by id, never by row order.
    Shares are not negative and not all zero, else ValueError. A negative total splits as its mirror image.
    """
    whole = sum(shares.values(), Fraction(0))
    if whole <= 0 or min(shares.values()) < 0:
        raise ValueError("shares must not be negative and must not all be zero")
    exact = {unit: Fraction(abs(total)) * share / whole for unit, share in shares.items()}
    parts = {unit: part.numerator // part.denominator for unit, part in exact.items()}
    left = abs(total) - sum(parts.values())
    for unit in _by_remainder(exact)[:left]:
        parts[unit] += 1
    return parts if total >= 0 else {unit: -part for unit, part in parts.items()}


def _by_remainder(exact: Mapping[str, Fraction]) -> Sequence[str]:
    return sorted(exact, key=lambda unit: (-(exact[unit] % 1), unit))
