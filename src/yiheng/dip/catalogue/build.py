"""The catalogue (病种目录库): which combinations occur often enough to be groups, what they weigh and their points."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import partial
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from yiheng.base.refusal import Refusal
from yiheng.dip.catalogue import trimming
from yiheng.dip.catalogue.caseset import used
from yiheng.dip.catalogue.counted import Counted
from yiheng.dip.catalogue.counted import from_statistics as counted_of
from yiheng.dip.catalogue.counter import Counter, count_pieces
from yiheng.dip.catalogue.figured import Figured
from yiheng.dip.catalogue.figures import by_group, riv
from yiheng.dip.catalogue.linked import LINES, given_shares
from yiheng.dip.catalogue.placing import place
from yiheng.dip.catalogue.statistics import KEYS, merged
from yiheng.dip.catalogue.years import calendar_weights, year_weights
from yiheng.dip.columns import LEVELS
from yiheng.dip.columns import SCHEMA as SCHEMA
from yiheng.dip.keys import MAIN_RELATED
from yiheng.dip.plan import Plan, plan
from yiheng.norms.statistic import rounded
from yiheng.policy.loader import Scheme
from yiheng.tables.engine import batches, fetch, scratch
from yiheng.tables.limits import threads
from yiheng.tables.stream import Piece


@dataclass(frozen=True)
class Catalogue:
    """A catalogue as built.

    - groups: columns of SCHEMA, in order of `group`; amounts in yuan and weighted by year, like rw and points; cv, sd,
      least and most are of the cases that count, unweighted
    - levels: columns of LEVEL_SCHEMA, the second and the first level
    - mean_cost: M, the weighted mean fee over exactly the cases that the groups' means are made of (yuan)
    - check: sum of RW x weighted cases / weighted cases; 1 when the sums hold
    - check_placed: the same over all cases placed, with those that trimming took out of the means
    - check_points: sum of points x weighted cases / (points of weight 1 x weighted cases); None where points have
      another base
    - riv: the share of all variance that lies between groups
    - left_out: how many cases did not enter, by the parameter that says so; `trimmed`: how many left the means
    """

    groups: pa.Table
    mean_cost: float
    check: Fraction
    scheme: Scheme
    day: date
    years: dict[int, int]
    levels: pa.Table
    check_placed: Fraction
    check_points: Fraction | None
    riv: float | None
    left_out: dict[str, int] = field(default_factory=dict)
    trimmed: int = 0


def build(
    backend: Backend,
    cases: ir.Table,
    scheme: Scheme,
    pieces: Callable[[Sequence[str]], Iterable[Piece]] | None = None,
    lines: ir.Table | None = None,
) -> Catalogue:
    """Write a catalogue from the cases that the scheme lets in, of its calendar years.

    The scheme's values are those in force on the last day of the newest year. No such case is a refusal. `pieces`: the
    same cases as they stand in files, of the columns asked for, where they need no engine to be read. `lines`: their
    charge lines, which a scheme may ask for (`related_by`).
    """
    made, calendar = plan_of(cases, scheme)
    columns = used(made)
    given = pieces(columns) if pieces else [partial(_through, backend, cases, columns)]
    counter, narrow = _count(backend, made, sorted(calendar), given)
    counted = counter.counted()
    shares = given_shares(cases, lines, made, calendar)
    return _catalogue(backend, counted, made, dict(sorted(counter.left_out.items())), narrow, shares)


def from_statistics(
    backend: Backend, found: ir.Table, made: Plan, left_out: Mapping[str, int] | None = None
) -> Catalogue:
    """A catalogue from sufficient statistics alone, those of several shards one under the other.

    A scheme that trims, or looks at charge lines, is refused: it asks for the cases themselves.
    """
    needs_no_cases(made)
    return _catalogue(backend, counted_of(merged(found).order_by(*KEYS).to_pyarrow()), made, dict(left_out or {}))


def plan_of(cases: ir.Table, scheme: Scheme) -> tuple[Plan, dict[int, int]]:
    """The plan on the last day of the newest year of these cases, and the weights of its calendar years."""
    newest = newest_year(cases)
    made = plan(scheme, date(newest, 12, 31))
    return made, calendar_weights(made.value("year_weights"), newest)


def needs_no_cases(made: Plan) -> None:
    """Refuse a plan that asks for more than statistics."""
    related_by = made.choice["combination"] == MAIN_RELATED and made.choice["related_by"] == LINES
    for name, asks in (("trimming", made.trimming.kind != "none"), ("related_by", related_by)):
        if asks:
            raise Refusal(f"{name}: cannot be done from statistics alone", made.scheme.id, cure="build from the cases")


def newest_year(cases: ir.Table) -> int:
    """The newest year that has a case with a principal diagnosis and a fee."""
    backend = cases.get_backend()
    # Asked as SQL: whoever asks Ibis for a table of Arrow has it load pandas, which takes longer than the question.
    found = fetch(backend, backend.compile(cases.select("year").distinct()))["year"].to_pylist()
    years = [year for year in found if year is not None]
    usable = cases.filter(cases.dx[0].notnull(), cases.total_fee.notnull())
    for year in sorted(years, reverse=True):
        if fetch(backend, backend.compile(usable.filter(usable.year == year).select("year").limit(1))).num_rows:
            return int(year)
    raise Refusal("no case with a principal diagnosis, a fee and a year")


def _through(backend: Backend, cases: ir.Table, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The cases through the engine, in batches."""
    given = cases.select(*(name for name in columns if name in cases.columns))
    yield from batches(backend, given)


def _count(backend: Backend, made: Plan, years: Sequence[int], pieces: Iterable[Piece]) -> tuple[Counter, Path | None]:
    """Count all cases; where the scheme trims, also each case with the number of its combination, in a file."""
    if made.trimming.kind == "none":
        return count_pieces(made, years, pieces, threads()), None
    counter = Counter(made, years)
    path = scratch(backend) / f"{ibis.util.gen_name('narrow')}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, trimming.NARROW) as writer:
        for piece in pieces:
            for batch in piece():
                writer.write_table(trimming.narrow(*counter.count(batch), counter.years))
    return counter, path


def _catalogue(
    backend: Backend,
    counted: Counted,
    made: Plan,
    left_out: dict[str, int],
    narrow: Path | None = None,
    shares: Mapping[str, Fraction] | None = None,
) -> Catalogue:
    met = counted.met()
    if not met:
        raise Refusal("no case of these years enters by the scheme", made.scheme.id)
    weights = year_weights(made.value("year_weights"), met, made.choice["missing_year"])
    counted = counted.of_years(list(weights))
    placed = place(counted, made, weights, shares)
    cells, trimmed = counted.cells, 0
    everyone = by_group(placed.groups.names, placed.groups.of, counted.years, cells)
    if narrow is not None:
        cells, trimmed = trimming.trimmed(backend, narrow, placed.groups, counted, everyone, made)
    kept = everyone if cells is counted.cells else by_group(placed.groups.names, placed.groups.of, counted.years, cells)
    its = Figured(made, weights, placed.places, kept, everyone)
    basis = its.basis()
    levels = {name: by_group(level.names, level.of, counted.years, cells) for name, level in
              zip(LEVELS, (placed.second, placed.first), strict=True)}  # fmt: skip
    check, check_placed, check_points = its.check(basis)
    return Catalogue(
        its.groups(basis), rounded(basis.fee[0] / (basis.fee[1] * 100)), check, made.scheme, made.day, weights,
        its.levels(levels, basis), check_placed, check_points, riv(kept), left_out, trimmed,
    )  # fmt: skip
