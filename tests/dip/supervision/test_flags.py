"""dip.supervision.flags and supervise: flags with evidence, never cuts."""

from datetime import date
from fractions import Fraction
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest

from yiheng.base.refusal import Refusal
from yiheng.dip.plan import Plan, plan
from yiheng.dip.supervision.flags import (
    FLAGS,
    KINDS,
    by_hospital,
    low_risk_deaths,
    low_standard,
    overlong,
    readmitted,
    record_quality,
)
from yiheng.dip.supervision.risks import base_risks
from yiheng.dip.supervision.supervise import supervise
from yiheng.policy.loader import scheme
from yiheng.tables.engine import held

DAY = date(2024, 12, 31)
SCHEMA = pa.schema(
    [("hospital", pa.string()), ("case_id", pa.string()), ("group", pa.string()), ("patient", pa.string()),
     ("year", pa.int16()), ("admit_date", pa.date32()), ("discharge_date", pa.date32()), ("fen", pa.int64()),
     ("los", pa.int32()), ("died", pa.bool_()), ("known_end", pa.bool_()), ("planned_readmit", pa.bool_()),
     ("interim", pa.bool_()), ("stay_id", pa.string()), ("discharge", pa.int8())]
)  # fmt: skip
CATALOGUE = pa.table({"group": ["g", "h"], "mean_cost": [10.0, 20.0], "mean_los": [10.0, None]})


@pytest.fixture(scope="module")
def one() -> Plan:
    return plan(scheme("dip/national-1.0"), DAY)


@pytest.fixture
def stays(backend: Any) -> Any:
    """Rows as a table of cases in their groups: hospital A, year 2024, alive."""

    def made(*rows: dict[str, Any]) -> ir.Table:
        plain = {"hospital": "A", "year": 2024, "died": False, "known_end": True}
        content = [plain | {"case_id": str(number)} | row for number, row in enumerate(rows)]
        return held(backend, pa.Table.from_pylist(content, schema=SCHEMA))

    return made


def told(found: ir.Table, *names: str) -> list[tuple[Any, ...]]:
    rows = found.order_by("hospital", "case_id").to_pyarrow().to_pylist()
    return [tuple(row[name] for name in names) for row in rows]


def test_cases_that_cost_little(one: Plan, stays: Any) -> None:
    fees = (299, 300, 499, 500, 699, 700, None)
    table = stays(*({"case_id": f"{fee}", "group": "g", "fen": fee} for fee in fees), {"case_id": "n", "fen": 1})
    found = low_standard(table, CATALOGUE, one)
    assert told(found, "case_id", "score") == [("299", 1.0), ("300", 0.7), ("499", 0.7), ("500", 0.3), ("699", 0.3)]
    assert found.order_by("case_id").to_pyarrow().to_pylist()[0] == {
        "hospital": "A", "case_id": "299", "flag": "low_standard", "score": 1.0, "group": "g", "value": 2.99,
        "standard": 10.0, "ratio": 0.299, "evidence": None,
    }  # fmt: skip
    assert found.schema().to_pyarrow().names == FLAGS.names


def test_a_hospitals_coefficient_makes_its_standard(one: Plan, stays: Any) -> None:
    hospitals = pa.table({"hospital": ["A", "A"], "coefficient": [0.5, 0.9]})
    table = stays({"group": "g", "fen": 349}, {"group": "g", "fen": 350}, {"hospital": "B", "group": "g", "fen": 699})
    found = low_standard(table, CATALOGUE, one, hospitals)
    assert told(found, "hospital", "case_id", "score", "standard") == [("A", "0", 0.3, 5.0), ("B", "2", 0.3, 10.0)]


def test_cases_that_stay_long(one: Plan, stays: Any) -> None:
    table = stays(*({"case_id": f"{los}", "group": "g", "los": los} for los in (15, 16, 20, 21, 30, 31, None)))
    assert told(overlong(table, CATALOGUE, one), "case_id", "score") == [
        ("16", 0.3), ("20", 0.3), ("21", 0.6), ("30", 0.6), ("31", 1.0),
    ]  # fmt: skip


