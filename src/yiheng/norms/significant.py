"""Significant digits of many floats at once (有效数字): the same as rounding each one's decimal digits, only faster."""

import numpy as np

# A float has every power of ten up to this one exactly.
_MOST = 22
_POWERS = np.array([float(f"1e{power}") for power in range(-_MOST, _MOST + 1)])


def significant(values: np.ndarray, digits: int) -> np.ndarray:
    """Each float rounded to `digits` significant decimal digits, as `float(f"{value:.{digits}g}")` does.

    The value times a power of ten is rounded to a whole number and divided by that power, which is exact to the last
    bit as long as both are whole floats. What is too near to a half, too large or too small goes the slow way.
    """
    size = np.abs(values)
    power = digits - (np.searchsorted(_POWERS, size, side="right") - _MOST)
    fast = (power >= 0) & (power <= _MOST)
    scale = _POWERS[np.where(fast, power, 0) + _MOST]
    fast |= size == 0
    scaled = np.where(fast, values, 0.0) * scale
    whole = np.rint(scaled)
    found = whole / scale
    # So far from a half that the product's own rounding cannot matter.
    fast &= np.abs(np.abs(scaled - whole) - 1 / 2) > np.spacing(10.0**digits)
    slow = np.flatnonzero(~fast & np.isfinite(values))
    found[slow] = [float(f"{value:.{digits}g}") for value in values[slow].tolist()]
    return np.where(np.isfinite(values), found, values)
