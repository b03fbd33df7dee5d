"""Discharges (出院病例) of the made-up region, as a stream of record batches.

A block is at most BLOCK cases of one year; its random streams are named by seed, year and block number, so that its
content depends on no other block and memory holds one block, whatever the number of cases.
"""

from collections.abc import Iterator

import pyarrow as pa

from yiheng.base.refusal import Refusal
from yiheng.sample.fees import fees
from yiheng.sample.links import links
from yiheng.sample.outcomes import outcomes
from yiheng.sample.pathway import pathway
from yiheng.sample.payments import payments
from yiheng.sample.people import people
from yiheng.sample.record import Block, batch
from yiheng.sample.region import region
from yiheng.sample.stays import stays
from yiheng.sample.tables import words

YEARS = (2023, 2024, 2025)
BLOCK = 50_000
MOST_CASES = 999_999_999


def discharges(seed: int, cases_per_year: int, years: tuple[int, ...] = YEARS) -> Iterator[pa.RecordBatch]:
    """`cases_per_year` discharges of each year, in batches of the contract `cases`; same seed, same content.

    A seed that is negative, a number of cases outside 1 .. 999,999,999 and a year without effects in `years.csv` are
    refused.
    """
    _check(seed, cases_per_year, years)
    return _blocks(seed, cases_per_year, years)


def _check(seed: int, cases_per_year: int, years: tuple[int, ...]) -> None:
    if seed < 0:
        raise Refusal("the seed is negative", value=str(seed))
    if not 1 <= cases_per_year <= MOST_CASES:
        raise Refusal(f"the cases a year are not between 1 and {MOST_CASES:,}", value=str(cases_per_year))
    for year in years:
        if str(year) not in words("years", "year"):
            raise Refusal("the made-up region has no such year", value=str(year))


def _blocks(seed: int, cases_per_year: int, years: tuple[int, ...]) -> Iterator[pa.RecordBatch]:
    for year in years:
        for number, first in enumerate(range(0, cases_per_year, BLOCK)):
            yield batch(draw(seed, year, number, first, min(BLOCK, cases_per_year - first)))


def draw(seed: int, year: int, number: int, first: int, size: int) -> Block:
    """Everything about block `number` of a year: `size` cases, counted in the year from `first`."""
    name = (seed, year, number)
    place = region(seed)
    who = people(*name, size)
    path = pathway(*name, who, place)
    stay = stays(*name, who, path, place)
    link = links(*name, who, stay)
    outcome = outcomes(*name, who, path, stay, link, place)
    fee = fees(*name, who, path, stay, place)
    paid = payments(*name, who, link.person, fee.total)
    return Block(seed, year, number, first, place, who, path, stay, link, outcome, fee, paid)
