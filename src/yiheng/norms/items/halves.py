"""Parts of sums as whole numbers (取整): many divisions at once, each exact and rounded half up."""

import numpy as np


def half_up(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below of whole numbers to the nearest, a half away from zero; int64. `below` is above 0.

    Worked out in whole numbers of any size, so that no product is too large.
    """
    size, parts = np.abs(above).astype(object), below.astype(object)
    rounded = (2 * size + parts) // (2 * parts)
    found: np.ndarray = (rounded * np.sign(above)).astype(np.int64)
    return found
