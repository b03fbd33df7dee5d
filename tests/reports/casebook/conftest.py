"""A casebook of two hospitals and two groups, written by hand."""

from decimal import Decimal
from typing import Any

import pytest

from yiheng.base.words import Word
from yiheng.norms.facts import CATEGORIES
from yiheng.norms.peers.peers import Peers
from yiheng.reports.casebook.book import REGION, Book, Compared, Groups, Items, Names

Row = dict[str, Any]
yuan = Decimal


def of_group(unit: str, value: str, group: str, n: int, mean_fee: float, mean_los: float) -> Row:
    quartiles = {f"fee_{name}": yuan(mean_fee) for name in ("least", "p25", "median", "p75", "most")}
    quartiles |= {f"los_{name}": round(mean_los) for name in ("least", "p25", "median", "p75", "most")}
    return {
        unit: value, "group": group, "n": n, "fee_cases": n, "mean_fee": mean_fee, "fee_cv": 0.5, "los_cases": n,
        "mean_los": mean_los, "los_cv": 0.25, "drug_cases": n, "drug_share": 0.3, "material_cases": n,
        "material_share": 0.1, "death_cases": n, "deaths": 1, "death_rate": 1 / n, "return_cases": n,
        "returned_same": 1, "return_rate_same": 1 / n, "returned_any": 2, "return_rate_any": 2 / n, **quartiles,
    }  # fmt: skip


def structure(unit: str, value: str, group: str, n: int, **amounts: str) -> tuple[Row, ...]:
    whole = sum((yuan(amount) for amount in amounts.values()), yuan(0))
    return tuple(
        {unit: value, "group": group, "category": name, "cases": n, "amount": yuan(amounts.get(name, "0")), "of": whole,
         "share": float(yuan(amounts.get(name, "0")) / whole)}
        for name in CATEGORIES
    )  # fmt: skip


def figures(hospital: str, dept: str | None, n: int) -> Row:
    who = {"hospital": hospital} | ({} if dept is None else {"dept": dept})
    return {
        **who, "n": n, "grouped": n, "weight_cases": n, "cmi": 1.25, "mean_cost": 1000.0, "mean_los": 8.0,
        "cost_cases": n, "cost_index": 1.1, "time_cases": n, "time_index": 0.9, "high_weight_share": 0.2,
        "high_weight_cases": 4, "low_risk_death_rate": 0.0, "low_risk_deaths": 0, "low_risk_cases": 9,
        "drug_share": 0.3, "drug_cases": n, "material_share": 0.1, "material_cases": n, "return_rate_any": 0.05,
        "returned_any": 1, "return_cases": n,
    }  # fmt: skip


def against(group: str, fee: tuple[float, float, str, float, float], los: tuple[float, float, float]) -> Row:
    """A group of A's beside its peers: means, saving and interval of the fee; means and saving of the stay."""
    mean, peer, saving, low, high = fee
    return {
        "group": group, "n": 20, "fee_state": "above", "fee_cases": 20, "fee_mean": mean, "fee_peers": 3,
        "fee_median_peer": "B", "fee_peer_mean": peer, "fee_saving": yuan(saving), "fee_below": yuan("0.00"),
        "fee_low": low, "fee_high": high, "los_state": "above", "los_cases": 20, "los_mean": los[0], "los_peers": 3,
        "los_median_peer": "B", "los_peer_mean": los[1], "los_saving": los[2], "los_below": 0.0, "los_low": -1.0,
        "los_high": 60.0,
    }  # fmt: skip


TOTAL = {
    "group": "all", "n": 40, "fee_cases": 40, "fee_saving": yuan("2500.00"), "fee_below": yuan("0.00"),
    "fee_low": 300.0, "fee_high": 4700.0, "los_cases": 40, "los_saving": 30.0, "los_below": 2.0, "los_low": 1.0,
    "los_high": 59.0,
}  # fmt: skip


