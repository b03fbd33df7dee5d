"""Files of a month (月度报送文件): what the made-up hospitals send, beside what a reader should find in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yiheng.base.refusal import Refusal
from yiheng.sample.forms.carried import FORMS, SETTLEMENT
from yiheng.sample.forms.cells import shown
from yiheng.sample.forms.lines import PER_CASE, charge_lines
from yiheng.sample.forms.planted import Planted, plant, write_planted
from yiheng.sample.forms.planted_lines import plant_icu, plant_lines
from yiheng.sample.forms.settlement import insured
from yiheng.sample.forms.sheet import one_batch, write_csv
from yiheng.sample.forms.told import Told, told
from yiheng.sample.places import places
from yiheng.tables.contract import contract

LINES, ICU = "lines", "icu"
OWN = ("source_file", "source_row")


@dataclass(frozen=True)
class Month:
    """The files of one month by form, the clean cases behind them, and `truth`: the errors in each file by form."""

    files: Mapping[str, Path]
    places: Mapping[str, Path]
    cases: Mapping[str, pa.Table]
    lines: pa.Table
    icu: pa.Table
    truth: Mapping[str, pa.Table]


def write_month(
    folder: Path,
    seed: int,
    cases: pa.Table,
    year: int,
    month: int,
    per_case: int = PER_CASE,
    encoding: str = "utf-8",
    planted: bool = False,
) -> Month:
    """Front pages (both layouts), settlement lists, charge lines and stays in intensive care of a month's discharges.

    `cases`: all cases of the patients, of which those discharged in the month are sent; a month without any is refused.
    `planted`: with errors of every kind. Settlement lists are written as JSON and flat; places as Parquet.
    """
    whole = told(seed, cases)
    leaving = whole.cases["discharge_date"]
    its = whole.chosen(pc.and_(pc.equal(pc.year(leaving), year), pc.equal(pc.month(leaving), month)))
    if not its.cases.num_rows:
        raise Refusal("no case left in this month", value=f"{year}-{month:02}")
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{year}{month:02}"
    by_form = {form: its.chosen(insured(its.cases)) if form == SETTLEMENT else its for form in FORMS}
    sent = {form: plant(form, seed, of) if planted else _as_it_is(form, of) for form, of in by_form.items()}
    files = {form: write_planted(folder / f"{form}-{name}.csv", each, encoding) for form, each in sent.items()}
    files["settlement_json"] = write_planted(folder / f"settlement-{name}.json", sent[SETTLEMENT], encoding)
    lines = pa.Table.from_batches([charge_lines(seed, its.cases, per_case)])
    stays = _of(its, whole.icu)
    rows, truth = {LINES: lines, ICU: stays}, {form: each.truth for form, each in sent.items()}
    if planted:
        for form, wrong in ((LINES, plant_lines(seed, lines, its.cases)), (ICU, plant_icu(seed, stays))):
            rows[form], truth[form] = wrong.rows, wrong.truth
    for form, its_rows in rows.items():
        files[form] = write_rows(folder / f"{form}-{name}.csv", form, its_rows, encoding)
    clean = {form: pa.Table.from_batches([of.cases]) for form, of in by_form.items()}
    return Month(files, _places(folder / "places", seed), clean, lines, stays, truth)


def _as_it_is(form: str, its: Told) -> Planted:
    return plant(form, 0, its, kinds=())


def _of(its: Told, icu: pa.Table) -> pa.Table:
    """The stays of these cases."""
    keys = [pc.binary_join_element_wise(rows["hospital"], rows["case_id"], "|") for rows in (icu, its.cases)]
    return icu.filter(pc.is_in(keys[0], keys[1]))


def write_rows(path: Path, form: str, rows: pa.Table, encoding: str = "utf-8") -> Path:
    """Charge lines or stays in intensive care as CSV with the columns of their contract, without those of a load."""
    names = [name for name in contract(form).schema.names if name not in OWN]
    batch = one_batch(rows.select(names))
    return write_csv(path, [pa.table([_text(values) for values in batch.columns], names=names)], names, encoding)


def _text(values: pa.Array) -> pa.Array:
    return shown(values) if pa.types.is_timestamp(values.type) else values.cast(pa.string())


def _places(folder: Path, seed: int) -> dict[str, Path]:
    folder.mkdir(exist_ok=True)
    found = {}
    for name, rows in places(seed).items():
        found[name] = folder / f"{name}.parquet"
        pq.write_table(rows, found[name])
    return found
