"""The pathway (诊疗路径): diagnoses and procedures that go together, and what they do to fee, stay and death.

A case has one principal diagnosis, at most one package of procedures (`packages.csv`), and any of the candidates of its
family: secondary diagnoses (`comorbidities.csv`) and further procedures (`extras.csv`).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from yiheng.sample.chance import padded, pick, pick_any, spread_out, stream
from yiheng.sample.diseases import diseases
from yiheng.sample.people import People
from yiheng.sample.region import Region
from yiheng.sample.tables import Bools, Floats, Ints, numbers, table, words

CURVE_FROM = np.array([1, 15, 40, 60, 75])
CURVES = ("b00", "b01", "b15", "b40", "b60", "b75")


@dataclass(frozen=True)
class Candidates:
    """What may come along with a disease: flat, `start` and `count` by disease; effects are natural logs.

    `code` is a row of `diagnoses.csv` or `operations.csv`; `chance` has one column for each age band of a curve.
    """

    start: Ints
    count: Ints
    code: Ints
    chance: Floats
    acquired: Floats
    fee: Floats
    los: Floats
    death: Floats


@dataclass
class Drawn:
    """The candidates that happened, flat and in case order: the case of each, its code, whether it came in hospital."""

    case: Ints
    code: Ints
    acquired: Bools
    candidate: Ints


@dataclass
class Pathway:
    """One entry a case, except `comorbid` and `extra`. `package` is a row of `packages.csv`, -1 for none."""

    principal: Ints
    accompanied: Ints
    package: Ints
    comorbid: Drawn
    extra: Drawn
    vent_hours: Floats
    fee: Floats
    los: Floats
    death: Floats


@cache
def positions(name: str) -> dict[str, int]:
    """Row of each code in `diagnoses.csv` or `operations.csv`."""
    return {code: index for index, code in enumerate(words(name, "code"))}


def pathway(seed: int, year: int, block: int, people: People, region: Region) -> Pathway:
    """Diagnoses and procedures of every case of a block, with their effects added up."""
    rng = stream(seed, "pathway", year, block)
    size = len(people.disease)
    package = _packages(rng, people)
    comorbid = _happened(rng, comorbidities(), people, region)
    extra = _happened(rng, extras(), people, region)
    fee, los, death = (
        _added(comorbid, getattr(comorbidities(), name), size) + _added(extra, getattr(extras(), name), size)
        for name in ("fee", "los", "death")
    )
    return Pathway(
        principal=_chosen(_code_table(), diseases().code_bounds, people.disease, rng.random(size)),
        accompanied=_chosen(_accompanied_table(), diseases().accompanied_bounds, people.disease, rng.random(size)),
        package=package,
        comorbid=comorbid,
        extra=extra,
        vent_hours=_ventilation(rng, size, package, extra),
        fee=fee + _effect("packages", "fee", package),
        los=los + _effect("packages", "los", package),
        death=death,
    )


def _effect(name: str, column: str, row: Ints) -> Floats:
    logs = np.append(np.log(numbers(name, column)), 0.0)
    return logs[row]


def _chosen(codes: Ints, bounds: Floats, disease: Ints, uniform: Floats) -> Ints:
    """A row of `diagnoses.csv` for each case, -1 where the disease has none."""
    return np.where(bounds[disease, -1] > 0, codes[disease, pick_any(bounds, disease, uniform)], -1)


@cache
def _code_table() -> Ints:
    return _as_rows(diseases().codes)


@cache
def _accompanied_table() -> Ints:
    return _as_rows(diseases().accompanied)


def _as_rows(codes: list[list[str]]) -> Ints:
    where = positions("diagnoses")
    return padded([[float(where[code]) for code in row] for row in codes]).astype(np.int64)


def _packages(rng: np.random.Generator, people: People) -> Ints:
    options, bounds = _package_options()
    level = np.array([int(level) for level in words("hospitals", "level")])[people.hospital]
    row = people.disease * 3 + level - 1
    found = pick(bounds, row, rng.random(len(row)))
    return np.append(options, np.full((len(options), 1), -1), axis=1)[people.disease, found]


@cache
def _package_options() -> tuple[Ints, Floats]:
    """Packages by disease (-1 fills), and their added-up chances by disease and hospital level (1, 2, 3)."""
    rows = [(number, row, row["diseases"].split("|")) for number, row in enumerate(table("packages"))]
    options = [[(number, row) for number, row, names in rows if name in names] for name in diseases().ids]
    width = max(map(len, options))
    numbered = [[number for number, _ in option] + [-1] * (width - len(option)) for option in options]
    levels = ("primary", "secondary", "tertiary")
    chances = [[float(row[level]) for _, row in option] for option in options for level in levels]
    return np.array(numbered), np.cumsum(padded(chances), axis=1)


@cache
def comorbidities() -> Candidates:
    """Secondary diagnoses by disease; one in the category of the disease's own codes is left out."""
    return _candidates("comorbidities", "diagnoses")


