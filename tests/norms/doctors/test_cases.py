"""A physician's own cases, with what was expected of each."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import ibis.expr.types as ir
import pytest
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.norms.doctors.cases import doctor_cases
from yiheng.norms.doctors.figures import doctors
from yiheng.norms.doctors.rules import Attributed
from yiheng.norms.rules import Expecting
from yiheng.tables.engine import held

Row = dict[str, Any]
Made = tuple[ir.Table, ir.Table]


def case(physician: str, case_id: str, fee: int, los: int, group: str | None = "g") -> Row:
    return {
        "hospital": "H",
        "physician": physician,
        "case_id": case_id,
        "group": group,
        "fee": fee,
        "los": los,
        "died": False,
    }


def test_each_case_with_its_expected_and_objections_by_hand(
    backend: Backend, made: Callable[[list[Row]], Made], objected: Any, expected_by: Expecting
) -> None:
    of = made(
        [case("p", "2", 30000, 4), case("q", "3", 60000, 1), case("p", "1", 90000, 7), case("p", "4", 5, 1, None)]
    )
    given = objected(
        ("H", "p", "1", "all", "declined"), ("H", "p", "1", "los", "raised"), ("H", "q", "2", "fee", "raised"),
        ("I", "p", "2", "fee", "raised"),
    )  # fmt: skip
    found = doctor_cases(backend, *of, held(backend, given), ("H", "p"), expected_by).to_pyarrow().to_pylist()
    assert [row["case_id"] for row in found] == ["1", "2", "4"]
    one, two, four = found
    assert (one["fee"], one["expected_fee"], one["fee_difference"]) == (Decimal("900.00"), 600.0, 300.0)
    assert (one["los"], one["expected_los"], one["los_difference"], one["base"]) == (7, 4.0, 3.0, "group")
    assert [one[f"{figure}_objection"] for figure in ("fee", "los", "death")] == ["declined", "raised", "declined"]
    assert [two[f"{figure}_objection"] for figure in ("fee", "los", "death")] == [None, None, None]
    assert (two["fee_difference"], two["died"]) == (-300.0, False)
    assert (four["group"], four["expected_fee"], four["fee_difference"]) == (None, None, None)


@pytest.mark.slow
@pytest.mark.parity
def test_the_cases_add_up_to_the_figures(
    backend: Backend, sample_made: Made, objected: Any, expected_by: Expecting, its_rules: Attributed
) -> None:
    """Every case of a figure is listed, and fees and expected fees over them are those of the figure."""
    figures = doctors(backend, *sample_made, objected(), expected_by, its_rules).figures.to_pylist()
    total = max((row for row in figures if row["group"] == "all"), key=lambda row: row["n"])
    doctor = (total["hospital"], total["physician"])
    found = doctor_cases(backend, *sample_made, held(backend, objected()), doctor, expected_by).to_pyarrow().to_pylist()
    grouped = [row for row in found if row["group"] is not None]
    assert len(grouped) == total["n"] == total["fee_cases"]
    assert sum(row["died"] for row in grouped) == total["deaths"]
    assert float(sum(row["fee"] for row in grouped)) / len(grouped) == pytest.approx(total["mean_fee"], rel=1e-11)
    assert sum(row["expected_fee"] for row in grouped) / len(grouped) == pytest.approx(
        total["expected_mean_fee"], rel=1e-10
    )
    assert sum(row["los"] for row in grouped) / sum(row["expected_los"] for row in grouped) == pytest.approx(
        total["los_index"], rel=1e-10
    )


def test_somebody_without_a_case_is_refused(
    backend: Backend, made: Callable[[list[Row]], Made], objected: Any, expected_by: Expecting
) -> None:
    of = made([case("p", "1", 1, 1)])
    with pytest.raises(Refusal, match="column physician, value q: has no case in hospital H"):
        doctor_cases(backend, *of, held(backend, objected()), ("H", "q"), expected_by)
