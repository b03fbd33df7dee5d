"""What a single record holds is consistent in itself."""

from typing import Any

from yiheng.sample.tables import words

Row = dict[str, Any]

PARALLEL = (("dx", "dx_present"), ("proc", "proc_date"), ("proc", "proc_level"))


def test_parallel_lists_have_equal_length(rows: list[Row]) -> None:
    for row in rows:
        assert all(len(row[one]) == len(row[other]) for one, other in PARALLEL)
        assert row["dx"]
        assert len(set(row["dx"])) == len(row["dx"])
        assert len(set(row["proc"])) == len(row["proc"])


def test_dates_are_in_order_and_the_stay_is_their_difference(rows: list[Row]) -> None:
    for row in rows:
        nights = (row["discharge_date"] - row["admit_date"]).days
        assert row["los"] == max(nights, 1)
        assert nights >= 0
        assert row["settle_date"] >= row["discharge_date"]
        assert all(row["admit_date"] <= day <= row["discharge_date"] for day in row["proc_date"])
        assert sum(row[f"nurse_days_{level}"] for level in range(4)) == row["los"]
        assert 0 <= row["vent_hours"] <= row["icu_hours"] <= max(nights * 24, 12)


def test_day_cases_leave_on_the_day_they_came(rows: list[Row]) -> None:
    day = [row for row in rows if row["care_type"] > 1]
    assert day
    assert all(row["admit_date"] == row["discharge_date"] for row in day)


def test_deliveries_are_of_women_and_have_an_outcome(rows: list[Row]) -> None:
    outcomes = {"Z37.000", "Z37.200"}
    deliveries = [row for row in rows if outcomes & set(row["dx"])]
    assert deliveries
    assert all(row["sex"] == 2 and 15 <= row["age"] <= 50 for row in deliveries)
    for row in rows:
        assert row["sex"] == 2 or row["dx"][0][0] != "O"
        assert row["sex"] == 1 or not {"N40.x00", "C61.x00"} & set(row["dx"][1:])


def test_newborns_have_days_and_weights_and_others_none(rows: list[Row]) -> None:
    for row in rows:
        newborn = row["age_days"] is not None and row["age_days"] < 28
        assert (row["birth_weight_g"] is not None) == newborn == (row["weight_g"] is not None)
        assert (row["age_days"] is not None) == (row["age"] == 0)
        assert row["dx"][0][0] != "P" or newborn


def test_injuries_have_an_external_cause_and_others_none(rows: list[Row]) -> None:
    for row in rows:
        assert (row["external_cause"] is not None) == (row["dx"][0][0] in "ST")


def test_chemotherapy_names_the_tumour_and_its_pathology(rows: list[Row]) -> None:
    chemo = [row for row in rows if row["dx"][0] == "Z51.103"]
    assert chemo
    assert all(row["dx"][1][0] == "C" and row["pathology"].startswith("M") for row in chemo)


def test_tcm_terms_are_those_of_tcm_hospitals(rows: list[Row]) -> None:
    kinds = dict(zip(words("hospitals", "code"), words("hospitals", "kind"), strict=True))
    with_terms = [row for row in rows if row["tcm_dx"] is not None]
    assert with_terms
    assert all(kinds[row["hospital"]] == "tcm" for row in with_terms)
    assert all((row["tcm_dx"] is None) == (row["tcm_syndrome"] is None) for row in rows)


def test_out_of_area_is_seen_from_both_sides(rows: list[Row]) -> None:
    zones = dict(zip(words("areas", "code"), map(int, words("areas", "zone")), strict=True))
    areas = dict(zip(words("hospitals", "code"), words("hospitals", "area"), strict=True))
    for row in rows:
        assert row["out_of_area"] == max(zones[row["residence"]], zones[areas[row["hospital"]]])
        assert zones[row["residence"]] == 0 or zones[areas[row["hospital"]]] == 0


def test_ventilation_hours_fit_the_code(rows: list[Row]) -> None:
    for row in rows:
        if "96.7201" in row["proc"]:
            assert row["vent_hours"] >= 96
        if row["vent_hours"] > 0:
            assert {"96.7101", "96.7201"} & set(row["proc"])
