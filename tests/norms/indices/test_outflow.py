"""norms.indices.outflow: residents treated elsewhere, of 20,000 cases and at the edges."""

from collections import defaultdict
from typing import Any

import ibis
import pytest

from yiheng.base.refusal import Refusal
from yiheng.norms.indices.diagnosis import DIAGNOSIS
from yiheng.norms.indices.outflow import GROUP, PLACES, UNITS, flows, outflow

Row = dict[str, Any]


# Where a disease stands in for a group: whoever counts flows takes either for what it is.
def of(by: str) -> str:
    return DIAGNOSIS if DIAGNOSIS in (UNITS | PLACES)[by] else GROUP


def named(facts: Any, by: str) -> Any:
    return facts.rename({of(by): "group"})


REGION = ("990102", "990103", "990121", "990122", "990123", "990181")


@pytest.mark.parity
@pytest.mark.parametrize("by", UNITS)
@pytest.mark.parametrize("region", [(), REGION])
def test_every_share(region_facts: Any, plain_facts: list[Row], by: str, region: tuple[str, ...]) -> None:
    units = defaultdict(list)
    for row in plain_facts:
        row = row | {DIAGNOSIS: row["group"]}
        if row["home"] is not None and (not region or row["home"] in region):
            units[tuple((row | {"region": "all"})[name] for name in UNITS[by])].append(row)
    found = outflow(flows(named(region_facts, by), region, of(by)), by, region)
    assert found.num_rows == len(units)
    for row in found.to_pylist():
        its = units[tuple(row[name] for name in UNITS[by])]
        placed = [each for each in its if each["area"] is not None]
        outside = [each for each in placed if each["area"] != each["home"]]
        beyond = [each for each in placed if each["area"] not in region] if region else None
        assert (row["n"], row["placed"], row["outside"]) == (len(its), len(placed), len(outside))
        assert row["outside_region"] == (None if beyond is None else len(beyond))
        share = float(f"{len(outside) / len(placed):.12g}") if placed else None
        assert row["outside_share"] == share
        away = None if beyond is None or not placed else float(f"{len(beyond) / len(placed):.12g}")
        assert row["outside_region_share"] == away
        assert row["fee"] * 100 == sum(each["fee"] or 0 for each in placed)
        assert row["outside_fee"] * 100 == sum(each["fee"] or 0 for each in outside)


@pytest.mark.parity
@pytest.mark.parametrize("by", PLACES)
def test_every_place(region_facts: Any, plain_facts: list[Row], by: str) -> None:
    units = defaultdict(list)
    for row in plain_facts:
        row = row | {DIAGNOSIS: row["group"]}
        if row["home"] is not None:
            units[tuple(row[name] for name in PLACES[by])].append(row)
    found = outflow(flows(named(region_facts, by), of=of(by)), by).to_pylist()
    assert len(found) == len(units)
    for row in found:
        its = units[tuple(row[name] for name in PLACES[by])]
        fees = [each["fee"] for each in its if each["fee"] is not None]
        assert (row["n"], row["fee_cases"], row["fee"] * 100) == (len(its), len(fees), sum(fees))


def test_patients_of_the_region_alone_are_residents(region_facts: Any) -> None:
    homes = set(outflow(flows(region_facts, REGION[:2]), "home", REGION[:2])["home"].to_pylist())
    assert homes == set(REGION[:2])
    assert len(set(outflow(flows(region_facts), "home")["home"].to_pylist())) > len(REGION)


def test_a_hospital_whose_place_is_not_known_is_neither_here_nor_there(as_facts: Any) -> None:
    rows = [{"row": 0, "hospital": "X", "case_id": "1", "residence": "990102", "group": "g"}]
    (row,) = outflow(flows(as_facts(rows)), "home").to_pylist()
    assert (row["n"], row["placed"], row["outside"], row["outside_share"]) == (1, 0, 0, None)
    assert (row["outside_fee_share"], str(row["fee"])) == (None, "0.00")


@pytest.mark.property
def test_shards_add_up(as_facts: Any, region_rows: list[Row]) -> None:
    rows = region_rows[:500]
    whole = as_facts(rows)
    halves = [as_facts([row | {"row": n} for n, row in enumerate(its)]) for its in (rows[::2], rows[1::2])]
    for by in ("home_group", "diagnosis_place"):
        together = ibis.union(*(flows(named(half, by), of=of(by)) for half in halves))
        assert outflow(together, by).equals(outflow(flows(named(whole, by), of=of(by)), by))


def test_an_unknown_unit_is_refused(region_facts: Any) -> None:
    with pytest.raises(Refusal) as refused:
        outflow(flows(region_facts), "ward")
    said = f"is no such unit -> one of: {', '.join((*UNITS, *PLACES))}"
    assert str(refused.value) == f"column --by, value ward: {said}"
