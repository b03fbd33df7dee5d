"""What another pack would do (方案影响): which cases move between groups, and each hospital's CMI before and after."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.base.refusal import Refusal
from yiheng.drg.kernel.applied import Applied
from yiheng.drg.result import GROUPED
from yiheng.norms.build import norms
from yiheng.norms.cells import from_table
from yiheng.norms.statistic import rounded
from yiheng.tables.amounts import fen_array
from yiheng.tables.contract import contract

SIDES = ("before", "after")
HOSPITAL, FEE = "hospital", "total_fee"
WORDS = ("status", "mdc", "adrg", "drg")
_KEYS = (HOSPITAL, *SIDES, *(f"in_{side}" for side in SIDES))
_YUAN = contract("cases").column(FEE).type
_SUMS = ("n", "fee_cases", "fee", "moved")

Sink = Callable[[pa.RecordBatch], None]


@dataclass(frozen=True)
class Impact:
    """What changes from one pack to another.

    - cases, moved: how many cases there are, and how many have another group or status
    - moves: before, after (a group, or the status of a case without one), n, weight_before, weight_after; most first
    - hospitals: hospital, n, moved, weighed_before, cmi_before, weighed_after, cmi_after, each CMI over its weighed
      cases, null where there are none; in order of the hospitals
    - weights: of each group, before and after
    """

    cases: int
    moved: int
    moves: pa.Table
    hospitals: pa.Table
    weights: Mapping[str, Mapping[str, float]]

    def weighed(self, moved: pa.RecordBatch) -> pa.RecordBatch:
        """Moved cases with weight_before and weight_after, null where their group has none."""
        for side in SIDES:
            groups = moved.column(f"drg_{side}").dictionary_encode()
            its = [self.weights[side].get(group) for group in groups.dictionary.to_pylist()]
            moved = moved.append_column(f"weight_{side}", pa.array(its, pa.float64()).take(groups.indices))
        return moved


def moved_schema(id_columns: Sequence[str]) -> pa.Schema:
    """The columns of a moved case: its ids, then what it had and what it has."""
    sides = [pa.field(f"{word}_{side}", pa.string()) for side in SIDES for word in WORDS]
    return pa.schema([*(pa.field(name, pa.string()) for name in id_columns), *sides])


def columns_needed(before: Applied, after: Applied) -> tuple[str, ...]:
    """The columns of the case table that both sides ask for, and the fee, for weights where a pack has none."""
    names = [name for side in (before, after) for name in side.chosen.columns]
    return (*dict.fromkeys(names), FEE)


def impact(
    batches: Iterable[pa.RecordBatch], before: Applied, after: Applied, id_columns: Sequence[str], sink: Sink
) -> Impact:
    """Group cases by both packs; `sink` gets the moved ones batch by batch, as `moved_schema` has them.

    Weights are those of each side's packs (see `Applied.weights`); where they have none, the cases' own: mean fee of
    the group over that of all.
    """
    published = {side: its.weights() for side, its in zip(SIDES, (before, after), strict=True)}
    works = [side.chosen.make() for side in (before, after)]
    counted = []
    for batch in batches:
        found = [group(batch) for group in works]
        differ = _differ(*found)
        counted.append(_counts(batch, found, differ))
        if pc.any(differ).as_py():
            sink(_moved(batch, found, differ, id_columns))
    if not counted:
        raise Refusal("there are no cases")
    return _impact(_added_up(pa.concat_tables(counted), _KEYS), published)


def _differ(one: pa.RecordBatch, other: pa.RecordBatch) -> pa.Array:
    """Whether status, category, ADRG or DRG differ; reasons may."""
    masks = []
    for word in WORDS:
        a, b = (side.column(word).cast(pa.string()).fill_null("") for side in (one, other))
        masks.append(pc.not_equal(a, b))
    whole = masks[0]
    for mask in masks[1:]:
        whole = pc.or_(whole, mask)
    return whole


def _group(found: pa.RecordBatch) -> pa.Array:
    """The group of each case, the status of one without."""
    return pc.coalesce(found.column("drg").cast(pa.string()), found.column("status").cast(pa.string()))


def _moved(batch: pa.RecordBatch, found: list[pa.RecordBatch], differ: pa.Array, ids: Sequence[str]) -> pa.RecordBatch:
    columns = [batch.column(name).cast(pa.string()) for name in ids]
    columns += [side.column(word).cast(pa.string()) for side in found for word in WORDS]
    return pa.RecordBatch.from_arrays(columns, schema=moved_schema(ids)).filter(differ)


def _counts(batch: pa.RecordBatch, found: list[pa.RecordBatch], differ: pa.Array) -> pa.Table:
    """Counts and fees (fen) by hospital and both groups; `in_*`: whether the case is grouped on that side."""
    count = batch.num_rows
    unit = batch.column(HOSPITAL).cast(pa.string()) if HOSPITAL in batch.schema.names else pa.nulls(count, pa.string())
    fee = batch.column(FEE) if FEE in batch.schema.names else pa.nulls(count, _YUAN)
    fen = pa.array(fen_array(fee.cast(_YUAN).fill_null(Decimal("0.00"))))
    sums = [pa.array(np.ones(count, np.int64)), fee.is_valid().cast(pa.int64()), fen, differ.cast(pa.int64())]
    inside = [pc.equal(side.column("status").cast(pa.string()), GROUPED) for side in found]
    columns = [unit.fill_null(""), *map(_group, found), *inside, *sums]
    return _added_up(pa.table(columns, [*_KEYS, *_SUMS]), _KEYS)


def _added_up(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """The sums by these columns, in their order."""
    found = table.group_by(list(keys)).aggregate([(name, "sum") for name in _SUMS])
    return found.rename_columns([*keys, *_SUMS]).sort_by([(key, "ascending") for key in keys])


def _impact(counted: pa.Table, published: Mapping[str, Mapping[str, float]]) -> Impact:
    weights = {side: its or _own_weights(counted, side) for side, its in published.items()}
    moves = _added_up(counted.filter(pc.greater(counted["moved"], 0)), SIDES)
    columns = {side: moves[side] for side in SIDES} | {"n": moves["n"]}
    for side in SIDES:
        its = [weights[side].get(code) for code in moves[side].to_pylist()]
        columns[f"weight_{side}"] = pa.array(its, pa.float64())
    order = [("n", "descending"), *((side, "ascending") for side in SIDES)]
    total, moved = (sum(counted[name].to_pylist()) for name in ("n", "moved"))
    return Impact(total, moved, pa.table(columns).sort_by(order), _hospitals(counted, weights), weights)


def _own_weights(counted: pa.Table, side: str) -> dict[str, float]:
    """The weight of each group on one side, from what its cases cost."""
    its = _added_up(counted.filter(counted[f"in_{side}"]), [side]).rename_columns(["grp", *_SUMS])
    none = pa.array(np.zeros(its.num_rows, np.int64))
    found = norms(from_table(its.append_column("los_cases", none).append_column("los", none), ["grp"], ["group"]))
    rows = zip(found["group"].to_pylist(), found["rw"].to_pylist(), strict=True)
    return {group: weight for group, weight in rows if weight is not None}


def _hospitals(counted: pa.Table, weights: Mapping[str, Mapping[str, float]]) -> pa.Table:
    whole = _added_up(counted, [HOSPITAL])
    columns = {HOSPITAL: whole[HOSPITAL], "n": whole["n"], "moved": whole["moved"]}
    for side in SIDES:
        cells = _added_up(counted.filter(counted[f"in_{side}"]), [HOSPITAL, side])
        weighed, sums = dict[str, int](), dict[str, float]()
        for row in cells.select([HOSPITAL, side, "n"]).to_pylist():
            if (weight := weights[side].get(row[side])) is not None:
                weighed[row[HOSPITAL]] = weighed.get(row[HOSPITAL], 0) + row["n"]
                sums[row[HOSPITAL]] = sums.get(row[HOSPITAL], 0) + weight * row["n"]
        names = whole[HOSPITAL].to_pylist()
        columns[f"weighed_{side}"] = pa.array([weighed.get(name, 0) for name in names], pa.int64())
        cmi = [rounded(sums[name] / weighed[name]) if name in weighed else None for name in names]
        columns[f"cmi_{side}"] = pa.array(cmi, pa.float64())
    return pa.table(columns)
