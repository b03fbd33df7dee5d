"""Two catalogues compared (目录比较): groups born, gone and moved, their points, and what it does to each hospital."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from yiheng.dip.assignment.batch import Assigner
from yiheng.dip.file import Held

BORN, GONE, CHANGED = "born", "gone", "changed"
GROUPS = pa.schema(
    [("operation", pa.string()), ("group", pa.string()), ("kind_before", pa.string()), ("kind_after", pa.string()),
     ("points_before", pa.float64()), ("points_after", pa.float64()), ("difference", pa.float64()),
     ("n_before", pa.int64()), ("n_after", pa.int64())]
)  # fmt: skip
MOVES = pa.schema([("before", pa.string()), ("after", pa.string()), ("n", pa.int64())])
HOSPITALS = pa.schema(
    [("hospital", pa.string()), ("n", pa.int64()), ("moved", pa.int64()), ("grouped_before", pa.int64()),
     ("grouped_after", pa.int64()), ("points_before", pa.float64()), ("points_after", pa.float64()),
     ("difference", pa.float64())]
)  # fmt: skip


def compare(before: Held, after: Held) -> pa.Table:
    """Columns of GROUPS: the groups that only one has, and those whose kind or points differ, in order of `group`."""
    one, other = ({row["group"]: row for row in each.groups.to_pylist()} for each in (before, after))
    rows = []
    for name in sorted(one.keys() | other.keys()):
        old, new = one.get(name), other.get(name)
        if old and new and (old["kind"], old["points"]) == (new["kind"], new["points"]):
            continue
        was, becomes = (each["points"] if each else None for each in (old, new))
        rows.append(
            {
                "operation": BORN if old is None else GONE if new is None else CHANGED, "group": name,
                "kind_before": old and old["kind"], "kind_after": new and new["kind"],
                "points_before": was, "points_after": becomes,
                "difference": None if was is None or becomes is None else _digits(becomes - was),
                "n_before": old and old["n"], "n_after": new and new["n"],
            }
        )  # fmt: skip
    return pa.Table.from_pylist(rows, schema=GROUPS)


@dataclass
class Effect:
    """What another catalogue does to cases: how many, how many move, from where to where, and by hospital.

    Points are sums over the cases that have a group with points, before and after.
    """

    cases: int
    moved: int
    moves: pa.Table
    hospitals: pa.Table


def effect(batches: Iterable[pa.RecordBatch], before: Assigner, after: Assigner) -> Effect:
    """Assign cases twice; `hospital` may be missing from the batches. Sums are added in the order of hospitals."""
    counted: dict[tuple[str | None, int, int], int] = {}
    for batch in batches:
        old, new = before.numbers(batch), after.numbers(batch)
        hospitals = (
            batch.column("hospital") if "hospital" in batch.schema.names else pa.nulls(batch.num_rows, pa.string())
        )
        coded = hospitals.cast(pa.string()).dictionary_encode()
        names = [*coded.dictionary.to_pylist(), None]
        own = coded.indices.fill_null(len(names) - 1).to_numpy(zero_copy_only=False).astype(np.int64)
        rows, counts = np.unique(np.stack([own, old, new]), axis=1, return_counts=True)
        for (place, one, other), count in zip(rows.T.tolist(), counts.tolist(), strict=True):
            name = (names[place], one, other)
            counted[name] = counted.get(name, 0) + count
    return _effect(counted, before, after)


def _effect(counted: dict[tuple[str | None, int, int], int], before: Assigner, after: Assigner) -> Effect:
    moves: dict[tuple[str | None, str | None], int] = {}
    found: dict[str | None, dict[str, float]] = {}
    order = sorted(counted.items(), key=lambda each: (each[0][0] is not None, each[0][0] or "", *each[0][1:]))
    for (hospital, old, new), count in order:
        one, other = (_group(assigner, number) for assigner, number in ((before, old), (after, new)))
        its = found.setdefault(hospital, dict.fromkeys(HOSPITALS.names[1:], 0))
        its["n"] += count
        for name, group in (("before", one), ("after", other)):
            its[f"grouped_{name}"] += count if group[0] is not None else 0
            its[f"points_{name}"] += count * (group[1] or 0.0)
        if one[0] != other[0]:
            its["moved"] += count
            moves[one[0], other[0]] = moves.get((one[0], other[0]), 0) + count
    for its in found.values():
        its["difference"] = _digits(its["points_after"] - its["points_before"])
        its |= {name: _digits(its[name]) for name in ("points_before", "points_after")}
    listed = sorted(moves.items(), key=lambda each: (-each[1], str(each[0])))
    return Effect(
        sum(counted.values()), sum(moves.values()),
        pa.Table.from_pylist([{"before": old, "after": new, "n": n} for (old, new), n in listed], schema=MOVES),
        pa.Table.from_pylist([{"hospital": name, **its} for name, its in found.items()], schema=HOSPITALS),
    )  # fmt: skip


def _group(assigner: Assigner, number: int) -> tuple[str | None, float | None]:
    if number < 0:
        return None, None
    answers = assigner.compiled.answers
    return answers["group"][number].as_py(), answers["points"][number].as_py()


def _digits(value: float) -> float:
    return float(f"{value:.12g}")
