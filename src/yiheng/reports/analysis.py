"""What a report shows (分析内容): plain tables that the engines made, and all that says where they came from."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from yiheng.base.words import Word


@dataclass(frozen=True)
class LoadedFile:
    """One file of one load: what it was and what became of its rows; accepted + quarantined = rows."""

    commit: int
    file: str
    format: str
    sha256: str
    rows: int
    accepted: int
    quarantined: int


@dataclass(frozen=True)
class QualityCheck:
    """One quality rule over all loaded files: rows that break it, and rows that it could be asked of (可判断行数)."""

    rule: Word
    severity: str
    state: str
    failed: int
    judged: int


@dataclass(frozen=True)
class Version:
    """One thing the figures depend on: a term of the glossary and its version, digest or source."""

    term: str
    value: str


@dataclass(frozen=True)
class Grouping:
    """One way of grouping the cases of the year, and every unit held against the region's norm.

    `id` is a term of the glossary: `given` (the source's own group), `dip`, later `drg`. The tables by unit have the
    columns of `norms.build`: the unit's columns (see `by`), then

    - n, grouped: cases of the unit, those of them in a group (int64)
    - fee_cases, mean_cost, los_cases, mean_los: counts, means in yuan and days (float64, null where the count is 0)
    - weight_cases, weight, cmi: cases with a weight, sum of weights, weight / weight_cases (float64)
    - cost_cases, cost_index, time_cases, time_index: 1 = the region's own level (float64)
    - fee, norm_fee, difference: fees of the cost_cases, what the region's mean of the same groups comes to, and
      norm_fee - fee (decimal(18,2); positive = the unit takes less than the region does)

    `by["group"]` also has `rw` (relative weight); `by["hospital_group"]` a row for each hospital's cases of a group.
    `statuses` has status, kind, n. `catalogue` (null where the grouping has none) has group, kind (core,
    comprehensive), dx, proc, n, mean_cost, mean_los, rw, points.
    """

    id: str
    run: str
    cases: int
    by: Mapping[str, pa.Table]
    statuses: pa.Table
    catalogue: pa.Table | None


@dataclass(frozen=True)
class Analysis:
    """One region's year.

    - `made_up`: the data come from `sample`; every page says so. `unchecked`: values used that nobody checked
      against their source (parameter, value, what the value file says of its source): shown as such.
    - `years`: year, cases, hospitals, fee (decimal), fee_cases, mean_fee, los_cases, mean_los, deaths, out_of_area
    - `months`: month ("2025-01"), cases, fee; `payers`: payer, cases, fee; `fees`: item (column of the case contract),
      amount
    - `hospitals`: code, name, name_en, level, kind, county (the places in force; may be empty)
    - `findings`: file, column, rule, reason, reason_en, rows (quarantined rows counted)
    - `names`: (kind, code) -> name, kind = dx, proc, group or hospital, or dept with "hospital:dept"; a code without
      name is shown as itself
    - `about`: what the sources say of themselves, such as another currency
    - `checks`: the quality rules that were held against the loaded files
    """

    title: Word
    made_up: bool
    year: int
    files: tuple[LoadedFile, ...]
    versions: tuple[Version, ...]
    unchecked: tuple[tuple[str, str, str], ...]
    years: pa.Table
    months: pa.Table
    payers: pa.Table
    fees: pa.Table
    hospitals: pa.Table
    findings: pa.Table
    groupings: tuple[Grouping, ...]
    names: Mapping[tuple[str, str], Word]
    about: tuple[Word, ...] = ()
    checks: tuple[QualityCheck, ...] = ()