def stay(hospital: str, case: str, group: str, admitted: date, discharged: date, **more: Any) -> dict[str, Any]:
    its = {"hospital": hospital, "case_id": case, "group": group, "patient": "p"}
    return its | {"admit_date": admitted, "discharge_date": discharged} | more


def test_second_admissions_across_hospitals(one: Plan, stays: Any) -> None:
    table = stays(
        stay("A", "1", "g", date(2024, 1, 1), date(2024, 1, 10)),
        stay("B", "2", "g", date(2024, 2, 10), date(2024, 2, 12)),
        stay("A", "3", "h", date(2024, 3, 1), date(2024, 3, 2), planned_readmit=True),
        stay("A", "4", "h", date(2024, 3, 5), date(2024, 3, 6), interim=True),
        stay("A", "5", "h", date(2024, 3, 6), date(2024, 3, 8)),
        stay("A", "6", "h", date(2024, 4, 9), date(2024, 4, 10)),
        stay("A", "7", "h", date(2024, 4, 7), date(2024, 4, 8), patient=None),
    )
    assert told(readmitted(table, one), "hospital", "case_id", "score", "value", "standard", "evidence") == [
        ("A", "3", 0.5, 18.0, 31.0, "B/2 another group"), ("B", "2", 1.0, 31.0, 31.0, "A/1 same group"),
    ]  # fmt: skip


def test_who_moved_to_another_hospital_or_was_settled_again_did_not_come_back(one: Plan, stays: Any) -> None:
    table = stays(
        stay("A", "1", "g", date(2024, 1, 1), date(2024, 1, 10), discharge=1),
        stay("A", "2", "g", date(2024, 1, 12), date(2024, 1, 15), discharge=2),  # came back, and moved on the same day
        stay("B", "3", "g", date(2024, 1, 15), date(2024, 1, 20), discharge=1, stay_id="s"),
        stay("B", "4", "g", date(2024, 1, 20), date(2024, 1, 25), discharge=1, stay_id="s"),  # the same stay
    )
    found = told(readmitted(table, one), "hospital", "case_id", "value", "evidence")
    assert found == [("A", "2", 2.0, "A/1 same group")]


def test_records_with_open_findings(one: Plan, stays: Any, backend: Any) -> None:
    table = stays({"case_id": "1"}, {"case_id": "2"})
    rows = [("A", "1", "zz"), ("A", "1", "aa"), ("A", "1", "aa"), ("A", "3", "aa")]
    findings = [dict(zip(("hospital", "case_id", "rule"), row, strict=True)) for row in rows]
    found = record_quality(table, held(backend, pa.Table.from_pylist(findings)), one)
    assert told(found, "case_id", "score", "value", "evidence") == [("1", 0.3, 2.0, "aa zz")]


def test_deaths_in_classes_that_have_a_score(one: Plan, stays: Any, backend: Any, with_value: Any) -> None:
    rows = [("l", "low", 0.001), ("m", "middle_low", 0.004), ("h", "middle_high", 0.02), ("few", None, 0.5),
            ("z", "zero", 0.0)]  # fmt: skip
    risks = pa.Table.from_pylist([dict(zip(("group", "risk", "rate"), row, strict=True)) for row in rows])
    died = [{"case_id": name, "group": name, "died": True} for name, *_ in rows]
    table = stays(*died, {"case_id": "alive", "group": "l"}, {"case_id": "no group", "died": True})
    found = low_risk_deaths(backend, table, risks, one)
    assert told(found, "case_id", "score", "value", "standard", "evidence") == [
        ("l", 1.0, 1.0, 0.001, "low"), ("m", 0.5, 1.0, 0.004, "middle_low"),
    ]  # fmt: skip
    rule = one.value("supervision")
    own = plan(with_value(supervision=rule | {"death_scores": {"zero": 0.2}}), DAY)
    assert told(low_risk_deaths(backend, table, risks, own), "case_id", "score", "ratio") == [("z", 0.2, None)]
    wrong = plan(with_value(supervision=rule | {"death_scores": {"lowest": 1}}), DAY)
    with pytest.raises(Refusal, match="value lowest: supervision: death_scores: is no class of mortality risk -> one"):
        low_risk_deaths(backend, table, risks, wrong)
    for wrong_risks, said in (
        (pa.concat_tables([risks, risks.slice(0, 1)]), "value l: a group stands here twice"),
        (risks.set_column(1, "risk", pa.array(["no", None, None, None, None])), "value no: is no class of mortality"),
    ):
        with pytest.raises(Refusal, match=said):
            low_risk_deaths(backend, table, wrong_risks, one)