@pytest.fixture
def book() -> Book:
    """A is dear in G1 for sure and in G2 perhaps; B is its peer."""
    region = {(REGION, "G1"): of_group("region", REGION, "G1", 50, 900.0, 7.0),
              (REGION, "G2"): of_group("region", REGION, "G2", 30, 500.0, 5.0)}  # fmt: skip
    hospitals = {("A", "G1"): of_group("hospital", "A", "G1", 20, 1000.0, 8.0),
                 ("A", "G2"): of_group("hospital", "A", "G2", 20, 525.0, 5.5),
                 ("B", "G1"): of_group("hospital", "B", "G1", 30, 833.25, 6.5)}  # fmt: skip
    parts = {("A", "G1"): structure("hospital", "A", "G1", 20, fee_01="12000", fee_10="8000"),
             ("A", "G2"): structure("hospital", "A", "G2", 20, fee_01="10500")}  # fmt: skip
    region_parts = {(REGION, "G1"): structure("region", REGION, "G1", 50, fee_01="32500", fee_10="12500"),
                    (REGION, "G2"): structure("region", REGION, "G2", 30, fee_01="15000")}  # fmt: skip
    item = {"item_code": "X1", "item_name": "甲项目", "category": "10", "kind": "drug"}
    driver = item | {
        "hospital": "A", "group": "G1", "cases": 20, "use_share": 0.9, "others_use_share": 0.4, "amount_per_case": 90.0,
        "others_amount_per_case": 40.0, "extra": 1000.0,
    }  # fmt: skip
    standard = item | {
        "group": "G1", "cases": 50, "using": 40, "use_share": 0.8, "quantity_per_using": 2.0, "amount_per_using": 100.0,
        "fee_share": 0.09, "amount": yuan("4000.00"), "group_amount": yuan("40000.00"), "share_hospitals": 2,
        "use_share_least": 0.4, "use_share_median": 0.4, "use_share_most": 0.9, "rule": "use_share|fee_share",
        "standard": True,
    }  # fmt: skip
    days = tuple({"group": "G1", "day": day, "present": n, "amount": yuan("500.00"), "amount_per_present": 500 / n,
                  "items": "甲项目" if day == 1 else None} for day, n in ((1, 50), (2, 40), (3, 5)))  # fmt: skip
    months = tuple(
        {"month": f"2025-{month:02}", "n": 20, "value": 1000.0 + month, "centre": 1006.5, "lower": 900.0,
         "upper": 1100.0, "signals": "beyond|side_8" if month == 12 else ""} for month in range(1, 13)
    )  # fmt: skip
    return Book(
        grouping="dip", year=2025, made_up=True,
        names=Names({"G1": Word("甲组", "Group one")}, {}, {("hospital", "A"): Word("甲院", "Hospital A"),
                    ("dept", "A:01"): Word("内科", "Medicine")}),
        region=Groups(region, region_parts), hospitals=Groups(hospitals, parts),
        seen={"G1": (hospitals["B", "G1"], hospitals["A", "G1"]), "G2": (hospitals["A", "G2"],)},
        figures={("A",): figures("A", None, 40), ("B",): figures("B", None, 30), ("A", "01"): figures("A", "01", 30),
                 ("A", "02"): figures("A", "02", 5)},
        compared={("A",): Compared(Peers(("A",), (("B",),), (("level", "2"),)), (
            against("G1", (1000.0, 900.0, "2000.00", 500.0, 3500.0), (8.0, 7.0, 20.0)),
            against("G2", (525.0, 500.0, "500.00", -200.0, 1200.0), (5.5, 5.0, 10.0))), TOTAL)},
        trends={("A", "mean_fee"): months}, items=Items({"G1": (standard,)}, {"G1": days}, {("A", "G1"): (driver,)}),
        pair_cases=10, unchecked=((Word("同类数", "peers"), "3", "由各地自行确定 a city's choice"),),
        above=((Word("报告", "Report"), "report.html"),),
    )  # fmt: skip
