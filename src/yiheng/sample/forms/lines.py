"""Charge lines (收费明细) of made-up cases: they add up to every fee category of their case, to the fen.

All draws are by case, so that a case has the same lines in whatever batch it comes. In each category one line settles
what the others leave: its price is what it has to be.
"""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yiheng.base.money import FEN_PER_YUAN
from yiheng.sample import columns
from yiheng.sample.fees import CATEGORIES
from yiheng.sample.forms.draws import Keys, below, further, keys, uniform
from yiheng.sample.forms.items import (
    DAILY,
    DAYS,
    FIRST_DAY,
    LAST_DAY,
    OPERATION_DAY,
    RESOLUTION,
    Kinds,
    choices,
    first,
    items,
    kinds,
)
from yiheng.sample.forms.sheet import one_batch
from yiheng.sample.tables import Bools, Floats, Ints, numbers, setting, table, words
from yiheng.tables.contract import contract

PER_CASE = 20
FOUR = pa.decimal128(18, 4)
UNIT = 10_000
FEN_PARTS = UNIT // FEN_PER_YUAN
MOST_PIECES = 100


@dataclass
class Cases:
    """What the lines of a batch follow from: fees in fen (cases x 14), days, and a key for each case."""

    batch: pa.RecordBatch
    key: Keys
    kinds: Kinds
    parts: Ints
    total: Ints
    los: Ints
    operation_day: Ints


@dataclass
class Flat:
    """Lines of all cases, flat; `price` in 1/10000 yuan, `quantity` whole, `amount` in fen (negative: refund)."""

    case: Ints
    item: Ints
    day: Ints
    quantity: Ints
    price: Ints
    amount: Ints

    def taken(self, chosen: Ints | Bools) -> "Flat":
        return Flat(*(values[chosen] for values in vars(self).values()))


def charge_lines(seed: int, cases: pa.RecordBatch | pa.Table, per_case: int = PER_CASE) -> pa.RecordBatch:
    """About `per_case` lines for each case, as a batch of the contract `lines`, by case, day and category.

    Case and category: the amounts add up to fee_01 .. fee_14. Quantity times unit price is the amount within 0.01.
    A case without fees has no lines; `per_case` below the number of categories gives one line to each.
    """
    read = _read(seed, one_batch(cases))
    cell_case, cell_category, cell, number = _cells(read, per_case)
    key = further(read.key[cell_case], cell_category * 4096 + number)
    wanted = _wanted(read, cell_case, cell_category, cell, key)
    flat = _settled(read, _priced(seed, read, cell_case, cell_category, key, wanted), cell, number == 0, cell_category)
    flat.day = _day(read, flat.case, flat.item, key)
    flat = _with_refunds(read, flat, key, number > 0)
    order = np.argsort((flat.case << 24) + (flat.day << 6) + items().category[flat.item], kind="stable")
    return _batch(read, flat.taken(order))


def _read(seed: int, batch: pa.RecordBatch) -> Cases:
    parts = np.stack([fen(batch[name]) for name in CATEGORIES], axis=1)
    los = np.maximum(np.asarray(pc.fill_null(batch["los"], 1)).astype(np.int64), 1)
    operated = pc.subtract(_days(first(batch["proc_date"])), _days(batch["admit_date"]))
    day = np.asarray(pc.fill_null(operated, 0)).astype(np.int64) + 1
    return Cases(
        batch,
        keys(seed, batch["hospital"], batch["case_id"]),
        kinds(batch),
        parts,
        parts.sum(axis=1),
        los,
        np.clip(day, 1, los),
    )


def _days(dates: pa.Array) -> pa.Array:
    return dates.cast(pa.int32())


def fen(amounts: pa.Array) -> Ints:
    """decimal(18,2) as whole fen; null as 0."""
    filled = pc.fill_null(amounts, pa.scalar(Decimal(0), amounts.type))
    wide = np.frombuffer(filled.buffers()[1], np.int64)
    low: Ints = wide[filled.offset * 2 : (filled.offset + len(filled)) * 2 : 2].copy()
    return low