def test_all_flags_of_a_year_and_what_they_come_to(one: Plan, stays: Any, backend: Any) -> None:
    rows = [{"group": "h", "fen": 2000} for _ in range(40)] + [{"group": "g", "fen": 1000} for _ in range(29)]
    deaths = [{"case_id": f"d{n}", "group": "h", "fen": 599, "died": True} for n in range(2)]
    last = [
        stay("B", "e", "g", date(2023, 12, 1), date(2023, 12, 20), year=2023, fen=1000),
        stay("B", "l", "g", date(2024, 1, 5), date(2024, 1, 9), fen=200, died=True),
    ]
    table = stays(*rows, *deaths, *last)
    risks = base_risks(table, one)
    assert [(row["group"], row["deaths"], row["cases"], row["risk"]) for row in risks.to_pylist()] == [
        ("g", 1, 31, "middle_low"), ("h", 2, 42, "middle_high"),
    ]  # fmt: skip
    found = supervise(backend, table, CATALOGUE, one, 2024, risks, None)
    assert told(found, "case_id", "flag", "score") == [
        ("d0", "low_standard", 1.0), ("d1", "low_standard", 1.0), ("l", "low_risk_death", 0.5),
        ("l", "low_standard", 1.0), ("l", "readmitted", 1.0),
    ]  # fmt: skip
    counted = {(row["hospital"], row["flag"]): row for row in by_hospital(table, found).to_pylist()}
    share = float(f"{2 / 71:.12g}")
    assert counted["A", "low_standard"] == {
        "hospital": "A", "cases": 71, "flag": "low_standard", "flagged": 2, "share": share, "score": 2.0,
    }  # fmt: skip
    assert (counted["A", "overlong"]["flagged"], counted["B", "readmitted"]["share"]) == (0, 0.5)
    assert Fraction(str(counted["B", "low_risk_death"]["score"])) == Fraction(1, 2)
    frozen = risks.set_column(risks.schema.get_field_index("risk"), "risk", pa.array(["high", "low"]))
    later = supervise(backend, table, CATALOGUE, one, 2024, frozen, None)
    assert told(later.filter(later.flag == "low_risk_death"), "case_id", "score") == [("d0", 1.0), ("d1", 1.0)]


def test_of_a_year_nothing_is_flagged_that_lies_in_another(one: Plan, stays: Any, backend: Any) -> None:
    risks = pa.table({"group": ["g"], "risk": ["low"], "rate": [0.001]})
    again = {"fen": 299, "los": 31, "died": True, "year": 2023}
    table = stays(
        stay("A", "1", "g", date(2023, 1, 1), date(2023, 1, 10), fen=1000, year=2023),
        stay("A", "2", "g", date(2023, 1, 15), date(2023, 2, 15), **again),
    )
    findings = held(backend, pa.table({"hospital": ["A"], "case_id": ["2"], "rule": ["zz"]}))
    assert supervise(backend, table, CATALOGUE, one, 2024, risks, findings).count().to_pyarrow().as_py() == 0
    for year in (2023, None):
        found = supervise(backend, table, CATALOGUE, one, year, risks, findings)
        assert {(case, flag) for case, flag in told(found, "case_id", "flag")} == {("2", flag) for flag in KINDS}
