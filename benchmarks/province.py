"""Cases of a made-up province, as many as one likes: what the catalogue and the assignment are measured on.

`yiheng.sample` draws whole front pages of some dozen diseases; a catalogue's work grows with how many combinations of
codes there are, so these are drawn here, and only the columns that DIP reads. As in a province's history:

- some 30,000 codes of 10,000 subcategories of diagnoses, few of them frequent (Zipf-Mandelbrot), 6,000 of operations
- half of the cases without an operation; the others with those usual for their category, now and then with any other
- three years, fees by the diagnosis, three other diagnoses on average, some codes with the extension of a hospital
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROW_GROUP = 2**20
# What a case takes on disk, generously.
BYTES_PER_CASE = 70
CATEGORIES, OPERATIONS, USUAL = 2_000, 6_000, 14
YEARS = (2022, 2023, 2024)
HOSPITALS = 400
WITH_OPERATIONS = (0.54, 0.25, 0.12, 0.06, 0.02, 0.01)
OTHER_DIAGNOSES = (0.12, 0.17, 0.19, 0.16, 0.13, 0.1, 0.06, 0.04, 0.02, 0.01)


class Codes(NamedTuple):
    """All codes, how often each is met (cumulative), and the category of each diagnosis, with its usual operations."""

    dx: np.ndarray
    dx_bounds: np.ndarray
    category: np.ndarray
    fee: np.ndarray
    proc: np.ndarray
    proc_bounds: np.ndarray
    usual: np.ndarray


def write_province(path: Path, count: int, seed: int) -> None:
    """Write `count` cases to a Parquet file, row group by row group; same seed, same cases."""
    schema = pa.schema(
        [("hospital", pa.string()), ("case_id", pa.string()), ("dx", pa.list_(pa.string())),
         ("proc", pa.list_(pa.string())), ("dx_edition", pa.string()), ("proc_edition", pa.string()),
         ("year", pa.int16()), ("los", pa.int32()), ("total_fee", pa.decimal128(18, 2)),
         ("drug_fee", pa.decimal128(18, 2)), ("material_fee", pa.decimal128(18, 2))]
    )  # fmt: skip
    draft = path.with_suffix(".draft")
    with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        for table in province(count, seed):
            writer.write_table(table.cast(schema), ROW_GROUP)
    draft.rename(path)


def province(count: int, seed: int) -> Iterator[pa.Table]:
    """The cases in pieces of a row group; each piece has a random stream of its own."""
    for number, start in enumerate(range(0, count, ROW_GROUP)):
        yield _cases(np.random.default_rng((seed, number)), codes(seed), start, min(ROW_GROUP, count - start))


@cache
def codes(seed: int) -> Codes:
    """The codes of a province: the same for the same seed."""
    chance = np.random.default_rng((seed, 2**31))
    letters = [letter for letter in "ABCDEFGHIJKLMNOPQRSTVWXYZ" for _ in range(100)]
    heads = np.array([f"{letter}{place % 100:02}" for place, letter in enumerate(letters)])
    chosen = np.sort(chance.choice(heads, CATEGORIES, replace=False))
    dx, category = [], []
    for place, head in enumerate(chosen):
        for sub in range(chance.integers(1, 10)):
            for code in range(chance.integers(1, 6)):
                dx.append(f"{head}.{sub}{code:02}" + ("x001" if chance.random() < 0.1 else ""))
                category.append(place)
    proc = sorted({f"{chance.integers(1, 100):02}.{chance.integers(0, 10_000):04}" for _ in range(OPERATIONS)})
    proc_shares = _shares(len(proc), chance)
    usual = np.array([chance.choice(len(proc), USUAL, p=proc_shares) for _ in chosen])
    fee = chance.lognormal(13.2, 0.6, len(dx))
    return Codes(
        np.array(dx), np.cumsum(_shares(len(dx), chance)), np.array(category), fee,
        np.array(proc), np.cumsum(proc_shares), usual,
    )  # fmt: skip


def _shares(count: int, chance: np.random.Generator) -> np.ndarray:
    """How often each of `count` things is met, in any order."""
    shares = 1 / (np.arange(count) + 20.0) ** 1.1
    chance.shuffle(shares)
    return np.asarray(shares / shares.sum())


def _cases(chance: np.random.Generator, its: Codes, start: int, count: int) -> pa.Table:
    main = _drawn(chance, its.dx_bounds, count)
    others = chance.choice(len(OTHER_DIAGNOSES), count, p=OTHER_DIAGNOSES)
    starts = np.concatenate([[0], np.cumsum(others + 1)])
    dx = _drawn(chance, its.dx_bounds, int(starts[-1]))
    dx[starts[:-1]] = main
    fen = (its.fee[main] * chance.lognormal(0, 0.5, count)).astype(np.int64)
    number = np.arange(start, start + count)
    hospitals = pa.array([f"H{place:04}" for place in range(HOSPITALS)])
    return pa.table(
        {
            "hospital": pa.DictionaryArray.from_arrays(chance.integers(0, HOSPITALS, count, np.int32), hospitals),
            "case_id": pa.array(number).cast(pa.string()),
            "dx": _lists(starts, dx, its.dx),
            "proc": _operations(chance, its, its.category[main]),
            "dx_edition": pa.nulls(count, pa.string()),
            "proc_edition": pa.nulls(count, pa.string()),
            "year": pa.array(chance.choice(YEARS, count), pa.int16()),
            "los": pa.array(1 + chance.poisson(7, count), pa.int32()),
            "total_fee": _yuan(fen),
            "drug_fee": _yuan((fen * chance.uniform(0.1, 0.4, count)).astype(np.int64)),
            "material_fee": _yuan((fen * chance.uniform(0, 0.3, count)).astype(np.int64)),
        }
    )


def _operations(chance: np.random.Generator, its: Codes, category: np.ndarray) -> pa.Array:
    """Operations usual for the category, the first of its list most often; one in fifty is any other."""
    done = chance.choice(len(WITH_OPERATIONS), len(category), p=WITH_OPERATIONS)
    of_case = np.repeat(category, done)
    place = np.minimum(chance.geometric(0.45, len(of_case)) - 1, USUAL - 1)
    codes = its.usual[of_case, place]
    odd = chance.random(len(codes)) < 0.02
    codes[odd] = _drawn(chance, its.proc_bounds, int(odd.sum()))
    return _lists(np.concatenate([[0], np.cumsum(done)]), codes, its.proc)


def _drawn(chance: np.random.Generator, bounds: np.ndarray, count: int) -> np.ndarray:
    return np.minimum(np.searchsorted(bounds, chance.random(count)), len(bounds) - 1)


def _lists(starts: np.ndarray, places: np.ndarray, texts: np.ndarray) -> pa.Array:
    coded = pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), pa.array(texts))
    return pa.ListArray.from_arrays(pa.array(starts, pa.int32()), coded)


def _yuan(fen: np.ndarray) -> pa.Array:
    whole = pa.array(fen, pa.int64()).cast(pa.decimal128(19, 0))
    return pc.multiply(whole, pa.scalar(Decimal("0.01"), pa.decimal128(3, 2))).cast(pa.decimal128(18, 2))
