"""norms.groups.severity: Charlson bands and age bands of every case, and the grouping's own severity."""

from datetime import date
from typing import Any

import pytest

from yiheng.codes.charlson import score
from yiheng.norms.groups.severity import band_name, strata
from yiheng.norms.rules import expecting

RULES = expecting(date(2025, 12, 31))
FIRSTS = (0, *RULES.ages)


def found(backend: Any, table: Any) -> dict[int, tuple[str | None, str | None]]:
    """Charlson and age band of cases whose grouping says no severity."""
    rows = strata(backend, table, RULES).to_pyarrow().to_pylist()
    assert {row["severity"] for row in rows} == {None}
    return {row["row"]: (row["charlson"], row["age_band"]) for row in rows}


def case(number: int, dx: list[str] | None, age: int | None = 50, edition: str | None = None) -> dict[str, Any]:
    return {"row": number, "hospital": "A", "case_id": str(number), "dx": dx, "age": age, "dx_edition": edition}


@pytest.mark.parametrize(
    ("index", "name"),
    [(0, "charlson:0"), (1, "charlson:1-2"), (2, "charlson:1-2"), (3, "charlson:3-4"), (4, "charlson:3-4"),
     (5, "charlson:5+"), (24, "charlson:5+")],
)  # fmt: skip
def test_bands_of_the_index(index: int, name: str) -> None:
    assert band_name(index, (1, 3, 5)) == name


def test_a_band_of_one_index_and_none_at_all() -> None:
    assert band_name(1, (1, 2)) == "charlson:1"
    assert band_name(7, ()) == "charlson:0+"


@pytest.mark.parity
def test_every_case_has_the_band_of_its_score(backend: Any, as_cases: Any, region_rows: list[dict[str, Any]]) -> None:
    """Against codes.charlson case by case, and against the policy's first years."""
    got = found(backend, as_cases(region_rows))
    assert len(got) == len(region_rows)
    for row in region_rows:
        index = score(row["dx"][1:], "quan2011")
        band = "charlson:" + ("0" if index == 0 else "1-2" if index < 3 else "3-4" if index < 5 else "5+")
        age = None if row["age"] is None else str(max(first for first in FIRSTS if row["age"] >= first))
        assert got[row["row"]] == (band, age)
    assert {band for band, _ in got.values()} == {f"charlson:{name}" for name in ("0", "1-2", "3-4", "5+")}


def test_a_graver_category_takes_the_place_of_the_milder(backend: Any, as_cases: Any) -> None:
    """Diabetes with complications (E11.2) beside diabetes without (E11.9): 1, not more; metastasis beside cancer: 6."""
    rows = [
        case(1, ["I21.900", "E11.900", "E11.200"]),
        case(2, ["I21.900", "C34.900", "C78.000", "c78.0"]),
        case(3, ["C78.000"]),
        case(4, ["I21.900", "Ｃ78.000"]),
    ]
    got = found(backend, as_cases(rows))
    assert [got[row["row"]][0] for row in rows] == ["charlson:1-2", "charlson:5+", "charlson:0", "charlson:5+"]


def test_what_is_unknown_is_in_no_stratum(backend: Any, as_cases: Any) -> None:
    rows = [
        case(1, None),
        case(2, []),
        case(3, ["MUS010", "NEO070"], None, "CCSR"),
        case(4, ["I21.900", None], 0),
        case(5, ["I21.900"], 6, "ICD-10 医保2.0"),
    ]
    assert found(backend, as_cases(rows)) == {
        1: (None, "45"), 2: (None, "45"), 3: (None, None), 4: ("charlson:0", "0"), 5: ("charlson:0", "1"),
    }  # fmt: skip


def test_the_severity_of_the_grouping_stands_beside_the_charlson_band(backend: Any, as_cases: Any) -> None:
    table = as_cases([case(1, ["I21.900", "C78.000"]), case(2, ["I21.900"]), case(3, ["MUS010"], None, "CCSR")])
    given = table.mutate(severity=(table.row == 2).ifelse(None, "MCC"))
    rows = strata(backend, given, RULES).order_by("row").to_pyarrow()
    assert rows.to_pylist() == [
        {"row": 1, "severity": "MCC", "charlson": "charlson:5+", "age_band": "45"},
        {"row": 2, "severity": None, "charlson": "charlson:0", "age_band": "45"},
        {"row": 3, "severity": "MCC", "charlson": None, "age_band": None},
    ]
