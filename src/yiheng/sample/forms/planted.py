"""Planted errors (预埋差错): forms of which known rows are wrong, and a table that says which rule each must break.

`planted.csv` names the kinds, the forms that can show them and the rule; `planted_not.csv` the rules that a form cannot
break alone, and why.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.sample.forms import settlement
from yiheng.sample.forms.carried import SETTLEMENT
from yiheng.sample.forms.clock import Clock
from yiheng.sample.forms.draws import keys, uniform
from yiheng.sample.forms.errors import CELLS, KINDS, Change, Row, clean
from yiheng.sample.forms.frontpage import form_columns, header, page
from yiheng.sample.forms.identity import with_check
from yiheng.sample.forms.sheet import one_batch, write_csv
from yiheng.sample.forms.told import Told
from yiheng.sample.tables import table

# As many cases as are looked at for those that fit a kind, beside some for each error wanted.
LOOKED_AT, FOR_EACH = 20_000, 50
LOOK = (
    "los", "discharge", "planned_readmit", "interim", "care_type", "admit_way", "dx", "proc", "to_hospital", "age",
    "pathology", "external_cause", "sex", "age_days", "birth_weight_g", "icu_hours", "fp_761",
)  # fmt: skip
TRUTH = pa.schema([
    ("row", pa.int64()), ("hospital", pa.string()), ("case_id", pa.string()), ("kind", pa.string()),
    ("rule", pa.string()), ("also", pa.string()),
])  # fmt: skip
Cells = Mapping[str, str | None]


@dataclass(frozen=True)
class Planted:
    """What a form is told with its errors. `cells`: fields that are to have another text, by row from 1; `too_long`:
    how many rows with too many columns come last; `truth`: one row for each error, with its row in the file.
    """

    form: str
    told: Told
    cells: Mapping[int, Cells]
    too_long: int
    truth: pa.Table


def kinds_of(form: str) -> list[dict[str, str]]:
    """The rows of `planted.csv` for a form."""
    return [row for row in table("planted") if form in row["forms"].split("|")]


def plant(form: str, seed: int, whole: Told, kinds: Iterable[str] | None = None) -> Planted:
    """Errors of all kinds of a form, or of these, each in its share of the cases, at least once if a case fits.

    No case has two errors, and no other row changes.
    """
    wanted = [row for row in kinds_of(form) if kinds is None or row["kind"] in kinds]
    size = whole.cases.num_rows
    chosen = _places(seed, whole, wanted)
    marked = {place: kind for kind in wanted if kind["level"] != "row" for place in chosen[kind["kind"]]}
    before = dict(zip(marked, whole.cases.take(pa.array(list(marked), pa.int64())).to_pylist(), strict=True))
    changes = {place: _change(kind, before[place], whole, place) for place, kind in marked.items()}
    repeated = [place for row in wanted if row["kind"] == "row_twice" for place in chosen["row_twice"]]
    too_long = sum(len(chosen[row["kind"]]) for row in wanted if row["kind"] == "row_too_long" and form != SETTLEMENT)
    cells = {place + 1: change.cells for place, change in changes.items() if change.cells}
    rows: list[tuple[int, int | None, dict[str, str]]]
    rows = [(place + 1, place, kind) for kind in wanted if kind["level"] != "row" for place in chosen[kind["kind"]]]
    rows += [(size + number + 1, place, _kind("row_twice")) for number, place in enumerate(repeated)]
    rows += [(size + len(repeated) + number + 1, None, _kind("row_too_long")) for number in range(too_long)]
    return Planted(form, _told(whole, before, changes, repeated), cells, too_long, _truth(whole, rows))


@cache
def _kind(name: str) -> dict[str, str]:
    return next(row for row in table("planted") if row["kind"] == name)


def _places(seed: int, whole: Told, wanted: list[dict[str, str]]) -> dict[str, list[int]]:
    """For each kind the cases that get it, those kinds first that the fewest cases fit."""
    size = whole.cases.num_rows
    count = {row["kind"]: max(1, round(float(row["share"]) * size)) for row in wanted}
    order = np.argsort(uniform(keys(seed, whole.cases["hospital"], whole.cases["case_id"]), "planted"), kind="stable")
    order = order[: LOOKED_AT + FOR_EACH * sum(count.values())]
    rows = whole.cases.select(list(LOOK)).take(pa.array(order)).to_pylist()
    numbered = whole.identity["kind"].take(pa.array(order)).to_pylist()
    fitting = {
        row["kind"]: [int(order[at]) for at, its in enumerate(rows) if _fits(row, its, numbered[at])] for row in wanted
    }
    used: set[int] = set()
    found = {}
    for name in sorted(fitting, key=lambda kind: (len(fitting[kind]), kind)):
        found[name] = [place for place in fitting[name] if place not in used][: count[name]]
        used.update(found[name])
    return found


def _fits(kind: dict[str, str], row: Row, number: str) -> bool:
    if kind["level"] == "case":
        return KINDS[kind["kind"]].fits(row)
    return clean(row) and (kind["level"] != "number" or number == "id18")


def _change(kind: dict[str, str], before: Row, whole: Told, place: int) -> Change:
    name = kind["kind"]
    if kind["level"] == "cell":
        return Change(cells=CELLS[name])
    if kind["level"] == "number":
        return Change(cells={"id_number": _other_number(name, whole.identity["number"][place].as_py())})
    return KINDS[name].change(before)


def _other_number(kind: str, number: str) -> str:
    """A number with one thing wrong; its last digit is right but where that is the error."""
    if kind == "check_digit_wrong":
        return number[:17] + ("0" if number[17] != "0" else "1")
    if kind == "number_of_the_other_sex":
        return with_check(number[:16] + str((int(number[16]) + 1) % 10))
    return with_check(f"{number[:6]}{int(number[6:10]) - 10}{number[10:17]}")


def _told(whole: Told, before: Mapping[int, Row], changes: Mapping[int, Change], repeated: list[int]) -> Told:
    """The cases with what changes, and those that come twice at the end."""
    places = np.concatenate([np.arange(whole.cases.num_rows), np.array(repeated, np.int64)]).astype(np.int64)
    base = whole.cases.take(pa.array(places))
    changed = [place for place, change in changes.items() if change.case]
    rows = [{**before[place], **changes[place].case} for place in changed]
    both = pa.concat_tables([
        pa.Table.from_batches([base]), pa.Table.from_pylist(rows, schema=whole.cases.schema)
    ])  # fmt: skip
    index = np.arange(len(places))
    index[changed] = len(places) + np.arange(len(changed))
    times = Clock(whole.clock.came[places], whole.clock.left[places])
    return Told(
        one_batch(both.take(pa.array(index))), whole.identity.take(pa.array(places)), times, _icu(whole, changes)
    )


def _icu(whole: Told, changes: Mapping[int, Change]) -> pa.Table:
    """The stays in intensive care, those of some cases longer, shorter or later."""
    other = {
        (whole.cases["hospital"][place].as_py(), whole.cases["case_id"][place].as_py()): change
        for place, change in changes.items()
        if change.icu_hours is not None or change.icu_days
    }
    rows = whole.icu.to_pylist()
    kept = [_stay(row, other[key]) if (key := (row["hospital"], row["case_id"])) in other else row for row in rows]
    return pa.Table.from_pylist([row for row in kept if row is not None], schema=whole.icu.schema)


def _stay(row: Row, change: Change) -> Row | None:
    if change.icu_days:
        later = timedelta(change.icu_days)
        return {**row, "entered": row["entered"] + later, "left": row["left"] + later}
    if row["stay_no"] > 1 or change.icu_hours is None:
        return None
    return {**row, "left": row["entered"] + timedelta(hours=change.icu_hours), "hours": change.icu_hours}


def _truth(whole: Told, rows: list[tuple[int, int | None, dict[str, str]]]) -> pa.Table:
    found = [
        {
            "row": row,
            "hospital": None if place is None else whole.cases["hospital"][place].as_py(),
            "case_id": None if place is None else whole.cases["case_id"][place].as_py(),
            "kind": kind["kind"],
            "rule": kind["rule"],
            "also": kind["also"] or None,
        }
        for row, place, kind in sorted(rows, key=lambda each: each[0])
    ]
    return pa.Table.from_pylist(found, schema=TRUTH)


def sheets(planted: Planted) -> Iterator[pa.Table]:
    """The form's rows as text, with the errors in single cells."""
    first = 0
    for block in planted.told.blocks():
        sheet = settlement.flat(block) if planted.form == SETTLEMENT else page(planted.form, block)
        yield _edited(planted.form, sheet, first, planted.cells)
        first += sheet.num_rows


