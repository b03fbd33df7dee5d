"""dip.assignment.assign: each case finds its group, or is told why not."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from yiheng.dip.assignment.assign import NO_DIAGNOSIS, NO_GROUP, assign

Row = dict[str, Any]


def case(dx: list[str | None] | None, proc: list[str | None] | None = None, fee: str | None = "100.00") -> Row:
    return {
        "dx": dx, "proc": proc, "dx_edition": None, "proc_edition": None, "year": 2024, "los": 3,
        "total_fee": None if fee is None else Decimal(fee),
    }  # fmt: skip


@pytest.fixture
def assigned(backend: Any, table: Any) -> Any:
    def made(rows: list[Row], catalogue: Any) -> list[Row]:
        cases = table(rows).order_by("place")
        found = assign(backend, cases, catalogue.groups, catalogue.scheme, catalogue.day, ["place"])
        made = found.to_pyarrow().to_pylist()
        assert [row.pop("place") for row in made] == list(range(len(rows)))
        return made

    return made


@pytest.fixture
def catalogue(built: Any) -> Any:
    core = [case(["I21.9"]) for _ in range(15)] + [case(["I21.9"], ["36.06"], "300.00") for _ in range(15)]
    return built([*core, case(["I21.0"], None, "200.00"), case(["J18.9"])])


def test_a_combination_that_is_there_gives_its_group(assigned: Any, catalogue: Any) -> None:
    """Core before comprehensive; the fee plays no part."""
    rows = [case(["i21.900x001", "E11.9"], ["36.0601", "36.06"], None), case(["I21.4"]), case(["J18.0"], None, "0.01")]
    mean = 6300 / 32
    assert assigned(rows, catalogue) == [
        {"status": "grouped", "group": "I21.9:36.06", "kind": "core", "rw": _digits(300 / mean),
         "points": _digits(300000 / mean), "reason": None},
        {"status": "grouped", "group": "I21*", "kind": "comprehensive", "rw": _digits(200 / mean),
         "points": _digits(200000 / mean), "reason": None},
        {"status": "grouped", "group": "J18*", "kind": "comprehensive", "rw": _digits(100 / mean),
         "points": _digits(100000 / mean), "reason": None},
    ]  # fmt: skip


@pytest.mark.parametrize("dx", [None, [], [None], [None, "I21.9"]])
def test_no_principal_diagnosis_is_invalid(assigned: Any, catalogue: Any, dx: list[str | None] | None) -> None:
    assert assigned([case(dx, ["36.06"])], catalogue) == [
        {"status": "invalid", "group": None, "kind": "none", "rw": None, "points": None, "reason": NO_DIAGNOSIS}
    ]


@pytest.mark.parametrize(
    "row", [case(["K80.2"]), case(["J18.9"], ["96.04"]), case(["J18.9"], ["36.06"]), case(["J1"]), case(["MUS010"])]
)
def test_an_unknown_combination_is_ungroupable(assigned: Any, catalogue: Any, row: Row) -> None:
    """J18 operated is another group than J18 not operated, and nothing near is taken for it."""
    assert assigned([row], catalogue) == [
        {"status": "ungroupable", "group": None, "kind": "none", "rw": None, "points": None, "reason": NO_GROUP}
    ]


def test_a_group_that_the_source_gave_is_left_aside(assigned: Any, catalogue: Any) -> None:
    (row,) = assigned([{**case(["I21.9"]), "group": "its own"}], catalogue)
    assert row["group"] == "I21.9"


@pytest.mark.parity
@pytest.mark.parametrize("seed", [4, 5])
def test_every_case_that_a_catalogue_is_made_of_is_in_its_own_group(
    built: Any, assigned: Any, random_cases: Any, plain_catalogue: Any, seed: int
) -> None:
    rows = random_cases(seed, 1500)
    catalogue = built(rows)
    groups, own = plain_catalogue(rows)
    found = assigned(rows, catalogue)
    assert len(found) == len(rows)
    for row, name in zip(found, own, strict=True):
        if name is not None:
            assert (row["status"], row["group"], row["kind"]) == ("grouped", name, groups[name]["kind"])
            assert row["rw"] == pytest.approx(float(groups[name]["rw"]), rel=1e-9)
    counted = Counter(name for name in own if name is not None)
    assert dict(counted) == {row["group"]: row["n"] for row in catalogue.groups.to_pylist()}


@pytest.mark.parity
@pytest.mark.golden
def test_every_real_discharge_is_in_its_own_group(
    built: Any, assigned: Any, ny2020_rows: list[Row], plain_catalogue: Any
) -> None:
    _, own = plain_catalogue(ny2020_rows)
    found = assigned(ny2020_rows, built(ny2020_rows))
    assert [row["group"] for row in found] == own
    assert {row["status"] for row in found} == {"grouped"}


def _digits(value: float) -> float:
    return float(f"{value:.12g}")
