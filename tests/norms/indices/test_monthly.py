"""norms.indices.monthly: sums of 20,000 cases against plain Python; build's norms from them; shards add up."""

from collections import defaultdict
from typing import Any

import ibis
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from yiheng.norms.build import norms
from yiheng.norms.cells import cell_table, cells
from yiheng.norms.indices.monthly import KEYS, as_cells
from yiheng.norms.sums import CORE, merged
from yiheng.norms.units import UNITS, with_units
from yiheng.tables.engine import held

Row = dict[str, Any]


def plain_sums(rows: list[Row]) -> Row:
    def known(name: str) -> list[Any]:
        return [row[name] for row in rows if row[name] is not None]

    made: Row = {"n": len(rows)}
    for name in ("fee", "los"):
        its = known(name)
        made |= {f"{name}_cases": len(its), name: sum(its), f"{name}_square": sum(value * value for value in its)}
    for part in ("drug", "material"):
        both = [row for row in rows if row[part] is not None and row["fee"] is not None]
        made |= {f"{part}_cases": len(both), part: sum(row[part] for row in both)}
        made |= {f"{part}_of": sum(row["fee"] for row in both)}
    made |= {"death_cases": len(known("died")), "deaths": sum(known("died"))}
    made |= {"return_cases": len(known("returned_any"))}
    made |= {name: sum(known(name)) for name in ("returned_same", "returned_any")}
    made |= {"away_cases": len(known("away")), "away": sum(known("away"))}
    return made | {"home_cases": len(known("outside")), "outside": sum(known("outside"))}


@pytest.mark.parity
def test_every_sum(region_monthly: Any, plain_facts: list[Row]) -> None:
    groups = defaultdict(list)
    for row in plain_facts:
        groups[tuple(row[name] for name in KEYS)].append(row)
    found = region_monthly.to_pyarrow()
    assert found.column_names == [*KEYS, *CORE]
    assert found.num_rows == len(groups)
    for row in found.to_pylist():
        wanted = plain_sums(groups[tuple(row[name] for name in KEYS)])
        assert {name: int(row[name]) for name in CORE} == wanted


@pytest.mark.slow
@pytest.mark.parity
@pytest.mark.parametrize("by", UNITS)
def test_norms_from_monthly_sums_are_norms_from_cases(
    by: str, backend: Backend, region_rows: list[Row], as_cases: Any, region_places: pa.Table, region_monthly: Any
) -> None:
    cases = with_units(as_cases(region_rows), by, held(backend, region_places))
    finest = cell_table(cases, UNITS[by], "group")
    direct = norms(cells(finest, UNITS[by]))
    assert norms(cells(with_units(as_cells(region_monthly), by), UNITS[by])).equals(direct)


@pytest.mark.slow
@pytest.mark.property
def test_shards_add_up_and_order_does_not_matter(as_facts: Any, as_monthly: Any, region_rows: list[Row]) -> None:
    """A patient's stays in one shard: readmissions are the one thing that asks for them together."""
    rows = region_rows[:4000]
    shards: list[list[Row]] = [[], [], []]
    for row in rows:
        shards[sum(map(ord, row["patient"] or "")) % 3].append(row)
    parts = [as_monthly(as_facts([row | {"row": n} for n, row in enumerate(its[::-1])])) for its in shards]
    added = merged(ibis.union(*parts), KEYS).select(*KEYS, *CORE)
    whole = as_monthly(as_facts(rows))
    order = [ibis.asc(name, nulls_first=True) for name in KEYS]
    assert added.order_by(order).to_pyarrow().equals(whole.order_by(order).to_pyarrow())
