"""What a report shows (分析内容): plain tables that the engines made, and all that says where they came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from yiheng.base.words import Word
from yiheng.reports.limits import Limits


@dataclass(frozen=True)
class LoadedFile:
    """One file of one load: what it was and what became of its rows; accepted + quarantined = rows.

    `action` is what its rows did: load, correct or withdraw.
    """

    commit: int
    file: str
    format: str
    sha256: str
    rows: int
    accepted: int
    quarantined: int
    action: str = "load"


@dataclass(frozen=True)
class Holding:
    """What DATA holds of one kind beside the discharges: rows, and how many discharges they belong to."""

    term: str
    rows: int
    cases: int


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

    `id` is a term of the glossary: `given` (the source's own group), `dip`, `drg`. The tables by unit have the columns
    of `norms.build`: the unit's columns (see `by`), then

    - n, grouped: cases of the unit, those of them in a group (int64)
    - fee_cases, mean_cost, los_cases, mean_los: counts, means in yuan and days (float64, null where the count is 0)
    - weight_cases, weight, cmi: cases with a weight, sum of weights, weight / weight_cases (float64)
    - cost_cases, cost_index, time_cases, time_index: 1 = the region's own level (float64)
    - fee, norm_fee, difference: fees of the cost_cases, what the region's mean of the same groups comes to, and
      norm_fee - fee (decimal(18,2); positive = the unit takes less than the region does)

    `by["group"]` also has `rw` (relative weight); `by["hospital_group"]` a row for each hospital's cases of a group.
    `statuses` has status, kind, n. `catalogue` (null where the grouping has none) has group, kind (core,
    comprehensive), dx, proc, n, mean_cost, mean_los, rw, points.

    - run, cases_run: the runs of the norms and of the cases' groups, "" where the source gives them
    - names: of the groups, before those that the data give; notice: what every page, table and sheet of it says
    - outcomes: columns of `reasons.SCHEMA`; severity: columns of `norms.standardised.SCHEMA`; null where it has none
    - published: columns of `norms.published.SCHEMA`, null where the pack gives its groups no weights
    """

    id: str
    run: str
    cases: int
    by: Mapping[str, pa.Table]
    statuses: pa.Table
    catalogue: pa.Table | None
    cases_run: str = ""
    names: Mapping[str, Word] = field(default_factory=dict)
    notice: Word | None = None
    outcomes: pa.Table | None = None
    severity: pa.Table | None = None
    published: pa.Table | None = None


@dataclass(frozen=True)
class Analysis:
    """One region's year.

    - `made_up`: the data come from `sample`; every page says so. `unchecked`: values used that nobody checked
      against their source (parameter, value, what the value file says of its source): shown as such.
    - `years`: year, cases, hospitals, fee (decimal), fee_cases, mean_fee, los_cases, mean_los, deaths, out_of_area
    - `months`: month ("2025-01"), cases, fee; `payers`: payer, cases, fee; `fees`: item (column of the case contract),
      amount
    - `hospitals`: code, name, name_en, level, kind, county (by the latest row of each; may be empty)
    - `findings`: file, column, rule, reason, reason_en, rows (quarantined rows counted that did not come back)
    - `closed`: how many quarantined rows came back with a later load
    - `holdings`: charge lines, ICU stays, links, corrected and withdrawn discharges
    - `open_rules`: hospital, rule, zh, en, severity, cases (of the hospital), failed (those that break it now)
    - `open_months`: month ("2025-01", null where unknown), cases, failed (those that break any rule)
    - `limits`: from how many cases on a figure is shown
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
    closed: int
    holdings: tuple[Holding, ...]
    open_rules: pa.Table
    open_months: pa.Table
    limits: Limits
    groupings: tuple[Grouping, ...]
    names: Mapping[tuple[str, str], Word]
    about: tuple[Word, ...] = ()
    checks: tuple[QualityCheck, ...] = ()