@cache
def extras() -> Candidates:
    """Further procedures by disease."""
    return _candidates("extras", "operations")


def _candidates(name: str, codes: str) -> Candidates:
    lists = [_suitable(name, index) for index in range(len(diseases().ids))]
    rows = [row for found in lists for row in found]
    count = np.array([len(found) for found in lists])
    curves = {row["curve"]: [float(row[band]) for band in CURVES] for row in table("age_curves")}
    where = positions(codes)
    return Candidates(
        start=np.cumsum(count) - count,
        count=count,
        code=np.array([where[row["code"]] for row in rows]),
        chance=np.array([[float(row["chance"]) * band for band in curves[row["curve"]]] for row in rows]),
        acquired=np.array([float(row["acquired"]) for row in rows]),
        fee=np.log([float(row["fee"]) for row in rows]),
        los=np.log([float(row["los"]) for row in rows]),
        death=np.log([float(row["death"]) for row in rows]),
    )


def _suitable(name: str, disease: int) -> list[dict[str, str]]:
    """The rows for a disease: its family's before the common ones, each code once, no second code of its own kind."""
    row = table("families")[diseases().family[disease]]
    own = {code[:3] for code in [*diseases().codes[disease], *diseases().accompanied[disease]]}
    found: dict[str, dict[str, str]] = {}
    for wanted in (row["family"], f"@{row['common']}"):
        for candidate in table(name):
            code = candidate["code"]
            fits = wanted in candidate["families"].split("|") and code not in found and _same_sex(code, disease)
            if fits and code[:3] not in own:
                found[code] = candidate
    return list(found.values())


def _same_sex(code: str, disease: int) -> bool:
    """No prostate in a disease that women have: the draw does not look at sex."""
    return not code.startswith("N40") or float(diseases().figures["male"][disease]) > 0.9


def _happened(rng: np.random.Generator, candidates: Candidates, people: People, region: Region) -> Drawn:
    """The candidates that came true: by disease, age and how severe the hospital's cases are."""
    case, candidate = spread_out(candidates.start[people.disease], candidates.count[people.disease])
    uniform = rng.random(len(case))
    # Most candidates fail at any age and in any hospital: leave them before the costly look-ups.
    possible = uniform < (candidates.chance.max(axis=1) * region.severity.max())[candidate]
    case, candidate, uniform = case[possible], candidate[possible], uniform[possible]
    band = np.searchsorted(CURVE_FROM, people.age, side="right")
    kept = uniform < candidates.chance[candidate, band[case]] * region.severity[people.hospital[case]]
    case, candidate = case[kept], candidate[kept]
    acquired = rng.random(len(case)) < candidates.acquired[candidate]
    return Drawn(case, candidates.code[candidate], acquired, candidate)


def _added(drawn: Drawn, effect: Floats, size: int) -> Floats:
    """The log effects of what happened, added up by case."""
    return np.bincount(drawn.case, effect[drawn.candidate], size).astype(np.float64)


def _ventilation(rng: np.random.Generator, size: int, package: Ints, extra: Drawn) -> Floats:
    """Hours on a ventilator: the longest that one of the case's procedures asks for."""
    low, high = numbers("operations", "vent_from"), numbers("operations", "vent_to")
    uniform = rng.random(size)
    most = [max(_package_codes(row), key=lambda code: high[code]) for row in table("packages")]
    by_package = np.array(most)
    longest = np.where(package >= 0, by_package[package], -1)
    hours = np.where(longest >= 0, low[longest] + uniform * (high[longest] - low[longest]), 0.0)
    ventilated = high[extra.code] > 0
    case, code = extra.case[ventilated], extra.code[ventilated]
    np.maximum.at(hours, case, low[code] + uniform[case] * (high[code] - low[code]))
    tenths: Floats = np.rint(hours * 10) / 10
    return tenths


def _package_codes(row: dict[str, str]) -> list[int]:
    return [positions("operations")[code] for code in row["codes"].split("|")]


@cache
def package_procedures() -> tuple[Ints, Ints, Ints]:
    """Procedures of all packages, flat: start and count by package, rows of `operations.csv`."""
    lists = [_package_codes(row) for row in table("packages")]
    count = np.array([len(codes) for codes in lists])
    return np.cumsum(count) - count, count, np.array([code for codes in lists for code in codes])
