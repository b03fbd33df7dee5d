"""Indirect standardisation (间接标准化): what a hospital's own cases would carry at the region's rates.

For hospital h with n_hs cases in stratum s, of which the region has n_s and O_s of them with a complication:

- observed O_h = sum O_hs, expected E_h = sum n_hs O_s / n_s; all expected add up to all observed
- the region has hospital h in it: left out of its own standard, each hospital would have another one, strata that only
  it treats would have none, and expected would not add up; the price is that a large hospital's ratio lies nearer 1
- ratio O_h / E_h; its interval is Wilson's for O_h / n_h, divided by E_h / n_h, which is taken as given
"""

from math import sqrt
from statistics import NormalDist

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.norms.statistic import rounded

KEYS = ("hospital", "age_band", "principal")
STRATA = pa.schema(
    [("hospital", pa.string()), ("age_band", pa.int64()), ("principal", pa.string()),
     ("n", pa.int64()), ("any", pa.int64()), ("mcc", pa.int64())]
)  # fmt: skip
# With a MCC or a CC; with a MCC.
LEVELS = ("any", "mcc")
SCHEMA = pa.schema(
    [("hospital", pa.string()), ("level", pa.string()), ("n", pa.int64()), ("observed", pa.int64()),
     ("expected", pa.float64()), ("ratio", pa.float64()), ("low", pa.float64()), ("high", pa.float64())]
)  # fmt: skip


def standardised(strata: pa.Table, confidence: float) -> pa.Table:
    """One row for each level and hospital, columns of SCHEMA; `strata` has those of STRATA, in order of KEYS.

    `expected`, `ratio`, `low` and `high` have 12 significant digits; the last three are null where nothing is expected.
    """
    rows = [row for level in LEVELS for row in _of_level(strata, level, confidence)]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _of_level(strata: pa.Table, level: str, confidence: float) -> list[dict[str, object]]:
    n, observed = (strata[name].to_numpy() for name in ("n", level))
    stratum, hospital = _places(_stratum(strata)), strata["hospital"].combine_chunks().dictionary_encode()
    rate = _sums(stratum, observed) / _sums(stratum, n)
    which, names = hospital.indices.to_numpy(), hospital.dictionary.to_pylist()
    expected = np.bincount(which, weights=n * rate[stratum], minlength=len(names))
    counts = zip(names, _sums(which, n).tolist(), _sums(which, observed).tolist(), expected.tolist(), strict=True)
    return [_row(name, level, cases, with_one, due, confidence) for name, cases, with_one, due in counts]


def _stratum(strata: pa.Table) -> pa.Array:
    """One text for each pair of age band and principal diagnosis."""
    band = strata["age_band"].cast(pa.string()).combine_chunks()
    return pc.binary_join_element_wise(band, strata["principal"].combine_chunks(), " ")


def _places(values: pa.Array) -> np.ndarray:
    return np.asarray(values.dictionary_encode().indices)


def _sums(places: np.ndarray, values: np.ndarray) -> np.ndarray:
    """int64 sums by place, exact."""
    total = np.zeros(int(places.max(initial=-1)) + 1, dtype=np.int64)
    np.add.at(total, places, values)
    return total


def _row(hospital: str, level: str, n: int, observed: int, expected: float, confidence: float) -> dict[str, object]:
    low, high = wilson(observed, n, confidence)
    shares = (observed / n, low, high)
    shown = [rounded(share / (expected / n)) if expected > 0 else None for share in shares]
    counts = {"hospital": hospital, "level": level, "n": n, "observed": observed, "expected": rounded(expected)}
    return counts | dict(zip(("ratio", "low", "high"), shown, strict=True))


def wilson(observed: int, n: int, confidence: float) -> tuple[float, float]:
    """Wilson's score interval for a proportion, 0 where none and 1 where all; n must be above 0."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = observed / n, z * z / n
    middle, half = share + spread / 2, z * sqrt(share * (1 - share) / n + spread / (4 * n))
    low = (middle - half) / (1 + spread) if observed else 0.0
    return low, (middle + half) / (1 + spread) if observed < n else 1.0
