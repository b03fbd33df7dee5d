"""The distribution shows what the tables put in: mix, skew, levels, drift, seasons."""

import numpy as np
import pyarrow as pa
import pytest

from yiheng.sample.discharges import BLOCK, discharges
from yiheng.sample.diseases import diseases
from yiheng.sample.tables import Floats, table


def fees(cases: pa.Table) -> Floats:
    fee: Floats = cases["total_fee"].cast(pa.float64()).to_numpy()
    return fee


def share(cases: pa.Table, letters: str) -> float:
    fits = [codes[0][0] in letters for codes in cases["dx"].to_pylist()]
    return sum(fits) / len(fits)


def test_fees_and_stays_are_skewed_and_plausible(cases: pa.Table) -> None:
    fee, los = fees(cases), cases["los"].to_numpy()
    assert 8_000 < fee.mean() < 13_000
    assert fee.mean() > 1.3 * np.median(fee)
    assert 7 < los.mean() < 11
    assert los.mean() > np.median(los)


def test_the_mix_is_that_of_the_table(cases: pa.Table) -> None:
    expected = sum(float(row["frequency"]) for row in table("diseases") if row["codes"][0] == "I") / 100_000
    assert share(cases, "I") == pytest.approx(expected, abs=0.01)


def test_deaths_transfers_and_returns_are_of_the_expected_order(cases: pa.Table) -> None:
    way = cases["discharge"].to_numpy()
    assert 0.002 < (way == 5).mean() < 0.012
    assert 0.005 < (way == 2).mean() < 0.03
    assert 1.08 < cases.num_rows / len(set(cases["patient"].to_pylist())) < 1.3


def test_residents_go_outside_and_visitors_come(cases: pa.Table) -> None:
    outside = np.array([code[:6] in {"H99020", "H98010"} for code in cases["hospital"].to_pylist()])
    away = cases["out_of_area"].to_numpy() > 0
    assert 0.04 < outside.mean() < 0.09
    assert 0.02 < (away & ~outside).mean() < 0.04


def test_a_tertiary_hospital_is_dearer_for_the_same_disease(cases: pa.Table) -> None:
    pneumonia = np.array([codes[0] == "J18.900" for codes in cases["dx"].to_pylist()])
    hospital = np.array(cases["hospital"].to_pylist())
    fee = fees(cases)
    tertiary, county = (np.median(fee[pneumonia & (hospital == h)]) for h in ("H99010200001", "H99012100001"))
    assert tertiary > 1.2 * county


def test_fees_rise_and_stays_fall_from_year_to_year() -> None:
    first, last = (pa.Table.from_batches(list(discharges(4, BLOCK, (year,)))) for year in (2023, 2025))
    assert 1.0 < fees(last).mean() / fees(first).mean() < 1.12
    assert last["los"].to_numpy().mean() < first["los"].to_numpy().mean()


def test_lungs_are_ill_in_winter(cases: pa.Table) -> None:
    month = np.array([day.month for day in cases["discharge_date"].to_pylist()])
    lungs = np.array([codes[0][0] == "J" for codes in cases["dx"].to_pylist()])
    assert lungs[month == 1].mean() > 1.4 * lungs[month == 7].mean()


def test_linked_diseases_exist() -> None:
    assert all(len(diseases().linked(kind)) for kind in ("delivery", "born", "chemo", "long"))
