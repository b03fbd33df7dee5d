"""The months of figures, against a plain computation of 20,000 cases."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import ibis.expr.types as ir
import pytest

from yiheng.base.refusal import Refusal
from yiheng.norms.peers.control import CHARTS
from yiheng.norms.peers.rules import Comparing
from yiheng.norms.peers.trend import FIGURES, trend
from yiheng.norms.sums import sums

Row = dict[str, Any]
# Of each figure: what one case counts, and what it adds; None leaves it out.
PLAIN = {
    "mean_fee": lambda row: (1, row["total_fee"]),
    "mean_los": lambda row: (1, row["los"]),
    "death_rate": lambda row: (1, int(row["discharge"] == 5)),
    "deaths_per_day": lambda row: (row["los"], int(row["discharge"] == 5)),
    "drug_share": lambda row: (row["total_fee"], row["drug_fee"]),
}


@pytest.mark.parity
@pytest.mark.parametrize("name", PLAIN)
def test_the_months_of_20000_cases(
    sample_facts: ir.Table, sample_rows: list[Row], comparing: Comparing, name: str
) -> None:
    wanted: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in sample_rows:
        n, total = PLAIN[name](row)
        its = wanted[row["hospital"], row["discharge_date"].strftime("%Y-%m")]
        its[0] += Decimal(n)
        its[1] += Decimal(total)
    found = trend(sums(sample_facts, ("hospital", "dept", "month")), ("hospital",), name, comparing).to_pylist()
    assert [(row["hospital"], row["month"]) for row in found] == sorted(wanted)
    for row in found:
        n, total = wanted[row["hospital"], row["month"]]
        assert row["value"] == pytest.approx(float(total / n), rel=1e-11)
    assert sum(row["centre"] is not None for row in found) > 200


def test_the_number_of_cases_has_a_chart(sample_facts: ir.Table, sample_rows: list[Row], comparing: Comparing) -> None:
    found = trend(sums(sample_facts, ("month",)), (), "cases", comparing).to_pylist()
    assert sum(row["total"] for row in found) == len(sample_rows)
    assert {row["n"] for row in found} == {1}
    assert {row["centre"] for row in found} == {float(f"{len(sample_rows) / 12:.12g}")}


def test_every_figure_has_a_chart_that_there_is(sample_facts: ir.Table, comparing: Comparing) -> None:
    table = sums(sample_facts, ("month",))
    for name, its in FIGURES.items():
        assert its.chart in CHARTS
        assert trend(table, (), name, comparing).num_rows == 12


def test_an_unknown_figure_is_refused(sample_facts: ir.Table, comparing: Comparing) -> None:
    with pytest.raises(Refusal) as refused:
        trend(sample_facts, (), "income", comparing)
    assert str(refused.value) == (
        f"column --figure, value income: is no figure with a trend -> one of: {', '.join(FIGURES)}"
    )
