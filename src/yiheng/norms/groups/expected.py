"""Expected fee and stay (期望费用与住院日): each case beside the mean of the cases like it, and where it departs.

Like a case are those of its group in the same stratum, if there are enough of them, else those of the next step of the
policy's chain, at last the whole group; the case itself is among them. Every row names what it was held against.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.norms.facts import CATEGORIES
from yiheng.norms.money import MONEY, money
from yiheng.norms.rules import STRATUM, Expecting
from yiheng.norms.statistic import ratio, statistic
from yiheng.norms.sums import BY_PART, merged, ordered, sums
from yiheng.tables.engine import batches, held, scratch

_MONEY, _TEXT, _WHOLE, _FLOAT = MONEY, pa.string(), pa.int64(), pa.float64()
GROUP = "group"
# What of `norms.sums` a base says.
_SUMMED = (
    "fee_cases", "fee", "los_cases", "los", "death_cases", "deaths",
    *(name for part in CATEGORIES for name in BY_PART[part][:2]),
)  # fmt: skip
Sums = dict[str, int]


@dataclass(frozen=True)
class Bases:
    """What cases are held against: for each base its name, cases and sums (fen, days); int64 arrays.

    `part_cases` and `parts` have a row for each of CATEGORIES. `chosen` has group, the columns of STRATUM and `base`,
    the place of the base that such cases have; no row where they have none.
    """

    chosen: pa.Table
    names: list[str]
    fee_cases: np.ndarray
    fee: np.ndarray
    los_cases: np.ndarray
    los: np.ndarray
    death_cases: np.ndarray
    deaths: np.ndarray
    part_cases: np.ndarray
    parts: np.ndarray


def schema(shown: int) -> pa.Schema:
    """The columns of `expected` with so many categories."""
    columns = [
        ("hospital", _TEXT), ("case_id", _TEXT), ("group", _TEXT), *((name, _TEXT) for name in STRATUM),
        ("base", _TEXT), ("base_cases", _WHOLE),
        ("fee", _MONEY), ("expected_fee", _FLOAT), ("fee_ratio", _FLOAT), ("fee_difference", _FLOAT),
        ("los", _WHOLE), ("expected_los", _FLOAT), ("los_ratio", _FLOAT), ("los_difference", _FLOAT),
    ]  # fmt: skip
    for place in range(1, shown + 1):
        columns += [
            (f"category_{place}", _TEXT), (f"category_{place}_fee", _MONEY), (f"category_{place}_share", _FLOAT),
            (f"category_{place}_expected", _FLOAT), (f"category_{place}_expected_share", _FLOAT),
            (f"category_{place}_difference", _FLOAT),
        ]  # fmt: skip
    return pa.schema(columns)


def expected(backend: Backend, facts: ir.Table, strata: ir.Table, rules: Expecting) -> ir.Table:
    """One row a case, in the order of `row`, with the columns of `schema`; yuan and days.

    - base: "group", "group+severity" ...: the step of the chain that was used, null for a case in no group or in one
      without a fee; base_cases: cases with a fee behind the expected fee
    - difference = the case's own - expected, ratio = own / expected; null where either is unknown
    - category_1 ..: the categories of fees that lie furthest from the base's mean, in fen and either way, ties by
      their number; `share` is that of the case's fee, `expected_share` that of the base's mean fees
    """
    cases = facts.left_join(strata, "row").drop("row_right")
    bases = find_bases(backend, cases, rules)
    placed = _placed(backend, cases, bases)
    path = scratch(backend) / f"{ibis.util.gen_name('expected')}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, schema(rules.categories_shown)) as writer:
        for batch in batches(backend, placed):
            writer.write_table(_of_batch(pa.Table.from_batches([batch]), bases, rules.categories_shown))
    return backend.read_parquet(str(path))


def find_bases(backend: Backend, cases: ir.Table, rules: Expecting) -> Bases:
    """What the cases of each group and stratum are held against; `cases` are facts with their strata."""
    summed = sums(cases, (GROUP, *STRATUM)).select(GROUP, *STRATUM, *_SUMMED)
    finest = backend.create_table(ibis.util.gen_name("finest"), summed, temp=True)
    steps = [_sums_of(finest, step, rules.stratum_cases_least if step else 1) for step in rules.chain]
    names: list[str] = []
    rows: list[Sums] = []
    chosen: list[dict[str, object]] = []
    place: dict[tuple[object, ...], int] = {}
    keys = ordered(finest.filter(finest.group.notnull()), (GROUP, *STRATUM)).select(GROUP, *STRATUM)
    for key in keys.to_pyarrow().to_pylist():
        found = _base_of(key, steps, rules.chain)
        if found is not None:
            step, row = found
            mark = (step, *(key[name] for name in (GROUP, *rules.chain[step])))
            if mark not in place:
                place[mark] = len(rows)
                rows.append(row)
                names.append("+".join((GROUP, *rules.chain[step])))
            chosen.append(key | {"base": place[mark]})
    return _as_arrays(chosen, names, rows)


def _sums_of(finest: ir.Table, step: Sequence[str], least: int) -> dict[tuple[str, ...], Sums]:
    """The sums of a step of the chain whose parts are known and that have enough cases with a fee."""
    keys = (GROUP, *step)
    found = merged(finest.filter(*(finest[name].notnull() for name in keys)), keys)
    enough = found.filter(found.fee_cases >= least).to_pyarrow().to_pylist()
    return {tuple(row[name] for name in keys): row for row in enough}


def _base_of(
    key: dict[str, str], steps: Sequence[dict[tuple[str, ...], Sums]], chain: Sequence[Sequence[str]]
) -> tuple[int, Sums] | None:
    """The first step of the chain that has the key, and its sums."""
    for number, (step, found) in enumerate(zip(chain, steps, strict=True)):
        row = found.get(tuple(key[name] for name in (GROUP, *step)))
        if row is not None:
            return number, row
    return None


def _as_arrays(chosen: Sequence[dict[str, object]], names: list[str], rows: Sequence[Sums]) -> Bases:
    columns = pa.schema([(GROUP, _TEXT), *((name, _TEXT) for name in STRATUM), ("base", _WHOLE)])

    def array(name: str) -> np.ndarray:
        return np.array([row[name] for row in rows], dtype=np.int64)

    return Bases(
        chosen=pa.Table.from_pylist(list(chosen), schema=columns),
        names=names,
        fee_cases=array("fee_cases"),
        fee=array("fee"),
        los_cases=array("los_cases"),
        los=array("los"),
        death_cases=array("death_cases"),
        deaths=array("deaths"),
        part_cases=np.stack([array(BY_PART[name][0]) for name in CATEGORIES]),
        parts=np.stack([array(BY_PART[name][1]) for name in CATEGORIES]),
    )


def _placed(backend: Backend, cases: ir.Table, bases: Bases) -> ir.Table:
    """The cases in their order with the place of their base, null without one."""
    chosen = held(backend, bases.chosen).rename({f"its_{name}": name for name in (GROUP, *STRATUM)})
    same = [cases[name].identical_to(chosen[f"its_{name}"]) for name in (GROUP, *STRATUM)]
    joined = cases.left_join(chosen, same)
    return joined.select("row", "hospital", "case_id", GROUP, *STRATUM, "fee", "los", *CATEGORIES, "base").order_by(
        "row"
    )


def _of_batch(batch: pa.Table, bases: Bases, shown: int) -> pa.Table:
    base, has = _known(batch["base"])
    fee, fee_known = _known(batch["fee"])
    los, los_known = _known(batch["los"])
    names = pa.array([*bases.names, None], _TEXT)
    columns = [batch[name] for name in ("hospital", "case_id", GROUP, *STRATUM)]
    place = np.where(has, base, -1)
    columns += [names.take(pa.array(place % len(names))), _int(_padded(bases.fee_cases)[place], has)]
    columns += [money(fee, fee_known), *_against(fee, fee_known, place, bases.fee_cases, bases.fee, 100)]
    columns += [_int(los, los_known), *_against(los, los_known, place, bases.los_cases, bases.los, 1)]
    for category in _departures(batch, bases, place, fee, fee_known, shown):
        columns += category
    return pa.Table.from_arrays(columns, schema=schema(shown))


def _known(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """A whole-number column with 0 for what is unknown, and what is known."""
    return column.fill_null(0).to_numpy(), column.is_valid().to_numpy()


def _padded(values: np.ndarray) -> np.ndarray:
    """With a 0 at the end, which is what place -1 takes: a case without a base."""
    return np.append(values, 0)


def _int(values: np.ndarray, known: np.ndarray) -> pa.Array:
    return pa.array(values, _WHOLE, mask=~known)


def _against(
    own: np.ndarray, known: np.ndarray, place: np.ndarray, cases: np.ndarray, total: np.ndarray, unit: int
) -> list[pa.Array]:
    """Expected, ratio and difference of each case; `unit` is how many of the whole numbers make one that is shown."""
    n, whole = _padded(cases)[place], _padded(total)[place]
    there = n > 0
    safe = np.where(there, n, 1)
    mean = statistic(_padded(total / np.where(cases > 0, cases, 1) / unit), np.append(cases > 0, False))
    return [
        mean.take(pa.array(place % len(mean))),
        ratio(own.astype(float) * safe * known, np.where(known & there, whole, 0).astype(float)),
        statistic(_difference(own, whole, safe) / unit, known & there),
    ]


def _difference(own: np.ndarray, total: np.ndarray, cases: np.ndarray) -> np.ndarray:
    """own - total / cases without losing digits where they are close."""
    whole, rest = np.divmod(total, cases)
    found: np.ndarray = (own - whole) - rest / cases
    return found


def _departures(
    batch: pa.Table, bases: Bases, place: np.ndarray, fee: np.ndarray, fee_known: np.ndarray, shown: int
) -> Iterator[list[pa.Array]]:
    """The columns of each category shown, the one that departs most first."""
    own, known = (np.stack(arrays) for arrays in zip(*(_known(batch[name]) for name in CATEGORIES), strict=True))
    pad = ((0, 0), (0, 1))
    cases, total = np.pad(bases.part_cases, pad)[:, place], np.pad(bases.parts, pad)[:, place]
    there = known & (cases > 0)
    difference = _difference(own, total, np.where(cases > 0, cases, 1))
    order = np.argsort(np.where(there, -np.abs(difference), np.inf), axis=0, kind="stable")
    names, rows = pa.array(CATEGORIES, _TEXT), np.arange(batch.num_rows)
    mean_fee = _padded(bases.fee / np.where(bases.fee_cases > 0, bases.fee_cases, 1))[place]
    for chosen in order[:shown]:
        has, amount = there[chosen, rows], own[chosen, rows]
        mean = total[chosen, rows] / np.where(cases[chosen, rows] > 0, cases[chosen, rows], 1)
        yield [
            pc.if_else(pa.array(has), names.take(pa.array(chosen)), pa.scalar(None, _TEXT)),
            money(amount, has),
            ratio(amount * has, np.where(has & fee_known & (fee > 0), fee, 0)),
            statistic(mean / 100, has),
            ratio(mean * has, np.where(has & (mean_fee > 0), mean_fee, 0)),
            statistic(difference[chosen, rows] / 100, has),
        ]