def _edited(form: str, sheet: pa.Table, first: int, cells: Mapping[int, Cells]) -> pa.Table:
    by_column: dict[str, dict[int, str | None]] = {}
    for row, its in cells.items():
        if first < row <= first + sheet.num_rows:
            for column, text in by_code(form, its).items():
                by_column.setdefault(column, {})[row - first - 1] = text
    for column, texts in by_column.items():
        place = sheet.column_names.index(column)
        values = sheet[column].combine_chunks()
        mask = np.isin(np.arange(len(values)), list(texts))
        replaced = pc.replace_with_mask(
            values, pa.array(mask), pa.array([texts[at] for at in sorted(texts)], pa.string())
        )
        sheet = sheet.set_column(place, column, replaced)
    return sheet


def by_code(form: str, cells: Cells) -> dict[str, str | None]:
    """Texts by field as texts by the form's column; a field may fill several."""
    made = _made(form)
    return {column: text for field, text in cells.items() for column in made.get(field, ())}


@cache
def _made(form: str) -> Mapping[str, tuple[str, ...]]:
    if form == SETTLEMENT:
        pairs = [(row["code"], row["made"]) for row in settlement.fields(settlement.HEAD)]
    else:
        pairs = [(column.code, column.made) for column in form_columns(form)]
    return {field: tuple(code for code, made in pairs if made == field) for _, field in pairs}


def write_planted(path: Path, planted: Planted, encoding: str = "utf-8", names: bool = False) -> Path:
    """The form with its errors as CSV, or a settlement list as JSON (.json) or a list a line (.jsonl)."""
    if path.suffix in (".json", ".jsonl"):
        changes = {row: by_code(planted.form, its) for row, its in planted.cells.items()}
        return settlement.write_json(path, planted.told, encoding, path.suffix == ".jsonl", changes)
    columns = settlement.flat_header() if planted.form == SETTLEMENT else header(planted.form, names)
    write_csv(path, sheets(planted), columns, encoding)
    with path.open("a", encoding=encoding, newline="") as file:
        file.writelines(",".join(["X"] * (len(columns) + 1)) + "\r\n" for _ in range(planted.too_long))
    return path
