"""Counts, keys, seeds and blocks of the stream."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from yiheng.base.refusal import Refusal
from yiheng.sample.discharges import BLOCK, YEARS, discharges
from yiheng.sample.tables import words
from yiheng.tables.contract import contract


def all_cases(seed: int, cases_per_year: int, years: tuple[int, ...] = YEARS) -> pa.Table:
    return pa.Table.from_batches(list(discharges(seed, cases_per_year, years)))


def test_the_years_are_those_with_effects() -> None:
    assert [str(year) for year in YEARS] == words("years", "year")


@pytest.mark.parametrize("cases_per_year", [1, 2, 7, 500])
def test_few_cases_are_exact_in_every_year(cases_per_year: int) -> None:
    for seed in range(6):
        made = all_cases(seed, cases_per_year)
        counts = made.group_by("year").aggregate([([], "count_all")]).to_pydict()
        assert dict(zip(counts["year"], counts["count_all"], strict=True)) == dict.fromkeys(YEARS, cases_per_year)
        assert made["year"].to_pylist() == [day.year for day in made["discharge_date"].to_pylist()]


def test_schema_and_batch_sizes() -> None:
    batches = list(discharges(1, BLOCK + 3, (2023,)))
    assert [batch.num_rows for batch in batches] == [BLOCK, 3]
    assert all(batch.schema == contract("cases").schema for batch in batches)
    for batch in batches:
        batch.validate(full=True)


def test_keys_are_unique(cases: pa.Table) -> None:
    keys = cases.group_by(["hospital", "case_id"]).aggregate([([], "count_all")])
    assert keys.num_rows == cases.num_rows == BLOCK + 500
    several = all_cases(1, 300)
    assert len(set(several["case_id"].to_pylist())) == 900


def test_same_seed_same_content_and_another_seed_another() -> None:
    first = all_cases(5, 400)
    assert first.equals(all_cases(5, 400))
    assert not first.equals(all_cases(6, 400))


def test_a_year_and_a_block_depend_on_no_other(cases: pa.Table) -> None:
    alone = all_cases(5, 400, (2025,))
    assert alone.equals(all_cases(5, 400).slice(800))
    more = next(discharges(20, BLOCK * 3, (2024,)))
    assert pa.Table.from_batches([more]).equals(cases.slice(0, BLOCK))


def test_patients_of_different_blocks_differ(cases: pa.Table) -> None:
    first, second = cases.slice(0, BLOCK)["patient"], cases.slice(BLOCK)["patient"]
    assert not pc.any(pc.is_in(second, value_set=pc.unique(first))).as_py()


@pytest.mark.parametrize(
    ("seed", "cases_per_year", "years"), [(-1, 10, YEARS), (1, 0, YEARS), (1, 10**9, YEARS), (1, 10, (2022,))]
)
def test_bad_usage_is_refused_before_anything_is_made(seed: int, cases_per_year: int, years: tuple[int, ...]) -> None:
    with pytest.raises(Refusal):
        discharges(seed, cases_per_year, years)


def test_what_only_a_source_or_a_load_says_is_null(cases: pa.Table) -> None:
    absent = ["group", "pay_method", "source_file", "source_row", "list_version"]
    assert all(cases[name].null_count == cases.num_rows for name in absent)