def _cells(read: Cases, per_case: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Every line that may come: its case, its category, the cell (case and category) and its number in it."""
    lines: Floats = (
        per_case * setting("line_scale") * (read.los / setting("line_stay_usual")) ** setting("line_stay_power")
    )
    lines *= (np.maximum(read.total, 1) / FEN_PER_YUAN / setting("line_fee_usual")) ** setting("line_fee_power")
    some = read.parts > 0
    weight = some * numbers("line_categories", "weight") * np.sqrt(np.maximum(read.parts, 0))
    share = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    more = np.maximum(lines - some.sum(axis=1), 0)[:, None] * share
    chance = np.stack([uniform(further(read.key, place), "count") for place in range(len(CATEGORIES))], axis=1)
    count = np.where(some, 1 + np.floor(more + chance), 0).astype(np.int64).ravel()
    cell = np.repeat(np.arange(len(count)), count)
    case, category = np.divmod(cell, len(CATEGORIES))
    return case, category, cell, np.arange(len(cell)) - np.repeat(np.cumsum(count) - count, count)


def _wanted(read: Cases, case: Ints, category: Ints, cell: Ints, key: Keys) -> Floats:
    """How much of its category each line should come to, in fen."""
    weight = setting("line_evenness") + uniform(key, "weight")
    total = np.bincount(cell, weight, len(read.los) * len(CATEGORIES))
    wanted: Floats = read.parts[case, category] * weight / total[cell]
    return wanted


def _priced(seed: int, read: Cases, case: Ints, category: Ints, key: Keys, wanted: Floats) -> Flat:
    """The lines with item, price and a whole quantity; of two items the better fitting one; 0 where none fits."""
    fen_of, most = items().fen, np.maximum(setting("line_daily_most") * read.los[case], 1).astype(np.int64)
    place = choices(seed).start[category] + RESOLUTION * _rows(read.kinds, case, category)
    chosen, other = (
        choices(seed).item[place + below(key, purpose, RESOLUTION)].astype(np.int64)
        for purpose in ("item", "other item")
    )
    hospital = read.kinds.hospital[case]
    pieces, others = (np.floor(wanted / fen_of[hospital, each]).astype(np.int64) for each in (chosen, other))
    better = ((pieces == 0) & (others > 0)) | ((pieces > most) & (others > 0) & (others < pieces))
    item = np.where(better, other, chosen)
    quantity = np.minimum(np.where(better, others, pieces), most)
    price = fen_of[hospital, item]
    return Flat(case, item, np.ones(len(case), np.int64), quantity, price * FEN_PARTS, quantity * price)


def _rows(its: Kinds, case: Ints, category: Ints) -> Ints:
    """Where the items of each line's kind of case stand in the choices of its category."""
    by_operation = np.array([row["by"] == "operation" for row in table("line_categories")])[category]
    return np.where(by_operation, its.rows("operation")[case], its.rows("disease")[case])


def _day(read: Cases, case: Ints, item: Ints, key: Keys) -> Ints:
    """The day of the stay, from 1 to its length."""
    pattern, los = items().day[item], read.los[case]
    day = 1 + below(key, "day", los)
    day = np.where(pattern == DAYS.index(FIRST_DAY), 1, day)
    day = np.where(pattern == DAYS.index(LAST_DAY), los, day)
    day = np.where(pattern == DAYS.index(OPERATION_DAY), read.operation_day[case], day)
    return np.where((pattern == DAYS.index(DAILY)) & (los == 1), 1, day)


def _settled(read: Cases, flat: Flat, cell: Ints, settling: Bools, category: Ints) -> Flat:
    """The settling line of each cell takes what the others leave, which is never nothing.

    Its own item at a price near to the usual one, or where that cannot be, the category's item without a fixed price.
    """
    flat.amount[settling] = 0
    taken = np.bincount(cell, flat.amount.astype(np.float64), len(read.los) * len(CATEGORIES))
    left = read.parts.ravel()[cell[settling]] - np.rint(taken[cell[settling]]).astype(np.int64)
    usual = flat.price[settling] // FEN_PARTS
    pieces = _pieces(left, usual)
    far = np.abs(left - pieces * usual) > setting("line_price_room") * pieces * usual
    item = np.where(far, items().settling[category[settling]], flat.item[settling])
    pieces = np.where(far, _pieces(left, items().fen[read.kinds.hospital[flat.case[settling]], item]), pieces)
    flat.item[settling], flat.amount[settling], flat.quantity[settling] = item, left, pieces
    flat.price[settling] = (left * FEN_PARTS * 2 + pieces) // (2 * pieces)
    return flat


def _pieces(left: Ints, usual: Ints) -> Ints:
    """How many pieces at about the usual price, few enough that a price of four decimals gives the amount."""
    pieces: Ints = np.clip((left + usual // 2) // usual, 1, MOST_PIECES)
    return pieces


def _with_refunds(read: Cases, flat: Flat, key: Keys, may: Bools) -> Flat:
    """Some lines are charged with more pieces, which a later line gives back; lines without a piece are left out."""
    kept = flat.quantity > 0
    back = np.flatnonzero(kept & may & (uniform(key, "refund") < setting("line_refund")))
    pieces = 1 + below(key[back], "pieces", np.minimum(flat.quantity[back], 3))
    returned = flat.taken(back)
    returned.day = returned.day + below(key[back], "refund day", read.los[returned.case] - returned.day + 1)
    fen_each = returned.price // FEN_PARTS
    returned.quantity, returned.amount = -pieces, -pieces * fen_each
    flat.quantity[back] += pieces
    flat.amount[back] += pieces * fen_each
    flat = flat.taken(kept)
    return Flat(*(np.concatenate(both) for both in zip(vars(flat).values(), vars(returned).values(), strict=True)))


def _batch(read: Cases, flat: Flat) -> pa.RecordBatch:
    its, batch, case = items(), read.batch, pa.array(flat.case)
    count = np.bincount(flat.case, minlength=len(read.los))
    number = np.arange(len(flat.case)) - (np.cumsum(count) - count)[flat.case] + 1
    category = its.category[flat.item]
    leaving = batch["discharge_date"]
    month = pc.add(pc.multiply(pc.year(leaving), 100), pc.month(leaving)).cast(pa.int32())
    dept = batch["dept"].take(case)
    made = {
        "hospital": batch["hospital"].take(case),
        "case_id": batch["case_id"].take(case),
        "line_no": columns.numbers(number, pa.int32()),
        "day_no": columns.numbers(flat.day, pa.int16()),
        "year": batch["year"].take(case),
        "month": month.take(case),
        "item_code": columns.chosen(its.code, flat.item),
        "item_name": columns.chosen(its.name, flat.item),
        "category": columns.chosen(words("line_categories", "category"), category),
        "list_class": columns.chosen(its.list_class, flat.item),
        "quantity": _four(flat.quantity * UNIT),
        "unit_price": _four(flat.price),
        "amount": columns.money(flat.amount),
        "order_dept": dept,
        "exec_dept": _executing(dept, category),
        "physician": batch["physician"].take(case),
        "is_drug": pa.array(its.drug[flat.item]),
        "is_material": pa.array(its.material[flat.item]),
        "negotiated": pa.array(its.negotiated[flat.item]),
        "procured": pa.array(its.procured[flat.item]),
    }
    schema = contract("lines").schema
    arrays = [made.get(field.name, pa.nulls(len(case), field.type)) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _four(units: Ints) -> pa.Array:
    """Whole 1/10000 as decimal(18,4)."""
    wide = np.empty((len(units), 2), np.int64)
    wide[:, 0] = units
    wide[:, 1] = units >> 63
    return pa.Array.from_buffers(FOUR, len(units), [None, pa.py_buffer(wide)])


def _executing(dept: pa.Array, category: Ints) -> pa.Array:
    """The laboratory and the imaging department do their own work; the rest is done by who orders it."""
    pool = words("line_categories", "exec_dept")
    named = columns.chosen(pool, np.where(np.array([bool(name) for name in pool])[category], category, -1))
    return pc.coalesce(named, dept)
